"""The checks: a function each, which returns a result or raises what fails. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from wacb.callbacks.sender import Delivery, Outgoing
from wacb.errors import CheckFailed, Command, DeadlineExceeded, NotFound, Prose, WacbError
from wacb.models import UNKNOWN, AttachedId, CallbackProfile, Number, same_id
from wacb.provision.check import check_one, prepare_repair
from wacb.provision.lookup import AccountLookup
from wacb.storage.registrations import RegistrationStore
from wacb.template.placeholders import INCOMING, MARK
from wacb.urls import host_of, parameters, split_query, without_user_info
from wacb.verify.result import Passed, skipped


class Inputs(NamedTuple):
    """What the checks need.

    `remembered` has the numbers registered on this machine. The user named `number` (as
    read_phone returns it) and `reference` (ID or title of a profile); `server` describes the API.
    `sample` makes a callback of a profile for a number (None: any), `deliver` sends one to the
    endpoint.
    """

    lookup: AccountLookup
    remembered: RegistrationStore
    number: str | None
    reference: str | None
    server: str
    sample: Callable[[CallbackProfile, str | None], Outgoing]
    deliver: Callable[[Outgoing], Delivery]


@dataclass(slots=True, kw_only=True)
class Context:
    """What the checks have found so far; `inputs` is set once the config is usable.

    `access` is whether the API accepts the credentials. `present` is the ID of the profile on the
    number. `reached` is whether the endpoint answered.
    """

    send: bool
    inputs: Inputs = field(init=False)
    access: bool = False
    number: str | None = None
    present: AttachedId = UNKNOWN
    profile: CallbackProfile | None = None
    reached: bool = False

    def verify(self, *options: str) -> Command:
        """Return this command with more options."""
        reference = self.inputs.reference
        words = [self.number] if self.number else []
        words += ["--profile", reference] if reference else []
        return Command("verify", *words, *options)


def config(context: Context, prepare: Callable[[], Inputs]) -> Passed:
    """Check that settings, SID and key are present."""
    context.inputs = prepare()
    context.number = context.inputs.number
    return Passed(context.inputs.server)


def look_ahead(
    context: Context, more_numbers: Sequence[str], *, clock: Callable[[], float]
) -> dict[str, float]:
    """Look up in parallel what the next checks need; return the seconds of each check."""
    lookup = context.inputs.lookup
    looks: dict[str, Callable[[], object]] = {"credentials": lookup.check_access}
    numbers = [each for each in (context.number, *more_numbers) if each]
    if numbers:
        looks["number"] = partial(lookup.look_ahead, numbers=numbers)
    if context.inputs.reference:
        looks["profile"] = partial(lookup.profile, context.inputs.reference)

    def measure(look: Callable[[], object]) -> float:
        began = clock()
        with suppress(WacbError):  # the check raises it again
            look()
        return clock() - began

    seconds = lookup.client.at_once(measure, [*looks.values()])
    return dict(zip(looks, seconds, strict=True))


def credentials(context: Context) -> Passed:
    """Check that the API accepts SID and key."""
    context.inputs.lookup.check_access()
    context.access = True
    return Passed("credentials verified")


def number(context: Context) -> Passed:
    """Check that the number is listed, approved, and has the profile attached."""
    if not context.access:
        return skipped("the credentials were not verified")
    if context.number is None:
        return skipped("no number was passed")
    lookup = context.inputs.lookup
    try:
        context.number = lookup.resolve(context.number)
        found = lookup.number(context.number)
    except NotFound as error:
        listed = lookup.client.api.waba_id is not None  # V1 has no listing
        if error.status is None or not listed:  # else the listing itself was not found
            shown = Prose(Command("number list"))
            error.hint = shown if listed else "check the numbers in the Kaleyra console"
        raise
    context.present = lookup.attached_profile_id(found)
    _check_approved(context, found)
    if context.present is not UNKNOWN:
        _check_attached(context, context.present)
    status = found.status or "listed"
    if found.callback_profile_id is not UNKNOWN:
        return Passed(f"{status}, {context.present}")
    believed = context.present if isinstance(context.present, str) else None
    last = f" (last attached from here: {believed})" if believed else ""
    named = believed or context.inputs.reference
    fix = None if named else Prose(context.verify("--profile", "ID"))
    return Passed(f"{status}; the API does not show its profile{last}", None, fix)


def _check_approved(context: Context, found: Number) -> None:
    if found.approved is False:
        raise CheckFailed(
            f"{found.number} is {found.status}; only approved numbers receive messages",
            hint=_hint_of_approval(context, found),
        )


def _hint_of_approval(context: Context, number: Number) -> str:
    if not number.waba_id or (number.status or "").lower() not in ("pending", "unverified"):
        return "check the number in the Kaleyra console"
    confirm = ("number confirm", number.number)
    if context.inputs.remembered.has_id(number.number):
        code = Command(*confirm, "--otp", "CODE")
        return Prose(code, ", or check the number in the Kaleyra console")
    return Prose(
        "finish its registration in the Kaleyra console, or, if another machine added it, run ",
        Command(*confirm, "--id", "ID", "--otp", "CODE"),
    )


def _check_attached(context: Context, present: str | None) -> None:
    wanted = context.profile.id if context.profile and context.inputs.reference else None
    attach = ("number attach", context.number or "", "--profile", wanted or "ID")
    if not present:
        raise CheckFailed(f"{context.number} has no profile attached", hint=Prose(Command(*attach)))
    if wanted and not same_id(wanted, present):
        raise CheckFailed(
            f"{context.number} has profile {present} attached, not {wanted}",
            hint=Prose(Command(*attach, "--replace")),
        )


def profile(context: Context) -> Passed:
    """Check that the profile exists and is active."""
    if not context.access:
        return skipped("the credentials were not verified")
    reference = context.inputs.reference or context.present
    if reference is None or reference is UNKNOWN:
        return skipped(
            "the number has none" if context.present is None else "the number's profile is unknown"
        )
    try:
        found = context.inputs.lookup.profile(reference)
    except NotFound as error:
        if error.hint is None:
            error.hint = _replacement_command(context)
        raise
    if found.unreadable:
        raise CheckFailed(
            f"profile {found.label}: {found.doubt}", hint="check it in the Kaleyra console"
        )
    context.profile = found
    if found.delivers is False:
        fix = "fix the endpoint, then " if found.status == "auto-disabled" else ""
        raise CheckFailed(
            f"profile '{found.title}' ({found.id}) is {found.status}, so nothing is delivered",
            hint=f"{fix}enable it in the Kaleyra console; the API can't enable profiles",
        )
    shown = "" if found.delivers else "status "
    return Passed(f"'{found.title}' ({found.id}), {shown}{found.status}", found.delivers)


def _replacement_command(context: Context) -> Prose:
    """Return the command that helps if a profile no longer exists."""
    if context.inputs.reference:
        return Prose(Command("profile list"))
    return Prose(Command("number attach", context.number or "", "--profile", "ID", "--replace"))


def template(context: Context) -> Passed:
    """Check that all placeholders are present and none is wrong."""
    if context.profile is None:
        return skipped("no profile found")
    checked = check_one(context.profile)
    count = f"{checked.present} of {len(INCOMING)} placeholders"
    if checked.ok:
        return Passed(count)
    unrepaired = prepare_repair(checked).error
    raise CheckFailed(
        f"{count}; {checked.faults}",
        hint=(unrepaired and unrepaired.hint)
        or Prose(Command("profile check", context.profile.id, "--fix")),
    )


def bare_url(url: str) -> str:
    """Return a profile's URL without user info, placeholders and query parameters that hold one."""
    path, query = split_query(without_user_info(url))
    kept = [each.text for each in parameters(query) if each.text and not MARK.search(each.text)]
    return "?".join(filter(None, (MARK.sub("", path), "&".join(kept))))


