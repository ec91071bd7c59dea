"""Export an account as a manifest for which `plan` finds no changes: first the file, then tables.

Each profile's table is read back and compared with the profile. What a file cannot express, or must
not contain, is left out and noted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any, NamedTuple

from wacb.errors import InvalidInput, TemplateError
from wacb.jsontext import NotJson, ascii_json, parse_object, read_json, visible
from wacb.models import UNKNOWN, CallbackProfile, Encryption, Number
from wacb.plan.manifest.read import parse
from wacb.provision.compare import differences
from wacb.redaction import is_harmless_header, map_body, map_url
from wacb.storage import encryption_keys
from wacb.storage.toml import dump_toml
from wacb.template import placeholders
from wacb.template.build import build_url
from wacb.template.inspect import inspect_body, inspect_url
from wacb.urls.permissions import needed_permissions
from wacb.validation import is_masked, parse_number

_FILE = "wacb.toml"
_NOT_ASCII = re.compile(r"[^\n -~]")


class Exported(NamedTuple):
    """A manifest, the variables it needs, and a note on each thing that is left out."""

    text: str
    variables: tuple[str, ...]
    notes: tuple[str, ...]


def write(
    profiles: Sequence[CallbackProfile], numbers: Sequence[Number], *, local: bool
) -> Exported:
    """Write a manifest of profiles and numbers.

    With `local`, for an API on this machine, any endpoint is allowed.
    """
    titles = Counter(profile.title for profile in profiles)
    references = {profile.id: profile.id for profile in profiles if profile.id.isprintable()}
    tables: dict[str, Any] = {}
    variables: dict[str, str] = {}
    notes = []
    for profile in sorted(profiles, key=lambda profile: (profile.title, profile.id)):
        base = re.sub(r"[^a-z0-9_-]+", "-", profile.title.lower()) or "profile"
        name = next(name for name in numbered(base, "-") if name not in tables)
        secrets = Secrets(name, variables)
        try:
            if profile.doubt:
                raise InvalidInput(profile.doubt)
            if titles[profile.title] > 1:
                raise InvalidInput(f"{titles[profile.title]} profiles have this title")
            table = profile_table(profile, secrets, local=local)
            check_round_trip(profile, name, table, secrets.values, local=local)
        except InvalidInput as error:
            notes.append(f"profile '{profile.title}' ({profile.id}) is left out: {error.message}")
        else:
            references[profile.id] = name
            tables[name] = table
            variables |= secrets.values
    rows, more = _number_rows(numbers, references)
    content = {"profiles": tables, "numbers": rows}
    return Exported(
        text="\n".join((*_header_comments((*notes, *more)), _write_toml(content))),
        variables=tuple(variables),
        notes=(*notes, *more),
    )


def _header_comments(notes: Sequence[str]) -> Iterator[str]:
    """Write the comments at the top, among them that `--prune` may remove what is left out."""
    yield f"# {_FILE}, written by wacb export"
    yield from (f"# {visible(note)}" for note in notes)
    if notes:
        yield "# `wacb apply --prune` may remove what is left out here"


def _write_toml(content: Mapping[str, Any]) -> str:
    """Write TOML without empty tables or control characters. Raises InvalidInput."""
    text = dump_toml({name: part for name, part in content.items() if part})
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInput("it contains text that is not valid Unicode") from None
    # non-ASCII text is always in quotes, where TOML allows escapes
    return _NOT_ASCII.sub(lambda found: _escape_character(found[0]), text)


def _escape_character(character: str) -> str:
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def check_round_trip(
    profile: CallbackProfile,
    name: str,
    table: Mapping[str, Any],
    secrets: Mapping[str, str],
    *,
    local: bool,
) -> None:
    """Raise InvalidInput, in one line, unless reading the table gives this very profile."""
    text = _write_toml({"profiles": {name: table}})
    try:
        (desired,) = parse(text, file=_FILE, environ=secrets, local=local).profiles
    except InvalidInput as error:
        faults = "; ".join(error.details) or error.message.removeprefix(f"{_FILE}: ")
        raise InvalidInput(faults.replace(f"[profiles.{name}] ", "")) from None
    if found := differences(desired.draft, profile):
        raise InvalidInput(f"a manifest cannot express its {', '.join(found)}")


def _number_rows(
    numbers: Sequence[Number], references: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Build the table of the numbers with a profile, and notes on those left out."""
    rows, notes = {}, []
    for number in sorted(numbers, key=lambda number: number.number):
        attached = number.callback_profile_id
        try:
            if isinstance(attached, str) and attached not in references:
                raise InvalidInput(f"its profile {attached} was not found")
            if isinstance(attached, str):
                rows[parse_number(number.number)] = escape(references[attached])
        except InvalidInput as error:
            notes.append(f"number {number.number} is left out: {error.message}")
    unknown = sum(number.callback_profile_id is UNKNOWN for number in numbers)
    if unknown:
        notes.append(f"numbers left out because the API does not show their profile: {unknown}")
    return rows, notes


