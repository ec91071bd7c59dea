"""Which account a stored value belongs to."""

from __future__ import annotations

from typing import NamedTuple


class Identity(NamedTuple):
    """An account: the `host` of its API, its SID, and its WABA ID, None if there is none.

    The same SID at another host, as at a mock of the API, is another account.
    """

    host: str
    sid: str
    waba_id: str | None

    @property
    def name(self) -> str:
        """The three as the name of a member in a file; no SID contains its slashes."""
        return f"{self.host}/{self.sid}/{self.waba_id or ''}"
