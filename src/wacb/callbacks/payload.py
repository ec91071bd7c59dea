"""The values that a callback carries in its query and its body, as they came.

Reads whatever bytes there are: what cannot be read is kept raw and said in a note, never raised.
What the values mean is received.py's.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from typing import Any

from wacb.jsontext import JsonReader, NotJson
from wacb.urls import decode_form_text, form_pairs

_FORM = re.compile(r"""&*[^\s{\[<"'=&?][^\s=]*=""")


class Wire:
    """Reads one callback's values. `notes` tell what was odd about them, in order."""

    def __init__(self) -> None:
        self._repeated: dict[str, None] = {}
        self._garbled: dict[str, None] = {}
        self._unread: list[str] = []

    @property
    def notes(self) -> list[str]:
        """What was odd, one sentence each, however often it was met."""
        notes = list(self._unread)
        if self._garbled:
            notes.append(f"not UTF-8, so shown as it came: {_listed(self._garbled)}")
        if self._repeated:
            notes.append(f"came more than once, the last one counts: {_listed(self._repeated)}")
        return notes

    def read(self, query: str, body: bytes) -> tuple[dict[str, Any], Any]:
        """Return the named values of both, and the body: parsed, as text, or None if blank.

        The body's value counts where a name stands in both.
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
        """Read JSON without NaN, at most 100 levels deep. Raises NotJson.

        A number too great for Python stays the text it is.
        """
        _reader.repeated = {}
        value = _reader.read(text)
        self._repeated |= _reader.repeated
        return value

    def opened(self, value: Any) -> Any:
        """Return the object or array that a text spells in JSON, any other value as it is."""
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
            self._unread.append("the body is not UTF-8: its other bytes are shown as \\xNN")
            return body.decode("utf-8", "backslashreplace")
        try:
            value = self.json(text)
        except NotJson as error:
            if looks_like_form(text):
                return self.pairs(text.rstrip("\r\n"))
            self._unread.append(f"the body is neither JSON ({error}) nor a form")
            return text
        if not isinstance(value, dict):
            self._unread.append("the body is JSON, but no object")
        return value


def looks_like_form(text: str) -> bool:
    """Say whether a text begins like `name=`, as a query string or a form does, and not as JSON."""
    return _FORM.match(text) is not None


class _Reader(threading.local):
    """Reads JSON and notes repeated names; made once a thread, for it costs more than a use."""

    repeated: dict[str, None]

    def __init__(self) -> None:
        self.read = JsonReader(huge_as_text=True, members=self._members)

    def _members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            seen: set[str] = set()
            for name, _ in pairs:
                if name in seen:
                    self.repeated[name] = None
                seen.add(name)
        return members


def _listed(names: Iterable[str]) -> str:
    """List a few names; a callback may hold a hundred thousand, or a single one of a megabyte."""
    every = list(names)
    shown = [name if len(name) <= 40 else name[:39] + "…" for name in every[:5]]
    return ", ".join(shown + ["…"] * (len(every) > 5))


_reader = _Reader()
