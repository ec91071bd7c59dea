"""Format received callbacks for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from wacb.cli.console import wrap
from wacb.jsontext import visible
from wacb.template.placeholders import INCOMING

# Fields that a text message has no value for.
_EMPTY_IN_TEXT = frozenset(("mime_type", "media_url", "reply_to", "contacts", "location"))
_LONGEST = 60  # characters of a text to show
_INDENT = "   "


def format_record(record: Mapping[str, Any], hide: Callable[[str], str], width: int | None) -> str:
    """Format a record in lines of at most `width` cells; None does not break any.

    `hide` masks secrets before anything is cut.
    """
    lines = _lines(record, lambda text: _shorten(hide(text)))
    return "\n".join(_break(line, width) for line in lines)


def format_answer(record: Mapping[str, Any], hide: Callable[[str], str], width: int) -> str:
    """Format the response to a forwarded callback in lines of at most `width` cells."""
    return wrap(_answer(record, hide), width, hang=_INDENT)


def _answer(record: Mapping[str, Any], hide: Callable[[str], str]) -> str:
    forwarded = record["forwarded"]
    error = forwarded.get("error")
    if forwarded["status"] is None:
        reason = "; ".join(filter(None, (error["message"], error["hint"])))
        return f"{record['n']}  not answered: {visible(hide(reason))}"
    redirected = 300 <= forwarded["status"] < 400
    reason = f": {visible(hide(error['message']))}" if redirected else ""
    return f"{record['n']}  answered {forwarded['status']} in {forwarded['ms']:.0f} ms{reason}"


def _lines(record: Mapping[str, Any], short: Callable[[str], str]) -> Iterator[str]:
    when = datetime.fromisoformat(record["time"]).astimezone()
    request = f"{record['method']} {short(record['path'])}"
    yield f"{record['n']}  {when:%H:%M:%S}  {request}  {_summary(record, short)}"
    if record["kind"] == "message":
        if body := record["fields"].get("body"):
            yield f"{_INDENT}body: {short(str(body))}"
        for state, words in (("missing", "missing"), ("literal", "not filled in")):
            if record[state]:
                yield f"{_INDENT}{words}: {', '.join(record[state])}"
    elif record["fields"]:
        yield f"{_INDENT}{short(', '.join(record['fields']))}"
    elif record["body"]:
        yield f"{_INDENT}{short(record['body'])}"
    for note in record["notes"]:
        yield f"{_INDENT}note: {short(note)}"


def _summary(record: Mapping[str, Any], short: Callable[[str], str]) -> str:
    if record["kind"] != "message":
        return "not a message"
    fields = record["fields"]
    kind, sender = (short(str(fields.get(name) or "?")) for name in ("type", "from"))
    is_normal = fields.get("type") == "text" and _EMPTY_IN_TEXT.issuperset(record["empty"])
    normal = " (normal for text)" if is_normal else ""
    empty = f", {len(record['empty'])} empty{normal}" if record["empty"] else ""
    return f"{kind} from {sender}  {len(record['present'])}/{len(INCOMING)} fields{empty}"


def _break(line: str, width: int | None) -> str:
    return line if width is None else wrap(line, width, hang=_INDENT)


def _shorten(text: str) -> str:
    return visible(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
