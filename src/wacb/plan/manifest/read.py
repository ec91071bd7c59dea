"""Read a wacb.toml file, and report all its problems at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wacb.errors import ConfigError, InvalidInput
from wacb.plan.manifest.model import DesiredProfile, Manifest
from wacb.plan.manifest.profile import read_profile, read_title
from wacb.plan.manifest.tables import Problems, Table, place
from wacb.plan.manifest.variables import Variables
from wacb.storage.toml import parse_toml
from wacb.urls import Endpoint, parse_endpoint, split_query
from wacb.validation import read_phone


def parse(text: str, *, file: str, environ: Mapping[str, str], local: bool = False) -> Manifest:
    """Read a manifest, with variables from `environ`; messages call it `file`.

    `local` allows http:// and local endpoints, as the sandbox does. Raises one InvalidInput for all
    problems, which never contains the value of a variable; its `details` list several problems.
    """
    content = _parse_toml(text, file)
    problems, variables = Problems(), Variables(environ)
    root = Table(content, (), problems, variables)
    root.reject_unknown_keys(("profiles", "numbers"))
    profiles, names = _read_profiles(root, local=local)
    numbers, sources = _read_numbers(root, names)
    problems.raise_if_any(file, content)
    return Manifest(
        profiles=profiles,
        numbers=numbers,
        sources=sources,
        secrets=variables.secrets,
        notes=(
            *_note_shared_endpoints(profiles),
            *_note_unused(profiles, numbers),
            *_note_undeclared(profiles),
        ),
    )


def _parse_toml(text: str, file: str) -> dict[str, Any]:
    try:
        return parse_toml(Path(file), text)
    except ConfigError as error:
        message, hint = error.message, error.hint
    raise InvalidInput(message, hint=hint)


def _read_profiles(
    root: Table, *, local: bool
) -> tuple[tuple[DesiredProfile, ...], dict[str, str]]:
    """Read the profiles, and map their titles and names to their names."""
    table = root.table("profiles")
    if table is None:
        return (), {}
    found: list[DesiredProfile] = []
    titles: dict[str, str] = {}
    for name in table.content:
        profile = table.table(name)
        if not name or not name.isprintable():
            table.error(name, "the name is empty or contains a control character")
        if profile is None:
            continue
        title = read_title(profile)
        if title and titles.setdefault(title.value, name) != name:
            first = place(("profiles", titles[title.value]))
            profile.error("title", f"duplicate title, already used by {first}", "use another title")
        desired = read_profile(name, profile, title, local=local)
        if desired:
            found.append(desired)
    return tuple(found), titles | {name: name for name in table.content}


def _read_numbers(
    root: Table, names: Mapping[str, str]
) -> tuple[dict[str, str] | None, dict[str, str]]:
    """Read the numbers as read_phone does, each with the name, ID or title of its profile.

    The second value has the source of those that use a variable.
    """
    table = root.table("numbers")
    if table is None:
        return None, {}
    numbers: dict[str, str] = {}
    made: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for written, value in table.content.items():
        text = table.resolve(written, value)
        profile = table.check(written, text, _check_reference)
        number = table.try_(written, read_phone, written)
        if number and spelled.setdefault(number.strip("+"), written) != written:
            first = place(("numbers", spelled[number.strip("+")]))
            table.error(written, f"duplicate number, same as {first}", "remove one of them")
        if number and profile:
            numbers[number] = names.get(profile, profile)
            if text and text.variables:
                made[number] = text.source
    return numbers, made


def _check_reference(value: str) -> str:
    if not value:
        raise InvalidInput("is empty", hint="remove the number and apply with --prune to detach it")
    if not value.isprintable():
        raise InvalidInput(
            "contains a control character", hint="use the name, ID or title of a profile"
        )
    return value


def _note_shared_endpoints(profiles: tuple[DesiredProfile, ...]) -> Iterator[str]:
    """Note each endpoint that several profiles share."""
    sharing: dict[Endpoint, list[DesiredProfile]] = {}
    for desired in profiles:
        sharing.setdefault(parse_endpoint(desired.draft.url), []).append(desired)
    for group in sharing.values():
        if len(group) < 2:
            continue
        note = f"{_name_profiles(group)} share an endpoint"
        if any("url" in desired.sources for desired in group):
            yield note
        else:
            yield f"{note}: {split_query(group[0].draft.url)[0]}"


def _note_unused(
    profiles: tuple[DesiredProfile, ...], numbers: Mapping[str, str] | None
) -> Iterator[str]:
    """Note the profiles that no number uses."""
    used = set((numbers or {}).values())
    unused = [desired for desired in profiles if desired.name not in used]
    if unused:
        verb = "is" if len(unused) == 1 else "are"
        yield f"{_name_profiles(unused)} {verb} not used by any number in the file"


def _note_undeclared(profiles: tuple[DesiredProfile, ...]) -> Iterator[str]:
    """Note each endpoint that only an API on this machine accepts as the file has it."""
    for desired in profiles:
        if desired.undeclared:
            keys = " and ".join(f"{key} = true" for key in desired.undeclared)
            yield f"profile {desired.name}: with the real API, its endpoint needs {keys}"


def _name_profiles(profiles: list[DesiredProfile]) -> str:
    names = [desired.name for desired in profiles]
    if len(names) == 1:
        return f"profile {names[0]}"
    return f"profiles {', '.join(names[:-1])} and {names[-1]}"
