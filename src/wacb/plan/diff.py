"""Compare a manifest with the live state, without effects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from wacb.errors import Command, InvalidInput, NotFound, Prose, Unsafe, WacbError
from wacb.jsontext import open_body
from wacb.models import UNKNOWN, CallbackProfile, Number, id_to_json
from wacb.plan import prune as pruning
from wacb.plan.manifest.model import DesiredProfile, Manifest
from wacb.plan.model import ACTIONS, Change, LiveState, Plan
from wacb.provision import compare
from wacb.provision.attach import check_number, check_profile, note_lost_status
from wacb.provision.find import LIST_PROFILES, duplicate_title_error, spelling_error
from wacb.provision.lookup import LIST_NUMBERS, resolve_phone
from wacb.provision.number_change import NumberChange
from wacb.provision.steps import CreateStep, ProfileStep, UpdateStep, as_sent
from wacb.provision.update import prepare_update
from wacb.redaction import MASK, mask_change, mask_field, mask_unless_written, mask_url
from wacb.validation import did_you_mean, fold_title, is_masked


def diff(manifest: Manifest, live: LiveState, *, prune: bool) -> Plan:
    """Return the plan; with `prune`, it also removes what the manifest does not name.

    Raises nothing: what blocks a change is among the plan's problems.
    """
    comparison = _Comparison(manifest, live)
    comparison.compare_profiles()
    comparison.compare_numbers()
    changes, notes = comparison.changes, comparison.notes
    if prune:
        removals, kept = pruning.prune(manifest, live, comparison.planned)
        changes, notes = changes + removals, notes + kept
    order = {action: place for place, action in enumerate(ACTIONS)}
    changes.sort(key=lambda change: (order[change.action], change.name, change.id or ""))
    return Plan(
        changes=tuple(changes),
        unchanged=comparison.unchanged,
        ids=comparison.ids,
        problems=tuple(comparison.problems),
        notes=(*manifest.notes, *notes),
    )


class _Comparison:
    def __init__(self, manifest: Manifest, live: LiveState) -> None:
        self._manifest = manifest
        self._live = live
        self._titled: dict[str, list[str]] = {}
        for profile_id, title in live.titles.items():
            self._titled.setdefault(title, []).append(profile_id)
        self._desired = {desired.name: desired for desired in manifest.profiles}
        # the manifest's profiles as they will be; one that is not created yet is not in `ids`
        self.planned: dict[str, CallbackProfile] = {}
        self._targets: dict[str, tuple[Any, ...]] = {}
        self.ids: dict[str, str] = {}
        self.changes: list[Change] = []
        self.unchanged = 0
        self._believed = 0
        self.problems: list[WacbError] = []
        self.notes: list[str] = []

    # -- profiles

    def compare_profiles(self) -> None:
        spelled = Counter(fold_title(each.draft.title) for each in self._manifest.profiles)
        for desired in self._manifest.profiles:
            ids = self._titled.get(desired.draft.title, []) or self._spelled_alike(desired)
            if len(ids) > 1:
                title = desired.sources.get("title", desired.draft.title)
                self.problems.append(duplicate_title_error(title, sorted(ids)))
            elif ids:
                self._compare_profile(desired, self._live.profiles[ids[0]])
            elif spelled[fold_title(desired.draft.title)] > 1:
                message = (
                    f"profile {desired.name} cannot be created: its title differs from another "
                    "one in the file only in case or spaces"
                )
                self.problems.append(InvalidInput(message, hint="use another title"))
            else:
                self.planned[desired.name] = as_sent(desired.draft, "")
                step = CreateStep(desired.draft)
                asked = {name: (None, new) for name, new in compare.fields(desired.draft).items()}
                self._add(desired, step, asked)

    def _spelled_alike(self, desired: DesiredProfile) -> list[str]:
        """Find the title in the spelling that the API stores."""
        folded = fold_title(desired.draft.title)
        named = {each.draft.title for each in self._manifest.profiles}
        return [
            profile_id
            for profile_id, title in self._live.titles.items()
            if title not in named and fold_title(title) == folded
        ]

    def _compare_profile(self, desired: DesiredProfile, live: CallbackProfile) -> None:
        self.ids[desired.name] = live.id
        draft = desired.draft._replace(title=live.title)  # it may be spelled in another way
        try:
            step = prepare_update(live, draft)
        except Unsafe as error:
            self.problems.append(error)
            return
        except InvalidInput as error:
            message = f"the API cannot change the channel of profile {desired.name} ({live.id})"
            self.problems.append(
                InvalidInput(message, hint=error.hint) if "channel" in desired.sources else error
            )
            return
        if step.changes and live.title != desired.draft.title:
            hint = f"use its title, {live.title!r}, or another one"
            self.problems.append(spelling_error(live, hint=hint))
            return
        events = live.events if desired.draft.events is None else desired.draft.events
        self.planned[desired.name] = as_sent(draft, live.id)._replace(
            status=live.status, channel=live.channel, events=events
        )
        self._note_oddities(desired, live)
        if step.changes:
            self._add(desired, step, step.changes)
        else:
            self.unchanged += 1

    def _note_oddities(self, desired: DesiredProfile, live: CallbackProfile) -> None:
        if live.delivers is False:
            self.notes.append(
                f"profile {desired.name} ({live.id}) is {live.status}, so it delivers nothing: "
                "enable it in the Kaleyra console"
            )
        masked = [name for name, value in live.headers.items() if is_masked(value)]
        if desired.draft.headers and masked:
            self.notes.append(
                f"the API does not show the values of these headers of profile {desired.name} "
                f"({live.id}), so they are not compared: {', '.join(masked)}"
            )
        if desired.draft.encryption and live.encryption and live.encryption.key is UNKNOWN:
            self.notes.append(
                Prose(
                    f"the API does not show the key of profile {desired.name} ({live.id}), so it "
                    "is not compared; replace it with `",
                    Command("profile update", live.id),
                    "`",
                )
            )

    def _add(
        self, desired: DesiredProfile, step: ProfileStep, changes: Mapping[str, tuple[Any, Any]]
    ) -> None:
        self.changes.append(
            Change(
                action="update" if isinstance(step, UpdateStep) else "create",
                kind="profile",
                name=desired.name,
                id=step.live.id if isinstance(step, UpdateStep) else None,
                fields={name: _masked(desired, name, *values) for name, values in changes.items()},
                written=desired.sources,
                target=tuple(
                    (name, new)
                    for name, (_, new) in changes.items()
                    if name in ("url", "body") and name not in desired.sources
                ),
                work=step,
            )
        )

    # -- numbers

    def compare_numbers(self) -> None:
        names = {profile_id: name for name, profile_id in self.ids.items()}
        missing: dict[str, list[str]] = {}
        for number, given in (self._manifest.numbers or {}).items():
            reference = names.get(given, given)  # a live ID in the file means its profile there
            if not (reference in self._desired or self._live_ids(reference)):
                missing.setdefault(reference, []).append(number)
                continue
            try:
                profile = self._profile(reference, self._manifest.sources.get(number))
                if profile:
                    self._compare_number(self._number(number), reference, profile)
            except WacbError as error:
                self.problems.append(error)
        self.problems += [self._missing(*item) for item in missing.items()]
        if self._believed:
            self.notes.append(
                "numbers whose profile the API does not show count as unchanged according to the "
                f"journal: {self._believed}"
            )

    def _number(self, number: str) -> Number:
        listed = self._live.numbers or {}
        if number not in listed:
            resolve_phone(number, lambda: listed)  # raises for one without its country code
            raise NotFound(f"number {number} not found in this WABA", hint=LIST_NUMBERS)
        return listed[number]

    def _profile(self, reference: str, written: str | None) -> CallbackProfile | None:
        """Find the profile that a number names, None if a problem with it is known already."""
        if reference in self._desired:
            return self.planned.get(reference)
        ids = self._live_ids(reference)
        if len(ids) > 1:
            raise duplicate_title_error(written or reference, sorted(ids))
        return self._live.profiles[ids[0]]

    def _live_ids(self, reference: str) -> list[str]:
        if reference in self._live.titles:
            return [reference]
        return self._titled.get(reference, [])

    def _missing(self, reference: str, numbers: list[str]) -> NotFound:
        written = self._manifest.sources.get(numbers[0])
        near = did_you_mean(reference, {*self._desired, *self._titled})
        more = f" and {len(numbers) - 1} more" if len(numbers) > 1 else ""
        return NotFound(
            f"number {numbers[0]}{more}: no profile named {written or reference!r} in the file or "
            "the account",
            hint=LIST_PROFILES if written else near,
        )

    def _compare_number(self, number: Number, reference: str, profile: CallbackProfile) -> None:
        old = self._live.attached_profile_id(number)
        if old == profile.id:
            self.unchanged += 1
            self._believed += number.callback_profile_id is UNKNOWN
            return
        desired = self._desired.get(reference)
        check_number(number)
        if reference not in self._targets:
            allow_missing = bool(desired and desired.allow_missing)
            self.notes += check_profile(profile, allow_missing=allow_missing)
            self._targets[reference] = _target(profile, desired)
        if isinstance(old, str) and old in self._live.profiles:
            self.notes += note_lost_status(self._live.profiles[old], profile)
        work = NumberChange(
            number=number.number,
            old=old,
            new=UNKNOWN if desired and desired.name not in self.ids else profile.id,
            profile_name=desired.name if desired else None,
            old_title=self._live.title_of(old),
            shown=number.callback_profile_id is not UNKNOWN,
        )
        new = self._manifest.sources.get(number.number, reference)
        self.changes.append(
            Change(
                action="attach",
                kind="number",
                name=number.number,
                fields={"profile": (id_to_json(old), new)},
                target=self._targets[reference],
                work=work,
            )
        )


def _masked(desired: DesiredProfile, name: str, old: Any, new: Any) -> tuple[Any, Any]:
    """Mask what is secret in a field, and all that a variable made; the file's text is shown."""
    if name in desired.sources:
        return MASK if old else old, desired.sources[name]
    if name in ("url", "body"):
        return mask_unless_written(name, old, new), new
    before, after = mask_change(name, old, new)
    if name == "headers":
        headers = {header.lower(): text for header, text in desired.headers.items()}
        after = {header: headers.get(header, mask) for header, mask in after.items()}
    return before, after


def _target(profile: CallbackProfile, desired: DesiredProfile | None) -> tuple[Any, ...]:
    """Return the profile that a number will have, as whole as may be printed."""
    written = desired.sources if desired else {}
    body = mask_field("body", open_body(profile.body))
    values = {
        "title": profile.title,
        "method": profile.method,
        "url": mask_url(profile.url),
        "body": body,
    }
    return (profile.id, {name: written.get(name, value) for name, value in values.items()})
