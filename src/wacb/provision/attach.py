"""Change which profile a number carries: looked at before, refused when unsafe.

A step is prepared here and carried out by bulk.py; a dry run stops in between.
"""

from __future__ import annotations

from typing import NamedTuple

from wacb.api.requests import Api, ApiRequest
from wacb.errors import ConsentRequired, NotFound, Unavailable, Unsafe, WacbError
from wacb.models import CallbackProfile, Number
from wacb.provision import find
from wacb.provision.lookup import Look
from wacb.storage.journal import Action
from wacb.template import placeholders

JOBS = 4  # numbers at a time, unless the user says otherwise


class AttachStep(NamedTuple):
    """One number's change, ready to be carried out.

    `old` and `new` are profile IDs, "" for none; `old` is None where neither the API nor the
    journal tells it, `new` for an incoming URL. `request` is None when nothing has to change;
    `shown` says whether the API itself shows `old`; `notes` are for the user.
    """

    number: str
    old: str | None
    new: str | None
    request: ApiRequest | None
    action: Action = "attach"
    shown: bool = False
    notes: tuple[str, ...] = ()


class Attachment(NamedTuple):
    """What became of one number. `old` and `new` are profile IDs ("" for none, None: not known).

    `result` is "attached", "unchanged" or "detached", None where nothing is known to have been
    done; `error` says what went wrong, which may be after the change was made. `verified` says
    whether the number was read back as `new`, None when the API does not show that.
    """

    number: str
    result: str | None
    old: str | None
    new: str | None
    verified: bool | None = None
    error: WacbError | None = None


def prepare_attach(
    look: Look,
    number: str,
    reference: str,
    *,
    replace: bool = False,
    if_current: str | None = None,
    allow_missing: bool = False,
) -> AttachStep:
    """Look at the profile and the number, and say what would change (cli.md 8).

    Raises NotFound, and Unsafe for an inactive profile, an incomplete template, a number that is
    not approved, and one that carries another profile, unless `replace` is given or `if_current`
    is that other profile. A number that carries the profile already needs neither.
    """
    profile = look.profile(reference)
    check_profile(profile, allow_missing=allow_missing)
    step = _start(look, number, profile.id, "attach")
    if step.old == profile.id:
        return step
    if if_current is not None:
        known = not if_current or find.looks_like_id(if_current)
        _check_current(step, if_current if known else look.profile(if_current).id)
    elif step.old and not replace:
        raise ConsentRequired(
            f"number {number} carries profile {step.old}; attaching {profile.id} would replace it"
            + "".join(
                f"; {note}" for note in (*step.notes, *_lost_status(look, profile, step.old))
            ),
            hint="add --replace if that is what you want",
        )
    lost = _lost_status(look, profile, step.old) if step.old else ()
    return step._replace(
        request=look.client.api.attach(number, profile.id), notes=(*step.notes, *lost)
    )


def prepare_detach(look: Look | None, api: Api, number: str) -> AttachStep:
    """Say what taking the profile off a number would change.

    `look` is None in a dry run without credentials. Raises NotFound and Unsafe.
    """
    if look is None:
        note = "without credentials the number was not looked up"
        return AttachStep(number, None, "", api.detach(number), action="detach", notes=(note,))
    step = _start(look, number, "", "detach")
    return step if step.old == "" else step._replace(request=api.detach(number))


def prepare_rollback(look: Look, number: str) -> AttachStep:
    """Say what going back to the profile before the last journaled change would do (cli.md 8).

    Raises NotFound where the journal has no change, and Unsafe when the number was changed since,
    when it is not known what it carried before, or when that cannot be attached any more.
    """
    change = look.journal.last_change(number)
    if change is None:
        raise NotFound(
            f"the journal has no change of number {number}",
            hint="`wacb number history` shows what it has",
        )
    if change.old is None:
        raise Unsafe(
            f"what number {number} carried before is not known: the API did not show it",
            hint="use attach or detach",
        )
    step = _start(look, number, change.old, "rollback")
    if step.old == step.new:
        return step
    if step.old != change.new:
        raise Unsafe(
            f"number {number} was changed since: it carries {step.old or 'no profile'}, and the "
            f"journal's last value is {change.new or 'no profile'}",
            hint="use attach or detach if that is to be changed",
        )
    api = look.client.api
    if not change.old:
        return step._replace(request=api.detach(number))
    check_profile(look.profile(change.old), allow_missing=True)
    return step._replace(request=api.attach(number, change.old))


