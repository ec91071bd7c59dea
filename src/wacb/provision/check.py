"""Look for missing, unknown and encoded placeholders in live profiles, and repair them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from wacb.api.client import Client
from wacb.errors import CheckFailed, Command, Prose, TemplateError, Unsafe, WacbError
from wacb.models import CallbackProfile, ProfileDraft
from wacb.provision import find, update
from wacb.provision.compare import differences
from wacb.provision.steps import UpdateStep
from wacb.template import placeholders, repair
from wacb.template.inspect import NO_URL, Inspection, inspect
from wacb.urls import split_query


class Checked(NamedTuple):
    """What was found in one profile, names without brackets."""

    profile: CallbackProfile
    inspection: Inspection

    @property
    def ok(self) -> bool:
        """Whether all placeholders arrive, nothing else is taken for one, and all is readable."""
        return self.inspection.complete and not self.profile.unreadable

    @property
    def present(self) -> int:
        """How many of the 14 arrive."""
        return self.inspection.present

    @property
    def missing(self) -> tuple[str, ...]:
        """The rest of the 14, and other names of Kaleyra's that stand only encoded."""
        lost = (name for name in self.inspection.encoded if name in placeholders.KNOWN)
        return tuple(dict.fromkeys((*self.inspection.missing, *lost)))

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names that are in none of Kaleyra's lists."""
        lost = (name for name in self.inspection.encoded if name not in placeholders.KNOWN)
        return (*self.inspection.unknown, *lost)

    @property
    def faults(self) -> str:
        """What is wrong, in words."""
        return "; ".join(filter(None, (self.inspection.sentence, self.profile.doubt)))


class Repair(NamedTuple):
    """The repair of a faulty profile; `error` is why there is none, or why it failed.

    `done` names what the step repairs.
    """

    checked: Checked
    step: UpdateStep | None
    done: tuple[str, ...] = ()
    error: WacbError | None = None


def check(client: Client, references: Sequence[str]) -> tuple[list[Checked], int]:
    """Check the named profiles, or all that look like incoming-message profiles.

    The second value counts the others. Raises NotFound and Ambiguous for a reference.
    """
    if references:
        named = client.at_once(partial(find.find, client), [*dict.fromkeys(references)])
        return [check_one(profile) for profile in {found.id: found for found in named}.values()], 0
    listed = client.list_profiles().require_whole()
    found = [
        check_one(profile)
        for profile in listed
        if placeholders.looks_incoming(profile.template, profile.title, profile.events)
    ]
    return found, len(listed) - len(found)


def check_one(profile: CallbackProfile) -> Checked:
    """Check one profile."""
    return Checked(profile, inspect(profile))


def prepare_repair(checked: Checked) -> Repair:
    """Return the update that completes the template; every other field stays unchanged.

    Where that cannot be done without changing something of the user's, the error says so.
    """
    live = checked.profile
    url, body = live.url, live.body
    try:
        update.require_readable(live)
        if not split_query(url)[0]:
            raise TemplateError(NO_URL)
        if live.method.uses_body:
            body, done = repair.repair_body(body or "{}")
        else:
            (url, done), body = repair.repair_url(url), None
    except Unsafe as error:
        return Repair(checked, None, error=error)
    except TemplateError as error:
        message = f"profile {live.label} cannot be fixed: {error.message}"
        in_body = live.method.uses_body and url
        option = ("--body-file", "FILE") if in_body else ("--url", "URL")
        command = Command("profile update", live.id, *option)
        hint = Prose("replace the whole template with `", command, "`")
        return Repair(checked, None, error=CheckFailed(message, hint=hint))
    draft = ProfileDraft(title=live.title, method=live.method, url=url, body=body)
    changes = differences(draft, live)
    return Repair(checked, UpdateStep(live=live, draft=draft, changes=changes), done)


def execute(
    client: Client, repairs: Sequence[Repair], *, sleep: Callable[[float], None]
) -> list[Repair]:
    """Repair one profile after the other, and check each again.

    One that fails keeps no other from being repaired, and is returned as it was seen last.
    """
    return [_execute(client, repair, sleep) for repair in repairs]


def _execute(client: Client, repair: Repair, sleep: Callable[[float], None]) -> Repair:
    if repair.step is None:
        return repair
    try:
        updated = update.update_profile(client, repair.step, sleep=sleep)
        return repair._replace(checked=check_one(updated.profile))
    except WacbError as error:
        return repair._replace(error=error)
