"""The options that describe a profile, and the drafts made of them."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from wacb.cli import completion
from wacb.cli.app import App
from wacb.cli.commands import Section
from wacb.cli.endpoint import check_endpoint, read_endpoint
from wacb.cli.input import read_body
from wacb.cli.options import (
    METHODS,
    FilePath,
    allow_missing_option,
    body_file_option,
    collect,
    combine,
    option,
    template_options,
)
from wacb.cli.prompts import ask
from wacb.config.environment import read_secret
from wacb.errors import InvalidInput
from wacb.models import CallbackProfile, Method, ProfileDraft
from wacb.provision.drafts import build_draft, updated_draft
from wacb.redaction import check_literal_header
from wacb.storage import encryption_keys
from wacb.validation import check_header, parse_header

F = TypeVar("F", bound=Callable[..., Any])


class DraftOptions(NamedTuple):
    """The options of a profile as they are on the command line. None means not given."""

    method: str | None
    url: str | None
    with_status: bool
    allow_http: bool
    allow_local: bool
    title: str | None
    headers: tuple[str, ...]
    env_headers: tuple[str, ...]
    basic_auth: str | None
    encrypt: str | None
    encrypt_key_file: Path | None
    response_message: str | None
    channel: str | None
    events: tuple[str, ...]
    body_file: Path | None
    allow_missing: bool


_header_options = combine(
    option(
        "--header-env",
        "env_headers",
        section=Section.ENDPOINT,
        multiple=True,
        metavar="NAME=VARIABLE",
        help="Header whose value is read from the environment.",
    ),
    option(
        "--basic-auth",
        section=Section.ENDPOINT,
        metavar="USER",
        help="Basic auth at the endpoint. [env: WACB_BASIC_AUTH_PASSWORD for the password]",
    ),
)
_response_option = option(
    "--response-message",
    section=Section.ENDPOINT,
    metavar="TEXT",
    help="Response body Kaleyra expects from your endpoint.",
)
_encryption_options = combine(
    option(
        "--encrypt",
        section=Section.RARE,
        metavar="ALGORITHM",
        help=f"Encrypt the values: {', '.join(encryption_keys.ALGORITHMS)}.",
        shell_complete=completion.algorithms,
    ),
    option(
        "--encrypt-key-file",
        section=Section.RARE,
        metavar="FILE",
        type=FilePath(),
        help="File of the key and IV; generated if it does not exist.",
    ),
)
_event_options = combine(
    option(
        "--channel",
        section=Section.RARE,
        metavar="NAME",
        help="Channel of the profile. Kaleyra does not document the values.",
    ),
    option(
        "--event",
        "events",
        section=Section.RARE,
        multiple=True,
        metavar="NAME",
        help="Event to deliver. Kaleyra does not document the values.",
    ),
)


def draft_options(*, url: str, title: str, header: str) -> Callable[[F], F]:
    """Add every option of a profile, with the help of three; the command gets them as `draft`."""
    return combine(
        template_options(url=url),
        option("--title", help=title),
        option(
            "--header",
            "headers",
            section=Section.ENDPOINT,
            multiple=True,
            metavar="'NAME: VALUE'",
            help=header,
        ),
        _header_options,
        _response_option,
        _encryption_options,
        _event_options,
        body_file_option,
        allow_missing_option,
        collect(DraftOptions, "draft"),
    )


def new_draft(app: App, options: DraftOptions) -> ProfileDraft:
    """Ask for what is missing on a terminal, read files and variables, and check everything."""
    method = options.method or ask(app, "Method", option="--method", choices=METHODS)
    url = read_endpoint(
        app, options.url, allow_http=options.allow_http, allow_local=options.allow_local
    )
    headers, secrets = _read_headers(app, options, _literal_header)
    return build_draft(
        method=Method(method.upper()),
        url=url,
        title=options.title,
        body=read_body(options.body_file),
        with_status=options.with_status,
        allow_missing=options.allow_missing,
        allow_http=options.allow_http or app.accepts_local,
        allow_local=options.allow_local or app.accepts_local,
        headers=headers or None,
        secret_headers=secrets,
        response_message=options.response_message,
        channel=options.channel,
        events=options.events or None,
    )


def changed_draft(app: App, live: CallbackProfile, options: DraftOptions) -> ProfileDraft:
    """Read files and variables, and apply the options to a live profile."""
    if options.url is not None:
        check_endpoint(
            app, options.url, allow_http=options.allow_http, allow_local=options.allow_local
        )
    headers, secrets = _read_headers(app, options, _header_or_removal)
    return updated_draft(
        live,
        method=Method(options.method.upper()) if options.method else None,
        url=options.url,
        title=options.title,
        body=read_body(options.body_file),
        with_status=options.with_status,
        allow_missing=options.allow_missing,
        allow_http=options.allow_http or app.accepts_local,
        allow_local=options.allow_local or app.accepts_local,
        headers=headers or None,
        secret_headers=secrets,
        response_message=options.response_message,
        channel=options.channel,
        events=options.events or None,
    )


V = TypeVar("V")


def _read_headers(
    app: App, options: DraftOptions, parse: Callable[[str], tuple[str, V]]
) -> tuple[Mapping[str, V], frozenset[str]]:
    """Return the headers, and the names of those that are secret; `parse` reads a literal one."""
    secret = [_env_header(app, pair) for pair in options.env_headers]
    if options.basic_auth is not None:
        secret.append(("Authorization", basic_authorization(app, options.basic_auth)))
    app.out.keep_secret(*(value for _, value in secret))
    headers: list[tuple[str, Any]] = [*map(parse, options.headers), *secret]
    seen: set[str] = set()
    for name, _ in headers:
        if name.lower() in seen:
            raise InvalidInput(f"duplicate header {name}", hint="pass each header once")
        seen.add(name.lower())
    return dict(headers), frozenset(name for name, _ in secret)


def _literal_header(text: str) -> tuple[str, str]:
    name, value = parse_header(text)
    check_literal_header(name)
    return name, value


def _header_or_removal(text: str) -> tuple[str, str | None]:
    """Read a header; `NAME:` removes it, and has the value None."""
    name, colon, value = text.partition(":")
    if colon and not value.strip(" "):
        check_header(name.strip(" "), "-")
        return name.strip(" "), None
    return _literal_header(text)


def _env_header(app: App, pair: str) -> tuple[str, str]:
    name, equals, variable = pair.partition("=")
    if not equals:
        raise InvalidInput(
            # the text is not repeated: it may be a secret
            "a value of --header-env is not NAME=VARIABLE",
            hint="use a form like X-Token=HOOK_TOKEN",
        )
    check_header(name, "-")
    if variable == "WACB_API_KEY":
        raise InvalidInput(
            f"{variable} cannot be used in --header-env: it would send the API key to the endpoint",
            hint="use a different variable",
        )
    value = read_secret(app.environ, variable)
    if value is None:
        raise InvalidInput(
            f"the variable that --header-env {name} names is not set",
            hint="export it, and pass only its name",
        )
    return check_header(name, value)


def basic_authorization(app: App, user: str) -> str:
    """Return the Authorization header of Basic auth; the password is a variable's, or prompted."""
    if ":" in user or not user.isprintable():
        raise InvalidInput(
            "invalid Basic auth username (must not contain ':' or control characters)",
            hint="pass only the username; you are asked for the password",
        )
    password = read_secret(app.environ, "WACB_BASIC_AUTH_PASSWORD") or ask(
        app, f"Password of {user}", variable="WACB_BASIC_AUTH_PASSWORD", hide_input=True
    )
    app.out.keep_secret(password)

    # a variable that is not UTF-8 reaches us as surrogates, and the endpoint as it was
    pair = f"{user}:{password}".encode("utf-8", "surrogateescape")
    return "Basic " + b2a_base64(pair, newline=False).decode()
