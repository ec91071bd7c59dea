"""`wacb number`."""

from __future__ import annotations

from wacb.cli.commands import Group

command = Group(
    "number",
    package=__name__,
    table={
        "list": "List the numbers of the WhatsApp business account.",
        "show": "Show one number and its profile.",
        "attach": "Attach a callback profile to numbers.",
        "detach": "Detach the profile from a number (it stops delivering callbacks).",
        "history": "Show number changes made from this machine, oldest first.",
        "rollback": "Restore the number's previous profile.",
        "add": "Register a number and send it a verification code (V2 only).",
        "confirm": "Confirm a number with its verification code (V2 only).",
    },
    help="List WhatsApp numbers and manage their profiles.",
)
