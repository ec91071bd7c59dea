"""Read a whole wacb.toml: every fault at its place, all at once (cli.md 10). Pure, no disk.

One profile's table is profile_table.py's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wacb.errors import ConfigError, InvalidInput
from wacb.plan.manifest.model import Desired, Manifest
from wacb.plan.manifest.profile import read_profile, read_title
from wacb.plan.manifest.tables import Faults, Table, place
from wacb.plan.manifest.variables import Variables
from wacb.storage.toml import parse_toml
from wacb.urls import Endpoint, parse_endpoint, split_query
from wacb.validation import parse_number


def parse(text: str, *, file: str, environ: Mapping[str, str], local: bool = False) -> Manifest:
    """Read a manifest whose `${NAME}` stand in `environ`; `file` is its name in a message.

    `local` takes endpoints that are plain http or on this machine, as the sandbox does. Raises one
    InvalidInput for all that is wrong, which repeats no value of a variable; of several faults
    each is a line of its `details`.
    """
    content = _tables(text, file)
    faults, variables = Faults(), Variables(environ)
    root = Table(content, (), faults, variables)
    root.refuse_unknown(("profiles", "numbers"))
    profiles, names = _profiles(root, local=local)
    numbers, written = _numbers(root, names)
    faults.raise_any(file, content)
    return Manifest(
        profiles=profiles,
        numbers=numbers,
        written=written,
        secrets=variables.secrets,
        notes=(*_shared_endpoints(profiles), *_unused(profiles, numbers)),
    )


def _tables(text: str, file: str) -> dict[str, Any]:
    try:
        return parse_toml(Path(file), text)
    except ConfigError as error:
        message, hint = error.message, error.hint
    raise InvalidInput(message, hint=hint)


def _profiles(root: Table, *, local: bool) -> tuple[tuple[Desired, ...], dict[str, str]]:
    """Read the profiles, and for each way to call one, by its title or its name, the name."""
    table = root.table("profiles")
    if table is None:
        return (), {}
    found: list[Desired] = []
    titles: dict[str, str] = {}
    for name in table.content:
        profile = table.table(name)
        if not name or not name.isprintable():
            table.refuse(name, "has a name that is empty or holds a control character")
        if profile is None:
            continue
        title = read_title(profile)
        if title and titles.setdefault(title.value, name) != name:
            first = place(("profiles", titles[title.value]))
            profile.refuse("title", f"is the title of {first} too", "give each its own")
        desired = read_profile(name, profile, title, local=local)
        if desired:
            found.append(desired)
    return tuple(found), titles | {name: name for name in table.content}


def _numbers(root: Table, names: Mapping[str, str]) -> tuple[dict[str, str] | None, dict[str, str]]:
    """Read the numbers as E.164, each with the name, ID or title of its profile.

    The second value has what the file says of those that a variable made.
    """
    table = root.table("numbers")
    if table is None:
        return None, {}
    numbers: dict[str, str] = {}
    made: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for written, value in table.content.items():
        text = table.filled(written, value)
        profile = table.check(written, text, _profile)
        number = table.attempt(written, parse_number, written)
        if number and spelled.setdefault(number, written) != written:
            first = place(("numbers", spelled[number]))
            table.refuse(written, f"is the number of {first} too", "write it once")
        if number and profile:
            numbers[number] = names.get(profile, profile)
            if text and text.variables:
                made[number] = text.written
    return numbers, made


def _profile(value: str) -> str:
    if not value:
        raise InvalidInput("is empty", hint="leave the number out: apply --prune detaches it")
    if not value.isprintable():
        raise InvalidInput(
            "holds a control character", hint="write the name, the ID or the title of a profile"
        )
    return value


def _shared_endpoints(profiles: tuple[Desired, ...]) -> Iterator[str]:
    """Word a note for each endpoint that several profiles have."""
    sharing: dict[Endpoint, list[Desired]] = {}
    for desired in profiles:
        sharing.setdefault(parse_endpoint(desired.draft.url), []).append(desired)
    for group in sharing.values():
        if len(group) < 2:
            continue
        note = f"{_listed(group)} have one endpoint"
        if any("url" in desired.written for desired in group):
            yield note
        else:
            yield f"{note}: {split_query(group[0].draft.url)[0]}"


def _unused(profiles: tuple[Desired, ...], numbers: Mapping[str, str] | None) -> Iterator[str]:
    """Word a note for the profiles that no number names."""
    used = set((numbers or {}).values())
    unused = [desired for desired in profiles if desired.name not in used]
    if unused:
        yield f"no number of the file uses {_listed(unused)}"


def _listed(profiles: list[Desired]) -> str:
    names = [desired.name for desired in profiles]
    if len(names) == 1:
        return f"profile {names[0]}"
    return f"profiles {', '.join(names[:-1])} and {names[-1]}"
