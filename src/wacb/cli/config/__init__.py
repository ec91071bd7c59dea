"""`wacb config`."""

from __future__ import annotations

from wacb.cli.commands import Group

command = Group(
    "config",
    package=__name__,
    table={
        "init": "Store an account and check the connection.",
        "show": "Show every setting in force and where it comes from.",
        "set": "Set one key of the account in use; --account NEW creates one.",
        "unset": "Remove one key of the account in use.",
        "path": "Print where the config file is, or would be.",
    },
    help="Keep credentials and defaults in a local file.",
)
