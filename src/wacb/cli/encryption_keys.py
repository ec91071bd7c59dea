"""The encryption key of a profile, and its other secrets: where they come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from wacb.callbacks.encryption import Cipher
from wacb.cli.app import App
from wacb.errors import ConfigError, InvalidInput
from wacb.models import UNKNOWN, CallbackProfile, Encryption, NewKey, ProfileDraft
from wacb.provision.steps import CreateStep, UpdateStep
from wacb.storage import encryption_keys, files, paths
from wacb.urls import host_of

S = TypeVar("S", CreateStep, UpdateStep)


def decrypter(app: App, file: Path) -> Callable[[str], str]:
    """Return the function that decrypts a value with the key in a file. Raises ConfigError."""
    encryption = encryption_keys.load(file)
    _keep_key_secret(app, encryption)
    return Cipher(encryption).decrypt


def encryption_of(
    app: App, profile: CallbackProfile, key_file: Path | None
) -> Callable[[str], str] | None:
    """Return the function that encrypts a value for a profile, None where it does not encrypt.

    The key comes from `key_file`, from the API, or from the file that `profile create` wrote.
    Raises ConfigError where there is none, and where it is for another algorithm.
    """
    encryption = profile.encryption
    if key_file is not None:
        encryption = _from_file(key_file, profile)
    elif encryption and encryption.key is UNKNOWN:
        path = key_file_of(app, profile.title)
        if files.read_text(path) is None:
            raise ConfigError(
                f"profile {profile.id} encrypts, and the API does not show its key",
                hint="pass the file that holds it as --encrypt-key-file",
            )
        encryption = _from_file(path, profile)
    if encryption is None:
        return None
    _keep_key_secret(app, encryption)

    return Cipher(encryption).encrypt


def key_file_of(app: App, title: str) -> Path:
    """Return the file of the key of this account's profile: where 0.1 put it, if only that exists.

    Raises ConfigError where it cannot be read.
    """
    host = host_of(app.api.v1)
    own = paths.key_file(app.state_folder, host=host, sid=app.api.sid, title=title)
    old = paths.old_key_file(app.state_folder, title)
    return old if files.read_text(own) is None and files.read_text(old) is not None else own


def _from_file(path: Path, profile: CallbackProfile) -> Encryption:
    encryption = encryption_keys.load(path)
    wanted = profile.encryption.algorithm.upper() if profile.encryption else None
    if profile.id and wanted != encryption.algorithm:
        does = f"encrypts with {wanted}" if wanted else "does not encrypt"
        raise ConfigError(
            f"the key in {path} is for {encryption.algorithm}, but {profile.id} {does}"
        )
    return encryption


def with_key(
    app: App, draft: ProfileDraft, encrypt: str | None, file: Path | None, *, dry_run: bool
) -> ProfileDraft:
    """Add the key that `--encrypt` asks for: the stored one, or a NewKey for `store_key`."""
    if encrypt is None and file is not None:
        raise InvalidInput("--encrypt-key-file requires --encrypt ALGORITHM")
    algorithm = None if encrypt is None else encryption_keys.check_algorithm(encrypt)
    app.check_credentials(dry_run=dry_run)  # before a key file is written that nothing uses
    if algorithm is None:
        return draft
    path = file or key_file_of(app, draft.title)
    if files.read_text(path) is None:
        return draft._replace(encryption=NewKey(algorithm))
    return draft._replace(encryption=_load_or_create(app, path, algorithm))


def store_key(app: App, step: S, file: Path | None) -> S:
    """Generate the new key that a step sends: it is on the disk before it is sent."""
    draft = step.draft
    if not isinstance(draft.encryption, NewKey):
        return step
    path = file or key_file_of(app, draft.title)
    key = _load_or_create(app, path, draft.encryption.algorithm)
    return step._replace(draft=draft._replace(encryption=key))


def _load_or_create(app: App, path: Path, algorithm: str) -> Encryption:
    encryption, created = encryption_keys.load_or_create(path, algorithm, remaining=app.remaining)
    _keep_key_secret(app, encryption)
    if created:
        app.out.note(f"generated an {algorithm} key: {path} (back it up)")
    return encryption


def _keep_key_secret(app: App, encryption: Encryption) -> None:
    app.out.keep_secret(*(part for part in (encryption.key, encryption.iv) if part is not UNKNOWN))
