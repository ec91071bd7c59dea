"""Read the named values in the query and body of a callback.

Any bytes are accepted: values that cannot be read are kept raw and noted, never raised.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from wacb.jsontext import JsonReader, NotJson
from wacb.urls import decode_form_text, form_pairs

_FORM = re.compile(r"""&*[^\s{\[<"'=&?][^\s=]*=""")


class PayloadReader:
    """Read one callback's values; `notes` lists the problems met."""

    def __init__(self) -> None:
        self._repeated: dict[str, None] = {}
        self._garbled: dict[str, None] = {}
        self._unread: list[str] = []

    @property
    def notes(self) -> list[str]:
        """One sentence for each kind of problem."""
        notes = list(self._unread)
        if self._garbled:
            notes.append(f"not UTF-8, shown undecoded: {_list_shortened(self._garbled)}")
        if self._repeated:
            notes.append(
                f"received more than once, last value used: {_list_shortened(self._repeated)}"
            )
        return notes

    def read(self, query: str, body: bytes) -> tuple[dict[str, Any], Any]:
        """Return the named values of both, and the body: parsed, as text, or None if blank.

        Values of the body override those of the query.
        """
        fields: dict[str, Any] = self.pairs(query)
        content = self._body(body) if body.strip() else None
        if isinstance(content, dict):
            self._repeated.update(dict.fromkeys(name for name in content if name in fields))
            fields |= content
        return fields, content

    def pairs(self, text: str) -> dict[str, str]:
        """Read a query or a form. A value that is not UTF-8 stays percent-encoded."""
        fields: dict[str, str] = {}
        for raw_name, raw_value in form_pairs(text):
            name, value = decode_form_text(raw_name), decode_form_text(raw_value)
            if name is None or value is None:
                self._garbled[raw_name if name is None else name] = None
            name = raw_name if name is None else name
            if name in fields:
                self._repeated[name] = None
            fields[name] = raw_value if value is None else value
        return fields

    def json(self, text: str) -> Any:
        """Parse JSON without NaN, at most 100 levels deep. Raises NotJson.

        A number too large for Python stays text.
        """
        repeated: dict[str, None] = {}

        def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            counts = Counter(name for name, _ in pairs)
            repeated.update(dict.fromkeys(name for name, count in counts.items() if count > 1))
            return dict(pairs)

        value = JsonReader(huge_as_text=True, members=members)(text)
        self._repeated |= repeated
        return value

    def parse_if_json(self, value: Any) -> Any:
        """Return the object or array that a JSON text contains, any other value unchanged."""
        if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
            return value
        try:
            return self.json(value)
        except NotJson:
            return value

    def _body(self, body: bytes) -> Any:
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            self._unread.append("the body is not UTF-8; invalid bytes are shown as \\xNN")
            return body.decode("utf-8", "backslashreplace")
        try:
            value = self.json(text)
        except NotJson as error:
            if looks_like_form(text):
                return self.pairs(text.rstrip("\r\n"))
            self._unread.append(f"the body is neither JSON ({error}) nor a form")
            return text
        if not isinstance(value, dict):
            self._unread.append("the body is JSON, but not an object")
        return value


def looks_like_form(text: str) -> bool:
    """Whether a text begins with `name=`, as a query string or a form does."""
    return _FORM.match(text) is not None


def _list_shortened(names: Iterable[str]) -> str:
    """List a few names, shortened; a callback may have 100 000 names, or one of a megabyte."""
    every = list(names)
    shown = [name if len(name) <= 40 else name[:39] + "…" for name in every[:5]]
    return ", ".join(shown + ["…"] * (len(every) > 5))
