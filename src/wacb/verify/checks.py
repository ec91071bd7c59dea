"""What is checked of each link: a function each, which finds something or raises what is broken.

Nothing is written. The order of the links is chain.py's, what becomes of an error link.py's.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from wacb.callbacks.sender import Delivery, Outgoing
from wacb.errors import CheckFailed, DeadlineExceeded, NotFound
from wacb.models import UNKNOWN, AttachedId, CallbackProfile, Number
from wacb.provision.check import check_one, prepare_repair
from wacb.provision.lookup import AccountLookup
from wacb.storage.registrations import RegistrationStore
from wacb.template.placeholders import INCOMING, MARK
from wacb.urls import host_of, parameters, split_query, without_user_info
from wacb.verify.result import Finding, unchecked


class Setup(NamedTuple):
    """What the links stand on.

    `remembered` are the numbers that were added on this machine. `number` (E.164) and `reference`
    (ID or title of a profile) are what the user named, `server` is the API in words. `sample` makes
    a callback of a profile for a number (None: any), `deliver` sends one to the endpoint.
    """

    lookup: AccountLookup
    remembered: RegistrationStore
    number: str | None
    reference: str | None
    server: str
    sample: Callable[[CallbackProfile, str | None], Outgoing]
    deliver: Callable[[Outgoing], Delivery]


@dataclass(slots=True, kw_only=True)
class Known:
    """What the checks have learned so far; `setup` is there once the config works.

    `access` says whether the API takes the credentials. `present` is the ID of the profile on the
    number. `reached` says whether the endpoint answered.
    """

    send: bool
    setup: Setup = field(init=False)
    access: bool = False
    number: str | None = None
    present: AttachedId = UNKNOWN
    profile: CallbackProfile | None = None
    reached: bool = False

    def verify(self, option: str) -> str:
        """Write this command anew, with one more option."""
        reference = self.setup.reference
        words = [self.number] if self.number else []
        words += ["--profile", shlex.quote(reference)] if reference else []
        return " ".join(("wacb verify", *words, option))


def config(known: Known, prepare: Callable[[], Setup]) -> Finding:
    """Settings, SID and key are there."""
    known.setup = prepare()
    known.number = known.setup.number
    return Finding(known.setup.server)


def credentials(known: Known) -> Finding:
    """The API takes SID and key."""
    known.setup.lookup.client.check_access()
    known.access = True
    return Finding("the API takes SID and key")


def number(known: Known) -> Finding:
    """The number is listed, approved, and carries the profile."""
    if not known.access:
        return unchecked("the API gives no access")
    if known.number is None:
        return unchecked("no number is named")
    lookup = known.setup.lookup
    try:
        found = lookup.number(known.number)
    except NotFound as error:
        listed = lookup.client.api.waba_id is not None  # V1 has no listing
        if error.status is None or not listed:  # else the listing itself was not there
            error.hint = "wacb number list" if listed else "the Kaleyra console lists them"
        raise
    known.present = lookup.attached_profile_id(found)
    _check_approved(known, found)
    if known.present is not UNKNOWN:
        _check_attached(known, known.present)
    status = found.status or "listed"
    if found.callback_profile_id is not UNKNOWN:
        return Finding(f"{status}, {known.present}")
    believed = known.present if isinstance(known.present, str) else None
    said = f"; by the journal it is {believed}" if believed else ""
    fix = None if believed or known.setup.reference else known.verify("--profile ID")
    return Finding(f"{status}; the API does not show its profile{said}", None, fix)


def _check_approved(known: Known, found: Number) -> None:
    if found.approved is False:
        identity = "" if known.setup.remembered.has_id(found.number) else " --id ID"
        confirm = f"wacb number confirm {found.number}{identity} --otp CODE"
        waits = found.waba_id and (found.status or "").lower() in ("pending", "unverified")
        raise CheckFailed(
            f"number {found.number} is {found.status}; only an approved one gets messages",
            hint=(f"{confirm}, or " if waits else "") + "see in the Kaleyra console what it lacks",
        )


def _check_attached(known: Known, present: str | None) -> None:
    wanted = known.profile.id if known.profile and known.setup.reference else None
    attach = f"wacb number attach {known.number} --profile {wanted or 'ID'}"
    if not present:
        raise CheckFailed(f"number {known.number} carries no profile", hint=attach)
    if wanted and wanted != present:
        raise CheckFailed(
            f"number {known.number} carries {present}, not {wanted}", hint=f"{attach} --replace"
        )


def profile(known: Known) -> Finding:
    """The profile exists and is active."""
    if not known.access:
        return unchecked("the API gives no access")
    reference = known.setup.reference or known.present
    if reference is None or reference is UNKNOWN:
        return unchecked(
            "the number carries none" if known.present is None else "which one it is, is not known"
        )
    try:
        found = known.profile = known.setup.lookup.profile(reference)
    except NotFound as error:
        if error.hint is None:
            error.hint = _another(known)
        raise
    if found.status != "active":
        mend = "mend the endpoint, then " if found.status == "auto-disabled" else ""
        raise CheckFailed(
            f"profile {found.id} ({found.title}) is {found.status}, so nothing arrives",
            hint=f"{mend}enable it in the Kaleyra console; the API has no way to",
        )
    return Finding(f"{found.id}, {found.status} ({found.title})")


def _another(known: Known) -> str:
    """Name the command that mends a profile which is gone."""
    if known.setup.reference:
        return "wacb profile list"
    return f"wacb number attach {known.number} --profile ID --replace"


def template(known: Known) -> Finding:
    """All placeholders are there, and nothing else is taken for one."""
    if known.profile is None:
        return unchecked("no profile was found")
    checked = check_one(known.profile)
    count = f"{checked.present} of {len(INCOMING)} placeholders"
    if checked.ok:
        return Finding(count)
    unrepaired = prepare_repair(checked).error
    raise CheckFailed(
        f"{count}: {checked.faults}",
        hint=(unrepaired and unrepaired.hint) or f"wacb profile check {known.profile.id} --fix",
    )


def bare_url(url: str) -> str:
    """Return a profile's URL without user info, placeholders and query parameters that hold one."""
    path, query = split_query(without_user_info(url))
    kept = [each.text for each in parameters(query) if each.text and not MARK.search(each.text)]
    return "?".join(filter(None, (MARK.sub("", path), "&".join(kept))))


def endpoint(known: Known) -> Finding:
    """The endpoint answers a HEAD, whatever it says. Of the profile's headers none is sent."""
    if known.profile is None:
        return unchecked("no profile was found")

    url = bare_url(known.profile.url)
    answer = known.setup.deliver(Outgoing(method="HEAD", url=url, headers={}, body=None))
    if answer.error and answer.status is None:
        update = f"wacb profile update {known.profile.id} --url URL"
        answer.error.hint = (
            "pass a longer --deadline"
            if isinstance(answer.error, DeadlineExceeded)
            else f"let it answer there, or move the profile: {update}"
        )
        raise answer.error
    known.reached = True
    return Finding(f"{host_of(url)} answers ({answer.status} to a HEAD)")


def delivery(known: Known) -> Finding:
    """A sample callback is answered by a 2xx."""
    if known.profile is None:
        return unchecked("no profile was found")
    if not known.send:
        return unchecked("--send delivers a sample callback", known.verify("--send"))
    if not known.reached:
        return unchecked("the endpoint was not reached")
    answer = known.setup.deliver(known.setup.sample(known.profile, known.number))
    if answer.error:
        answer.error.hint = f"see the endpoint's log, then {known.verify('--send')}"
        raise answer.error
    return Finding(f"{host_of(answer.url)} answered {answer.status}")
