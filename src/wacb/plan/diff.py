"""Compare a manifest with the live state: what to create, update, attach, detach and delete.

Pure. Reading the live state is live.py's, carrying the plan out apply.py's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wacb import compare
from wacb.errors import InvalidInput, NotFound, WacbError
from wacb.manifest.model import Desired, Manifest
from wacb.models import CallbackProfile, Number
from wacb.placeholders import looks_incoming
from wacb.plan.live import Live
from wacb.plan.model import ACTIONS, Change, Move, Plan
from wacb.provision.attach import check_number, check_profile, lost_status
from wacb.provision.changes import ProfileStep, double, prepare_update
from wacb.provision.profiles import as_sent
from wacb.rules import did_you_mean


def diff(manifest: Manifest, live: Live, *, prune: bool) -> Plan:
    """Say what has to be done; with `prune`, also to what the file does not name (cli.md 10).

    Without a table of numbers the file has no say in them: none is detached, and a profile that
    one carries is not deleted. Raises nothing: what forbids a change is among the plan's problems.
    """
    comparison = _Comparison(manifest, live)
    comparison.compare_profiles()
    comparison.compare_numbers()
    if prune:
        comparison.prune()
    order = {action: place for place, action in enumerate(ACTIONS)}
    changes = sorted(
        comparison.changes, key=lambda change: (order[change.action], change.name, change.id or "")
    )
    return Plan(
        changes=tuple(changes),
        unchanged=comparison.unchanged,
        ids=comparison.ids,
        problems=tuple(comparison.problems),
        notes=(*manifest.notes, *comparison.notes),
    )


class _Comparison:
    def __init__(self, manifest: Manifest, live: Live) -> None:
        self._manifest = manifest
        self._live = live
        self._titled: dict[str, list[str]] = {}
        for profile_id, title in live.titles.items():
            self._titled.setdefault(title, []).append(profile_id)
        # the file's profiles as they will be; an empty ID is one that is not created yet
        self._planned: dict[str, CallbackProfile] = {}
        self._desired = {desired.name: desired for desired in manifest.profiles}
        self._carried: dict[str, str | None] = {}
        self.ids: dict[str, str] = {}
        self.changes: list[Change] = []
        self.unchanged = 0
        self.problems: list[WacbError] = []
        self.notes: list[str] = []

    # -- profiles of the file

    def compare_profiles(self) -> None:
        for desired in self._manifest.profiles:
            ids = self._titled.get(desired.draft.title, [])
            if len(ids) > 1:
                self.problems.append(double(desired.draft.title, sorted(ids)))
            elif ids:
                self._compare_profile(desired, self._live.profiles[ids[0]])
            else:
                self._planned[desired.name] = as_sent(desired.draft, "")
                step = ProfileStep(result="created", draft=desired.draft, once=True)
                asked = {name: (None, new) for name, new in compare.fields(desired.draft).items()}
                self._add(desired, step, asked)

    def _compare_profile(self, desired: Desired, live: CallbackProfile) -> None:
        self.ids[desired.name] = live.id
        try:
            step = prepare_update(live, desired.draft)
        except InvalidInput as error:
            self.problems.append(error)
            return
        self._planned[desired.name] = as_sent(desired.draft, live.id)._replace(status=live.status)
        if live.status != "active":
            self.notes.append(
                f"profile {live.id} ({desired.name}) is {live.status}, so nothing arrives through "
                "it: enable it in the Kaleyra console"
            )
        if step.changes:
            self._add(desired, step, step.changes)
        else:
            self.unchanged += 1

    def _add(
        self, desired: Desired, step: ProfileStep, changes: Mapping[str, tuple[Any, Any]]
    ) -> None:
        self.changes.append(
            Change(
                action="update" if step.live else "create",
                kind="profile",
                name=desired.name,
                id=step.live and step.live.id,
                fields={name: _shown(desired, name, *values) for name, values in changes.items()},
                shown=desired.shown,
                work=step,
            )
        )

    # -- numbers of the file

    def compare_numbers(self) -> None:
        for number, reference in (self._manifest.numbers or {}).items():
            try:
                profile = self._profile(reference)
                if profile:
                    self._compare_number(self._number(number), reference, profile)
            except WacbError as error:
                self.problems.append(error)

    def _number(self, number: str) -> Number:
        listed = self._live.numbers or {}
        if number not in listed:
            raise NotFound(
                f"number {number} is not among the numbers of this WABA",
                hint="`wacb number list` shows them",
            )
        return listed[number]

    def _profile(self, reference: str) -> CallbackProfile | None:
        """Find the profile that a number names, None where a problem of it is told already."""
        if reference in self._desired:
            return self._planned.get(reference)
        if reference in self._live.titles:
            return self._live.profiles[reference]
        ids = self._titled.get(reference, [])
        if len(ids) > 1:
            raise double(reference, sorted(ids))
        if not ids:
            raise NotFound(
                f"no profile of the file or of the account is called {reference!r}",
                hint=did_you_mean(reference, {*self._planned, *self._titled}),
            )
        return self._live.profiles[ids[0]]

    def _compare_number(self, number: Number, reference: str, profile: CallbackProfile) -> None:
        old = self._live.present(number)
        self._carried[number.number] = profile.id
        if profile.id and old == profile.id:
            self.unchanged += 1
            return
        check_number(number)
        desired = self._desired.get(reference)
        check_profile(profile, allow_missing=bool(desired and desired.allow_missing))
        if old and old in self._live.profiles:
            self.notes += lost_status(self._live.profiles[old], profile)
        self._move(number, old, profile.id, reference)

    def _move(self, number: Number, old: str | None, new: str, reference: str) -> None:
        work = Move(
            number=number.number,
            old=old,
            new=new or (None if reference else ""),
            desired=reference if not new and reference else None,
            shown=number.callback_profile_id is not None,
        )
        self.changes.append(
            Change(
                action="attach" if reference else "detach",
                kind="number",
                name=number.number,
                fields={"profile": (old, reference)},
                work=work,
            )
        )

    # -- what the file does not name

    def prune(self) -> None:
        listed = self._live.numbers or {}
        kept = {profile.id for profile in self._planned.values()} | set(self._carried.values())
        for shown in listed.values():
            if shown.number not in (self._manifest.numbers or {}):
                self._prune_number(shown)
        for unlisted, profile_id in self._live.believed.items():
            if unlisted not in listed:
                self._carried[unlisted] = profile_id
        carriers: dict[str | None, list[str]] = {}
        for number, carried in self._carried.items():
            carriers.setdefault(carried, []).append(number)
        titles = {desired.draft.title for desired in self._manifest.profiles}
        for profile in self._live.profiles.values():
            if profile.title not in titles and profile.id not in kept and _incoming(profile):
                self._prune_profile(profile, carriers)

    def _prune_number(self, number: Number) -> None:
        """Detach a number, unless something speaks against it: that is said."""
        old = self._live.present(number)
        self._carried[number.number] = old
        if not old or self._manifest.numbers is None:
            return
        profile = self._live.profiles.get(old)
        if number.approved is False:
            why = f"is {number.status}"
        elif profile and not _incoming(profile):
            why = f"carries {old} ({profile.title}), which is not one for incoming messages"
        else:
            self._carried[number.number] = ""
            self._move(number, old, "", "")
            return
        self.notes.append(
            f"number {number.number}, which the file does not name, {why}: left alone"
        )

    def _prune_profile(
        self, profile: CallbackProfile, carriers: Mapping[str | None, list[str]]
    ) -> None:
        """Delete a profile, unless a number that is left alone carries it, or may: that is said.

        `carriers` are the numbers by the profile that they will carry, None where nobody knows it.
        """
        for what, state in ((profile.id, "on it"), (None, "perhaps on it, which is not shown")):
            if what in carriers:
                first, *others = carriers[what]
                more = f" and {len(others)} more" if others else ""
                self.notes.append(
                    f"profile {profile.id} ({profile.title}), which the file does not name, is "
                    f"kept: number {first}{more} {state}"
                )
                return
        self.changes.append(
            Change(action="delete", kind="profile", name=profile.title, id=profile.id, work=profile)
        )


def _incoming(profile: CallbackProfile) -> bool:
    return looks_incoming(profile.template, profile.title, profile.events)


def _shown(desired: Desired, name: str, old: Any, new: Any) -> tuple[Any, Any]:
    """Mask what is secret in a field, and all that a variable made (cli.md 10)."""
    if name in desired.shown:
        return "***" if old else old, desired.shown[name]
    return compare.masked(name, old, new)
