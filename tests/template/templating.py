"""What the tests of templates share: text in which anything may meet, and how it is refused."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from wacb.errors import TemplateError
from wacb.template.inspect import inspect_body, inspect_url, require_complete
from wacb.template.placeholders import KNOWN

# Text in which brackets, names, escapes and JSON are likely to meet.
PIECES = st.sampled_from(
    (
        *(f"<{name}>" for name in KNOWN),
        *("<", ">", "%3C", "%3e", "%253C", "&lt;", "&gt;", "&amp;lt;", "&#60;", "\\u003c"),
        *("<Body>", "mimetype", "body"),
        *'{}[]:,"\\?&=#',
        *("NaN", "-Infinity", "1e999", "null", "\u201c", "\u201d", "\n", "\ud800", "{}", '{"a":'),
    )
)
TEXTS = st.text(max_size=30) | st.lists(PIECES | st.text(max_size=4), max_size=25).map("".join)
SAFE = "abcXYZ019-._~%/:;,+*'()!@[]"
QUERIES = st.lists(
    st.tuples(st.text(SAFE, max_size=6), st.none() | st.text(SAFE + "=?", max_size=6)), max_size=4
).map(lambda pairs: "&".join(key if value is None else f"{key}={value}" for key, value in pairs))
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | PIECES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


def error_of(check, *args, **options) -> tuple[str, str | None]:
    """The sentence and the hint with which a check refuses something."""
    with pytest.raises(TemplateError) as caught:
        check(*args, **options)
    return caught.value.message, caught.value.hint


def check_url(url: str, *, allow_missing: bool = False) -> None:
    require_complete(inspect_url(url), allow_missing=allow_missing)


def check_body(text: str, *, allow_missing: bool = False) -> None:
    require_complete(inspect_body(text), allow_missing=allow_missing)
