"""The encryption file: generated once, read strictly, its key never repeated."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import pytest

from wacb.errors import ConfigError, InvalidInput
from wacb.models import Encryption
from wacb.storage.encryption_keys import ALGORITHMS, check_algorithm, load, load_or_create

KEY, IV = "Canary0123456789", "iv-canary-012345"
GOOD = {"algorithm": "AES-128-CFB", "key": KEY, "iv": IV}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "file.toml"


def write(path: Path, members: Mapping[str, object], *, mode: int = 0o600) -> Path:
    text = "".join(
        f"{name} = {value if isinstance(value, int) else repr(value)}\n"
        for name, value in members.items()
    )
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def write_good(path: Path, **changes: object) -> Path:
    return write(path, GOOD | changes)


def test_the_algorithms():
    assert sorted(ALGORITHMS) == [
        f"AES-{bits}-{mode}" for bits in (128, 192, 256) for mode in ("CFB", "GCM")
    ]
    assert check_algorithm("aes-256-gcm") == "AES-256-GCM"


@pytest.mark.parametrize("name", ["", "AES", "AES-128-CBC", "AES-128-CFB\n", "\uff21ES-128-CFB"])
def test_an_unknown_algorithm_lists_the_known_ones(path, name):
    with pytest.raises(InvalidInput) as caught:
        load_or_create(path, name)
    assert caught.value.message == f"{name!r} is not a valid encryption algorithm"
    assert caught.value.hint == f"use one of {', '.join(ALGORITHMS)}"
    assert not path.parent.exists()


# -- reading


@pytest.mark.parametrize(
    ("algorithm", "key", "iv"),
    [
        ("AES-128-CFB", 16, 16),
        ("AES-192-CFB", 24, 16),
        ("AES-256-CFB", 32, 16),
        ("AES-128-GCM", 16, 12),
        ("AES-192-GCM", 24, 16),
        ("AES-256-GCM", 32, 12),
    ],
)
def test_every_algorithm_in_every_encoding(path, algorithm, key, iv):
    for encoding, encode in (
        ("raw", bytes.decode),
        ("hex", bytes.hex),
        ("base64", lambda raw: b64encode(raw).decode()),
    ):
        parts = {"key": encode(b"k" * key), "iv": encode(b"i" * iv)}
        members = {"algorithm": algorithm, "encoding": encoding} | parts
        assert load(write(path, members)) == Encryption(**members)


def test_names_are_read_in_any_case_and_raw_is_the_default(path):
    write_good(path, algorithm="aes-128-cfb")
    assert load(path) == Encryption(algorithm="AES-128-CFB", key=KEY, iv=IV, encoding="raw")
    write_good(path, encoding="HEX", key=KEY.encode().hex(), iv=IV.encode().hex())
    assert load(path).encoding == "hex"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"algorithm": KEY}, "algorithm is not valid"),
        ({"algorithm": 5}, "algorithm is missing or not a string"),
        ({"encoding": KEY}, "encoding is not valid"),
        ({"encoding": 5}, "encoding is missing or not a string"),
        ({"key": 5}, "key is missing or not a string"),
        ({"iv": 5}, "iv is missing or not a string"),
        ({"key": KEY[1:]}, "key has 15 bytes, AES-128-CFB needs 16"),
        ({"key": ""}, "key has 0 bytes, AES-128-CFB needs 16"),
        ({"algorithm": "AES-256-CFB"}, "key has 16 bytes, AES-256-CFB needs 32"),
        ({"iv": IV[4:]}, "iv has 12 bytes, AES-128-CFB needs 16"),
        (
            {"algorithm": "AES-128-GCM", "iv": IV[3:]},
            "iv has 13 bytes, AES-128-GCM needs 12 or 16",
        ),
        ({"key": KEY[:-1] + "é"}, "key is not raw text"),
        ({"encoding": "hex"}, "key is not hex text"),
        ({"encoding": "base64", "key": "a b="}, "key is not base64 text"),
        ({"encoding": "base64", "key": b64encode(KEY.encode()).decode()}, "iv is not base64 text"),
    ],
)
def test_a_broken_member_is_named_and_no_key_repeated(path, changes, message):
    write_good(path, **changes)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert caught.value.message == f"the encryption file {path}: {message}"
    shown = f"{caught.value.message}{caught.value.hint}{caught.value.__cause__}"
    assert "anary" not in shown


def test_a_missing_member_is_named(path):
    with pytest.raises(ConfigError, match="iv is missing"):
        load(write(path, {"algorithm": "AES-128-CFB", "key": KEY}))


def test_an_absent_file_is_a_config_error(path):
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert caught.value.message == f"the file {path} does not exist"


def test_broken_toml_is_not_quoted(path):
    write_good(path)
    path.write_text(f"key = {KEY}")
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert caught.value.message == f"{path} is not valid TOML (line 1)"


@pytest.mark.parametrize("mode", [0o640, 0o604], ids=oct)
def test_a_file_that_others_can_read_is_refused(path, mode):
    with pytest.raises(ConfigError) as caught:
        load(write(path, GOOD, mode=mode))
    assert caught.value.hint == f"chmod 600 {path}"


# -- generating


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_new_key_has_the_lengths_of_its_algorithm(path, algorithm):
    made, created = load_or_create(path, algorithm.lower())
    _, bits, mode = algorithm.split("-")
    assert created
    assert (made.algorithm, made.encoding) == (algorithm, "raw")
    assert re.fullmatch(rf"[A-Za-z0-9]{{{int(bits) // 8}}}", str(made.key))
    assert re.fullmatch(rf"[A-Za-z0-9]{{{16 if mode == 'CFB' else 12}}}", str(made.iv))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create(path, algorithm) == (made, False)


@pytest.mark.parametrize("encode", [bytes.hex, lambda raw: b64encode(raw).decode()])
def test_a_key_for_the_api_is_written_in_its_characters(path, encode):
    encoding = "hex" if encode is bytes.hex else "base64"
    write_good(path, encoding=encoding, key=encode(b"k ~!" * 4), iv=encode(b"i" * 16))
    made = Encryption(algorithm="AES-128-CFB", key="k ~!" * 4, iv="i" * 16)
    assert load_or_create(path, "AES-128-CFB") == (made, False)


@pytest.mark.parametrize("byte", [0x00, 0x0A, 0x1F, 0x7F, 0x80, 0xFF], ids=hex)
@pytest.mark.parametrize("name", ["key", "iv"])
def test_bytes_that_are_no_characters_are_for_decoding_alone(path, name, byte):
    parts = {"key": "6b" * 16, "iv": "69" * 16} | {name: "6b" * 15 + f"{byte:02x}"}
    write_good(path, encoding="hex", **parts)
    assert load(path) == Encryption(algorithm="AES-128-CFB", encoding="hex", **parts)
    with pytest.raises(ConfigError) as caught:
        load_or_create(path, "AES-128-CFB")
    assert caught.value.message == (
        f"the encryption file {path}: {name} does not decode to printable ASCII characters, "
        "which the API requires"
    )
    assert caught.value.hint == (
        "pass a file that does not exist yet: a valid key will be generated there"
    )


def test_a_raw_key_is_sent_as_it_is(path):
    path.parent.mkdir()
    path.write_text(f'algorithm = "AES-128-CFB"\nkey = "{"k" * 15}\\t"\niv = "{IV}"')
    path.chmod(0o600)
    assert load_or_create(path, "AES-128-CFB")[0].key == "k" * 15 + "\t"


def test_a_file_for_another_algorithm_is_refused_and_kept(path):
    before = write_good(path).read_text()
    with pytest.raises(ConfigError) as caught:
        load_or_create(path, "AES-256-CFB")
    assert caught.value.message == (
        f"the encryption file {path} is for AES-128-CFB, not AES-256-CFB"
    )
    assert path.read_text() == before


def test_the_slower_of_two_commands_keeps_the_key_of_the_faster(path, monkeypatch):
    def look(absent: Path) -> None:
        # The other command writes just after this one has looked.
        monkeypatch.undo()
        write(absent, GOOD)

    monkeypatch.setattr("wacb.storage.encryption_keys.files.read_text", look)
    assert load_or_create(path, "AES-128-CFB") == (
        Encryption(algorithm="AES-128-CFB", key=KEY, iv=IV),
        False,
    )


CREATE = """
import sys
from pathlib import Path
from wacb.storage.encryption_keys import load_or_create
made, created = load_or_create(Path(sys.argv[1]), "AES-256-CFB")
print(made.key, made.iv, created)
"""


def test_parallel_commands_end_up_with_the_same_key(path):
    runs = [
        subprocess.Popen([sys.executable, "-c", CREATE, path], stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    answers = [run.communicate()[0].split() for run in runs]
    assert len({(key, iv) for key, iv, _ in answers}) == 1
    assert sorted(created for _, _, created in answers) == ["False"] * 5 + ["True"]
