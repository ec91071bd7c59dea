"""What the tests of reading share: a good file, and what becomes of a bad one."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from wacb.errors import InvalidInput
from wacb.plan.manifest.model import DesiredProfile, Manifest
from wacb.plan.manifest.read import parse

URL = "https://example.com/hook"
PROFILE = f"""\
title = "Incoming messages"
method = "post"
url = "{URL}"
"""


def read(text: str, *, local: bool = False, **environ: str) -> Manifest:
    return parse(text, file="wacb.toml", environ=environ, local=local)


def profile(
    text: str = "", *, base: str = PROFILE, local: bool = False, **environ: str
) -> DesiredProfile:
    """Read the one profile of a file: that of PROFILE, with more keys or others."""
    (desired,) = read(table(text, base), local=local, **environ).profiles
    return desired


def table(text: str, base: str = PROFILE) -> str:
    """Write the table of a profile `a`, in which the keys of `text` come instead of the usual."""
    keys = {line.partition("=")[0].strip() for line in text.splitlines()}
    usual = [line for line in base.splitlines() if line.partition("=")[0].strip() not in keys]
    return "\n".join(["[profiles.a]", *usual, text, ""])


def fault(text: str, *, local: bool = False, environ: Mapping[str, str] | None = None) -> str:
    """Return the one fault of a file as `place: sentence; hint`, or all of several, in lines."""
    with pytest.raises(InvalidInput) as caught:
        parse(text, file="wacb.toml", environ=environ or {}, local=local)
    error = caught.value
    assert type(error) is InvalidInput
    assert (error.__cause__, error.__context__) == (None, None)
    if error.details:
        assert (error.message, error.hint) == (
            f"wacb.toml has {len(error.details)} problems",
            None,
        )
        return "\n".join(error.details)
    assert error.message.startswith("wacb.toml: ")
    return "; ".join(filter(None, (error.message.removeprefix("wacb.toml: "), error.hint)))
