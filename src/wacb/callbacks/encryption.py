"""Encrypt and decrypt single callback values (api-contract.md 7): the only user of cryptography.

The key comes from keyfile.py or from a profile.
"""

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
# Shorter base64 is as likely a word of the user's own; this much decrypts to text by no accident.
_CIPHERTEXT = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")


def decrypt_fields(fields: Mapping[str, Any], decrypt: Decrypt) -> dict[str, Any]:
    """Decrypt the values of the 14, and elsewhere what can be decrypted.

    Another value may be a constant, which is not encrypted, or come for a placeholder: it stays as
    it is where `decrypt` refuses it or, under a name of the user's own, where it is short. For one
    of the 14 the InvalidInput or CheckFailed of `decrypt` comes through, naming the field.
    """
    return {
        name: _placeholder(name, value, decrypt)
        if name in KNOWN and isinstance(value, str)
        else _tried(value, decrypt)
        for name, value in fields.items()
    }


def _placeholder(name: str, value: str, decrypt: Decrypt) -> str:
    if is_empty(value) or is_unfilled(name, value):
        return value
    try:
        return decrypt(value)
    except (InvalidInput, CheckFailed) as error:
        if name not in INCOMING:
            return value
        raise type(error)(f"the field {name}: {error.message}", hint=error.hint) from None


def _tried(value: Any, decrypt: Decrypt) -> Any:
    if isinstance(value, dict):
        return {name: _tried(item, decrypt) for name, item in value.items()}
    if isinstance(value, list):
        return [_tried(item, decrypt) for item in value]
    if not isinstance(value, str) or not _CIPHERTEXT.fullmatch(value):
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
    """The cipher of one profile: AES-128, 192 or 256 in CFB128 (as OpenSSL's) or GCM.

    A value travels as base64 (assumed); with GCM its last 16 bytes are the tag (assumed). The one
    IV serves every value: that is the platform's scheme.
    """

    def __init__(self, encryption: Encryption) -> None:
        """Raises ConfigError for an unknown algorithm or a bad key."""
        try:
            self._mode = check_algorithm(encryption.algorithm).rpartition("-")[2]
        except InvalidInput as error:
            raise ConfigError(error.message, hint=error.hint) from None
        self._key, self._iv = _part("key", encryption), _part("iv", encryption)

    def encrypt(self, text: str) -> str:
        """Return the base64 of the encrypted UTF-8 text; with CFB, empty text stays empty."""
        # Half a surrogate pair is no character: it becomes a `?`, as in fill.py.
        plain = text.encode(errors="replace")
        if self._mode == "GCM":
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            sealed = AESGCM(self._key).encrypt(self._iv, plain, None)
        else:
            step = _cfb(self._key, self._iv).encryptor()
            sealed = step.update(plain) + step.finalize()
        return binascii.b2a_base64(sealed, newline=False).decode()

    def decrypt(self, text: str) -> str:
        """Return the text behind a base64 value.

        Raises InvalidInput for what is not base64 or too short, CheckFailed where the key does
        not fit. CFB cannot tell for sure: judged is whether text comes out.
        """
        if not text:
            return ""  # assumed: an empty value may come unencrypted, with GCM too
        sealed = _from_base64(text)
        plain = self._open(sealed) if self._mode == "GCM" else self._try(sealed)
        try:
            result = plain.decode()
        except UnicodeDecodeError:
            raise _wrong_key("does not decrypt to text") from None
        if self._mode == "CFB" and _is_noise(result):
            raise _wrong_key("decrypts to control characters")
        return result

    def _open(self, sealed: bytes) -> bytes:
        if len(sealed) < _TAG_LENGTH:
            raise InvalidInput(
                f"the encrypted value has {len(sealed)} bytes, {_TAG_LENGTH} are its tag alone",
                hint="it was cut off, or the algorithm is not GCM",
            )
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            return AESGCM(self._key).decrypt(self._iv, sealed, None)
        except InvalidTag:
            raise _wrong_key("does not fit its tag") from None

    def _try(self, sealed: bytes) -> bytes:
        step = _cfb(self._key, self._iv).decryptor()
        return step.update(sealed) + step.finalize()


def _cfb(key: bytes, iv: bytes) -> ciphers.Cipher[CFB]:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

    try:
        from cryptography.hazmat.decrepit.ciphers.modes import CFB  # since 47
    except ImportError:
        from cryptography.hazmat.primitives.ciphers.modes import CFB
    return Cipher(algorithms.AES(key), CFB(iv))


def _part(name: str, encryption: Encryption) -> bytes:
    try:
        return check_part(name, encryption)
    except InvalidInput as error:
        what = name.replace("iv", "IV")
        raise ConfigError(f"the {what} {error.message}", hint=error.hint) from None


def _from_base64(text: str) -> bytes:
    # openssl breaks lines; a form decoder takes a + that was not escaped for a space.
    compact = text.replace("\n", "").replace("\r", "").replace(" ", "+")
    try:
        return binascii.a2b_base64(compact, strict_mode=True)
    except ValueError:
        raise InvalidInput(
            "an encrypted value is not base64, or was cut off",
            hint="give it as it was received; a value that is not encrypted cannot be decrypted",
        ) from None


def _is_noise(text: str) -> bool:
    """Say whether more than half of a text is control characters that no one types."""
    controls = [one for one in text if unicodedata.category(one) == "Cc" and one not in "\t\n\r"]
    return len(controls) * 2 > len(text)


def _wrong_key(what: str) -> CheckFailed:
    return CheckFailed(
        f"an encrypted value {what}: probably the wrong key",
        hint="compare algorithm, key and IV with the profile's; or the value was cut off",
    )
