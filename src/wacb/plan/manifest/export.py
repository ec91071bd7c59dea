"""The live state as a manifest that plans to nothing (cli.md 10). Reading one is read.py's.

What a file cannot say, or must not, is left out and noted: each profile's table is read back and
compared with the profile before it counts. How a table is made: live_table.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import tomli_w

from wacb.cli.render import visible
from wacb.errors import InvalidInput
from wacb.models import CallbackProfile, Number
from wacb.plan.manifest.live_table import Secrets, as_table, escaped, numbered
from wacb.plan.manifest.read import parse
from wacb.provision.compare import differences
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
    """Write what there is. A `callback_profile_id` of None is one that nobody knows.

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
    text = tomli_w.dumps({name: part for name, part in content.items() if part})
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
            if carried and carried not in references:
                raise InvalidInput(f"it carries {carried}, which is no profile's ID")
            if carried:
                rows[parse_number(number.number)] = escaped(references[carried])
        except InvalidInput as error:
            notes.append(f"number {number.number} is left out: {error.message}")
    unknown = sum(number.callback_profile_id is None for number in numbers)
    if unknown:
        notes.append(f"numbers left out, as the API does not show what they carry: {unknown}")
    return rows, notes
