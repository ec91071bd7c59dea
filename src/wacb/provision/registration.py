"""Register a new number: add it, then confirm it with the code that was sent to it (V2 only).

Both are POSTs that are never repeated; after a lost answer the listing shows what became of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from wacb.api.client import Client
from wacb.api.requests import Api, ApiRequest
from wacb.api.responses import NUMBER_DETAILS, open_one, row_id
from wacb.errors import (
    ApiRejected,
    Command,
    ConfigError,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    Prose,
    Unavailable,
    Unsafe,
    WacbError,
)
from wacb.models import UNKNOWN, Need, Number
from wacb.provision import attach, find
from wacb.provision.interrupt import report_interrupt
from wacb.provision.lookup import AccountLookup
from wacb.provision.number_change import check_with_show
from wacb.provision.steps import READ_BACK_AFTER
from wacb.storage import files
from wacb.storage.registrations import Registration, RegistrationStore

_SAFE_AGAIN = "it is safe to run the same command again"


def find_profile(lookup: AccountLookup | None, reference: str) -> str:
    """Return the ID of a profile that may be attached later.

    `lookup` is None in a dry run without credentials. Raises NotFound, Ambiguous and Unsafe as
    prepare_attach does, InvalidInput for a title where nothing can be looked up.
    """
    if lookup is None:
        find.require_id(reference)
        return reference
    profile = lookup.profile(reference, need=Need.TEMPLATE)
    attach.check_profile(profile, allow_missing=False)
    return profile.id


def identify(
    api: Api, remembered: RegistrationStore, number: str, given: str | None
) -> Registration:
    """Return the registration of a number with the ID that was passed, else with the stored one.

    Raises InvalidInput if there is neither, ConfigError without a WABA ID.
    """
    api.retry_otp(number, registration_id="")  # raises for V1, which has no such route
    known = remembered.find(number) or Registration(number=number, id=UNKNOWN, profile=None)
    registration = known._replace(id=given or known.id)
    if registration.id is UNKNOWN:
        raise InvalidInput(
            f"the registration ID of number {number} is not known on this machine",
            hint=Prose(
                *("pass --id ID: `", Command("number add"), "` printed it, and the Kaleyra "),
                "console may show it",
            ),
        )
    return registration


def registration_id(registration: Registration) -> str:
    """Return the ID of a registration that `identify` returned."""
    assert registration.id is not UNKNOWN
    return registration.id


def add(
    client: Client,
    remembered: RegistrationStore,
    request: ApiRequest,
    *,
    number: str,
    profile: str | None,
    sleep: Callable[[float], None],
) -> Registration:
    """Send the request that adds a number, once, and store what `confirm` needs.

    Raises OutcomeUnknown when the answer with the ID is lost, Unsafe when that happened before and
    the number is listed, and ConfigError, nothing sent, where nothing can be stored.
    """
    before = remembered.find(number)
    if before and before.id is UNKNOWN:
        _refuse_added(client, number)
    wanted = Registration(number=number, id=before.id if before else UNKNOWN, profile=profile)
    remembered.announce(wanted)  # a disk that refuses stops us, and a crash loses no profile
    unknown = f"number {number} may or may not have been added"
    with report_interrupt(unknown, hint=_look_hint(number)):
        try:
            new_id = _read_id(client.send(request), request)
        except WacbError as error:
            if isinstance(error, Unavailable) and error.sent:
                raise _unknown_add(client, number, error, sleep) from error
            remembered.finish(number, before)
            raise
    added = wanted._replace(id=new_id)
    try:
        remembered.save(added)
    except files.WRITE_ERRORS as error:
        raise ConfigError(
            f"number {number} was added, but its registration ID {new_id} could not be stored: "
            f"{error.message}",
            hint=Prose("confirm it with `", _confirm_command(number, new_id), "`"),
        ) from error
    return added


def _refuse_added(client: Client, number: str) -> None:
    """Raise Unsafe if a number is listed that was added by a request without a response.

    Raises Unavailable if it may be one that the API does not list.
    """
    listing = client.list_numbers()
    for shown in listing:
        if shown.number == number:
            raise Unsafe(
                f"number {number} is listed as {shown.status}: an earlier command added it, and "
                "its registration ID was in the lost response",
                hint=Prose("run ", *_confirm_words(number)),
            )
    listing.check_whole()


def _confirm_words(number: str) -> tuple[str | Command, ...]:
    return ("`", _confirm_command(number, "ID"), "` with the ID from the Kaleyra console")


def _look_hint(number: str) -> Prose:
    return Prose(check_with_show(number), "; if it exists, run ", *_confirm_words(number))


def _confirm_command(number: str, registration_id: str) -> Command:
    return Command("number confirm", number, "--id", registration_id)


def _read_id(data: object, request: ApiRequest) -> str:
    # assumed: registration_id
    identity = row_id(open_one(data, *NUMBER_DETAILS))
    if identity is None:
        raise Unavailable(f"{request.action} failed: the response has no ID")
    return identity


def _unknown_add(
    client: Client, number: str, lost: Unavailable, sleep: Callable[[float], None]
) -> OutcomeUnknown:
    shown = _wait_for_number(client, number, lambda found: True, sleep=sleep)
    if shown:
        return OutcomeUnknown(
            f"{lost.message}; number {number} is listed as {shown.status}, but its registration "
            "ID was in the lost response",
            hint=Prose("run ", *_confirm_words(number)),
            status=lost.status,
        )
    return OutcomeUnknown(
        f"{lost.message}; number {number} may or may not have been added",
        hint=_look_hint(number),
        status=lost.status,
    )


def confirm(
    client: Client, registration: Registration, otp: str, *, sleep: Callable[[float], None]
) -> str | None:
    """Send the code; return a note if the response was not a plain success.

    A number that the API shows as approved is confirmed, even if the answer was lost, or a second
    code is rejected. Raises OutcomeUnknown when an answer is lost and nothing shows.
    """
    number, identity = registration.number, registration_id(registration)
    request = client.api.verify_number(number, registration_id=identity, otp=otp)
    try:
        with report_interrupt(f"number {number} may or may not be confirmed", hint=_SAFE_AGAIN):
            client.send(request)
    except Unavailable as lost:
        if not lost.sent:
            raise
        shown = _wait_for_number(client, number, _is_approved, sleep=sleep)
        if not shown:
            raise OutcomeUnknown(
                f"{lost.message}; number {number} may or may not be confirmed",
                hint=Prose(check_with_show(number), "; ", _SAFE_AGAIN),
                status=lost.status,
            ) from lost
        answer = lost.message
    except (ApiRejected, NotFound) as refusal:
        shown = _wait_for_number(client, number, _is_approved, sleep=sleep, pauses=(0.0,))
        if not shown:
            raise type(refusal)(
                refusal.message,
                hint=Prose(
                    "check the code and the ID, or send another code with `",
                    Command("number confirm", number, "--resend"),
                    "`",
                ),
                status=refusal.status,
                api_code=refusal.api_code,
            ) from refusal
        answer = refusal.message
    else:
        return None
    return f"{answer}; but it is listed as {shown.status}, so it is confirmed"


def _is_approved(number: Number) -> bool:
    return number.approved is True


def _wait_for_number(
    client: Client,
    number: str,
    wanted: Callable[[Number], bool],
    *,
    sleep: Callable[[float], None],
    pauses: Sequence[float] = READ_BACK_AFTER,
) -> Number | None:
    """List the numbers until this one is there as `wanted`, None if that does not show."""
    for pause in pauses:
        if pause >= client.remaining():
            break
        sleep(pause)
        with suppress(WacbError):  # not to see it proves nothing: the next look may
            for found in client.list_numbers():
                if found.number == number and wanted(found):
                    return found
    return None


def read_back(lookup: AccountLookup, number: str) -> tuple[Number, str | None]:
    """Look up a number that was confirmed; the note says what does not show that it is."""
    try:
        shown = lookup.number(number)
        late = f"the code was accepted, but the number is still listed as {shown.status}"
        return shown, late if shown.approved is False else None
    except WacbError as error:
        shown = Number(number=number, waba_id=lookup.client.api.waba_id)
        return shown, f"it is confirmed, but could not be read back: {error.message}"


@contextmanager
def report_confirmed(number: str, *, finish: Command) -> Iterator[None]:
    """Add to a failure in here that the number is confirmed; `finish` is the command to run."""
    try:
        yield
    except WacbError as error:
        first = (error.hint, "; then run `") if error.hint else ("run `",)
        raise type(error)(
            f"number {number} is confirmed, but its profile was not attached: {error.message}",
            hint=Prose(*first, finish, "`"),
            status=error.status,
            api_code=error.api_code,
        ) from error
