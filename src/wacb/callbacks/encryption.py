"""Encrypt and decrypt the values of callbacks (api.md §7)."""

from __future__ import annotations

import binascii
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from wacb.callbacks.classify import is_empty, is_unfilled
from wacb.errors import CheckFailed, ConfigError, InvalidInput
from wacb.models import Encryption
from wacb.storage.encryption_keys import check_algorithm, check_part
from wacb.template.placeholders import INCOMING, KNOWN

Decrypt = Callable[[str], str]
# Shorter base64 may be an ordinary word; text this long does not decrypt to text by accident.
_CIPHERTEXT = r"[A-Za-z0-9+/]{16,}={0,2}"


def decrypt_fields(fields: Mapping[str, Any], decrypt: Decrypt) -> dict[str, Any]:
    """Decrypt the values of the 14 fields, and all other values that can be decrypted.

    Other values may be constants, which are not encrypted: one that `decrypt` rejects, or a short
    one with an unknown name, is kept. For one of the 14 the InvalidInput or CheckFailed of
    `decrypt` is raised, naming the field.
    """
    return {
        name: _decrypt_field(name, value, decrypt)
        if name in KNOWN and isinstance(value, str)
        else _decrypt_nested(value, decrypt)
        for name, value in fields.items()
    }


def _decrypt_field(name: str, value: str, decrypt: Decrypt) -> str:
    if is_empty(value) or is_unfilled(name, value):
        return value
    try:
        return decrypt(value)
    except (InvalidInput, CheckFailed) as error:
        if name not in INCOMING:
            return value
        raise type(error)(f"field {name}: {error.message}", hint=error.hint) from None


def _decrypt_nested(value: Any, decrypt: Decrypt) -> Any:
    if isinstance(value, dict):
        return {name: _decrypt_nested(item, decrypt) for name, item in value.items()}
    if isinstance(value, list):
        return [_decrypt_nested(item, decrypt) for item in value]
    if not isinstance(value, str) or not re.fullmatch(_CIPHERTEXT, value):
        return value
    try:
        return decrypt(value)
    except (InvalidInput, CheckFailed):
        return value


if TYPE_CHECKING:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
    from cryptography.hazmat.primitives import ciphers

_TAG_LENGTH = 16


class Cipher:
    """The cipher of one profile: AES-128, 192 or 256 in CFB128 (as in OpenSSL) or GCM.

    assumed: encrypted_text, encryption_modes (api.md §7). Every value uses the same IV, as the
    platform does.
    """

    def __init__(self, encryption: Encryption) -> None:
        """Raises ConfigError for an unknown algorithm or a bad key."""
        try:
            self._mode = check_algorithm(encryption.algorithm).rpartition("-")[2]
        except InvalidInput as error:
            raise ConfigError(error.message, hint=error.hint) from None
        self._key, self._iv = _check_part("key", encryption), _check_part("iv", encryption)

    def encrypt(self, text: str) -> str:
        """Return the base64 of the encrypted UTF-8 text; with CFB, empty text stays empty."""
        # Half a surrogate pair is not a character and cannot be encoded, so it becomes a `?`.
        plain = text.encode(errors="replace")
        if self._mode == "GCM":
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            sealed = AESGCM(self._key).encrypt(self._iv, plain, None)
        else:
            step = _build_cfb(self._key, self._iv).encryptor()
            sealed = step.update(plain) + step.finalize()
        return binascii.b2a_base64(sealed, newline=False).decode()

    def decrypt(self, text: str) -> str:
        """Decrypt a base64 value.

        Raises InvalidInput if it is not base64 or too short, CheckFailed if the key is wrong. With
        CFB a wrong key can only be guessed: the result is not text.
        """
        if not text:
            return ""  # assumed: encrypted_text, with GCM too
        sealed = _decode_base64(text)
        plain = self._decrypt_gcm(sealed) if self._mode == "GCM" else self._decrypt_cfb(sealed)
        try:
            result = plain.decode()
        except UnicodeDecodeError:
            raise _wrong_key("does not decrypt to text") from None
        if self._mode == "CFB" and _is_noise(result):
            raise _wrong_key("decrypts to control characters")
        return result

    def _decrypt_gcm(self, sealed: bytes) -> bytes:
        if len(sealed) < _TAG_LENGTH:
            raise InvalidInput(
                f"the encrypted value has {len(sealed)} bytes, but its tag alone has {_TAG_LENGTH}",
                hint="check that the value is complete and that the algorithm is GCM",
            )
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            return AESGCM(self._key).decrypt(self._iv, sealed, None)
        except InvalidTag:
            raise _wrong_key("does not match its tag") from None

    def _decrypt_cfb(self, sealed: bytes) -> bytes:
        step = _build_cfb(self._key, self._iv).decryptor()
        return step.update(sealed) + step.finalize()


def _build_cfb(key: bytes, iv: bytes) -> ciphers.Cipher[CFB]:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

    try:
        from cryptography.hazmat.decrepit.ciphers.modes import CFB  # since 47
    except ImportError:
        from cryptography.hazmat.primitives.ciphers.modes import CFB
    return Cipher(algorithms.AES(key), CFB(iv))


def _check_part(name: str, encryption: Encryption) -> bytes:
    try:
        return check_part(name, encryption)
    except InvalidInput as error:
        what = name.replace("iv", "IV")
        raise ConfigError(f"the {what} {error.message}", hint=error.hint) from None


def _decode_base64(text: str) -> bytes:
    # openssl breaks lines; a form decoder turns an unescaped + into a space.
    compact = text.replace("\n", "").replace("\r", "").replace(" ", "+")
    try:
        return binascii.a2b_base64(compact, strict_mode=True)
    except ValueError:
        raise InvalidInput(
            "the encrypted value is not base64, or is incomplete",
            hint="pass it exactly as received; unencrypted values cannot be decrypted",
        ) from None


def _is_noise(text: str) -> bool:
    """Whether more than half of a text is control characters other than white space."""
    controls = [one for one in text if unicodedata.category(one) == "Cc" and one not in "\t\n\r"]
    return len(controls) * 2 > len(text)


def _wrong_key(what: str) -> CheckFailed:
    return CheckFailed(
        f"the encrypted value {what}; the key is probably wrong",
        hint="compare algorithm, key and IV with the profile's, and check for a cut-off value",
    )
