"""The secrets of a profile that callbacks are delivered through: its key, what is never shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from wacb.callbacks.encryption import Cipher
from wacb.cli.app import App
from wacb.errors import ConfigError, InvalidInput
from wacb.models import CallbackProfile, Encryption, ProfileDraft
from wacb.provision.steps import ProfileStep
from wacb.storage import encryption_keys, files, paths


def decrypter(app: App, file: Path) -> Callable[[str], str]:
    """Return what decrypts a value with the key in an encryption file. Raises ConfigError."""
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

    return Cipher(encryption).encrypt


def _from_file(path: Path, profile: CallbackProfile) -> Encryption:
    encryption = encryption_keys.load(path)
    wanted = profile.encryption.algorithm.upper() if profile.encryption else None
    if profile.id and wanted != encryption.algorithm:
        does = f"encrypts with {wanted}" if wanted else "does not encrypt"
        raise ConfigError(
            f"the key in {path} is for {encryption.algorithm}, but {profile.id} {does}"
        )
    return encryption


_TO_COME = "***"  # no key is that short: it stands for the one that will be generated


def with_key(
    app: App, draft: ProfileDraft, encrypt: str | None, file: Path | None, *, dry_run: bool
) -> ProfileDraft:
    """Add the key that `--encrypt` asks for; `store_key` makes the one that is not there yet."""
    if encrypt is None and file is not None:
        raise InvalidInput("--encrypt-key-file needs --encrypt ALGORITHM")
    algorithm = None if encrypt is None else encryption_keys.check_algorithm(encrypt)
    app.check_credentials(dry_run=dry_run)  # before a key file is written that nothing uses
    if algorithm is None:
        return draft
    path = file or paths.key_file(app.state_folder, draft.title)
    if files.read_text(path) is None:
        return draft._replace(encryption=Encryption(algorithm, key=_TO_COME, iv=_TO_COME))
    return draft._replace(encryption=_load_or_create(app, path, algorithm))


def without_key_to_come(draft: ProfileDraft, file: Path | None) -> ProfileDraft:
    """Let the algorithm alone be compared where neither a key nor a file for one was named.

    A run on a machine that has no key file must not exchange the key of a profile that has one.
    """
    if file is None and draft.encryption and draft.encryption.key == _TO_COME:
        return draft._replace(encryption=Encryption(draft.encryption.algorithm))
    return draft


def store_key(app: App, step: ProfileStep, file: Path | None) -> ProfileStep:
    """Generate the key that a step sends and that is not there yet: on the disk before it is sent.

    Nothing is written for a step that sends none.
    """
    encryption = step.draft.encryption
    sent = step.live is None or "encryption" in step.changes
    if not sent or encryption is None or encryption.key != _TO_COME:
        return step
    path = file or paths.key_file(app.state_folder, step.draft.title)
    made = _load_or_create(app, path, encryption.algorithm)
    return step._replace(draft=step.draft._replace(encryption=made))


def _load_or_create(app: App, path: Path, algorithm: str) -> Encryption:
    encryption, created = encryption_keys.load_or_create(path, algorithm)
    app.out.keep_secret(encryption.key, encryption.iv)
    if created:
        app.out.note(f"a new {encryption.algorithm} key was written to {path}; keep it")
    return encryption
