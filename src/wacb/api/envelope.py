"""The envelope of the API's responses, which changes its form between routes (api.md §3)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from wacb.api import values
from wacb.jsontext import NotJson, read_json

MAX_WORDS = 500  # characters of an answer that an error repeats
ENVELOPE = frozenset(("code", "message", "error", "errors", "status", "success", "data"))
# what a listing says of itself, in `data` or beside it; compared without case and `_`
TOTALS = frozenset(("total", "totalcount", "totalrecords", "totalitems", "totalelements"))
MORE = frozenset(("next", "nextpage", "nextpageurl", "nextcursor", "hasmore", "hasnext"))
PAGING = frozenset(("paging", "pagination", "meta", "page", "links"))
_FAILURE_WORDS = frozenset(("error", "fail", "failed", "failure"))
_API_CODE = r"[A-Z]{1,4}[0-9]{2,}"


class Envelope(NamedTuple):
    """A response of the API. `failed` says that it reports an error, also inside a 2xx.

    `message` joins the API's message and every `params`. `is_json` is false where the body is not
    JSON, `is_object` where it is not a JSON object: then something else may have answered, and
    `message` has its first words. `is_blank` is true for JSON that says nothing, not even in an
    envelope. `paging` are the members beside `data` that say something about a listing.
    """

    code: str | None
    message: str
    failed: bool
    data: Any
    is_json: bool = True
    is_object: bool = True
    is_blank: bool = False
    paging: Mapping[str, Any] = MappingProxyType({})

    @property
    def listed(self) -> Any:
        """The `data` of a listing, together with what stands beside it about paging."""
        if not self.paging:
            return self.data
        return {**self.paging, **(self.data if isinstance(self.data, dict) else {"": self.data})}

    @property
    def has_api_code(self) -> bool:
        """Whether the code is one of the API's, not a gateway's."""
        return is_api_code(self.code)


def is_api_code(code: str | None) -> bool:
    """Return whether a code has the form of the API's: RBC302, WA400, E13001."""
    return re.fullmatch(_API_CODE, code or "") is not None


def fold(name: str) -> str:
    """Return the name of a member without case and underscores: `totalCount` is `total_count`."""
    return name.replace("_", "").lower()


def is_paging(name: str) -> bool:
    """Return whether a member says something about a listing, not about a row."""
    return fold(name) in TOTALS | MORE | PAGING | {"count"}


def read_envelope(body: bytes) -> Envelope:
    """Read the body of a response, whatever it holds."""
    try:
        answer = read_json(body)
    except NotJson:
        return Envelope(
            code=None,
            message=first_words(body),
            failed=False,
            data=None,
            is_json=False,
            is_object=False,
        )
    inner = values.unwrap(answer)
    if not isinstance(inner, dict):
        words = values.text(answer) or ""
        return Envelope(
            code=None,
            message=words[:MAX_WORDS],
            failed=False,
            data=answer,
            is_object=False,
            is_blank=answer is None or answer == "",
        )
    envelope = _read_object(inner)._replace(is_blank=not inner)
    if inner is answer:
        return envelope
    # a list of one row is data, unless it is nothing but an envelope
    is_envelope = inner.keys() <= ENVELOPE
    return envelope if is_envelope else envelope._replace(data=answer, failed=False)


def _read_object(answer: dict[str, Any]) -> Envelope:
    code, message, failed = _read_members(answer)
    # an answer without `data` is the data, unless it is nothing but an envelope
    data = answer.get("data", None if answer.keys() <= ENVELOPE else answer)
    if not failed and isinstance(data, dict) and data is not answer:
        _, inner_message, inner_failed = _read_members(data)
        if inner_failed and inner_message:  # a `status` alone may be a number's
            message, failed = "; ".join(filter(None, (message, inner_message))), True
    beside = answer if "data" in answer else {}
    paging = {name: value for name, value in beside.items() if is_paging(name)}
    return Envelope(code, message, failed=failed, data=data, paging=paging)


def _read_members(answer: dict[str, Any]) -> tuple[str | None, str, bool]:
    """Read code and message, and whether an error is reported.

    assumed: failure_in_success (api.md §3).
    """
    errors = [answer.get("error"), answer.get("errors")]
    message = values.words(answer.get("message"))
    words = [*filter(None, (message,)), *_params(errors)]
    status, success = answer.get("status"), answer.get("success")
    speaks = bool(message) or answer.keys() <= ENVELOPE  # else it may be the status of a thing
    failed = (
        any(map(_has_content, errors))
        or (values.number(status) or 0) >= 400
        or _word(status) in _FAILURE_WORDS
        or (speaks and _word(status) == "false")
        or _word(success) in ("false", "0", "no")
    )
    inner = [each for each in map(values.unwrap, errors) if isinstance(each, dict)]
    codes = [values.text(each.get("code")) for each in (answer, *inner)]
    code = next(filter(is_api_code, codes), codes[0])
    return code, "; ".join(dict.fromkeys(words))[:MAX_WORDS], failed


def _word(value: Any) -> str:
    return str(value if isinstance(value, bool) else values.text(value) or "").strip().lower()


def _has_content(error: Any) -> bool:
    """Return whether an error says anything: `{"code": 0, "message": ""}` does not."""
    if isinstance(error, dict):
        return any(map(_has_content, error.values()))
    if isinstance(error, list):
        return any(map(_has_content, error))
    return bool(error) and _word(error) not in ("0", "false", "null", "none")


def _params(error: Any) -> Iterator[str]:
    if isinstance(error, list):
        for item in error:
            yield from _params(item)
    elif isinstance(error, dict):
        for value in error.values():
            yield from _params(value)
    elif isinstance(error, str) and error:
        yield error


def first_words(page: bytes) -> str:
    """Return the first words of a page of text or HTML, none of broken JSON: it has secrets."""
    if page.lstrip().startswith((b"{", b"[")):
        return ""
    text = page[: 20 * MAX_WORDS].decode("utf-8", "replace")
    text = re.sub(r"(?is)<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?-->|<[^>]*>", " ", text)
    return " ".join(html.unescape(text).split())[:MAX_WORDS]
