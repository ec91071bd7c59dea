"""From a live profile and what a user gave to the draft of what it is to become (cli.md 7).

What is not given stays. So does the template, which goes where the endpoint or the method goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import unquote

from wacb.errors import TemplateError
from wacb.jsontext import append_members, parse_object, strings
from wacb.models import CallbackProfile, Method, ProfileDraft
from wacb.provision import drafts
from wacb.template import edit, placeholders
from wacb.template.placeholders import MARK, append_query, build_query, check_body, check_url
from wacb.validation import check_endpoint, check_title


def redraft(
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
    """Change what is given of a live profile, and keep the rest.

    `body` is a template of the user's own; `headers` go beside the live ones, None takes one away.
    A template is checked where it changes and where it moves between query and body. Raises
    InvalidInput or TemplateError.
    """
    target = method or live.method
    if url is not None:
        check_endpoint(url, allow_http=allow_http, allow_local=allow_local)
    if not target.uses_body:
        drafts.refuse_body(target, body)
        url = _query_template(live, url, with_status=with_status, allow_missing=allow_missing)
    else:
        url = _url_beside_body(live, url)
        if body is None:
            body = _body_template(live, with_status=with_status, allow_missing=allow_missing)
        else:
            body = drafts.own_body(body, with_status=with_status, allow_missing=allow_missing)
    drafts.check_texts(response_message, channel, events)
    given = {name: value for name, value in (headers or {}).items() if value is not None}
    kept = _kept(live.headers, headers or {})
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


def _kept(live: Mapping[str, str], given: Mapping[str, str | None]) -> dict[str, str]:
    """Pick the live headers that are not given anew. assumed: the API shows their real values."""
    names = {name.lower() for name in given}
    return {name: value for name, value in live.items() if name.lower() not in names}


# -- the template in the query


def _query_template(
    live: CallbackProfile, url: str | None, *, with_status: bool, allow_missing: bool
) -> str:
    """Write the URL of a GET or DELETE profile: the user's own template, or the live one in it."""
    if url is not None and MARK.search(url):
        check_url(url, allow_missing=allow_missing)
        return _add_parameters(url) if with_status else url
    if live.method.uses_body:
        known, moved = None, _from_body(live.body or "{}", live.url if url is None else url)
    else:
        known = moved = live.url if url is None else _carried(live, url)
    moved = _add_parameters(moved) if with_status else moved
    if moved != known:
        with _naming(live):
            check_url(moved, allow_missing=allow_missing)
    return moved


def _from_body(body: str, endpoint: str) -> str:
    if parse_object(body):
        return edit.body_to_query(endpoint, body)
    return placeholders.build_url(endpoint, placeholders.names())  # there is no template to move


def _carried(live: CallbackProfile, endpoint: str) -> str:
    """Append the parameters of a live GET template to another endpoint, as they are spelled."""
    path, _, query = live.url.partition("?")
    if stray := MARK.search(path):
        raise TemplateError(
            f"{stray[0]} in the path of profile {live.id} cannot move to another URL by itself",
            hint="give a whole template: --url with the placeholders in it",
        )
    template = [each for each in re.split(placeholders.SEPARATOR, query) if MARK.search(each)]
    if not template:
        return placeholders.build_url(endpoint, placeholders.names())
    _refuse_taken(endpoint, [unquote(each.partition("=")[0]) for each in template])
    return append_query(endpoint, "&".join(template))


def _add_parameters(url: str) -> str:
    names = _lacking([url])
    _refuse_taken(url, names)
    return append_query(url, build_query(names)) if names else url


def _refuse_taken(url: str, keys: list[str]) -> None:
    taken = [f"the query key {key!r}" for key, _ in placeholders.taken_keys(url, keys)]
    if taken:
        raise TemplateError(
            f"{' and '.join(taken)} already stands in the URL",
            hint="remove or rename it: the template has a parameter of that name",
        )


# -- the template in the body


def _url_beside_body(live: CallbackProfile, url: str | None) -> str:
    """Find the URL of a POST or PUT profile, whose template stands in the body."""
    if url is not None:
        drafts.refuse_encoded(url)
        return url
    if live.method.uses_body:
        return live.url
    endpoint = edit.endpoint_of(live.url)
    with _naming(live):
        drafts.refuse_encoded(endpoint)
    return endpoint


def _body_template(live: CallbackProfile, *, with_status: bool, allow_missing: bool) -> str | None:
    """Write the body of a POST or PUT profile out of its live template."""
    if live.method.uses_body:
        known = moved = live.body
    elif MARK.search(live.url):
        known, moved = None, _from_query(live)
    else:
        return drafts.full_body(with_status=with_status)  # there is no template to move
    moved = _add_members(moved or "{}") if with_status else moved
    if moved != known:
        with _naming(live):
            check_body(moved or "", allow_missing=allow_missing)
    return moved


def _from_query(live: CallbackProfile) -> str:
    rest, body = edit.query_to_body(live.url)
    if stray := MARK.search(rest):
        raise TemplateError(
            f"{stray[0]} in the URL of profile {live.id} cannot move to the body by itself",
            hint=f"repair it first (wacb profile check --fix {live.id}), or give a template of "
            "your own: --body-file FILE",
        )
    return body


def _add_members(body: str) -> str:
    members = parse_object(body)
    names = _lacking(text for _, text in strings(members))
    if not names:
        return body
    if taken := [f"member {name!r}" for name in names if name in members]:
        raise TemplateError(
            f"{' and '.join(taken)} of the body is no placeholder of message status",
            hint="give a template of your own: --body-file FILE",
        )
    return append_members(body, ",".join(f'"{name}":"<{name}>"' for name in names))


# -- both


def _lacking(texts: Iterable[str]) -> list[str]:
    """List the status names that do not stand as a literal placeholder in any of `texts`."""
    there = {mark[0] for text in texts for mark in MARK.finditer(text)}
    names = [name for name in placeholders.names(with_status=True) if f"<{name}>" not in there]
    return [name for name in names if name not in placeholders.INCOMING]


@contextmanager
def _naming(live: CallbackProfile) -> Iterator[None]:
    """Say of a refused template that it is the live profile's, and how it is repaired."""
    try:
        yield
    except TemplateError as error:
        raise TemplateError(
            f"the template of profile {live.id}: {error.message}",
            hint=f"repair it first (wacb profile check --fix {live.id}); --allow-missing takes one "
            "that only lacks placeholders",
        ) from error