def unseen(api: Api, number: str, profile_id: str) -> AttachStep:
    """Make the step of a dry run without credentials, in which nothing can be looked at.

    Raises InvalidInput for what is no profile ID.
    """
    find.require_id(profile_id)
    note = (
        "without credentials nothing was looked up: whether the profile exists, is active and "
        "complete, and whether the number is approved and free"
    )
    request = api.attach(number, profile_id)
    return AttachStep(number=number, old=None, new=profile_id, request=request, notes=(note,))


def prepare_incoming_url(
    look: Look | None, api: Api, number: str, url: str, *, allow_missing: bool = False
) -> AttachStep:
    """Prepare storing an endpoint on the number itself, with the GET template appended (V1).

    `look` is None in a dry run without credentials. Raises as prepare_attach does.
    """
    full_url = placeholders.build_url(url, placeholders.names(), allow_missing=allow_missing)
    notes: tuple[str, ...] = (
        "the API does not show a number's incoming URL: it is neither compared nor journaled",
    )
    if look is None:
        notes = (*notes, "without credentials the number was not looked up")
    else:
        check_number(look.client.get_number(number))
    request = api.set_incoming_url(number, full_url)
    return AttachStep(number=number, old=None, new=None, request=request, notes=notes)


def _start(look: Look, number: str, new: str, action: Action) -> AttachStep:
    """Look at the number: the step without its request, as if nothing had to change."""
    target = look.number(number)
    check_number(target)
    old, shown = look.present(target), target.callback_profile_id is not None
    note = f"the API does not show which profile number {number} carries"
    if old is not None:
        note += f"; by the journal it is {old or 'none'}"
    return AttachStep(
        number=number,
        old=old,
        new=new,
        request=None,
        action=action,
        shown=shown,
        notes=() if shown else (note,),
    )


def _check_current(step: AttachStep, expected: str) -> None:
    if step.old is None:
        raise Unsafe(
            f"whether number {step.number} carries {expected or 'no profile'} is not known: the "
            "API does not show it, and the journal has no value",
            hint="leave out --if-current",
        )
    if step.old != expected:
        raise Unsafe(
            f"number {step.number} carries {step.old or 'no profile'}, not "
            f"{expected or 'no profile'}",
            hint=f"somebody changed it: look at it with `wacb number show {step.number}`",
        )


def check_profile(profile: CallbackProfile, *, allow_missing: bool) -> None:
    """Raise Unsafe for a profile that is not active, or whose template lacks placeholders."""
    if profile.status != "active":
        raise Unsafe(
            f"profile {profile.id} ({profile.title}) is {profile.status}, so nothing would arrive",
            hint="enable it in the Kaleyra console; the API has no way to",
        )
    report = placeholders.inspect_template(profile)
    if report.missing and not allow_missing:
        raise ConsentRequired(
            f"profile {profile.id} ({profile.title}) has {report.present} of "
            f"{len(placeholders.INCOMING)} placeholders; missing: "
            + " ".join(f"<{name}>" for name in report.missing),
            hint=f"repair it (wacb profile check --fix {profile.id}), or --allow-missing",
        )


def check_number(number: Number) -> None:
    """Raise Unsafe for a number that is known not to be approved: it cannot be edited."""
    if number.approved is False:
        raise Unsafe(
            f"number {number.number} is {number.status}; only an approved number can be edited",
            hint="finish its registration in the Kaleyra console first",
        )


def _lost_status(look: Look, new: CallbackProfile, old_id: str) -> tuple[str, ...]:
    """Look at the old profile, and say so when message status would get lost with it."""
    try:
        old = look.profile(old_id)
    except NotFound:
        return (f"the old profile {old_id} does not exist any more",)
    except Unavailable as error:
        return (f"the old profile could not be looked at: {error.message}",)
    return lost_status(old, new)


def lost_status(old: CallbackProfile, new: CallbackProfile) -> tuple[str, ...]:
    """Say so when message status (delivered, read) would get lost with the old profile."""
    if placeholders.carries_status(old.template) and not placeholders.carries_status(new.template):
        return (
            f"the old profile {old.id} carries message status (delivered, read) and "
            f"{new.id or new.title} does not: status callbacks would stop",
        )
    return ()
