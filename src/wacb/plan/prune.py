"""Changes that remove what the manifest does not name, only where nothing speaks against it."""

from __future__ import annotations

from collections.abc import Mapping

from wacb.models import UNKNOWN, AttachedId, CallbackProfile, Number, id_to_json
from wacb.plan.manifest.model import Manifest
from wacb.plan.model import Change, LiveState
from wacb.provision.number_change import NumberChange
from wacb.provision.usage import find_usage
from wacb.template.placeholders import looks_incoming

# assumed: channel_names (api.md §4)
_CHANNELS = ("", "whatsapp", "default")


def prune(
    manifest: Manifest, live: LiveState, planned: Mapping[str, CallbackProfile]
) -> tuple[list[Change], list[str]]:
    """Return the changes that `--prune` adds, and notes on what is left alone.

    Without a table of numbers in the manifest none is detached, and a profile that is attached to
    one is not deleted. `planned` are the manifest's profiles as they will be.
    """
    pruning = _Pruning(manifest, live, planned)
    pruning.find_numbers()
    pruning.find_profiles()
    return pruning.changes, pruning.notes


class _Pruning:
    def __init__(
        self, manifest: Manifest, live: LiveState, planned: Mapping[str, CallbackProfile]
    ) -> None:
        self._named = manifest.numbers
        self._titles = {desired.draft.title for desired in manifest.profiles}
        self._kept = {each.id for each in planned.values()}
        self._live = live
        # so that a second run finds nothing more to remove
        self._profiles = {**live.profiles, **{each.id: each for each in planned.values()}}
        self._users: dict[AttachedId, list[str]] = {}
        usage = find_usage(live.rows, live.profiles, shows_profiles=live.shows_profiles)
        self._unseen = usage.unseen
        self.changes: list[Change] = []
        self.notes: list[str] = []

    def find_numbers(self) -> None:
        """Find the numbers to detach, and which profiles the others have."""
        listed = self._live.numbers or {}
        unnamed = [each for each in listed.values() if each.number not in (self._named or {})]
        for number in unnamed:
            self._prune_number(number)
        for unlisted, ids in self._live.possible.items():
            for profile_id in ids if unlisted not in listed else ():
                self._users.setdefault(profile_id, []).append(unlisted)
        hidden = sum(
            number.callback_profile_id is UNKNOWN
            and self._live.attached_profile_id(number) is not None
            for number in unnamed
        )
        if hidden and self._named is not None:
            self.notes.append(
                "numbers not in the file are left alone where the API does not show their "
                f"profiles: {hidden}"
            )

    def find_profiles(self) -> None:
        """Find the profiles to delete."""
        references = set((self._named or {}).values())
        for profile in self._live.profiles.values():
            named = profile.title in self._titles or profile.id in self._kept
            named = named or bool({profile.id, profile.title} & references)
            if not named and profile.unreadable:
                self.notes.append(
                    f"profile {profile.label}, not in the file, is kept: {profile.doubt}"
                )
            elif not named and _is_incoming(profile):
                self._prune_profile(profile)
        if any(change.action == "delete" for change in self.changes):
            self.notes.append(
                "numbers in other WABAs can't be checked; a profile to be deleted may still be in "
                "use there"
            )

    def _prune_number(self, number: Number) -> None:
        old = self._live.attached_profile_id(number)
        why = self._reason_to_keep(number, old)
        if why is None:
            work = NumberChange(
                number=number.number,
                old=old,
                new=None,
                action="detach",
                shown=True,
                old_title=self._live.title_of(old),
            )
            self.changes.append(
                Change(
                    action="detach",
                    kind="number",
                    name=number.number,
                    fields={"profile": (id_to_json(old), id_to_json(None))},
                    work=work,
                )
            )
            return
        self._users.setdefault(old, []).append(number.number)
        if why:
            self.notes.append(f"number {number.number}, not in the file, {why}: left alone")

    def _reason_to_keep(self, number: Number, old: AttachedId) -> str | None:
        """Return why a number keeps its profile, "" if a note needs no reason, None to detach.

        Where only the journal has its profile, it may have another one by now.
        """
        if old is None or self._named is None or number.callback_profile_id is UNKNOWN:
            return ""
        if number.approved is False:
            return f"is {number.status}"
        profile = self._profiles.get(old) if isinstance(old, str) else None
        if profile and profile.unreadable:
            return f"has profile {profile.label}, of which {profile.doubt}"
        if profile and not _is_incoming(profile):
            return f"has profile {profile.label}, which is not for incoming messages"
        return None

    def _prune_profile(self, profile: CallbackProfile) -> None:
        for numbers, verb in ((self._users.get(profile.id), "is"), (self._unseen, "may be")):
            if numbers:
                first, *others = numbers
                more = f" and {len(others)} more" if others else ""
                self.notes.append(
                    f"profile {profile.label}, not in the file, is kept: it {verb} attached to "
                    f"number {first}{more}"
                )
                return
        self.changes.append(
            Change(action="delete", kind="profile", name=profile.title, id=profile.id, work=profile)
        )


def _is_incoming(profile: CallbackProfile) -> bool:
    return (profile.channel or "").lower() in _CHANNELS and looks_incoming(
        profile.template, profile.title, profile.events
    )
