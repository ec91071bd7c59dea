"""What to take away because the file does not name it: only where nothing speaks against it."""

from __future__ import annotations

from collections.abc import Mapping

from wacb.models import CallbackProfile, Number
from wacb.plan.manifest.model import Manifest
from wacb.plan.model import Change, Live, Move
from wacb.template.placeholders import looks_incoming

# assumed: how the API calls the channels that incoming WhatsApp messages may come by (section 4)
_CHANNELS = ("", "whatsapp", "default")


class Pruning:
    """The changes that `--prune` adds, and notes on what is left alone (cli.md 10).

    Without a table of numbers the file has no say in them: none is detached, and a profile that
    one carries is not deleted. `planned` are the file's profiles as they will be.
    """

    def __init__(
        self, manifest: Manifest, live: Live, planned: Mapping[str, CallbackProfile]
    ) -> None:
        self._named = manifest.numbers
        self._titles = {desired.draft.title for desired in manifest.profiles}
        self._live = live
        # so that a second run finds nothing more to take away
        self._profiles = {**live.profiles, **{each.id: each for each in planned.values()}}
        self._carriers: dict[str | None, list[str]] = {}
        self._hidden = 0
        self.changes: list[Change] = []
        self.notes: list[str] = []

    def prune(self) -> None:
        """Find what to detach and to delete."""
        listed = self._live.numbers or {}
        for number in listed.values():
            if number.number not in (self._named or {}):
                self._prune_number(number)
        for unlisted, profile_id in self._live.believed.items():
            if unlisted not in listed:
                self._carriers.setdefault(profile_id, []).append(unlisted)
        if self._hidden:
            self.notes.append(
                f"{self._hidden} of the numbers which the file does not name are left alone: the "
                "API does not show what they carry"
            )
        references = set((self._named or {}).values())
        for profile in self._live.profiles.values():
            named = profile.title in self._titles or {profile.id, profile.title} & references
            if not named and _incoming(profile):
                self._prune_profile(profile)
        if any(change.action == "delete" for change in self.changes):
            self.notes.append(
                "only the numbers of this WABA are listed: whether one of another carries a "
                "profile that is to be deleted is not known"
            )

    def _prune_number(self, number: Number) -> None:
        old = self._live.present(number)
        why = self._keeps(number, old)
        if why is None:
            work = Move(
                number=number.number, old=old, new="", title=self._live.titles.get(old or "")
            )
            self.changes.append(
                Change(
                    action="detach",
                    kind="number",
                    name=number.number,
                    fields={"profile": (old, "")},
                    work=work,
                )
            )
            return
        self._carriers.setdefault(old, []).append(number.number)
        if why:
            self.notes.append(
                f"number {number.number}, which the file does not name, {why}: left alone"
            )

    def _keeps(self, number: Number, old: str | None) -> str | None:
        """Say why a number keeps what it carries, "" where that is plain, None where nothing does.

        What only the journal says it carries may be something else by now.
        """
        if old == "" or self._named is None:
            return ""
        if number.callback_profile_id is None:
            self._hidden += 1
            return ""
        if number.approved is False:
            return f"is {number.status}"
        profile = self._profiles.get(old or "")
        if profile and not _incoming(profile):
            return f"carries {old} ({profile.title}), which is not one for incoming messages"
        return None

    def _prune_profile(self, profile: CallbackProfile) -> None:
        for what, state in ((profile.id, "on it"), (None, "perhaps on it, which is not shown")):
            if what in self._carriers:
                first, *others = self._carriers[what]
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
    return (profile.channel or "").lower() in _CHANNELS and looks_incoming(
        profile.template, profile.title, profile.events
    )
