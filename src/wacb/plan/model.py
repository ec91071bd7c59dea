"""What a plan is: changes in the order in which they are carried out, and why some cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, NamedTuple, get_args

from wacb.api.client import Client
from wacb.errors import WacbError
from wacb.jsontext import ascii_json
from wacb.models import CallbackProfile, Number
from wacb.plan.manifest.model import Manifest
from wacb.provision.lookup import carried
from wacb.provision.steps import ProfileStep
from wacb.storage.journal import Journal

Action = Literal["create", "update", "attach", "detach", "delete"]
ACTIONS: tuple[Action, ...] = get_args(Action)  # in the order in which they are carried out


class Move(NamedTuple):
    """What a number (E.164) is to carry instead of `old`: profile IDs, "" for none.

    `old` is None where neither the API nor the journal tells it, `new` where the profile has yet to
    be created. `desired` is the profile's name in the file, `title` that of the old one, both None
    where there is none; `shown` says whether the API itself shows `old`.
    """

    number: str
    old: str | None
    new: str | None
    desired: str | None = None
    title: str | None = None
    shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing to be done. `kind` is "profile" or "number", `id` a live profile's.

    `name` is the profile's name in the file, the title of one that is deleted, or the number.
    `fields` are old and new values as they may be printed: nothing secret is in them. `written` is
    what the file says of those fields of the profile that a variable made, `target` what else a
    review stands on: the whole profile that a number is to carry, as it may be printed, or the URL
    and body that the file spells out, which is not for printing.
    """

    action: Action
    kind: Literal["profile", "number"]
    name: str
    id: str | None = None
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    written: Mapping[str, Any] = field(default_factory=dict)
    target: tuple[Any, ...] = field(default=(), repr=False)
    work: ProfileStep | Move | CallbackProfile = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """The shape of cli.md 11."""
        return {
            "action": self.action,
            "kind": self.kind,
            "name": self.name,
            "id": self.id,
            "fields": {name: {"old": old, "new": new} for name, (old, new) in self.fields.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What has to be done so that the account is as its manifest says.

    `ids` maps the file's profiles that are there to their IDs. With `problems` nothing can be
    carried out; `notes` are for the user.
    """

    changes: tuple[Change, ...]
    unchanged: int
    ids: Mapping[str, str]
    problems: tuple[WacbError, ...] = ()
    notes: tuple[str, ...] = ()

    def counts(self) -> dict[Action, int]:
        """How many changes there are of each action that there is."""
        actions = [change.action for change in self.changes]
        return {action: actions.count(action) for action in ACTIONS if action in actions}

    def checksum(self, account: str) -> str:
        """Tie a review to its plan: a hash of the account and of all changes as they are shown.

        Of secrets only those are in it that the file spells out: a hash of a weak one could be
        guessed.
        """
        changes = [[change.as_json(), change.target] for change in self.changes]
        text = ascii_json([account, *changes], sort_keys=True)
        return sha256(text.encode()).hexdigest()


class Live(NamedTuple):
    """What an account holds.

    `titles` has every profile's title by its ID, `profiles` those that the comparison needs, whole.
    `numbers` is None where nothing was asked of them. `believed` is the journal's last word on a
    number, which counts where the API does not show what it carries.
    """

    titles: Mapping[str, str]
    profiles: Mapping[str, CallbackProfile]
    numbers: Mapping[str, Number] | None
    believed: Mapping[str, str]

    def present(self, number: Number) -> str | None:
        """Tell the profile ID on a number ("" for none), None where nobody knows it."""
        return carried(number, lambda: self.believed)


def look(client: Client, journal: Journal, manifest: Manifest, *, prune: bool) -> Live:
    """List the numbers once and the profiles once; of a thin listing, fetch what is compared.

    Raises ConfigError where numbers are asked for without a WABA ID.
    """
    live = Live({}, {}, None, {})
    if manifest.numbers or prune:
        numbers = {number.number: number for number in client.list_numbers()}
        live = live._replace(numbers=numbers, believed=journal.believed)
    wanted = {desired.draft.title for desired in manifest.profiles}
    for number, reference in (manifest.numbers or {}).items():
        wanted.add(reference)
        if live.numbers and number in live.numbers:
            wanted.add(live.present(live.numbers[number]) or reference)
    titles, profiles = client.survey_profiles(
        lambda profile_id, title: prune or profile_id in wanted or title in wanted
    )
    return live._replace(titles=titles, profiles=profiles)
