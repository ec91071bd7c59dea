"""Decode a callback: its named fields, which of the 14 arrived, and whether it is a message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from wacb.callbacks import classify
from wacb.callbacks.cloud_api import read_cloud_api
from wacb.callbacks.encryption import decrypt_fields
from wacb.callbacks.payload import PayloadReader, looks_like_form
from wacb.callbacks.unwrap import unwrap
from wacb.errors import Command, InvalidInput, Prose
from wacb.jsontext import NotJson, ascii_json
from wacb.template.placeholders import INCOMING
from wacb.urls import is_url_or_path, split_query


class Request(NamedTuple):
    """A received HTTP request; `query` is raw, without its `?`."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Received(NamedTuple):
    """A decoded callback.

    `present`, `literal` and `missing` divide the 14 names: received (empty or not), received as the
    literal `<name>`, not received; `empty` is a subset of `present`. `body` is the parsed JSON or
    form, the text if it is neither, None if there is none; it is never decrypted.
    """

    kind: str
    fields: dict[str, Any]
    present: tuple[str, ...]
    empty: tuple[str, ...]
    literal: tuple[str, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    body: Any


def read(request: Request, *, decrypt: Callable[[str], str] | None = None) -> Received:
    """Decode a request. Without `decrypt` this never raises.

    Query and body are read whatever the method and the Content-Type. `decrypt` gets every value
    received for a placeholder; its errors for one of the 14 are raised with the field's name:
    InvalidInput if the value is damaged, CheckFailed if the key is wrong.
    """
    reader = PayloadReader()
    fields, body = reader.read(request.query, request.body)
    if decrypt is not None:
        fields = decrypt_fields(fields, decrypt)
    kind, fields, notes = read_cloud_api(reader, fields) or _read_v1(reader, request.method, fields)
    if body is not None and not isinstance(body, dict):
        kind, notes = classify.OTHER, []  # the note on the body explains it
    return _sort_fields(kind, fields, [*reader.notes, *notes], body)


def _read_v1(
    reader: PayloadReader, method: str, fields: dict[str, Any]
) -> tuple[str, dict[str, Any], list[str]]:
    for name in ("message", "contacts", "location"):
        if name in fields:
            fields[name] = _parse_twice(reader, fields[name])
    kind, notes = classify.classify(method, fields)
    text = fields.get("message")
    if kind == classify.MESSAGE and isinstance(text, str) and classify.has_value("message", text):
        notes.append("`message` is not JSON; shown unparsed")
    return kind, fields, notes


def _parse_twice(reader: PayloadReader, value: Any) -> Any:
    """Parse JSON text, and JSON text in a string of JSON."""
    if isinstance(value, str) and value.startswith('"'):
        with suppress(NotJson):
            value = reader.json(value)
    return reader.parse_if_json(value)


def _is_text_of(message: Any, text: Any) -> bool:
    """Whether a message has this text: a person wrote what looks like a placeholder."""
    first = message[0] if isinstance(message, list) and message else message
    content = first.get("text") if isinstance(first, dict) else None
    return isinstance(content, dict) and content.get("body") == text


def _sort_fields(kind: str, fields: dict[str, Any], notes: Iterable[str], body: Any) -> Received:
    literal = tuple(
        name
        for name in INCOMING
        if name in fields
        and classify.is_unfilled(name, fields[name])
        and not _is_text_of(fields.get("message"), fields[name])
    )
    present = tuple(name for name in INCOMING if name in fields and name not in literal)
    return Received(
        kind=kind,
        fields=fields,
        present=present,
        empty=tuple(name for name in present if classify.is_empty(fields[name])),
        literal=literal,
        missing=tuple(name for name in INCOMING if name not in fields),
        notes=tuple(notes),
        body=body,
    )


def read_text(text: str, *, decrypt: Callable[[str], str] | None = None) -> Received:
    """Decode a callback from text: a query string, a URL, a body or a saved record.

    Raises InvalidInput for anything else, and the errors of `read`.
    """
    text = text.strip(" \t\r\n")
    if not text:
        raise InvalidInput(
            "nothing to decode", hint="pass a query string, a URL, a body or a saved callback"
        )
    reader = PayloadReader()
    value = reader.parse_if_json(text)
    if is_record(value):
        return _read_record(value, decrypt)
    if found := unwrap(text):
        first = found[0]
        request = _request("POST" if first.body else "GET", query=first.query, body=first.body)
        received = read(request, decrypt=decrypt)
        notes = [f"found the callback in {first.path or 'the text'}"]
        if len(found) > 1:
            notes.append(f"{len(found)} callbacks found; showing the first")
        return received._replace(notes=(*notes, *received.notes))
    if isinstance(value, dict):
        return read(_request("POST", body=text), decrypt=decrypt)
    return read(_request("GET", query=_extract_query(text)), decrypt=decrypt)


def _request(method: str, *, query: str = "", body: str = "") -> Request:
    # "surrogatepass": read notes invalid text, this must not reject it
    return Request(method, "", query, {}, body.encode("utf-8", "surrogatepass"))


def _extract_query(text: str) -> str:
    """Return the query string in a text or URL. Raises InvalidInput if there is none."""
    url = is_url_or_path(text)
    query = split_query(text)[1] or "" if url else text.removeprefix("?")
    if query and looks_like_form(query):
        return query
    if url:
        raise InvalidInput("the URL has no query string", hint="include everything after the ?")
    raise InvalidInput(
        f"not a callback: {_explain_not_json(text)}",
        hint=Prose(
            "pass a query string, a URL, a JSON or form body, or a file saved by `",
            Command("callback listen", "--save", "DIR"),
            "`",
        ),
    )


def _explain_not_json(text: str) -> str:
    try:
        PayloadReader().json(text)
    except NotJson as error:
        return f"neither JSON ({error}) nor a query string"
    return "the JSON is not an object"


_RECORDED = ("method", "path", "kind", "fields", "headers", "query", "body")


def is_record(value: Any) -> bool:
    """Whether a JSON value is a record saved by `callback listen`."""
    return (
        isinstance(value, dict)
        and value.get("event") == "callback"
        and all(name in value for name in _RECORDED)
    )


def _read_record(record: dict[str, Any], decrypt: Callable[[str], str] | None) -> Received:
    """Decode a record again to decrypt it; else keep its fields, which may be decrypted."""
    fields, query, body, notes = (record.get(n) for n in ("fields", "query", "body", "notes"))
    if not isinstance(fields, dict) or not isinstance(query, str):
        raise InvalidInput(
            "the saved callback is damaged", hint="pass the file unchanged, as it was saved"
        )
    if decrypt is not None:
        text = body if isinstance(body, str) else "" if body is None else ascii_json(body)
        return read(_request(str(record["method"]), query=query, body=text), decrypt=decrypt)
    kind = classify.MESSAGE if record["kind"] == classify.MESSAGE else classify.OTHER
    return _sort_fields(kind, fields, map(str, notes) if isinstance(notes, list) else (), body)
