"""The live state that changes are decided on, each thing looked up once a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any, TypeVar

from wacb.api.client import Client
from wacb.api.listing import Listing
from wacb.errors import Command, NotFound, Prose, Unavailable, WacbError
from wacb.models import UNKNOWN, AttachedId, CallbackProfile, Need, Number, fold_id
from wacb.provision import find
from wacb.storage.journal import Journal
from wacb.validation import NO_COUNTRY_CODE, InvalidPhone, nearly, parse_number, read_phone

T = TypeVar("T")
_MAX_SUGGESTED = 5
LIST_NUMBERS = Prose("run `", Command("number list"), "` to see available numbers")


def attached_profile_id(
    number: Number, believed: Callable[[], Mapping[str, str | None]]
) -> AttachedId:
    """Return the ID of the profile on a number.

    The journal's last value counts where the API does not show it.
    """
    if number.callback_profile_id is not UNKNOWN:
        return number.callback_profile_id
    return believed().get(number.number, UNKNOWN)


def resolve_phone(text: str, listed: Callable[[], Collection[str]]) -> str:
    """Return a phone number as E.164; digits without + only if exactly they are `listed`.

    Raises InvalidPhone, else with the listed numbers that end in them. Lists only if need be.
    """
    number = read_phone(text)
    if number.startswith("+"):
        return number
    numbers = listed()
    if f"+{number}" in numbers:
        return f"+{number}"
    national = number.lstrip("0") or number
    near = [each for each in numbers if each.endswith(national)][:_MAX_SUGGESTED]
    suggestion = f"did you mean {' or '.join(near)}?" if near else None
    raise InvalidPhone(text, NO_COUNTRY_CODE, suggestion=suggestion)


def spell_ids(numbers: Iterable[Number], ids: Iterable[str]) -> dict[str, Number]:
    """Return the numbers by their E.164 form, with their profiles' IDs spelled as in `ids`."""
    spelled = {fold_id(each): each for each in ids}
    return {
        number.number: number._replace(callback_profile_id=spelled.get(fold_id(attached), attached))
        if isinstance(attached := number.callback_profile_id, str)
        else number
        for number in numbers
    }


class AccountLookup:
    """Look up profiles and numbers, each once.

    With a WABA ID (V2) the numbers are listed once, however many are asked for; without one (V1)
    each number's details are fetched. Threads may share one.
    """

    def __init__(self, client: Client, journal: Journal) -> None:
        self.client = client
        self.journal = journal
        self._found: dict[tuple[object, ...], Any] = {}
        self._locks: defaultdict[tuple[object, ...], Lock] = defaultdict(Lock)

    def check_access(self) -> None:
        """Make one cheap read, as the client does."""
        self._once(self.client.check_access)

    def look_ahead(self, *, numbers: Iterable[str], profiles: Iterable[str] = ()) -> None:
        """Look up in parallel what is needed later; a failure is raised only then.

        `numbers` are as read_phone returns them, `profiles` IDs or titles whose template is needed.
        """
        looks: list[Callable[[], object]] = [
            partial(self.profile, reference, need=Need.TEMPLATE)
            for reference in dict.fromkeys(profiles)
        ]
        if self.client.api.waba_id is not None:
            looks.append(self._list_once)
        else:
            whole = (number for number in dict.fromkeys(numbers) if number.startswith("+"))
            looks += [partial(self.number, number) for number in whole]
        self.client.at_once(_try, looks)

    @property
    def listed(self) -> dict[str, Number]:
        """The numbers of the WABA by their E.164 form. Raises as `rows` does."""
        return self._once(self._by_number)

    @property
    def rows(self) -> list[Number]:
        """All rows of the listing of numbers, in which a number may stand twice.

        Raises ConfigError without a WABA ID, Unavailable if some may be missing.
        """
        rows, listing = self._list_once()
        listing.check_whole()
        return rows

    def resolve(self, text: str) -> str:
        """Return a phone number as E.164, with the help of the listing if there is one."""
        if self.client.api.waba_id is None:
            return parse_number(text)
        return resolve_phone(text, lambda: self.listed)

    def number(self, number: str) -> Number:
        """Find one number (E.164). Raises NotFound."""
        waba_id = self.client.api.waba_id
        if waba_id is None:
            return self._once(self.client.get_number, number)
        rows, listing = self._list_once()
        if found := [row for row in rows if row.number == number]:
            return found[-1]
        listing.check_whole()
        near = sorted({each for each in nearly(number) if each in self.listed})[:_MAX_SUGGESTED]
        raise NotFound(
            f"number {number} not found in WABA {waba_id}",
            hint=Prose(f"did you mean {' or '.join(near)}? " if near else "", LIST_NUMBERS),
        )

    def attached_profile_id(self, number: Number) -> AttachedId:
        """Return the ID of the profile on a number."""
        return attached_profile_id(number, lambda: self._once(self._read_believed))

    def profile(self, reference: str, *, need: Need = Need.ALL) -> CallbackProfile:
        """Find a profile by ID or exact title. Raises NotFound and Ambiguous."""
        return self._once(self._find_profile, reference, need)

    def _find_profile(self, reference: str, need: Need) -> CallbackProfile:
        return find.find(self.client, reference, need=need)

    def _read_believed(self) -> Mapping[str, str | None]:
        return self.journal.believed

    def _list_once(self) -> tuple[list[Number], Listing[Number]]:
        return self._once(self._list)

    def title_of(self, profile_id: str) -> str | None:
        """Return the title of a profile for people to read, None if it is not known."""
        try:
            titles = self._once(self._list_titles)
        except Unavailable:
            return None  # the ID alone will do
        return titles.get(fold_id(profile_id))

    def _list_titles(self) -> dict[str, str]:
        rows = self.client.profile_rows().require_whole()
        return {fold_id(row.id): row.title for row in rows}

    def _by_number(self) -> dict[str, Number]:
        return {number.number: number for number in self.rows}

    def _list(self) -> tuple[list[Number], Listing[Number]]:
        listing = self.client.list_numbers()
        return list(listing), listing

    def _once(self, look: Callable[..., T], *arguments: object) -> T:
        """Look something up, and return the same value or raise the same failure ever after."""
        key = (look, *arguments)
        with self._locks[key]:
            if key not in self._found:
                try:
                    self._found[key] = look(*arguments)
                except WacbError as error:
                    self._found[key] = error
        found = self._found[key]
        if isinstance(found, WacbError):
            raise found
        value: T = found
        return value


def _try(look: Callable[[], object]) -> None:
    with suppress(WacbError):  # kept, and raised when the value is needed
        look()
