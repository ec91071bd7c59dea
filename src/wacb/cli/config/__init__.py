"""`wacb config`."""

from __future__ import annotations

from wacb.cli.commands import Group

command = Group(
    "config",
    package=__name__,
    table={
        "init": "Store an account after checking its credentials.",
        "list": "List the accounts of the config file.",
        "use": "Make an account the default.",
        "remove": "Remove an account from the config file.",
        "show": "Show every setting in use and its source.",
        "set": "Set a value of the current account.",
        "unset": "Remove a setting from the current account.",
        "path": "Print the path of the config file.",
    },
    help="Manage stored credentials and defaults.",
)
