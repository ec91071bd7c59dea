"""`wacb number`."""

from __future__ import annotations

from wacb.cli.commands import Group

command = Group(
    "number",
    package=__name__,
    table={
        "list": "List numbers and their attached profiles.",
        "show": "Show one number and where its messages go.",
        "attach": "Attach a profile to numbers.",
        "detach": "Detach the profile from a number.",
        "history": "Show number changes made from this machine.",
        "rollback": "Restore the number's previous profile.",
        "add": "Register a number and send it a verification code.",
        "confirm": "Confirm a number with its verification code.",
    },
    help="List WhatsApp numbers and manage their profiles.",
)
