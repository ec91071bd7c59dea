"""Decoding text from outside; the field tests read it by every way in."""

from __future__ import annotations

import pytest

from wacb.storage.text import decode_text


@pytest.mark.parametrize(
    "data",
    ["é\r\n✓\r".encode("utf-32"), "\ufeffé\n✓\n".encode("utf-32-be"), "é\n✓\n".encode("utf-8-sig")],
    ids=["UTF-32", "UTF-32, big-endian", "UTF-8"],
)
def test_a_byte_order_mark_decides(data: bytes):
    assert decode_text(data) == "é\n✓\n"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"a\nb\xe9", "is not UTF-8 text (line 2)"),
        (b"\xef\xbb\xbfa\xe9", "is not UTF-8 text (line 1)"),
        (b"\xff\xfea", "is not UTF-16 text"),
        ("+1\n".encode("utf-16-be"), "is UTF-16 text without a byte order mark"),
    ],
)
def test_what_is_not_text_is_named_and_not_repeated(data: bytes, reason: str):
    with pytest.raises(ValueError) as caught:
        decode_text(data)
    assert str(caught.value) == reason


@pytest.mark.parametrize("data", [b"", b"a\0bcd", b"\xc3\xa9"])
def test_other_text_is_read_unchanged(data: bytes):
    assert decode_text(data) == data.decode()
