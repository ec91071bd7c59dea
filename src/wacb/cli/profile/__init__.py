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
        "update": "Update a callback profile.",
        "delete": "Delete an unused callback profile.",
        "check": "Check templates for missing, unknown and encoded placeholders.",
    },
    help="Create, update, check and delete callback profiles.",
)
