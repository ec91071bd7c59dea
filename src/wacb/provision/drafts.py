"""From what a user gave to the draft of a new profile, with every rule of cli.md 6 and 7 applied.

What becomes of a profile that is there already: redraft.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from wacb.errors import InvalidInput, TemplateError
from wacb.models import Encryption, Method, ProfileDraft
from wacb.template import placeholders
from wacb.validation import check_endpoint, check_title, default_title


def build_draft(
    *,
    method: Method,
    url: str,
    title: str | None = None,
    body: str | None = None,
    with_status: bool = False,
    allow_missing: bool = False,
    allow_http: bool = False,
    allow_local: bool = False,
    headers: Mapping[str, str] | None = None,
    secret_headers: frozenset[str] = frozenset(),
    encryption: Encryption | None = None,
    response_message: str | None = None,
    channel: str | None = None,
    events: tuple[str, ...] | None = None,
) -> ProfileDraft:
    """Check everything and build the template into the URL (GET, DELETE) or body (POST, PUT).

    `body` is a template of the user's own. Raises InvalidInput or TemplateError.
    """
    check_endpoint(url, allow_http=allow_http, allow_local=allow_local)
    if method.uses_body:
        refuse_encoded(url)
        if body is None:
            body = full_body(with_status=with_status)
        else:
            body = own_body(body, with_status=with_status, allow_missing=allow_missing)
        full_url = url
    else:
        refuse_body(method, body)
        names = placeholders.names(with_status=with_status)
        full_url = placeholders.build_url(url, names, allow_missing=allow_missing)
    check_texts(response_message, channel, events)
    return ProfileDraft(
        title=check_title(default_title(url) if title is None else title),
        method=method,
        url=full_url,
        body=body,
        headers=headers,
        secret_headers=secret_headers,
        encryption=encryption,
        response_message=response_message,
        channel=channel,
        events=events,
    )


def full_body(*, with_status: bool) -> str:
    """Write the POST template as it is sent."""
    names = placeholders.names(with_status=with_status)
    return placeholders.compact(placeholders.build_body(names))


def own_body(text: str, *, with_status: bool, allow_missing: bool) -> str:
    """Take a template of the user's own for the body. Raises InvalidInput or TemplateError."""
    if with_status:
        raise InvalidInput(
            "--with-status builds a template, --body-file brings one: they exclude each other"
        )
    placeholders.check_body(text, allow_missing=allow_missing)
    return placeholders.compact(text)


def refuse_body(method: Method, body: str | None) -> None:
    """Raise InvalidInput for a body that the method does not send."""
    if body is not None:
        raise InvalidInput(
            f"a {method} callback has no body, so --body-file cannot be used",
            hint="use --method post, or write the placeholders into --url",
        )


def refuse_encoded(url: str) -> None:
    """Raise TemplateError for a URL of POST or PUT that holds an encoded placeholder."""
    encoded = placeholders.inspect_url(url).encoded
    if encoded:
        raise TemplateError(
            f"the URL holds <{encoded[0]}> percent-encoded or HTML-escaped, so Kaleyra would not "
            "fill it",
            hint="take it out: a POST or PUT template stands in the body",
        )


def check_texts(
    response_message: str | None, channel: str | None, events: tuple[str, ...] | None
) -> None:
    """Raise InvalidInput for a value that no JSON can carry, and for an event without a name."""
    if "" in (events or ()):
        raise InvalidInput("--event is empty", hint="give the name of an event")
    options = [("--response-message", response_message), ("--channel", channel)]
    for option, text in (*options, *(("--event", event) for event in events or ())):
        try:
            (text or "").encode()
        except UnicodeEncodeError as error:
            raise InvalidInput(f"the value of {option} is not valid text") from error
