"""The encryption key of a profile: its file, and the key that a step sends."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from wacb.cli.app import App
from wacb.errors import InvalidInput
from wacb.models import UNKNOWN, Encryption, NewKey, ProfileDraft
from wacb.provision.steps import CreateStep, UpdateStep
from wacb.storage import encryption_keys, files, paths
from wacb.urls import host_of

S = TypeVar("S", CreateStep, UpdateStep)


def key_file_of(app: App, title: str) -> Path:
    """Return the file of the key of this account's profile: where 0.1 put it, if only that exists.

    Raises ConfigError if it cannot be read.
    """
    host = host_of(app.api.v1)
    own = paths.key_file(app.state_folder, host=host, sid=app.api.sid, title=title)
    old = paths.old_key_file(app.state_folder, title)
    return old if files.read_text(own) is None and files.read_text(old) is not None else own


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
    keep_key_secret(app, encryption)
    if created:
        app.out.note(f"generated an {algorithm} key: {path} (back it up)")
    return encryption


def keep_key_secret(app: App, encryption: Encryption) -> None:
    app.out.keep_secret(*(part for part in (encryption.key, encryption.iv) if part is not UNKNOWN))
