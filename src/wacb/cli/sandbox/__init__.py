"""`wacb sandbox`."""

from __future__ import annotations

from wacb.cli.commands import Group

command = Group(
    "sandbox",
    package=__name__,
    table={
        "serve": "Serve the emulator over HTTP on 127.0.0.1 until Ctrl-C.",
        "message": "Make an incoming WhatsApp message arrive in the emulator.",
        "reset": "Empty the emulator: no profiles, the four numbers as at first.",
        "demo": "Show the whole job on this machine, step by step, without an account.",
    },
    help="Run, demo or reset the built-in emulator of the Kaleyra API.",
)
