"""`wacb profile`."""

from __future__ import annotations

from wacb.cli.commands import Group

command = Group(
    "profile",
    package=__name__,
    table={
        "create": "Create a callback profile with the full template.",
        "list": "List the callback profiles.",
        "show": "Show one callback profile.",
        "update": "Change a callback profile, and only what differs.",
        "delete": "Delete a callback profile that no number carries.",
        "check": "Check templates for missing, unknown and encoded placeholders.",
    },
    help="Create, change, check and delete callback profiles.",
)
