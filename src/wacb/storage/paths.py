"""Where wacb's own files are on this machine (cli.md 11)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote


def config_folder(environ: Mapping[str, str]) -> Path:
    """Where the config file is."""
    return _folder(environ, "XDG_CONFIG_HOME", ".config")


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where the sandbox, keys and the journal are kept."""
    return _folder(environ, "XDG_STATE_HOME", ".local/state")


def key_file(state: Path, title: str) -> Path:
    """Where the key that was generated for a profile of this title is kept.

    What the API would not take in a title is percent-encoded: one that it shows may hold anything.
    """
    return state / "keys" / f"{quote(title, safe=' ', errors='surrogatepass')}.toml"


def _folder(environ: Mapping[str, str], variable: str, default: str) -> Path:
    given = environ.get(variable, "")
    if given.startswith("/"):
        return Path(given) / "wacb"
    if sys.platform == "darwin":
        default = "Library/Application Support"
    return Path(environ.get("HOME") or Path.home()) / default / "wacb"
