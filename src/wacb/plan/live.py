"""The live state that a manifest is compared with, read with as few requests as that takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from wacb.models import CallbackProfile, Number
from wacb.provision.lookup import carried

if TYPE_CHECKING:
    from wacb.api.client import Client
    from wacb.plan.manifest.model import Manifest
    from wacb.storage.journal import Journal


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
