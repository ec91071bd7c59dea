"""Encryption files: the key of a profile's callbacks, generated once."""

from __future__ import annotations

import binascii
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from wacb.errors import ConfigError, InvalidInput
from wacb.models import UNKNOWN, Encryption
from wacb.storage import files
from wacb.storage.permissions import check_private
from wacb.storage.toml import parse_toml

T = TypeVar("T")
KEY_LENGTHS = {"AES-128": 16, "AES-192": 24, "AES-256": 32}
# assumed: encryption_modes (api.md §7); new IVs get the first length
IV_LENGTHS = {"CFB": (16,), "GCM": (12, 16)}
ALGORITHMS = tuple(f"{cipher}-{mode}" for cipher in KEY_LENGTHS for mode in IV_LENGTHS)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ENCODINGS = ("raw", "hex", "base64")


def check_algorithm(name: str) -> str:
    """Return one of ALGORITHMS for its name in any case, else raise InvalidInput."""
    if name.upper() in ALGORITHMS:
        return name.upper()
    raise InvalidInput(
        f"{name!r} is not a valid encryption algorithm", hint=f"use one of {', '.join(ALGORITHMS)}"
    )


def load(path: Path) -> Encryption:
    """Read the encryption file at `path`. Raises ConfigError, which never repeats its key."""
    text = files.read_required(path)
    check_private(path)
    table = {"encoding": "raw"} | parse_toml(path, text)
    encryption = Encryption(
        algorithm=_one_of(path, table, "algorithm", ALGORITHMS),
        key=_string(path, table, "key"),
        iv=_string(path, table, "iv"),
        encoding=_one_of(path, table, "encoding", ENCODINGS),
    )
    list(_parts(path, encryption, check_part))
    return encryption


def load_or_create(
    path: Path, algorithm: str, *, remaining: files.Remaining | None = None
) -> tuple[Encryption, bool]:
    """Return the key in `path` as the API receives it, and whether it was generated just now.

    Of two commands at once, one generates and both return its key. Raises InvalidInput for
    an unknown algorithm, ConfigError if the file is for another one or has a key that cannot be
    sent to the API.
    """
    wanted = check_algorithm(algorithm)
    created = False

    def change(text: str | None) -> str:
        nonlocal created
        created = text is None
        return _generate(wanted) if text is None else text

    if files.read_text(path) is None:
        files.update(path, change, remaining=remaining)
    encryption = load(path)
    if encryption.algorithm != wanted:
        raise ConfigError(
            f"the encryption file {path} is for {encryption.algorithm}, not {wanted}",
            hint="pass another file, or the algorithm of this one",
        )
    key, iv = _parts(path, encryption, as_characters)
    return Encryption(algorithm=wanted, key=key, iv=iv), created


def _generate(algorithm: str) -> str:
    cipher, _, mode = algorithm.rpartition("-")
    key = "".join(_random_letter() for _ in range(KEY_LENGTHS[cipher]))
    iv = "".join(_random_letter() for _ in range(IV_LENGTHS[mode][0]))
    return f'algorithm = "{algorithm}"\nkey = "{key}"\niv = "{iv}"\n'


def _random_letter() -> str:
    # like secrets.choice, which loads OpenSSL; eight bytes make the bias negligible
    return _LETTERS[int.from_bytes(os.urandom(8), "big") % len(_LETTERS)]


def _string(path: Path, table: dict[str, Any], name: str) -> str:
    value = table.get(name)
    if not isinstance(value, str):
        raise _file_error(path, f"{name} is missing or not a string")
    return value


def _one_of(path: Path, table: dict[str, Any], name: str, known: tuple[str, ...]) -> str:
    # The value is not repeated: it may be a key in the wrong line.
    value = _string(path, table, name).lower()
    for word in known:
        if word.lower() == value:
            return word
    raise _file_error(path, f"{name} is not valid", f"use one of {', '.join(known)}")


def check_part(name: str, encryption: Encryption) -> bytes:
    """Return the `key` or the `iv`. Raises InvalidInput unless it suits the algorithm.

    The message is the rest of a sentence about it, which never repeats it.
    """
    cipher, _, mode = encryption.algorithm.upper().rpartition("-")
    text, lengths = {
        "key": (encryption.key, (KEY_LENGTHS[cipher],)),
        "iv": (encryption.iv, IV_LENGTHS[mode]),
    }[name]
    if text is UNKNOWN:
        raise InvalidInput(
            f"for {encryption.algorithm} is not known here",
            hint="pass the encryption file that contains it",
        )
    try:
        value = decode(text, encryption.encoding)
    except ValueError:
        raise InvalidInput(f"is not {encryption.encoding} text") from None
    if len(value) not in lengths:
        right = " or ".join(map(str, lengths))
        raise InvalidInput(f"has {len(value)} bytes, {encryption.algorithm} needs {right}")
    return value


def as_characters(name: str, encryption: Encryption) -> str:
    """Return the `key` or the `iv` in the characters that the API takes.

    assumed: encryption_key (api.md §7). Raises InvalidInput as check_part does, and for an encoded
    byte that is no such character.
    """
    text = check_part(name, encryption).decode("latin-1")
    if encryption.encoding != "raw" and not (text.isascii() and text.isprintable()):
        raise InvalidInput(
            "does not decode to printable ASCII characters, which the API requires",
            hint="pass a file that does not exist yet: a valid key will be generated there",
        )
    return text


def decode(text: str, encoding: str) -> bytes:
    """Return the bytes of a key or IV. Raises ValueError if it is not in the encoding."""
    if encoding == "hex":
        return binascii.unhexlify(text)
    if encoding == "base64":
        return binascii.a2b_base64(text, strict_mode=True)
    return text.encode("ascii")


def _parts(path: Path, encryption: Encryption, read: Callable[[str, Encryption], T]) -> Iterator[T]:
    """Read the key and the IV of the file at `path`."""
    for name in ("key", "iv"):
        try:
            yield read(name, encryption)
        except InvalidInput as error:
            raise _file_error(path, f"{name} {error.message}", error.hint) from None


def _file_error(path: Path, what: str, hint: str | None = None) -> ConfigError:
    return ConfigError(f"the encryption file {path}: {what}", hint=hint)
