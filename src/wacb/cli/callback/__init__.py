"""`wacb callback`."""

from __future__ import annotations

from wacb.cli.commands import Group

command = Group(
    "callback",
    package=__name__,
    table={
        "send": "Send sample messages to an endpoint as Kaleyra would.",
        "listen": "Receive callbacks and show which of the 14 fields arrived.",
        "replay": "Send saved callbacks to an endpoint again.",
        "decode": "Decode a received callback into named fields.",
    },
    help="Send, receive, replay and decode callbacks.",
)
