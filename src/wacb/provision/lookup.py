"""The live state that changes of numbers are decided on, each thing looked up once a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from wacb.api.client import Client
from wacb.errors import NotFound, WacbError
from wacb.models import CallbackProfile, Number
from wacb.provision import find
from wacb.storage.journal import Journal

T = TypeVar("T")


def carried(number: Number, believed: Callable[[], Mapping[str, str]]) -> str | None:
    """Tell the profile ID on a number ("" for none), None where nobody knows it.

    The journal's last word is asked for where the API does not show it (cli.md 8).
    """
    if number.callback_profile_id is not None:
        return number.callback_profile_id
    return believed().get(number.number)


class Look:
    """Look at profiles and numbers through a client.

    With a WABA ID (V2) the numbers are listed once, however many are asked for; without one (V1)
    each number's details are fetched. What the `journal` believes a number to carry counts where
    the API does not show it (cli.md 8).
    """

    def __init__(self, client: Client, journal: Journal) -> None:
        self.client = client
        self.journal = journal
        self._found: dict[str, Any] = {}

    @property
    def listed(self) -> dict[str, Number]:
        """The numbers of the WABA by their E.164 form. Raises ConfigError without a WABA ID."""
        return self._once("the numbers", self._list)

    def number(self, number: str) -> Number:
        """Find one number (E.164). Raises NotFound."""
        waba_id = self.client.api.waba_id
        if waba_id is None:
            return self.client.get_number(number)
        if number in self.listed:
            return self.listed[number]
        raise NotFound(
            f"number {number} is not among the numbers of WABA {waba_id}",
            hint="`wacb number list` shows them",
        )

    def present(self, number: Number) -> str | None:
        """Tell the profile ID on a number ("" for none), None where nobody knows it."""
        return carried(number, lambda: self.journal.believed)

    def profile(self, reference: str) -> CallbackProfile:
        """Find a profile by ID or exact title. Raises NotFound and Ambiguous."""
        return self._once(f"profile {reference}", lambda: find.find(self.client, reference))

    def _list(self) -> dict[str, Number]:
        return {number.number: number for number in self.client.list_numbers()}

    def _once(self, what: str, find: Callable[[], T]) -> T:
        """Look something up, and give the same answer or failure ever after."""
        if what not in self._found:
            try:
                self._found[what] = find()
            except WacbError as error:
                self._found[what] = error
        found = self._found[what]
        if isinstance(found, WacbError):
            raise found
        return cast(T, found)
