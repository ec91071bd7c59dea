"""The cipher of a profile's values: which key it has, and where that comes from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from wacb.callbacks.encryption import Cipher
from wacb.cli.app import App
from wacb.cli.encryption_keys import keep_key_secret, key_file_of
from wacb.errors import ConfigError
from wacb.models import UNKNOWN, CallbackProfile, Encryption
from wacb.storage import encryption_keys, files


def decrypter(app: App, file: Path) -> Callable[[str], str]:
    """Return the function that decrypts a value with the key in a file. Raises ConfigError."""
    encryption = encryption_keys.load(file)
    keep_key_secret(app, encryption)
    return Cipher(encryption).decrypt


def encryption_of(
    app: App, profile: CallbackProfile, key_file: Path | None
) -> Callable[[str], str] | None:
    """Return the function that encrypts a value for a profile, None if it uses no encryption.

    The key comes from `key_file`, from the API, or from the file that `profile create` wrote.
    Raises ConfigError if there is none, and if it is for another algorithm.
    """
    encryption = profile.encryption
    if key_file is not None:
        encryption = _from_file(key_file, profile)
    elif encryption and encryption.key is UNKNOWN:
        path = key_file_of(app, profile.title)
        if files.read_text(path) is None:
            raise ConfigError(
                f"profile {profile.id} uses encryption, but the API does not show its key",
                hint="pass the file that holds it as --encrypt-key-file",
            )
        encryption = _from_file(path, profile)
    if encryption is None:
        return None
    keep_key_secret(app, encryption)
    return Cipher(encryption).encrypt


def _from_file(path: Path, profile: CallbackProfile) -> Encryption:
    encryption = encryption_keys.load(path)
    wanted = profile.encryption.algorithm.upper() if profile.encryption else None
    if profile.id and wanted != encryption.algorithm:
        does = f"uses {wanted}" if wanted else "does not use encryption"
        raise ConfigError(
            f"the key in {path} is for {encryption.algorithm}, but {profile.id} {does}"
        )
    return encryption
