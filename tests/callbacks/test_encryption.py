"""Encrypting single values: equal to OpenSSL, back as they were, and honest about a wrong key."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import warnings
from base64 import b64decode, b64encode
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from wacb.callbacks.encryption import Cipher
from wacb.callbacks.samples import sample
from wacb.errors import CheckFailed, ConfigError, InvalidInput
from wacb.models import UNKNOWN, Encryption
from wacb.storage.encryption_keys import ALGORITHMS

UNICODE = st.text(st.characters(codec="utf-8"))
PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))
KEY, IV = "Canary0123456789Canary0123456789", "iv-canary-012345"
CFB = [name for name in ALGORITHMS if name.endswith("CFB")]
GCM = [name for name in ALGORITHMS if name.endswith("GCM")]
TEXTS = {
    "empty": "",
    "short": "a",
    "one block": "0123456789abcdef",
    "unicode": 'Grüße "\\\n👩‍👩‍👧 שלום',
    "long": "x" * 5000,
}
each_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
each_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)


def key_length(algorithm: str) -> int:
    return int(algorithm.split("-")[1]) // 8


def make_encryption(algorithm: str = "AES-128-CFB", **changes: Any) -> Encryption:
    iv = IV[:12] if algorithm.endswith("GCM") else IV
    key = KEY[: key_length(algorithm)]
    return Encryption(algorithm=algorithm, key=key, iv=iv)._replace(**changes)


def make_cipher(algorithm: str = "AES-128-CFB", **changes: Any) -> Cipher:
    return Cipher(make_encryption(algorithm, **changes))


# -- against other implementations


def openssl(*arguments: str, algorithm: str, text: bytes) -> bytes:
    encryption = make_encryption(algorithm)
    key, iv = (str(part).encode().hex() for part in (encryption.key, encryption.iv))
    line = ["openssl", "enc", f"-{algorithm.lower()}", "-K", key, "-iv", iv, "-base64", *arguments]
    return subprocess.run(line, input=text, capture_output=True, check=True).stdout


needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the openssl program is not installed"
)


@needs_openssl
@each_text
@pytest.mark.parametrize("algorithm", CFB)
def test_cfb_is_what_openssl_makes_of_it(algorithm, text):
    theirs = openssl("-A", algorithm=algorithm, text=text.encode()).decode()
    assert make_cipher(algorithm).encrypt(text) == theirs


@needs_openssl
@pytest.mark.parametrize("algorithm", CFB)
def test_openssl_reads_ours_and_we_read_its_broken_lines(algorithm):
    cipher, text = make_cipher(algorithm), TEXTS["unicode"] * 20
    ours = cipher.encrypt(text).encode()
    assert openssl("-d", "-A", algorithm=algorithm, text=ours) == text.encode()
    theirs = openssl(algorithm=algorithm, text=text.encode()).decode()
    assert theirs.count("\n") > 1
    assert cipher.decrypt(theirs) == text


@pytest.mark.parametrize(
    ("algorithm", "sealed"),
    [
        ("AES-128-GCM", "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"),
        ("AES-192-GCM", "98e7247c07f0fe411c267e4384b0f6002ff58d80033927ab8ef4d4587514f0fb"),
        ("AES-256-GCM", "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"),
    ],
)
def test_gcm_is_what_its_specification_says(algorithm, sealed):
    # Test cases 2, 8 and 14 of McGrew and Viega, The Galois/Counter Mode of Operation
    zeros = "00" * key_length(algorithm)
    cipher = make_cipher(algorithm, key=zeros, iv="00" * 12, encoding="hex")
    assert b64decode(cipher.encrypt("\0" * 16)).hex() == sealed
    assert cipher.decrypt(b64encode(bytes.fromhex(sealed)).decode()) == "\0" * 16


# -- back and forth


@each_algorithm
@each_text
def test_a_value_comes_back(algorithm, text):
    cipher = make_cipher(algorithm)
    sealed = cipher.encrypt(text)
    assert sealed != text or text == ""
    assert make_cipher(algorithm).decrypt(sealed) == text


@each_algorithm
def test_every_value_of_a_hostile_message_comes_back(algorithm):
    cipher = make_cipher(algorithm)
    fields = sample("hostile", number="+15550100001", sender="+919812345678", now=1.79e9, seed=5)
    sealed = {name: cipher.encrypt(value) for name, value in fields.items()}
    assert {name: cipher.decrypt(value) for name, value in sealed.items()} == fields


def test_an_empty_value_stays_empty_in_cfb_and_is_a_tag_in_gcm():
    assert make_cipher("AES-128-CFB").encrypt("") == ""
    assert len(b64decode(make_cipher("AES-128-GCM").encrypt(""))) == 16


def test_an_empty_value_that_was_never_encrypted_is_empty():
    assert make_cipher("AES-128-GCM").decrypt("") == ""


def test_gcm_takes_an_iv_of_16_bytes():
    cipher = make_cipher("AES-128-GCM", iv=IV)
    assert cipher.decrypt(cipher.encrypt("text")) == "text"


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("hex", bytes.hex), ("base64", lambda raw: b64encode(raw).decode())],
    ids=["hex", "base64"],
)
def test_key_and_iv_may_be_written_in_hex_or_base64(encoding, encode):
    written = make_cipher(key=encode(KEY[:16].encode()), iv=encode(IV.encode()), encoding=encoding)
    assert written.encrypt("text") == make_cipher().encrypt("text")


def test_an_algorithm_may_be_written_in_small_letters():
    assert make_cipher("aes-128-cfb").encrypt("text") == make_cipher().encrypt("text")


def test_a_plus_that_a_form_decoder_took_for_a_space_is_one_again():
    cipher = make_cipher()
    sealed = next(s for s in map(cipher.encrypt, map(str, range(1000))) if "+" in s)
    assert cipher.decrypt(sealed.replace("+", " ")) == cipher.decrypt(sealed)


def test_half_a_character_becomes_a_question_mark():
    cipher = make_cipher()
    assert cipher.decrypt(cipher.encrypt("a\ud800")) == "a?"


@given(UNICODE, st.sampled_from(GCM))
def test_any_text_comes_back_from_gcm(text, algorithm):
    cipher = make_cipher(algorithm)
    assert cipher.decrypt(cipher.encrypt(text)) == text


@given(PRINTABLE, st.sampled_from(CFB))
def test_any_text_that_can_be_typed_comes_back_from_cfb(text, algorithm):
    cipher = make_cipher(algorithm)
    assert cipher.decrypt(cipher.encrypt(text)) == text


# -- what does not decrypt


@pytest.mark.parametrize("text", ["a", "abc", "====", "ab=c", "QUI", "ü", "{}", "\0"])
@each_algorithm
def test_what_is_not_base64_is_refused(algorithm, text):
    with pytest.raises(InvalidInput) as caught:
        make_cipher(algorithm).decrypt(text)
    assert caught.value.message == "the encrypted value is not base64, or is incomplete"


@pytest.mark.parametrize("algorithm", GCM)
def test_a_value_shorter_than_its_tag_is_refused(algorithm):
    with pytest.raises(InvalidInput) as caught:
        make_cipher(algorithm).decrypt(b64encode(b"x" * 15).decode())
    assert caught.value.message == "the encrypted value has 15 bytes, but its tag alone has 16"


@pytest.mark.parametrize("algorithm", GCM)
@pytest.mark.parametrize("changes", [{"key": KEY[::-1]}, {"iv": IV[::-1]}], ids=["key", "iv"])
def test_gcm_notices_a_wrong_key_and_a_wrong_iv(algorithm, changes):
    sealed = make_cipher(algorithm).encrypt("text")
    changes = {"key": changes["key"][: key_length(algorithm)]} if "key" in changes else changes
    with pytest.raises(CheckFailed) as caught:
        make_cipher(algorithm, **changes).decrypt(sealed)
    assert caught.value.message == (
        "the encrypted value does not match its tag; the key is probably wrong"
    )


def test_gcm_notices_a_changed_value():
    sealed = bytearray(b64decode(make_cipher("AES-256-GCM").encrypt("text")))
    sealed[0] ^= 1
    with pytest.raises(CheckFailed):
        make_cipher("AES-256-GCM").decrypt(b64encode(sealed).decode())


def test_gcm_of_bytes_that_are_no_text_is_told():
    sealed = AESGCM(KEY[:16].encode()).encrypt(IV[:12].encode(), b"\xff", None)
    with pytest.raises(CheckFailed, match="does not decrypt to text; the key is probably wrong"):
        make_cipher("AES-128-GCM").decrypt(b64encode(sealed).decode())


@pytest.mark.parametrize("algorithm", CFB)
def test_cfb_judges_by_whether_text_comes_out(algorithm):
    sealed = make_cipher(algorithm).encrypt(TEXTS["long"])
    wrong = make_cipher(algorithm, key=KEY[: key_length(algorithm)][::-1])
    with pytest.raises(CheckFailed) as caught:
        wrong.decrypt(sealed)
    assert caught.value.message == (
        "the encrypted value does not decrypt to text; the key is probably wrong"
    )


@pytest.mark.parametrize("text", ["\0", "\x01\x02a", "\x80\x9f\x7f"], ids=ascii)
def test_cfb_takes_control_characters_for_a_wrong_key(text):
    cipher = make_cipher()
    with pytest.raises(CheckFailed) as caught:
        cipher.decrypt(cipher.encrypt(text))
    assert caught.value.message == (
        "the encrypted value decrypts to control characters; the key is probably wrong"
    )


@pytest.mark.parametrize("text", ["\n", "\t\r\n", "a\x01", "\u202e\u200d"], ids=ascii)
def test_cfb_takes_some_control_characters_for_text(text):
    cipher = make_cipher()
    assert cipher.decrypt(cipher.encrypt(text)) == text


REFUSALS = (
    "the encrypted value (is not base64, or is incomplete"
    "|(does not decrypt to text|decrypts to control characters|does not match its tag)"
    "; the key is probably wrong)"
    "|the encrypted value has [0-9]+ bytes, but its tag alone has 16"
)


@given(
    st.sampled_from(ALGORITHMS), st.text() | st.binary().map(lambda raw: b64encode(raw).decode())
)
def test_any_received_text_decrypts_or_is_refused_with_a_sentence(algorithm, text):
    try:
        make_cipher(algorithm).decrypt(text).encode()
    except (InvalidInput, CheckFailed) as error:
        assert error.hint
        assert re.fullmatch(REFUSALS, error.message)  # which repeats nothing of the text


# -- keys


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"key": KEY[:15]}, "the key has 15 bytes, AES-128-CFB needs 16"),
        ({"key": KEY[:24]}, "the key has 24 bytes, AES-128-CFB needs 16"),
        ({"key": ""}, "the key has 0 bytes, AES-128-CFB needs 16"),
        ({"iv": IV[:12]}, "the IV has 12 bytes, AES-128-CFB needs 16"),
        ({"key": "ü" * 16}, "the key is not raw text"),
        ({"iv": "x" * 32, "key": "00" * 16, "encoding": "hex"}, "the IV is not hex text"),
        ({"key": "AAA", "encoding": "base64"}, "the key is not base64 text"),
        ({"key": UNKNOWN}, "the key for AES-128-CFB is not known here"),
        ({"iv": UNKNOWN}, "the IV for AES-128-CFB is not known here"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_key_that_does_not_fit_its_algorithm_is_refused(changes, message):
    with pytest.raises(ConfigError) as caught:
        make_cipher(**changes)
    assert caught.value.message == message


def test_a_gcm_iv_has_one_of_two_lengths():
    with pytest.raises(ConfigError) as caught:
        make_cipher("AES-128-GCM", iv=IV[:13])
    assert caught.value.message == "the IV has 13 bytes, AES-128-GCM needs 12 or 16"


def test_an_unknown_algorithm_lists_the_known_ones():
    with pytest.raises(ConfigError) as caught:
        Cipher(Encryption(algorithm="AES-128-CBC", key=KEY[:16], iv=IV))
    assert caught.value.message == "'AES-128-CBC' is not a valid encryption algorithm"
    assert caught.value.hint == f"use one of {', '.join(ALGORITHMS)}"


# -- the library


@pytest.mark.parametrize("new", [None, SimpleNamespace()], ids=["no module", "no CFB in it"])
def test_cfb_is_found_where_it_stood_before_47(new, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where it stands in both places, the old one is deprecated
        if not hasattr(modes, "CFB"):
            pytest.skip("this cryptography has CFB in the new place only")
        make_cipher().encrypt("text")  # the library looks its own modes up at the first use
        monkeypatch.setitem(sys.modules, "cryptography.hazmat.decrepit.ciphers.modes", new)
        cipher = make_cipher()
        assert cipher.decrypt(cipher.encrypt("text")) == "text"
