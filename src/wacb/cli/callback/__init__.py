"""`wacb callback`."""

from __future__ import annotations

from wacb.cli.commands import Group

command = Group(
    "callback",
    package=__name__,
    table={
        "send": "Deliver sample messages through a stored profile or an endpoint.",
        "listen": "Receive callbacks, and say which of the 14 fields came.",
        "decode": "Take a received callback apart into named fields.",
    },
    help="Send, receive and decode callbacks.",
)
