"""The live state as a manifest that plans to nothing (cli.md 10). Reading one is read.py's.

What a file cannot say, or must not, is left out and noted: each profile's table is read back and
compared with the profile before it counts. How a table is made: live_table.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count, product
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
from wacb.urls import check_endpoint
from wacb.validation import parse_number

_FILE = "wacb.toml"
_NOT_ASCII = re.compile(r"[^\n -~]")


class Exported(NamedTuple):
    """A manifest, the variables it wants, and a line on each thing that had to be left out."""

    text: str
    variables: tuple[str, ...]
    notes: tuple[str, ...]


def write(
    profiles: Sequence[CallbackProfile], numbers: Sequence[Number], *, local: bool
) -> Exported:
    """Write what there is.

    `local` says that the file is for an API on this machine, where any endpoint is fine.
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
            if titles[profile.title] > 1:
                raise InvalidInput(f"{titles[profile.title]} profiles have this title")
            table = as_table(profile, secrets, local=local)
            _check(profile, name, table, secrets.values, local=local)
        except InvalidInput as error:
            notes.append(f"profile {profile.id} ({profile.title}) is left out: {error.message}")
        else:
            references[profile.id] = name
            tables[name] = table
            variables |= secrets.values
    rows, more = _rows(numbers, references)
    content = {"profiles": tables, "numbers": rows}
    return Exported(
        text="\n".join((*_head((*notes, *more)), _toml(content))),
        variables=tuple(variables),
        notes=(*notes, *more),
    )


def _head(notes: Sequence[str]) -> Iterator[str]:
    """Write the comments: what is not in the file would be taken away by `apply --prune`."""
    yield f"# {_FILE}, written by wacb export"
    yield from (f"# {visible(note)}" for note in notes)
    if notes:
        yield "# `wacb apply --prune` may take away what is left out here"


def _toml(content: Mapping[str, Any]) -> str:
    """Write TOML that no terminal is steered by, without empty tables. Raises InvalidInput."""
    text = dump_toml({name: part for name, part in content.items() if part})
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInput("it holds text that is not valid Unicode") from None
    # whatever is not ASCII stands between quotes, where TOML takes escapes
    return _NOT_ASCII.sub(lambda found: _visible(found[0]), text)


def _visible(character: str) -> str:
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def _check(
    profile: CallbackProfile,
    name: str,
    table: Mapping[str, Any],
    secrets: Mapping[str, str],
    *,
    local: bool,
) -> None:
    """Raise InvalidInput, in one line, unless the table asks for just this profile."""
    text = _toml({"profiles": {name: table}})
    try:
        (desired,) = parse(text, file=_FILE, environ=secrets, local=local).profiles
    except InvalidInput as error:
        faults = "; ".join(error.details) or error.message.removeprefix(f"{_FILE}: ")
        raise InvalidInput(faults.replace(f"[profiles.{name}] ", "")) from None
    if found := differences(desired.draft, profile):
        raise InvalidInput(f"a manifest cannot ask for its {', '.join(found)}")