def endpoint(context: Context) -> Passed:
    """Check that the endpoint answers a HEAD, with any status. Sends no headers of the profile."""
    if context.profile is None:
        return skipped("no profile found")

    url = bare_url(context.profile.url)
    answer = context.inputs.deliver(Outgoing(method="HEAD", url=url, headers={}, body=None))
    if answer.error and answer.status is None:
        update = Command("profile update", context.profile.id, "--url", "URL")
        answer.error.hint = (
            "pass a longer --deadline"
            if isinstance(answer.error, DeadlineExceeded)
            else Prose("make sure the endpoint is reachable, or change the URL: ", update)
        )
        raise answer.error
    context.reached = True
    return Passed(f"{host_of(url)} answers ({answer.status} to a HEAD)")


def delivery(context: Context) -> Passed:
    """Check that the endpoint answers a sample callback with a 2xx."""
    if context.profile is None:
        return skipped("no profile found")
    if not context.send:
        return skipped("add --send to deliver a sample callback", Prose(context.verify("--send")))
    if not context.reached:
        return skipped("the endpoint is not reachable")
    answer = context.inputs.deliver(context.inputs.sample(context.profile, context.number))
    if answer.error:
        answer.error.hint = Prose("check the endpoint's log, then ", context.verify("--send"))
        raise answer.error
    return Passed(f"{host_of(answer.url)} returned {answer.status}")