class Secrets:
    """The secrets of one profile: `values` maps variables to secrets."""

    def __init__(self, table: str, taken: Container[str]) -> None:
        self.values: dict[str, str] = {}
        self._table = table
        self._taken = taken

    def hide(self, what: str, secret: Any) -> str:
        """Return a reference to a new variable for a secret; `what` is its header or other name.

        Raises InvalidInput for a secret that is not text.
        """
        if not isinstance(secret, str):
            raise InvalidInput(f"member {what!r} of its body may be a secret, but is not text")
        if not secret:
            return secret  # an empty variable is refused
        # a name must not begin with a digit, so it gets an underscore first
        base = re.sub(r"[^A-Z0-9]+|^(?=[0-9])", "_", f"{self._table}_{what}".upper())
        name = next(
            name
            for name in numbered(base, "_")
            if name not in self._taken and name not in self.values and name != "WACB_API_KEY"
        )
        self.values[name] = secret
        return f"${{{name}}}"


def numbered(base: str, separator: str) -> Iterator[str]:
    """Yield `base`, then `base` followed by 2, 3 and so on."""
    yield base
    yield from (f"{base}{separator}{number}" for number in count(2))


def profile_table(profile: CallbackProfile, secrets: Secrets, *, local: bool) -> dict[str, Any]:
    """Describe a profile in as few keys as possible. Raises InvalidInput if that is impossible."""
    table = {
        "title": escape(profile.title),
        "method": profile.method.lower(),
        **_url_keys(profile, secrets),
        **({} if local else dict.fromkeys(needed_permissions(profile.url), True)),
        "response_message": escape(profile.response_message or ""),
        "channel": escape(profile.channel or ""),
        "events": [escape(event) for event in profile.events],
        "headers": {
            name: escape(value)
            if is_harmless_header(name) and not is_masked(value)
            else secrets.hide(name, value)
            for name, value in profile.headers.items()
        },
        "encryption": _encryption_keys(profile.encryption, secrets),
    }
    body = _body_keys(profile.body or "{}", secrets) if profile.method.uses_body else {}
    return {name: value for name, value in table.items() if value or name == "title"} | body


def escape(text: str) -> str:
    """Escape text so that no part of it is read as a variable."""
    return text.replace("$", "$$")


def _url_keys(profile: CallbackProfile, secrets: Secrets) -> dict[str, Any]:
    """Build the keys of a URL, without the template that wacb appends."""
    url = profile.url
    if profile.method.uses_body:
        return {"url": _hide_in_url(url, secrets)}
    if not placeholders.MARK.search(url):
        raise InvalidInput("its URL has no placeholders, and a manifest would add them")
    for with_status in (False, True):
        names = placeholders.names(with_status=with_status)
        endpoint = url[: -len("?" + placeholders.build_query(names))]
        with suppress(TemplateError):
            if build_url(endpoint, names) == url:
                return {"url": _hide_in_url(endpoint, secrets), "with_status": with_status}
    missing = inspect_url(url).missing
    return {"url": _hide_in_url(url, secrets), "allow_missing": bool(missing)}


def _hide_in_url(url: str, secrets: Secrets) -> str:
    """Replace literal values in the query by variables."""
    return map_url(url, secret=secrets.hide, plain=escape)


def _encryption_keys(encryption: Encryption | None, secrets: Secrets) -> dict[str, str]:
    """Build the table of a key, with variables even if the API does not show the key."""
    if encryption is None:
        return {}
    cipher, _, mode = encryption.algorithm.upper().rpartition("-")
    key, iv = (None if part is UNKNOWN else part for part in (encryption.key, encryption.iv))
    key = str(key or "0" * encryption_keys.KEY_LENGTHS.get(cipher, 1))
    iv = str(iv or "0" * encryption_keys.IV_LENGTHS.get(mode, (1,))[0])
    return {
        "algorithm": escape(encryption.algorithm),
        "key": secrets.hide("encryption_key", key),
        "iv": secrets.hide("encryption_iv", iv),
    }


def _body_keys(text: str, secrets: Secrets) -> dict[str, Any]:
    """Build the keys of a body, none for the default template."""
    parse_object(text)
    try:
        members = read_json(text)
    except NotJson as error:
        raise InvalidInput(f"its body cannot be written as TOML: {error}") from None
    for with_status in (False, True):
        names = placeholders.names(with_status=with_status)
        if members == {name: f"<{name}>" for name in names}:
            return {"with_status": True} if with_status else {}
    body = map_body(members, secret=secrets.hide, plain=escape)
    allowed = {"allow_missing": True} if inspect_body(text).missing else {}
    return {**allowed, "body": ascii_json(body) if _contains_null(body) else body}


def _contains_null(value: Any) -> bool:
    """Whether a value contains null, which TOML lacks."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or any(map(_contains_null, inner))