def _rows(
    numbers: Sequence[Number], references: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Give the table of the numbers that carry a profile, and notes on those left out."""
    rows, notes = {}, []
    for number in sorted(numbers, key=lambda number: number.number):
        carried = number.callback_profile_id
        try:
            if isinstance(carried, str) and carried not in references:
                raise InvalidInput(f"it carries {carried}, which is no profile's ID")
            if isinstance(carried, str):
                rows[parse_number(number.number)] = escaped(references[carried])
        except InvalidInput as error:
            notes.append(f"number {number.number} is left out: {error.message}")
    unknown = sum(number.callback_profile_id is UNKNOWN for number in numbers)
    if unknown:
        notes.append(f"numbers left out, as the API does not show what they carry: {unknown}")
    return rows, notes


class Secrets:
    """The secrets of one profile: `values` maps variables to them."""

    def __init__(self, table: str, taken: Container[str]) -> None:
        self.values: dict[str, str] = {}
        self._table = table
        self._taken = taken

    def hide(self, what: str, secret: Any) -> str:
        """Return the reference to a new variable for the secret of `what`, a header or the like.

        Raises InvalidInput for one that is no text, as no variable can be.
        """
        if not isinstance(secret, str):
            raise InvalidInput(f"member {what!r} of its body may be a secret, and is no text")
        # before a digit stands an underscore, too: no name begins with one
        base = re.sub(r"[^A-Z0-9]+|^(?=[0-9])", "_", f"{self._table}_{what}".upper())
        name = next(
            name
            for name in numbered(base, "_")
            if name not in self._taken and name not in self.values and name != "WACB_API_KEY"
        )
        self.values[name] = secret
        return f"${{{name}}}"


def numbered(base: str, separator: str) -> Iterator[str]:
    """Yield `base`, then it with a 2 behind it, a 3 and so on."""
    yield base
    yield from (f"{base}{separator}{number}" for number in count(2))


def as_table(profile: CallbackProfile, secrets: Secrets, *, local: bool) -> dict[str, Any]:
    """Say what a profile is in as few keys as do. Raises InvalidInput where that can't be said."""
    table = {
        "title": escaped(profile.title),
        "method": profile.method.lower(),
        **_url(profile, secrets),
        **({} if local else _permissions(profile.url)),
        # the API may show something else than text
        "response_message": escaped(str(profile.response_message or "")),
        "channel": escaped(str(profile.channel or "")),
        "events": [escaped(event) for event in profile.events],
        "headers": {
            name: escaped(value) if is_harmless_header(name) else secrets.hide(name, value)
            for name, value in profile.headers.items()
        },
        "encryption": _encryption(profile.encryption, secrets),
    }
    body = _body(profile.body or "{}", secrets) if profile.method.uses_body else {}
    return {name: value for name, value in table.items() if value or name == "title"} | body


def escaped(text: str) -> str:
    """Write text so that no part of it is taken for a variable."""
    return text.replace("$", "$$")


def _url(profile: CallbackProfile, secrets: Secrets) -> dict[str, Any]:
    """Give the keys of a URL; the template that wacb appends by itself is left out."""
    url = profile.url
    if profile.method.uses_body:
        return {"url": _hidden_in_url(url, secrets)}
    if not placeholders.MARK.search(url):
        raise InvalidInput("its URL holds no placeholder, and a manifest would add them")
    for with_status in (False, True):
        names = placeholders.names(with_status=with_status)
        endpoint = url[: -len("?" + placeholders.build_query(names))]
        with suppress(TemplateError):
            if placeholders.build_url(endpoint, names) == url:
                return {"url": _hidden_in_url(endpoint, secrets), "with_status": with_status}
    missing = placeholders.inspect_url(url).missing
    return {"url": _hidden_in_url(url, secrets), "allow_missing": bool(missing)}


def _hidden_in_url(url: str, secrets: Secrets) -> str:
    """Put variables in the place of literal values in the query."""
    return map_url(url, secret=secrets.hide, plain=escaped)


def _permissions(url: str) -> dict[str, bool]:
    """Give the keys that an endpoint needs which breaks a rule, none where they don't help."""
    for http, private in product((False, True), repeat=2):
        with suppress(InvalidInput):
            check_endpoint(url, allow_http=http, allow_local=private)
            return {"allow_http": http, "allow_local": private}
    return {}


def _encryption(encryption: Encryption | None, secrets: Secrets) -> dict[str, str]:
    """Give the table of a key; one that the API does not show is a variable all the same."""
    if encryption is None:
        return {}
    cipher, _, mode = encryption.algorithm.upper().rpartition("-")
    key, iv = (None if part is UNKNOWN else part for part in (encryption.key, encryption.iv))
    key = str(key or "0" * encryption_keys.KEY_LENGTHS.get(cipher, 0))
    iv = str(iv or "0" * encryption_keys.IV_LENGTHS.get(mode, (0,))[0])
    return {
        "algorithm": escaped(encryption.algorithm),
        "key": secrets.hide("encryption_key", key),
        "iv": secrets.hide("encryption_iv", iv),
    }


def _body(text: str, secrets: Secrets) -> dict[str, Any]:
    """Give the keys of a body, none where it is the template that wacb makes by itself."""
    parse_object(text)
    try:
        members = read_json(text)
    except NotJson as error:
        raise InvalidInput(f"its body cannot be written as TOML: {error}") from None
    for with_status in (False, True):
        names = placeholders.names(with_status=with_status)
        if members == {name: f"<{name}>" for name in names}:
            return {"with_status": True} if with_status else {}
    body = map_body(members, secret=secrets.hide, plain=escaped)
    allowed = {"allow_missing": True} if placeholders.inspect_body(text).missing else {}
    return {**allowed, "body": ascii_json(body) if _holds_null(body) else body}


def _holds_null(value: Any) -> bool:
    """Say whether a value holds what TOML has no word for."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or any(map(_holds_null, inner))
