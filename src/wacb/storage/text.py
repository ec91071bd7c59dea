"""Text from outside, read in one way: of a file, of stdin, of what a command prints."""

from __future__ import annotations

import codecs

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def decode_text(data: bytes) -> str:
    r"""Decode UTF-8, or what a byte order mark says; every line end becomes `\n`.

    Raises ValueError, whose text goes on after the name of the source and never repeats content.
    """
    found = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    if found is None and _looks_like_utf_16(data):
        raise ValueError("is UTF-16 text without a byte order mark")
    try:
        text = data.decode(found or "UTF-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        place = f" (line {line})" if found in (None, "UTF-8") else ""
        raise ValueError(f"is not {found or 'UTF-8'} text{place}") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def drop_line_end(text: str) -> str:
    """Remove one line end from the end of a value that is a line of its own."""
    return text.removesuffix("\n").removesuffix("\r")


def _looks_like_utf_16(data: bytes) -> bool:
    """Return whether most characters have a NUL as every other byte, like Latin UTF-16."""
    return 4 * max(data[::2].count(0), data[1::2].count(0)) > len(data)
