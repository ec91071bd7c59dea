"""What the tests of plans share: manifests and live states made by hand."""

from __future__ import annotations

from typing import Any

from tests.conftest import profile_id
from tests.fake_api import make_draft
from wacb.models import CallbackProfile, Number, id_from_json
from wacb.plan.manifest.model import DesiredProfile, Manifest
from wacb.plan.model import LiveState
from wacb.provision.steps import as_sent

ONE, TWO, THREE = "+15550100001", "+15550100002", "+15550100003"
FIRST, SECOND, THIRD = (profile_id(number) for number in (1, 2, 3))


def make_desired(name: str = "incoming", **changes: Any) -> DesiredProfile:
    """A complete POST profile of a file, its title the name."""
    how = {key: changes.pop(key) for key in ("allow_missing", "sources") if key in changes}
    return DesiredProfile(name=name, draft=make_draft(**{"title": f"The {name}", **changes}), **how)


def make_manifest(
    *profiles: DesiredProfile, numbers: dict[str, str] | None = None, notes: tuple[str, ...] = ()
) -> Manifest:
    return Manifest(profiles=profiles, numbers=numbers, notes=notes)


def stored(desired: DesiredProfile, id: str = FIRST, **changes: Any) -> CallbackProfile:
    """The live profile that a desired one asks for."""
    return as_sent(desired.draft, id)._replace(**changes)


def make_number(number: str = ONE, profile: str | None = "", **changes: Any) -> Number:
    fields = {"number": number, "status": "approved", "callback_profile_id": id_from_json(profile)}
    return Number(**{**fields, **changes})


def make_live(
    *profiles: CallbackProfile,
    numbers: tuple[Number, ...] | None = None,
    believed: dict[str, str] | None = None,
) -> LiveState:
    return LiveState(
        titles={profile.id: profile.title for profile in profiles},
        profiles={profile.id: profile for profile in profiles},
        numbers=None if numbers is None else {number.number: number for number in numbers},
        believed=believed or {},
        possible={number: [profile] for number, profile in (believed or {}).items()},
        rows=numbers or (),
        shows_profiles=True,
    )
