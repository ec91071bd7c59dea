"""`wacb number`."""

from __future__ import annotations

from wacb.cli.commands import Group

command = Group(
    "number",
    package=__name__,
    table={
        "list": "List the numbers of the WhatsApp business account.",
        "show": "Show one number and the profile it carries.",
        "attach": "Attach a callback profile to numbers.",
        "detach": "Take the callback profile off a number, which then delivers nothing.",
        "history": "Show the changes of numbers that were made on this machine, oldest first.",
        "rollback": "Put back the profile that a number carried before its last change.",
        "add": "Register a new number, to which a code is sent (V2 only).",
        "confirm": "Confirm a new number with the code that was sent to it (V2 only).",
    },
    help="Look at WhatsApp numbers and attach profiles to them.",
)
