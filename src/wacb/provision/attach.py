"""Prepare a change of a number: look at what is there, refuse what is unsafe.

Nothing is written here: a dry run stops after it.
"""

from __future__ import annotations

from wacb.errors import (
    Command,
    ConsentRequired,
    InvalidInput,
    NotFound,
    Prose,
    TemplateError,
    Unavailable,
    Unsafe,
)
from wacb.models import UNKNOWN, AttachedId, CallbackProfile, Need, Number, name_profile, same_id
from wacb.provision import find
from wacb.provision.attach_way import note_undocumented
from wacb.provision.lookup import AccountLookup
from wacb.provision.number_change import NumberChange, check_with_show
from wacb.storage.journal import Action, Entry
from wacb.template import placeholders
from wacb.template.inspect import inspect, require_complete
from wacb.urls import parameters, split_query
from wacb.validation import looks_like_id

# assumed: incoming_url; the query parameters of its GET (api.md §5)
_ADDED = frozenset(
    {"body", "from", "name", "type", "created_at", "wanumber", "mobile", "message", "reply_to"}
    | {"media_url", "id", "timestamp", "location"}
)
JOBS = 4  # numbers at a time, unless the user says otherwise
_OFFLINE = "checked offline: without credentials the number was not looked up"


def prepare_attach(
    lookup: AccountLookup,
    number: str,
    reference: str,
    *,
    replace: bool = False,
    if_current: str | None = None,
    allow_missing: bool = False,
) -> NumberChange:
    """Look up the profile and the number, and return the change.

    Raises NotFound, Unsafe for an inactive profile, an incomplete template and a number that is not
    approved, and ConsentRequired for a number with another profile, unless `replace` is set or
    `if_current` is that profile. A number that has the profile already needs neither.
    """
    return prepare_attach_of(
        lookup,
        number,
        lookup.profile(reference, need=Need.TEMPLATE),
        replace=replace,
        if_current=if_current,
        allow_missing=allow_missing,
    )


def prepare_attach_of(
    lookup: AccountLookup,
    number: str,
    profile: CallbackProfile,
    *,
    replace: bool = False,
    if_current: str | None = None,
    allow_missing: bool = False,
) -> NumberChange:
    """Look up the number, and return the change that attaches a profile, as prepare_attach does.

    The ID of a profile that has yet to be created is "".
    """
    notes = check_profile(profile, allow_missing=allow_missing)
    change = _look_up_change(lookup, number, profile.id or UNKNOWN, "attach")
    name = None if profile.id else profile.title
    change = change._replace(
        notes=(*change.notes, *notes), profile_name=name, new_title=profile.title
    )
    if profile.id and same_id(change.old, profile.id):
        return change._replace(old_title=profile.title)
    if if_current is not None:
        is_id = not if_current or looks_like_id(if_current)
        if not is_id:
            if_current = lookup.profile(if_current, need=Need.NOTHING).id
        _check_current(change, if_current or None)
    lost: tuple[str, ...] = ()
    if isinstance(change.old, str):
        lost, title = _look_up_old(lookup, profile, change.old)
        change = change._replace(old_title=title)
    if isinstance(change.old, str) and not replace and if_current is None:
        old = name_profile(change.old, change.old_title)
        new = name_profile(profile.id, profile.title) if profile.id else profile.title
        raise ConsentRequired(
            f"number {number} already has profile {old} attached; this would replace it with {new}"
            + "".join(f"; {note}" for note in (*change.notes, *lost)),
            hint="pass --replace to replace it",
        )
    return change._replace(notes=(*change.notes, *lost))


def prepare_detach(lookup: AccountLookup | None, number: str) -> NumberChange:
    """Return the change that detaches the profile of a number.

    `lookup` is None in a dry run without credentials. Raises NotFound and Unsafe.
    """
    if lookup is None:
        return NumberChange(number, UNKNOWN, None, action="detach", notes=(_OFFLINE,))
    return _look_up_change(lookup, number, None, "detach")


def prepare_rollback(lookup: AccountLookup, number: str) -> NumberChange:
    """Return the change back to the profile before the last change in the journal.

    After a rollback it is that rollback once more, which changes nothing if it was done. Raises
    NotFound if the journal has no change, and Unsafe when the number was changed since, when the
    profile before is not known, or when it can no longer be attached.
    """
    last = lookup.journal.last_change(number)
    if last is None:
        raise NotFound(
            f"the journal has no change of number {number}",
            hint=Prose("run `", Command("number history"), "` to see the recorded changes"),
        )
    attach = Command("number attach", number, "--profile", "ID")
    fix = Prose("use `", attach, "` or `", Command("number detach", number), "` instead")
    wanted = last.new if last.action == "rollback" else last.old
    if wanted is UNKNOWN:
        raise Unsafe(
            f"the profile that number {number} had before is not known: the API did not show it",
            hint=fix,
        )
    change = _look_up_change(lookup, number, wanted, "rollback")
    if not change.is_needed:
        return change
    _check_unchanged(change, last, hint=fix)
    if wanted is not None:
        notes = check_profile(lookup.profile(wanted, need=Need.TEMPLATE), allow_missing=True)
        change = change._replace(notes=(*change.notes, *notes))
    return change


def _check_unchanged(change: NumberChange, last: Entry, *, hint: Prose) -> None:
    """Raise Unsafe if a number has another profile than its last change can have left on it."""
    left = [last.new] if last.outcome == "done" else [last.new, last.old]
    hidden = change.old is UNKNOWN and last.outcome == "unknown"
    if not hidden and not any(same_id(change.old, each) for each in left):
        raise Unsafe(
            f"number {change.number} was changed since: it has {_name_profile(change.old)} "
            f"attached, and the journal's last value is {_name_profile(last.new)}",
            hint=hint,
        )


