"""`wacb api`."""

from __future__ import annotations

from wacb.cli.commands import Group

command = Group(
    "api",
    package=__name__,
    table={
        "check": "Check whether the API is what wacb assumes.",
        "assumptions": "List what wacb assumes about the Kaleyra API.",
        "openapi": "Print the API as an OpenAPI document.",
    },
    help="Show what wacb knows about the Kaleyra API.",
)
