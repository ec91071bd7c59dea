"""The options of `wacb callback listen`, one of which `callback replay` shares."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import click

from wacb.cli import completion
from wacb.cli.commands import Section
from wacb.cli.options import FilePath, collect, combine, option
from wacb.config.schema import RULES

allow_remote_option = option(
    "--allow-remote",
    section=Section.SAFETY,
    is_flag=True,
    help="Allow sending callbacks to other machines.",
)


def _seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    return None if value is None else float(RULES["timeout"](value))


class ServerOptions(NamedTuple):
    """The options of the receiver and its page."""

    host: str
    port: int
    basic_auth: str | None
    inspect: int | None


class RecordOptions(NamedTuple):
    """The options for each callback."""

    save: Path | None
    decrypt: Path | None
    forward_to: str | None
    allow_remote: bool


server_options = combine(
    click.option("--host", default="127.0.0.1", help="Address to listen on. [default: 127.0.0.1]"),
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=8080,
        help="Port (0 = any free port). [default: 8080]",
    ),
)
end_options = combine(
    click.option(
        "--expect",
        metavar="all|NAME,...",
        help="Fields that each message must have; stops after --count.",
    ),
    click.option(
        "--count",
        type=click.IntRange(1),
        metavar="N",
        help="Stop after N messages. [default with --expect: 1]",
    ),
    click.option("--wait", metavar="S", callback=_seconds, help="Stop after S seconds."),
)
record_options = combine(
    click.option(
        "--save",
        metavar="DIR",
        type=FilePath(),
        help="Save each callback to a file, for `callback replay` and `decode`.",
        shell_complete=completion.folders,
    ),
    click.option(
        "--basic-auth",
        metavar="USER",
        help="Require Basic auth with this user. [env: WACB_BASIC_AUTH_PASSWORD]",
    ),
    click.option(
        "--decrypt",
        metavar="FILE",
        type=FilePath(),
        help="Encryption file to decrypt the values with.",
    ),
    click.option(
        "--inspect",
        type=click.IntRange(0, 65535),
        metavar="[PORT]",
        is_flag=False,
        flag_value="0",
        help="Show the callbacks on a local web page. [default: any free port]",
    ),
    click.option(
        "--forward-to",
        metavar="URL",
        help="Forward each callback to this URL and return its response.",
    ),
    allow_remote_option,
    collect(ServerOptions, "server"),
    collect(RecordOptions, "what"),
)
