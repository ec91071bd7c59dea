"""Drafts of new and of updated profiles, every rule of a profile's fields applied."""

from __future__ import annotations

from collections.abc import Mapping

from wacb.errors import InvalidInput, Unsafe
from wacb.models import CallbackProfile, Method, ProfileDraft
from wacb.provision.update import require_readable
from wacb.template import placeholders
from wacb.template.build import build_url, custom_body, default_body, refuse_encoded
from wacb.template.move import body_template, query_template, url_beside_body
from wacb.urls import check_endpoint, default_title
from wacb.validation import check_title, is_masked


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
            body = default_body(with_status=with_status)
        else:
            body = custom_body(body, with_status=with_status, allow_missing=allow_missing)
        full_url = url
    else:
        check_no_body(method, body)
        names = placeholders.names(with_status=with_status)
        full_url = build_url(url, names, allow_missing=allow_missing)
    check_texts(response_message, channel, events)
    return ProfileDraft(
        title=check_title(default_title(url) if title is None else title),
        method=method,
        url=full_url,
        body=body,
        headers=headers,
        secret_headers=secret_headers,
        response_message=response_message,
        channel=channel,
        events=events,
    )


def check_no_body(method: Method, body: str | None) -> None:
    """Raise InvalidInput for a body that the method does not send."""
    if body is not None:
        raise InvalidInput(
            f"a {method} callback has no body, so --body-file cannot be used",
            hint="use --method post, or write the placeholders into --url",
        )


def check_texts(
    response_message: str | None, channel: str | None, events: tuple[str, ...] | None
) -> None:
    """Raise InvalidInput for a value that JSON cannot hold, and for an event without a name."""
    if "" in (events or ()):
        raise InvalidInput("--event is empty", hint="pass the name of an event")
    options = [("--response-message", response_message), ("--channel", channel)]
    for option, text in (*options, *(("--event", event) for event in events or ())):
        try:
            (text or "").encode()
        except UnicodeEncodeError as error:
            raise InvalidInput(f"the value of {option} is not valid text") from error


def updated_draft(
    live: CallbackProfile,
    *,
    method: Method | None = None,
    url: str | None = None,
    title: str | None = None,
    body: str | None = None,
    with_status: bool = False,
    allow_missing: bool = False,
    allow_http: bool = False,
    allow_local: bool = False,
    headers: Mapping[str, str | None] | None = None,
    secret_headers: frozenset[str] = frozenset(),
    response_message: str | None = None,
    channel: str | None = None,
    events: tuple[str, ...] | None = None,
) -> ProfileDraft:
    """Change some fields of a live profile, and keep the rest.

    `body` is a template of the user's own; `headers` are added to the live ones, None removes one.
    A template is checked where it changes and where it moves between query and body. Raises
    InvalidInput or TemplateError, Unsafe if the live profile is not understood.
    """
    require_readable(live)
    target = method or live.method
    if url is not None:
        check_endpoint(url, allow_http=allow_http, allow_local=allow_local)
    if not target.uses_body:
        check_no_body(target, body)
        url = query_template(live, url, with_status=with_status, allow_missing=allow_missing)
    else:
        url = url_beside_body(live, url)
        if body is None:
            body = body_template(live, with_status=with_status, allow_missing=allow_missing)
        else:
            body = custom_body(body, with_status=with_status, allow_missing=allow_missing)
    check_texts(response_message, channel, events)
    given = {name: value for name, value in (headers or {}).items() if value is not None}
    kept = _keep_headers(live.headers, headers or {})
    return ProfileDraft(
        title=live.title if title is None else check_title(title),
        method=target,
        url=url,
        body=body,
        headers=kept | given if headers else None,
        secret_headers=secret_headers.union(kept),  # the API does not tell which of them are
        response_message=response_message,
        channel=channel,
        events=events,
    )


def _keep_headers(live: Mapping[str, str], given: Mapping[str, str | None]) -> dict[str, str]:
    """Return the live headers that are not replaced. assumed: headers_shown.

    Raises Unsafe if the API masks one of them: its mask would be stored.
    """
    names = {name.lower() for name in given}
    kept = {name: value for name, value in live.items() if name.lower() not in names}
    masked = [name for name, value in kept.items() if given and is_masked(value)]
    if masked:
        raise Unsafe(
            f"the API does not show the values of these headers: {', '.join(masked)}",
            hint="pass all headers, with --header-env for secrets",
        )
    return kept
