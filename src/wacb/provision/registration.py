"""Register a new number: add it, then confirm it with the code that was sent to it (V2 only).

Both are POSTs that are never repeated; a lost answer is looked for in the listing. What is known in
between is in remembered.py, the rules for what the user gives are in new_number.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from wacb.api.client import Client
from wacb.api.requests import Api, ApiRequest
from wacb.api.responses import row_id
from wacb.errors import (
    ApiRejected,
    ConfigError,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    Unavailable,
    WacbError,
)
from wacb.models import Number
from wacb.provision import attach, find
from wacb.provision.bulk import READ_BACK_AFTER
from wacb.provision.lookup import Look
from wacb.storage.registrations import Registration, Remembered


def check_name(text: str) -> str:
    """Return a display name without the blanks around it, or raise InvalidInput."""
    name = text.strip()
    # not str.isprintable: the names of some languages need the joiners that it refuses
    if not name or re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", name):
        raise InvalidInput(
            f"{text!r} is no display name", hint="give some text without control characters"
        )
    return name


def check_country_code(text: str, number: str) -> str:
    """Return a country code if it fits the number (E.164), or raise InvalidInput."""
    # assumed: a calling code or two letters; it is sent as it was written, since no page says how
    code = text.strip().upper()
    if not re.fullmatch(r"\+?[1-9][0-9]{0,2}|[A-Z]{2}", code):
        raise InvalidInput(
            f"{text!r} is no country code", hint="give the calling code, like 91, or two letters"
        )
    if not code.isalpha() and not number.startswith(f"+{code.removeprefix('+')}"):
        raise InvalidInput(
            f"number {number} does not begin with the country code {code}",
            hint="check the number and --country-code",
        )
    return code


def check_otp(text: str) -> str:
    """Return a code without hyphens and blanks, or raise InvalidInput, which doesn't quote it."""
    code = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[A-Za-z0-9]+", code):
        raise InvalidInput(
            "the code may only hold letters and digits", hint="give it as the number received it"
        )
    return code


def find_profile(look: Look | None, reference: str) -> str:
    """Return the ID of a profile that may be attached later.

    `look` is None in a dry run without credentials. Raises NotFound, Ambiguous and Unsafe as
    prepare_attach does, InvalidInput for what is no ID where nothing can be looked up.
    """
    if not reference:
        raise InvalidInput("--profile is empty", hint="give an ID or a title, or leave it out")
    if look is None:
        find.require_id(reference)
        return reference
    profile = look.profile(reference)
    attach.check_profile(profile, allow_missing=False)
    return profile.id


def identify(api: Api, remembered: Remembered, number: str, given: str | None) -> Registration:
    """Tell the registration of a number by the ID that is `given`, or by what is remembered.

    Raises InvalidInput where there is neither, ConfigError without a WABA ID.
    """
    known = remembered.find(number) or Registration(number=number, id="", profile=None)
    registration = known._replace(id=given or known.id)
    api.retry_otp(number, registration_id=registration.id)  # V1 has no such route, with any ID
    if not registration.id:
        raise InvalidInput(
            f"the ID of the registration of number {number} is not known on this machine",
            hint="give --id ID: `wacb number add` printed it, and the Kaleyra console may show it",
        )
    return registration


def add(
    client: Client,
    remembered: Remembered,
    request: ApiRequest,
    *,
    number: str,
    profile: str | None,
    sleep: Callable[[float], None],
) -> Registration:
    """Send the request that adds a number, once, and remember what `confirm` needs.

    Raises OutcomeUnknown when the answer with the ID is lost, and ConfigError, nothing sent, where
    nothing can be remembered.
    """
    before = remembered.find(number)
    wanted = Registration(number=number, id=before.id if before else "", profile=profile)
    remembered.keep(wanted)  # first: a disk that refuses stops us, and a crash loses no profile
    try:
        added = wanted._replace(id=_added_id(client.send(request), request))
    except WacbError as error:
        if isinstance(error, Unavailable) and error.sent:
            raise _unknown_add(client, number, error, sleep) from error
        remembered.settle(number, before)
        raise
    try:
        remembered.keep(added)
    except ConfigError as error:
        raise ConfigError(
            f"number {number} was added, and its ID {added.id} could not be remembered: "
            f"{error.message}",
            hint=f"confirm it with: wacb number confirm {number} --id {added.id}",
        ) from error
    return added


