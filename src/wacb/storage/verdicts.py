"""The verdicts of the last checks of the API, for each account by host and SID."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from wacb.jsontext import ascii_json, read_json_or
from wacb.storage import files


class VerdictFile:
    """The verdicts of one account, by the IDs of assumptions; its file is in `folder`."""

    def __init__(self, folder: Path, *, host: str, sid: str) -> None:
        name = uuid5(NAMESPACE_OID, f"{host}\n{sid}")
        self._path = folder / f"{name}.json"

    def read(self) -> dict[str, str]:
        """Return every verdict, none from a damaged file. Raises ConfigError."""
        return _parse(files.read_text(self._path))

    def add(self, verdicts: Mapping[str, str], *, remaining: files.Remaining) -> None:
        """Store verdicts in place of earlier ones on the same assumptions.

        Raises ConfigError, and DeadlineExceeded if the file stays locked.
        """
        files.update(
            self._path,
            lambda text: ascii_json(_parse(text) | dict(verdicts)) + "\n",
            remaining=remaining,
        )


def _parse(text: str | None) -> dict[str, str]:
    found = read_json_or(text or "", {})
    members = found.items() if isinstance(found, dict) else ()
    return {name: verdict for name, verdict in members if isinstance(verdict, str)}
