"""What a callback says: its named fields, which of the 14 came, whether it is a message at all.

Pure: a request in, a Received out. Reading bytes is wire.py's, Meta's shape meta.py's, receiving
requests receiver.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from wacb.callbacks import classify
from wacb.callbacks.cloud_api import read_meta
from wacb.callbacks.encryption import decrypt_fields
from wacb.callbacks.payload import Wire, looks_like_form
from wacb.errors import InvalidInput
from wacb.jsontext import NotJson, ascii_json
from wacb.template.placeholders import INCOMING
from wacb.urls import is_url_or_path, split_query


class Request(NamedTuple):
    """An HTTP request as it came; `query` is raw and without its `?`."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Received(NamedTuple):
    """What a request says, as a callback.

    `present`, `literal` and `missing` share the 14 names out: arrived (empty or not), still
    reading `<name>`, not there; `empty` is a part of `present`. `body` is the parsed JSON or form,
    the text where it is neither, None where there is none, and never decrypted.
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
    """Take a request apart. Without `decrypt` nothing in it can make this raise.

    Query and body are read whatever the method and the Content-Type say. `decrypt` gets every
    value that came for a placeholder; what it raises for one of the 14 comes through, with the
    field's name: InvalidInput where the value is damaged, CheckFailed where the key doesn't fit.
    """
    wire = Wire()
    fields, body = wire.read(request.query, request.body)
    if decrypt is not None:
        fields = decrypt_fields(fields, decrypt)
    kind, fields, notes = read_meta(wire, fields) or _plain(wire, request.method, fields)
    if body is not None and not isinstance(body, dict):
        kind, notes = classify.OTHER, []  # the note on the body says enough
    return _received(kind, fields, [*wire.notes, *notes], body)


def _plain(
    wire: Wire, method: str, fields: dict[str, Any]
) -> tuple[str, dict[str, Any], list[str]]:
    if "message" in fields:
        fields["message"] = wire.opened(fields["message"])
    kind, notes = classify.judge(method, fields)
    text = fields.get("message")
    if kind == classify.MESSAGE and isinstance(text, str) and classify.has_value("message", text):
        notes.append("`message` is not JSON, so shown as it came")
    return kind, fields, notes


def _received(kind: str, fields: dict[str, Any], notes: Iterable[str], body: Any) -> Received:
    present: list[str] = []
    empty: list[str] = []
    literal: list[str] = []
    missing: list[str] = []
    for name in INCOMING:  # one loop, since `listen` comes here for every callback
        if name not in fields:
            missing.append(name)
        elif classify.is_empty(value := fields[name]):
            present.append(name)
            empty.append(name)
        elif classify.is_unfilled(name, value):
            literal.append(name)
        else:
            present.append(name)
    return Received(
        kind=kind,
        fields=fields,
        present=tuple(present),
        empty=tuple(empty),
        literal=tuple(literal),
        missing=tuple(missing),
        notes=tuple(notes),
        body=body,
    )


def read_text(text: str, *, decrypt: Callable[[str], str] | None = None) -> Received:
    """Take apart what a person has of a callback: a query string, a URL, a body, a saved record.

    Raises InvalidInput for anything else, and what `read` raises.
    """
    text = text.strip(" \t\r\n")
    if not text:
        raise InvalidInput(
            "there is nothing to decode", hint="give a query string, a URL, a body or a saved file"
        )
    wire = Wire()
    value = wire.opened(text)
    if _is_record(value):
        return _read_record(value, decrypt)
    if isinstance(value, dict):
        return read(_request("POST", body=text), decrypt=decrypt)
    return read(_request("GET", query=_query(text)), decrypt=decrypt)


def _request(method: str, *, query: str = "", body: str = "") -> Request:
    # "surrogatepass": what is no text is noted by read, not refused here
    return Request(method, "", query, {}, body.encode("utf-8", "surrogatepass"))


def _query(text: str) -> str:
    """Return the query that a text is or, as a URL, has. Raises InvalidInput for another text."""
    url = is_url_or_path(text)
    query = split_query(text)[1] or "" if url else text.removeprefix("?")
    if query and looks_like_form(query):
        return query
    if url:
        raise InvalidInput("the URL has no values", hint="give it with all that follows the ?")
    raise InvalidInput(
        f"this is no callback: {_why_not(text)}",
        hint="give a query string, a URL, a JSON or form body, or a file of `listen --save`",
    )


def _why_not(text: str) -> str:
    try:
        Wire().json(text)
    except NotJson as error:
        return f"neither JSON ({error}) nor a query string"
    return "it is JSON, but no object"


_RECORDED = ("method", "path", "kind", "fields", "headers", "query", "body")


def _is_record(value: Any) -> bool:
    """Say whether JSON is a record of `callback listen` (cli.md 11)."""
    return (
        isinstance(value, dict)
        and value.get("event") == "callback"
        and all(name in value for name in _RECORDED)
    )


def _read_record(record: dict[str, Any], decrypt: Callable[[str], str] | None) -> Received:
    """Read a record anew; without `decrypt` what it says counts, which may be decrypted."""
    fields, query, body, notes = (record.get(n) for n in ("fields", "query", "body", "notes"))
    if not isinstance(fields, dict) or not isinstance(query, str):
        raise InvalidInput(
            "this record of `callback listen` is damaged", hint="take one as it was saved"
        )
    if decrypt is not None:
        text = body if isinstance(body, str) else "" if body is None else ascii_json(body)
        return read(_request(str(record["method"]), query=query, body=text), decrypt=decrypt)
    kind = classify.MESSAGE if record["kind"] == classify.MESSAGE else classify.OTHER
    return _received(kind, fields, map(str, notes) if isinstance(notes, list) else (), body)
