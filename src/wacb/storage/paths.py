"""Where wacb's own files are on this machine."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote


def config_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the config file."""
    return _folder(environ, "XDG_CONFIG_HOME", ".config")


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the sandbox, keys and the journal."""
    return _folder(environ, "XDG_STATE_HOME", ".local/state")


def key_file(state: Path, title: str) -> Path:
    """Return the path of the key that was generated for a profile of this title.

    Characters that no title may have are percent-encoded: the API may show any.
    """
    return state / "keys" / f"{quote(title, safe=' ', errors='surrogatepass')}.toml"


def _folder(environ: Mapping[str, str], variable: str, default: str) -> Path:
    given = environ.get(variable, "")
    if given.startswith("/"):
        return Path(given) / "wacb"
    if sys.platform == "darwin":
        default = "Library/Application Support"
    return Path(environ.get("HOME") or Path.home()) / default / "wacb"