def _added_id(data: object, request: ApiRequest) -> str:
    # assumed: the ID stands where that of a profile stands
    identity = row_id(data) if isinstance(data, dict) else None
    if identity is None:
        raise Unavailable(f"{request.subject}: the API's answer names no ID")
    return identity


def _unknown_add(
    client: Client, number: str, lost: Unavailable, sleep: Callable[[float], None]
) -> OutcomeUnknown:
    console = f"take its ID from the Kaleyra console: wacb number confirm {number} --id ID"
    shown = _look_back(client, number, lambda found: True, sleep=sleep)
    if shown:
        return OutcomeUnknown(
            f"{lost.message}; number {number} is listed as {shown.status}, but the ID of its "
            "registration was in the answer that was lost",
            hint=console,
            status=lost.status,
        )
    return OutcomeUnknown(
        f"{lost.message}; whether number {number} was added is not known",
        hint=f"`wacb number show {number}` tells. If it is there, {console}",
        status=lost.status,
    )


def confirm(
    client: Client, registration: Registration, otp: str, *, sleep: Callable[[float], None]
) -> str | None:
    """Send the code, and return what there is to say where the answer was no plain yes.

    A number that the API shows as approved is confirmed, whatever became of the answer, or whatever
    the API says to a second code. Raises OutcomeUnknown when an answer is lost and nothing shows.
    """
    number = registration.number
    request = client.api.verify_number(number, registration_id=registration.id, otp=otp)
    try:
        client.send(request)
    except Unavailable as lost:
        if not lost.sent:
            raise
        shown = _look_back(client, number, _is_approved, sleep=sleep)
        if not shown:
            raise OutcomeUnknown(
                f"{lost.message}; whether number {number} is confirmed is not known",
                hint=f"`wacb number show {number}` tells; the same command again does no harm",
                status=lost.status,
            ) from lost
        said = lost.message
    except (ApiRejected, NotFound) as refusal:
        shown = _look_back(client, number, _is_approved, sleep=sleep, pauses=(0.0,))
        if not shown:
            raise type(refusal)(
                refusal.message,
                hint="check the code and the ID; "
                f"`wacb number confirm {number} --resend` sends another code",
                status=refusal.status,
                api_code=refusal.api_code,
            ) from refusal
        said = refusal.message
    else:
        return None
    return f"{said}; but it is listed as {shown.status}, so it is confirmed"


def _is_approved(number: Number) -> bool:
    return number.approved is True


def _look_back(
    client: Client,
    number: str,
    wanted: Callable[[Number], bool],
    *,
    sleep: Callable[[float], None],
    pauses: Sequence[float] = READ_BACK_AFTER,
) -> Number | None:
    """List the numbers until this one is there as `wanted`, None where that does not show."""
    for pause in pauses:
        if pause >= client.remaining():
            break
        sleep(pause)
        with suppress(WacbError):  # not to see it proves nothing: the next look may
            for found in client.list_numbers():
                if found.number == number and wanted(found):
                    return found
    return None


def read_back(look: Look, number: str) -> tuple[Number, str | None]:
    """Show a number that was confirmed; the note says why it could not be read."""
    try:
        return look.number(number), None
    except WacbError as error:
        shown = Number(number=number, waba_id=look.client.api.waba_id)
        return shown, f"it is confirmed, but could not be read back: {error.message}"


@contextmanager
def attaching_afterwards(number: str, *, finish: str) -> Iterator[None]:
    """Say of a failure in here that the number is confirmed all the same.

    `finish` is the command that does the rest.
    """
    try:
        yield
    except WacbError as error:
        remedy = f"{error.hint}; then: " if error.hint else ""
        raise type(error)(
            f"number {number} is confirmed, but attaching its profile failed: {error.message}",
            hint=f"{remedy}{finish}",
            status=error.status,
            api_code=error.api_code,
        ) from error
