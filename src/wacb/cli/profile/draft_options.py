"""The options that describe a profile, and how they become a draft: of an update in update.py."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from wacb.cli import completion
from wacb.cli.app import App
from wacb.cli.encryption_keys import with_key
from wacb.cli.input import read_input
from wacb.cli.options import (
    METHODS,
    allow_missing_option,
    body_file_option,
    combine,
    template_options,
)
from wacb.cli.prompts import ask
from wacb.errors import InvalidInput
from wacb.models import Method, ProfileDraft
from wacb.provision.drafts import build_draft
from wacb.redaction import check_literal_header
from wacb.storage import encryption_keys
from wacb.validation import check_header, parse_header

F = TypeVar("F", bound=Callable[..., Any])


def draft_options(command: F) -> F:
    """Add every option of a new profile's content (cli.md 7). None means not given."""
    return combine(
        template_options,
        click.option("--title", help="Name of the profile. Default: made from the endpoint."),
        header_option("Header to send."),
        content_options,
    )(command)


def header_option(help: str) -> Callable[[F], F]:
    """Make the `--header` option."""
    return click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help=help)


def content_options(command: F) -> F:
    """Add the options that mean the same to a new profile and to one that is there."""
    return combine(
        click.option(
            "--header-env",
            "env_headers",
            multiple=True,
            metavar="NAME=VARIABLE",
            help="Header whose value is read from the environment.",
        ),
        click.option(
            "--basic-auth",
            metavar="USER",
            help="Basic auth at the endpoint. [password: WACB_BASIC_AUTH_PASSWORD]",
        ),
        click.option(
            "--encrypt",
            metavar="ALGORITHM",
            help=f"Encrypt the values: {', '.join(encryption_keys.ALGORITHMS)}.",
            shell_complete=completion.algorithms,
        ),
        click.option(
            "--encrypt-key-file",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="Key and IV: used if it exists, else generated.",
        ),
        click.option("--response-message", metavar="TEXT", help="What Kaleyra expects in answer."),
        click.option("--channel", metavar="NAME", help="Channel of the profile."),
        click.option("--event", "events", multiple=True, metavar="NAME", help="Event to deliver."),
        body_file_option,
        allow_missing_option,
    )(command)


def draft_from(
    app: App,
    *,
    dry_run: bool,
    method: str | None,
    url: str | None,
    encrypt: str | None,
    encrypt_key_file: Path | None,
    **others: Any,
) -> ProfileDraft:
    """Ask for what is missing on a terminal, read files and variables, and check everything."""
    chosen = Method((method or ask(app, "Method", option="--method", choices=METHODS)).upper())
    url = url or app.settings.get("endpoint") or ask(app, "Endpoint URL", option="--url")
    draft = build_draft(method=chosen, url=url, **content(app, **others))
    return with_key(app, draft, encrypt, encrypt_key_file, dry_run=dry_run)


def content(
    app: App,
    *,
    headers: Sequence[str],
    env_headers: Sequence[str],
    basic_auth: str | None,
    events: Sequence[str],
    body_file: str | None,
    allow_http: bool,
    allow_local: bool,
    removable: bool = False,
    **others: Any,
) -> dict[str, Any]:
    """Read files and variables: what a draft of a profile is made of, but for its key.

    `removable` lets `--header NAME:` take a header away, which then has the value None.
    """
    literal, secret = _headers(app, headers, env_headers, basic_auth, removable=removable)
    return {
        "body": None if body_file is None else read_input(body_file, "the body file"),
        "headers": literal | secret or None,
        "secret_headers": frozenset(secret),
        "events": tuple(events) or None,
        "allow_http": allow_http or app.accepts_local,
        "allow_local": allow_local or app.accepts_local,
        **others,
    }


def _headers(
    app: App,
    literal: Sequence[str],
    from_env: Sequence[str],
    basic_auth: str | None,
    *,
    removable: bool,
) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """Read headers; the second part holds secrets."""
    secret = [_env_header(app, pair) for pair in from_env]
    if basic_auth is not None:
        secret.append(("Authorization", basic_authorization(app, basic_auth)))
    app.out.keep_secret(*(value for _, value in secret))
    plain = [_literal_header(text, removable=removable) for text in literal]
    seen: set[str] = set()
    for name, _ in (*plain, *secret):
        if name.lower() in seen:
            raise InvalidInput(f"the header {name} is given twice", hint="give each header once")
        seen.add(name.lower())
    return dict(plain), dict(secret)


def _literal_header(text: str, *, removable: bool) -> tuple[str, str | None]:
    name, colon, value = text.partition(":")
    if removable and colon and not value.strip(" "):
        check_header(name.strip(" "), "-")
        return name.strip(" "), None
    name, value = parse_header(text)
    check_literal_header(name)
    return name, value


def _env_header(app: App, pair: str) -> tuple[str, str]:
    name, equals, variable = pair.partition("=")
    if not equals:
        raise InvalidInput(f"{pair!r} is not NAME=VARIABLE", hint="like X-Token=HOOK_TOKEN")
    if variable == "WACB_API_KEY":
        raise InvalidInput(
            f"{variable} is refused in --header-env: a profile would send the API key away",
            hint="use a variable of its own",
        )
    if not app.environ.get(variable):
        raise InvalidInput(
            f"the variable {variable} of --header-env {name} is not set",
            hint="export it, and give its name alone",
        )
    return check_header(name, app.environ[variable])


def basic_authorization(app: App, user: str) -> str:
    """Return the Authorization of Basic auth; the password is a variable's, or asked for."""
    if ":" in user or not user.isprintable():
        raise InvalidInput(
            f"{user!r} cannot be a user name of Basic auth",
            hint="it holds no colon and no control character; the password is asked for",
        )
    password = app.environ.get("WACB_BASIC_AUTH_PASSWORD") or ask(
        app, f"Password of {user}", option="WACB_BASIC_AUTH_PASSWORD", hide_input=True
    )
    app.out.keep_secret(password)

    # what is no UTF-8 in a variable reaches us as surrogates, and the endpoint as it was
    pair = f"{user}:{password}".encode("utf-8", "surrogateescape")
    return "Basic " + b64encode(pair).decode()
