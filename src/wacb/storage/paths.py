"""Where wacb's own files are on this machine."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from wacb.errors import ConfigError
from wacb.storage.permissions import correct_modes

NOWHERE = Path("/dev/null/wacb")  # the folder of a user without a home: no file can be there


def is_nowhere(path: Path) -> bool:
    """Return whether `path` would be in the home folder of a user who has none."""
    return path.is_relative_to(NOWHERE)


def require_folder(path: Path) -> None:
    """Raise ConfigError if `path` would be in the home folder of a user who has none."""
    if is_nowhere(path):
        raise ConfigError(
            f"there is no folder for {path.name}: HOME is not set, and the user has no home",
            hint="set HOME, or both XDG_CONFIG_HOME and XDG_STATE_HOME",
        )


def expand(text: str, environ: Mapping[str, str]) -> Path:
    """Return the path that `text` names; `~` is the home folder, `~user` that of another user.

    Raises ConfigError if there is no such folder: a folder named `~` is never meant.
    """
    first, _, rest = text.partition("/")
    if not first.startswith("~"):
        return Path(text)
    home = environ.get("HOME") if first == "~" else None
    try:
        return (Path(home) if home else Path(first).expanduser()) / rest
    except RuntimeError:  # no such user, or one without a passwd entry, as in many containers
        raise ConfigError(
            f"cannot expand {text}: there is no home folder for {first}",
            hint=f"write the path out, or ./{text} for a file of that name",
        ) from None


def config_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the config file."""
    return _folder(environ, "XDG_CONFIG_HOME", ".config")


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the sandbox, keys and the journal.

    Modes that older versions left in it are corrected.
    """
    folder = _folder(environ, "XDG_STATE_HOME", ".local/state")
    correct_modes(folder)
    return folder


def key_file(state: Path, *, host: str, sid: str, title: str) -> Path:
    """Return the path of the key that is generated for an account's profile of this title."""
    return state / "keys" / _file_name(host) / _file_name(sid) / f"{_file_name(title)}.toml"


def old_key_file(state: Path, title: str) -> Path:
    """Return where wacb 0.1 kept a key: one for the profiles of all accounts with this title."""
    return state / "keys" / f"{_file_name(title)}.toml"


def _file_name(text: str) -> str:
    """Percent-encode what no title may have, as the API may show any."""
    return quote(text, safe=" ", errors="surrogatepass")


def _folder(environ: Mapping[str, str], variable: str, default: str) -> Path:
    given = expand(environ.get(variable, ""), environ)
    if given.is_absolute():
        return given / "wacb"
    if sys.platform == "darwin":
        default = "Library/Application Support"
    home = environ.get("HOME") or _find_home()
    return Path(home) / default / "wacb" if home else NOWHERE


def _find_home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:  # a user without a passwd entry, as in many containers
        return None
