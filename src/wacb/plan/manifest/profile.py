"""Read and check a table `[profiles.NAME]` of a manifest: the profile, its headers, its key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from wacb import jsontext
from wacb.errors import InvalidInput, TemplateError
from wacb.models import UNKNOWN, Encryption, Method, ProfileDraft
from wacb.plan.manifest.model import DesiredProfile
from wacb.plan.manifest.tables import Table, not_empty, one_of
from wacb.plan.manifest.variables import ResolvedText
from wacb.redaction import check_literal_header
from wacb.storage import encryption_keys
from wacb.template import placeholders
from wacb.template.build import build_url, custom_body, default_body, refuse_encoded
from wacb.urls import check_endpoint
from wacb.urls.permissions import needed_permissions
from wacb.validation import check_header, check_title

_PERMISSIONS = ("allow_http", "allow_local")
_FLAGS = ("with_status", "allow_missing", *_PERMISSIONS)
_KEYS = (
    *("title", "method", "url", "headers", "response_message", "channel", "events", "body"),
    *("encryption", *_FLAGS),
)


def read_title(table: Table) -> ResolvedText | None:
    """Read the title, None if it is missing or invalid."""
    title = table.text("title", required=True)
    return title if table.check("title", title, check_title) else None


def read_profile(
    name: str, table: Table, title: ResolvedText | None, *, local: bool
) -> DesiredProfile | None:
    """Read a profile whose title is already read, None if a required part is invalid.

    Problems are collected in the table. `local` implies `allow_http` and `allow_local`.
    """
    table.reject_unknown_keys(_KEYS)
    declared = {key: table.boolean(key) for key in _FLAGS}
    flags = {key: is_set or (local and key in _PERMISSIONS) for key, is_set in declared.items()}
    method = table.text("method", required=True)
    word = table.check("method", method, one_of([each.lower() for each in Method]))
    chosen = Method(word.upper()) if word else None
    url = _read_url(table, chosen, flags)
    body = _read_body(table, chosen, flags)
    response_message = table.text("response_message")
    channel = table.text("channel")
    table.check("channel", channel, not_empty)
    events = _read_events(table)
    headers = _read_headers(table)
    encryption = _read_encryption(table)
    if title is None or chosen is None or url is None:
        return None
    texts = {"title": title, "url": url, "body": body, "channel": channel}
    texts |= {"response_message": response_message}
    known = {key: text for key, text in texts.items() if text}
    sources = {key: text.source for key, text in known.items() if text.variables}
    return DesiredProfile(
        name=name,
        draft=_build_draft(chosen, known, events, headers, encryption),
        allow_missing=flags["allow_missing"],
        undeclared=tuple(key for key in needed_permissions(url.value) if not declared[key]),
        headers={header: text.source for header, text in (headers or {}).items()},
        sources=sources | _event_sources(events),
    )


def _build_draft(
    method: Method,
    texts: Mapping[str, ResolvedText],
    events: list[ResolvedText] | None,
    headers: Mapping[str, ResolvedText] | None,
    encryption: Encryption | None,
) -> ProfileDraft:
    """Build a draft from checked parts."""
    values = {key: text.value for key, text in texts.items()}
    secret = (name for name, text in (headers or {}).items() if text.variables)
    return ProfileDraft(
        title=values["title"],
        method=method,
        url=values["url"],
        body=values.get("body"),
        headers=None if headers is None else {name: text.value for name, text in headers.items()},
        secret_headers=frozenset(secret),
        encryption=encryption,
        response_message=values.get("response_message"),
        channel=values.get("channel"),
        events=None if events is None else tuple(text.value for text in events),
    )


def _read_url(
    table: Table, method: Method | None, flags: Mapping[str, bool]
) -> ResolvedText | None:
    """Read the URL; for GET and DELETE, append the template to source and value."""
    url = table.text("url", required=True)

    def endpoint(value: str) -> str:
        return check_endpoint(value, **{key: flags[key] for key in _PERMISSIONS})

    def full(value: str) -> str:
        if method is None:
            return value
        if method.uses_body:
            refuse_encoded(value)
            return value
        names = placeholders.names(with_status=flags["with_status"])
        return build_url(value, names, allow_missing=flags["allow_missing"])

    value = table.check("url", url, endpoint) and table.check("url", url, full)
    if not url or not value:
        return None
    return url._replace(source=url.source + value[len(url.value) :], value=value)


def _read_body(
    table: Table, method: Method | None, flags: Mapping[str, bool]
) -> ResolvedText | None:
    """Read the body, or build the default one of POST and PUT."""
    if "body" not in table.content:
        built = default_body(with_status=flags["with_status"])
        return ResolvedText(built, built) if method and method.uses_body else None
    if flags["with_status"]:
        table.error("with_status", "cannot be used together with body")
    if method and not method.uses_body:
        table.error(
            "body",
            "is only allowed with the methods post and put",
            'use method = "post", or put the placeholders in url',
        )
        return None
    body = _read_body_text(table)
    value = table.check(
        "body",
        body,
        lambda text: custom_body(text, with_status=False, allow_missing=flags["allow_missing"]),
    )
    if body is None or value is None:
        return None
    return body._replace(source=_compact_if_json(body.source), value=value)


def _read_body_text(table: Table) -> ResolvedText | None:
    """Read the body as JSON text with variables replaced; in a table only in its values."""
    body = table.content["body"]
    if isinstance(body, str):
        return table.try_("body", table.variables.fill_json, body)
    text = table.try_("body", _as_json, body)
    return None if text is None else table.try_("body", table.variables.fill_values, text)


def _as_json(body: object) -> str:
    if not isinstance(body, dict):
        raise InvalidInput("must be a table or a string of JSON")
    if jsontext.is_deep(body):
        raise InvalidInput("is nested too deeply")
    try:
        return jsontext.compact_json(body)
    except (TypeError, ValueError):  # also nan, inf and integers of thousands of digits
        what = "contains a date, a time or a number that JSON cannot represent"
        raise InvalidInput(what, hint="write it as a string") from None


def _compact_if_json(written: str) -> str:
    """Compact text that is JSON even before its variables are replaced."""
    try:
        return placeholders.compact(written)
    except TemplateError:
        return written


def _read_events(table: Table) -> list[ResolvedText] | None:
    events = table.content.get("events")
    if events is None:
        return None
    if not isinstance(events, list) or not all(isinstance(event, str) for event in events):
        table.error("events", "must be an array of strings")
        return None
    texts = [text for event in events if (text := table.resolve("events", event))]
    for text in texts:
        table.check("events", text, not_empty)
    return texts


def _event_sources(events: list[ResolvedText] | None) -> dict[str, tuple[str, ...]]:
    """Return the source of the events if one of them uses a variable."""
    events = events or []
    made = any(event.variables for event in events)
    return {"events": tuple(event.source for event in events)} if made else {}


_USE_VARIABLE = 'write "${NAME}", and set NAME in the environment'


def _read_headers(profile: Table) -> dict[str, ResolvedText] | None:
    """Read the headers, None if there is no such table.

    They must be valid in HTTP; a header that authenticates must use a variable.
    """
    headers = profile.table("headers")
    if headers is None:
        return None
    found: dict[str, ResolvedText] = {}
    spelled: dict[str, str] = {}
    for name, value in headers.content.items():
        # The name first: an invalid name must not be repeated in a message.
        if not profile.try_("headers", check_header, name, "-"):
            continue
        text = _read_header(headers, name, value)
        if spelled.setdefault(name.lower(), name) != name:
            headers.error(name, f"duplicate header {spelled[name.lower()]}")
        elif text:
            found[name] = text
    return found


def _read_header(headers: Table, name: str, value: object) -> ResolvedText | None:
    text = headers.resolve(name, value)
    if text is None:
        return None
    if not text.variables and not headers.try_(name, check_literal_header, name):
        return None
    headers.check(name, text, partial(check_header, name))
    return text


def _read_encryption(profile: Table) -> Encryption | None:
    """Read the encryption as it is sent to the API, None if there is none or it is invalid."""
    table = profile.table("encryption")
    if table is None:
        return None
    table.reject_unknown_keys(("algorithm", "key", "iv", "encoding"))
    given = table.text("algorithm", required=True)
    coded = table.text("encoding") or ResolvedText("raw", "raw")
    algorithm = table.check("algorithm", given, one_of(encryption_keys.ALGORITHMS))
    encoding = table.check("encoding", coded, one_of(encryption_keys.ENCODINGS))
    parts = {name: _read_secret(table, name) for name in ("key", "iv")}
    if not algorithm or not encoding:
        return None
    values = {name: part.value for name, part in parts.items() if part}
    encryption = Encryption(algorithm=algorithm, encoding=encoding, **values)
    masked = bool((given and given.variables) or coded.variables)
    sent = {name: _check_part(table, name, encryption, masked=masked) for name in values}
    key, iv = (sent.get(name) or UNKNOWN for name in ("key", "iv"))
    return Encryption(algorithm=algorithm, key=key, iv=iv)


def _check_part(table: Table, name: str, encryption: Encryption, *, masked: bool) -> str | None:
    """Check a key or IV. `masked`: a variable chose a value that the message would contain."""
    try:
        return encryption_keys.as_characters(name, encryption)
    except InvalidInput as error:
        hint = "check its length in bytes" if masked else None
        table.error(
            name, "does not match its algorithm and encoding" if masked else error.message, hint
        )
        return None


def _read_secret(table: Table, name: str) -> ResolvedText | None:
    """Read a text that must be a single variable."""
    text = table.text(name, required=True)
    if text is None or text.source in {f"${{{variable}}}" for variable in text.variables}:
        return text
    table.error(name, "is a secret, so it must be a single variable", _USE_VARIABLE)
    return None