def offline_change(number: str, profile_id: str) -> NumberChange:
    """Return the change of a dry run without credentials, in which nothing is looked up.

    Raises InvalidInput for a profile that is not named by its ID.
    """
    find.require_id(profile_id)
    note = "checked offline: without credentials the profile and the number were not looked up"
    return NumberChange(number, UNKNOWN, profile_id, notes=(note,))


def prepare_incoming_url(lookup: AccountLookup | None, number: str, url: str) -> NumberChange:
    """Return the change that stores a plain URL on the number itself (V1).

    `lookup` is None in a dry run without credentials. Raises TemplateError for a placeholder, else
    as prepare_attach does.
    """
    if mark := placeholders.MARK.search(url):
        raise TemplateError(
            f"the incoming URL contains {mark[0]}, which Kaleyra does not fill in there: it adds "
            "its own query parameters (body, from, …) to the URL",
            hint="remove the placeholders, or create a profile to choose the fields yourself",
        )
    for parameter in parameters(split_query(url)[1]):
        if parameter.key in _ADDED:
            raise InvalidInput(
                f"the incoming URL already has the query parameter {parameter.key!r}",
                hint=f"remove or rename it: Kaleyra adds {parameter.key} itself",
            )
    notes: tuple[str, ...] = (
        "the API does not show a number's incoming URL: it is neither compared nor journaled",
    )
    if lookup is None:
        notes = (*notes, _OFFLINE)
    else:
        check_number(lookup.client.get_number(number))
    return NumberChange(number, UNKNOWN, UNKNOWN, incoming_url=url, notes=notes)


def _look_up_change(
    lookup: AccountLookup, number: str, new: AttachedId, action: Action
) -> NumberChange:
    found = lookup.number(number)
    check_number(found)
    old, shown = lookup.attached_profile_id(found), found.callback_profile_id is not UNKNOWN
    note = f"the API does not show which profile number {number} has attached"
    if old is not UNKNOWN:
        note += f"; according to the journal it is {old or 'none'}"
    notes = (*(() if shown else (note,)), *note_undocumented(lookup.client.api, new))
    return NumberChange(number, old, new, action=action, shown=shown, notes=notes)


def _check_current(change: NumberChange, expected: str | None) -> None:
    if change.old is UNKNOWN:
        raise Unsafe(
            f"it is not known whether {change.number} has {_name_profile(expected)} attached: "
            "the API does not show it, and the journal has no value",
            hint="leave out --if-current",
        )
    if not same_id(change.old, expected):
        raise Unsafe(
            f"number {change.number} has {_name_profile(change.old)} attached, not "
            f"{expected or 'none'}",
            hint=check_with_show(change.number),
        )


def _name_profile(profile_id: object) -> str:
    return "no profile" if profile_id is None else f"profile {profile_id}"


def check_profile(profile: CallbackProfile, *, allow_missing: bool) -> tuple[str, ...]:
    """Return notes on a profile that may be attached.

    Raises Unsafe for one that is inactive or has no readable template, ConsentRequired for an
    incomplete template.
    """
    if profile.delivers is False:
        raise Unsafe(
            f"profile {profile.label} is {profile.status}, so it delivers nothing",
            hint="enable it in the Kaleyra console; the API can't enable profiles",
        )
    if {"method", "url", "body"}.intersection(profile.unreadable):
        raise Unsafe(
            f"profile {profile.label} can't be checked: {profile.doubt}",
            hint="check it in the Kaleyra console, or create another profile",
        )
    inspection = inspect(profile)
    try:
        require_complete(inspection, allow_missing=allow_missing)
    except TemplateError as error:
        raise ConsentRequired(
            f"profile {profile.label} has {inspection.present} of {len(placeholders.INCOMING)} "
            f"placeholders; {inspection.sentence}",
            hint=Prose(
                "fix it with `",
                Command("profile check", profile.id, "--fix"),
                "`, or pass --allow-missing",
            ),
        ) from error
    if profile.delivers is None:
        return (f"whether profile {profile.label} is active is not known: {_name_status(profile)}",)
    return ()


def _name_status(profile: CallbackProfile) -> str:
    if profile.status == "unknown":
        return "the API does not show its status"
    return f"its status is {profile.status!r}"


def check_number(number: Number) -> None:
    """Raise Unsafe for a number that is known not to be approved: it cannot be edited.

    assumed: number_editable_only_approved (api.md §5).
    """
    if number.approved is False:
        raise Unsafe(
            f"number {number.number} is {number.status}; only approved numbers can be changed",
            hint="finish its registration in the Kaleyra console first",
        )


def _look_up_old(
    lookup: AccountLookup, new: CallbackProfile, old_id: str
) -> tuple[tuple[str, ...], str | None]:
    """Return notes on the profile that is replaced, and its title."""
    try:
        old = lookup.profile(old_id, need=Need.TEMPLATE)
    except NotFound:
        return (f"the old profile {old_id} no longer exists",), None
    except Unavailable as error:
        return (f"the old profile could not be looked up: {error.message}",), None
    return note_lost_status(old, new), old.title


def note_lost_status(old: CallbackProfile, new: CallbackProfile) -> tuple[str, ...]:
    """Return a note where the old profile has message status (delivered, read), the new one not."""
    if placeholders.has_status(old.template) and not placeholders.has_status(new.template):
        return (
            f"the old profile {old.id} includes message status (delivered, read) and "
            f"{new.id or new.title} does not: status callbacks would stop",
        )
    return ()
