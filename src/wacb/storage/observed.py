"""A mark for each account whose listing of numbers has shown the profile of a number."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from wacb.storage import files


class ShownMark:
    """The mark of one account, known by `host`, `sid` and `waba_id`; its file is in `folder`."""

    def __init__(self, folder: Path, *, host: str, sid: str, waba_id: str | None) -> None:
        name = uuid5(NAMESPACE_OID, "\n".join((host, sid, waba_id or "")))
        self._path = folder / f"{name}.shown"

    @property
    def is_set(self) -> bool:
        """Whether a listing has shown a profile."""
        return self._path.exists()

    def set(self) -> None:
        """Set the mark; without it, a deletion needs its evidence from a later listing."""
        if not self.is_set:
            with suppress(*files.WRITE_ERRORS):
                files.update(self._path, lambda text: text or "", remaining=lambda: 0.0)

    def clear(self) -> None:
        """Remove the mark, because another API is at this address."""
        with suppress(*files.WRITE_ERRORS):
            self._path.unlink(missing_ok=True)
