"""The secrets of a profile that callbacks are delivered through: its key, what is never shown."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from wacb.cli.app import App
from wacb.errors import ConfigError
from wacb.models import CallbackProfile, Encryption
from wacb.storage import paths
from wacb.validation import authenticates


def keep_secrets(app: App, profile: CallbackProfile) -> None:
    """Let no answer repeat what authenticates."""
    for name, value in profile.headers.items():
        if authenticates(name):
            scheme, _, credentials = value.rpartition(" ")
            app.out.keep_secret(value, credentials)
            if scheme.lower() == "basic":
                with suppress(ValueError):  # the console may have stored anything
                    pair = b64decode(credentials).decode("utf-8", "replace")
                    app.out.keep_secret(pair.partition(":")[2])


def decrypter(app: App, file: Path) -> Callable[[str], str]:
    """Return what decrypts a value with the key in an encryption file. Raises ConfigError."""
    from wacb.callbacks.encryption import Cipher
    from wacb.storage import encryption_keys

    encryption = encryption_keys.load(file)
    app.out.keep_secret(encryption.key, encryption.iv)
    return Cipher(encryption).decrypt


def encryption_of(
    app: App, profile: CallbackProfile, key_file: Path | None
) -> Callable[[str], str] | None:
    """Return what encrypts a value for a profile, None where it does not encrypt.

    The key comes from `key_file`, from the API, or from the file that `profile create` wrote.
    Raises ConfigError where there is none, and where it is for another algorithm.
    """
    encryption = profile.encryption
    if key_file is not None:
        encryption = _from_file(key_file, profile)
    elif encryption and encryption.key is None:
        path = paths.key_file(app.state_folder, profile.title)
        if not path.exists():
            raise ConfigError(
                f"profile {profile.id} encrypts, and the API does not show its key",
                hint="name the file that holds it with --encrypt-key-file",
            )
        encryption = _from_file(path, profile)
    if encryption is None:
        return None
    app.out.keep_secret(encryption.key, encryption.iv)
    from wacb.callbacks.encryption import Cipher

    return Cipher(encryption).encrypt


def _from_file(path: Path, profile: CallbackProfile) -> Encryption:
    from wacb.storage import encryption_keys

    encryption = encryption_keys.load(path)
    wanted = profile.encryption.algorithm.upper() if profile.encryption else None
    if profile.id and wanted != encryption.algorithm:
        does = f"encrypts with {wanted}" if wanted else "does not encrypt"
        raise ConfigError(
            f"the key in {path} is for {encryption.algorithm}, but {profile.id} {does}"
        )
    return encryption
