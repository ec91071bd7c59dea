"""A plan: the changes in the order they are made, and the problems that block them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, NamedTuple, get_args

from wacb.api.client import Client
from wacb.api.responses import ProfileRow
from wacb.errors import WacbError
from wacb.jsontext import ascii_json
from wacb.models import AttachedId, CallbackProfile, Number, fold_id
from wacb.plan.manifest.model import Manifest
from wacb.provision.lookup import attached_profile_id, spell_ids
from wacb.provision.number_change import NumberChange
from wacb.provision.steps import ProfileStep
from wacb.storage.journal import Journal
from wacb.validation import fold_title

Action = Literal["create", "update", "attach", "detach", "delete"]
ACTIONS: tuple[Action, ...] = get_args(Action)  # in the order in which they are made


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of the account. `id` is a live profile's.

    `name` is the profile's name in the file, the title of one that is deleted, or the number.
    `fields` are old and new values as they are printed, without secrets. `written` is the source
    of those fields of the profile that a variable made. `target` is what else a review depends on:
    the profile that a number will have, or the URL and body spelled out in the file (not printed).
    """

    action: Action
    kind: Literal["profile", "number"]
    name: str
    id: str | None = None
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    written: Mapping[str, Any] = field(default_factory=dict)
    target: tuple[Any, ...] = field(default=(), repr=False)
    work: ProfileStep | NumberChange | CallbackProfile = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """Return the change as JSON output has it."""
        return {
            "action": self.action,
            "kind": self.kind,
            "name": self.name,
            "id": self.id,
            "fields": {name: {"old": old, "new": new} for name, (old, new) in self.fields.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The changes that make the account match its manifest.

    `ids` maps the names of the file's profiles that exist to their IDs. With `problems` the plan
    cannot be applied; `notes` are for the user.
    """

    changes: tuple[Change, ...]
    unchanged: int
    ids: Mapping[str, str]
    problems: tuple[WacbError, ...] = ()
    notes: tuple[str, ...] = ()

    def counts(self) -> dict[Action, int]:
        """Count the changes of each action."""
        actions = [change.action for change in self.changes]
        return {action: actions.count(action) for action in ACTIONS if action in actions}

    def checksum(self, account: str) -> str:
        """Return a hash of the account and of all changes as they are shown, for a review.

        The only secrets in it are those that the file spells out: a weak one could be guessed.
        """
        changes = [[change.as_json(), change.target] for change in self.changes]
        text = ascii_json([account, *changes], sort_keys=True)
        return sha256(text.encode()).hexdigest()


class LiveState(NamedTuple):
    """What an account holds.

    `titles` has every profile's title by its ID, `profiles` those that the comparison needs, whole.
    `numbers` is None if numbers were not asked for; `rows` are all rows of their listing, which
    `shows_profiles` or may never do so. `believed` is the journal's last value for
    each number, which counts where the API does not show it, and `possible` all values that it may
    have by the journal.
    """

    titles: Mapping[str, str]
    profiles: Mapping[str, CallbackProfile]
    numbers: Mapping[str, Number] | None
    believed: Mapping[str, str | None]
    possible: Mapping[str, Collection[AttachedId]]
    rows: Sequence[Number] = ()
    shows_profiles: bool = False

    def attached_profile_id(self, number: Number) -> AttachedId:
        """Return the ID of the profile on a number."""
        return attached_profile_id(number, lambda: self.believed)

    def title_of(self, profile_id: AttachedId) -> str | None:
        """Return the title of a profile, None if there is none or it is not listed."""
        return self.titles.get(profile_id) if isinstance(profile_id, str) else None


def read_live_state(
    client: Client, journal: Journal, manifest: Manifest, *, prune: bool
) -> tuple[Manifest, LiveState]:
    """List numbers and profiles in parallel; fetch what the listing lacks and the plan compares.

    The manifest is returned with its numbers as they are listed. Raises ConfigError if numbers
    are asked for without a WABA ID.
    """
    live = LiveState({}, {}, None, {}, {})
    profile_rows, rows = _read_listings(client, with_numbers=bool(manifest.numbers) or prune)
    if rows is not None:
        numbers = {number.number: number for number in rows}
        live = live._replace(
            numbers=numbers,
            rows=rows,
            shows_profiles=client.shows_profiles,
            believed=journal.believed,
            possible=journal.possible,
        )
        manifest = manifest.with_listed(numbers)
    wanted: set[AttachedId] = {desired.draft.title for desired in manifest.profiles}
    for number, reference in (manifest.numbers or {}).items():
        wanted.add(reference)
        if live.numbers and number in live.numbers:
            wanted.add(live.attached_profile_id(live.numbers[number]))
    spelled = {fold_title(desired.draft.title) for desired in manifest.profiles}
    ids = {fold_id(each) for each in wanted if isinstance(each, str)}
    titles, profiles = client.complete_titled(
        profile_rows,
        lambda row: (
            prune
            or fold_id(row.id) in ids
            or row.title in wanted
            or fold_title(row.title) in spelled
        ),
    )
    if live.numbers:
        live = live._replace(numbers=spell_ids(live.numbers.values(), titles))
    return manifest, live._replace(titles=titles, profiles=profiles)


def _read_listings(
    client: Client, *, with_numbers: bool
) -> tuple[list[ProfileRow], list[Number] | None]:
    """Return the rows of both listings, None in place of numbers that were not asked for."""
    if not with_numbers:
        return client.profile_rows().require_whole(), None
    client.api.list_numbers()  # raises without a WABA ID, before anything is sent
    numbers, rows = client.both(
        lambda: client.list_numbers().require_whole(),
        lambda: client.profile_rows().require_whole(),
    )
    return rows, numbers
