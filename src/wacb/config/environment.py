"""The variables of the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wacb.errors import InvalidInput
from wacb.storage.text import drop_line_end

_CONTROL = r"[\x00-\x1f\x7f-\x9f]"


def read_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables, each without the line end that files leave, and no empty WACB_ ones."""
    variables = {name: drop_line_end(value) for name, value in environ.items()}
    return {
        name: value for name, value in variables.items() if value or not name.startswith("WACB_")
    }


def read_secret(environ: Mapping[str, str], name: str) -> str | None:
    """Return the secret in a variable, None if there is none.

    Raises InvalidInput, which never repeats it, for a control character.
    """
    value = environ.get(name)
    if value and re.search(_CONTROL, value):
        raise InvalidInput(
            f"the variable {name} contains a control character, such as a line break",
            hint="set it again with the value alone",
        )
    return value or None
