"""`wacb sandbox`."""

from __future__ import annotations

from wacb.cli.commands import Group

command = Group(
    "sandbox",
    package=__name__,
    table={
        "serve": "Serve the emulator over HTTP on 127.0.0.1 until Ctrl-C.",
        "message": "Simulate an incoming WhatsApp message.",
        "reset": "Reset the emulator to its initial state.",
        "demo": "Demonstrate the whole setup locally, step by step.",
    },
    help="Run, demo or reset the built-in emulator of the Kaleyra API.",
)
