"""Move a template between query and body, and to another endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

from wacb.errors import Command, Prose, TemplateError
from wacb.jsontext import append_members, ascii_json, parse_object, strings
from wacb.models import CallbackProfile
from wacb.template import build, placeholders
from wacb.template.inspect import inspect_body, inspect_url, require_complete
from wacb.template.placeholders import (
    MARK,
    PLACEHOLDERS,
    append_query,
    build_query,
    compact,
    taken_keys,
)
from wacb.urls import Parameter, parameters, split_query

# -- the template in the query


def query_template(
    live: CallbackProfile, url: str | None, *, with_status: bool, allow_missing: bool
) -> str:
    """Build the URL of a GET or DELETE profile: a custom template, or the live one at `url`."""
    if url is not None and MARK.search(url):
        require_complete(inspect_url(url), allow_missing=allow_missing)
        return _add_parameters(url) if with_status else url
    if live.method.uses_body:
        known, moved = None, _query_from_body(live.body or "{}", live.url if url is None else url)
    else:
        known = moved = live.url if url is None else _move_query(live, url)
    moved = _add_parameters(moved) if with_status else moved
    if moved != known:
        with _name_profile_in_errors(live):
            require_complete(inspect_url(moved), allow_missing=allow_missing)
    return moved


def _query_from_body(body: str, endpoint: str) -> str:
    if parse_object(body):
        return body_to_query(endpoint, body)
    return build.build_url(endpoint, placeholders.names())  # no template to move


def _move_query(live: CallbackProfile, endpoint: str) -> str:
    """Append the parameters of a live GET template to another endpoint, byte for byte."""
    path, query = split_query(live.url)
    if stray := MARK.search(path):
        raise TemplateError(
            f"cannot move {stray[0]} in the path of profile {live.id} to another URL",
            hint="pass --url with all placeholders in it",
        )
    template = [each for each in parameters(query) if MARK.search(each.text)]
    if not template:
        return build.build_url(endpoint, placeholders.names())
    _check_keys_free(endpoint, [each.name for each in template])
    return append_query(endpoint, "&".join(each.text for each in template))


def _add_parameters(url: str) -> str:
    names = _missing_status_names([url])
    _check_keys_free(url, names)
    return append_query(url, build_query(names)) if names else url


def _check_keys_free(url: str, keys: list[str]) -> None:
    taken = [f"query parameter {key!r}" for key, _ in placeholders.taken_keys(url, keys)]
    if taken:
        raise TemplateError(
            f"the URL already has the {' and the '.join(taken)}",
            hint="remove or rename it: the template adds a parameter with that name",
        )


# -- the template in the body


def url_beside_body(live: CallbackProfile, url: str | None) -> str:
    """Find the URL of a POST or PUT profile, whose template is in the body."""
    if url is not None:
        build.refuse_encoded(url)
        return url
    if live.method.uses_body:
        return live.url
    endpoint = endpoint_of(live.url)
    with _name_profile_in_errors(live):
        build.refuse_encoded(endpoint)
    return endpoint


def body_template(live: CallbackProfile, *, with_status: bool, allow_missing: bool) -> str | None:
    """Build the body of a POST or PUT profile from its live template."""
    if live.method.uses_body:
        known = moved = live.body
    elif MARK.search(live.url):
        known, moved = None, _body_from_query(live)
    else:
        return build.default_body(with_status=with_status)  # no template to move
    moved = _add_members(moved or "{}") if with_status else moved
    if moved != known:
        with _name_profile_in_errors(live):
            require_complete(inspect_body(moved or ""), allow_missing=allow_missing)
    return moved


def _body_from_query(live: CallbackProfile) -> str:
    rest, body = query_to_body(live.url)
    if stray := MARK.search(rest):
        raise TemplateError(
            f"cannot move {stray[0]} in the URL of profile {live.id} to the body",
            hint=Prose(
                "run `",
                Command("profile check", "--fix", live.id),
                "` first, or pass --body-file FILE with your own template",
            ),
        )
    return body


def _add_members(body: str) -> str:
    members = parse_object(body)
    names = _missing_status_names(text for _, text in strings(members))
    if not names:
        return body
    if taken := [f"member {name!r}" for name in names if name in members]:
        raise TemplateError(
            f"the body already has the {' and the '.join(taken)}",
            hint="pass --body-file FILE with your own template",
        )
    return append_members(body, ",".join(f'"{name}":"<{name}>"' for name in names))


# -- both


def _missing_status_names(texts: Iterable[str]) -> list[str]:
    """List the status names that are not a literal placeholder in any of `texts`."""
    there = {mark[0] for text in texts for mark in MARK.finditer(text)}
    names = [name for name in placeholders.names(with_status=True) if f"<{name}>" not in there]
    return [name for name in names if name not in placeholders.INCOMING]


@contextmanager
def _name_profile_in_errors(live: CallbackProfile) -> Iterator[None]:
    """Add to a TemplateError which profile has the template, and how to repair it."""
    try:
        yield
    except TemplateError as error:
        raise TemplateError(
            f"template of profile {live.id}: {error.message}",
            hint=Prose(
                "run `",
                Command("profile check", "--fix", live.id),
                "` first, or pass --allow-missing if only placeholders are missing",
            ),
        ) from error


# Characters that RFC 3986 allows in a query, without & = + and the ; of HTML escapes.
_SAFE = "!$'()*,/:?@"


def query_to_body(url: str) -> tuple[str, str]:
    """Move a GET template into a body: return the URL without it, and compact JSON.

    Raises TemplateError for a key that a JSON object cannot have: a duplicate, or one that is not
    UTF-8 once decoded.
    """
    rest, template = _split(url)
    members: dict[str, str] = {}
    for each in template:
        if not each.is_utf8:
            raise TemplateError(f"the query parameter {each.key!r} is not valid UTF-8")
        if each.name in members:
            raise TemplateError(f"duplicate query parameter {each.key!r} in the URL")
        members[each.name] = each.value
    return rest, compact(ascii_json(members))


def body_to_query(url: str, body: str) -> str:
    """Move a POST template into the query: append a parameter for every member of the body.

    Raises TemplateError for a member that is not a single placeholder, or whose key the URL already
    has, and for a body that is not a JSON object.
    """
    members = parse_object(body)
    problems = [
        f"member {key!r} is not a single placeholder"
        for key, value in members.items()
        if not isinstance(value, str) or value not in PLACEHOLDERS
    ]
    problems += [
        f"the URL already has the query parameter {key!r}" for key, _ in taken_keys(url, members)
    ]
    if problems:
        raise TemplateError(
            f"cannot move the body to the URL: {'; '.join(problems)}",
            hint="pass --url with all placeholders in it",
        )
    query = "&".join(f"{_quote_key(key)}={value}" for key, value in members.items())
    return append_query(url, query) if query else url


def endpoint_of(url: str) -> str:
    """Return a GET URL without the parameters whose value is one placeholder.

    The other parameters keep their bytes and order. A `?` or `&` at the end is removed too, so
    `build_url("…/hook?")` comes back as `…/hook`; without such parameters the URL is unchanged.
    """
    return _split(url)[0]


def _split(url: str) -> tuple[str, list[Parameter]]:
    """Split a URL from the parameters of its template."""
    path, query = split_query(url)
    every = parameters(query)
    template = [each for each in every if each.value in PLACEHOLDERS]
    if not template:
        return url, []
    rest = "&".join(each.text for each in every if each not in template).rstrip("&")
    return f"{path}?{rest}" if rest else path, template


def _quote_key(key: str) -> str:
    try:
        return quote(key, safe=_SAFE)
    except UnicodeEncodeError:
        raise TemplateError(f"the key {key!r} of the body is not valid text") from None
