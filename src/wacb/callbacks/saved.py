"""Callbacks that `callback listen --save` wrote: find them, read them, put them in order."""

from __future__ import annotations

import os
import re
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from wacb.callbacks.decode import Request, is_record
from wacb.callbacks.receiver import METHODS
from wacb.errors import Command, InvalidInput, Prose
from wacb.jsontext import JsonReader, NotJson

_MAX_SIZE = 32 * 1024 * 1024  # bytes; the largest callback takes some 12 MiB
_MAX_NAMED = 20
_TARGET = r"[!-~]*"  # what can stand in a request line
_VALUE = r"[!-~](?:[\t -~]*[!-~])?"  # of a header
_read_json = JsonReader(max_depth=None, huge_as_text=True)


class SavedCallback(NamedTuple):
    """A recorded callback; of its headers only the content type was recorded."""

    n: int
    time: str
    type: str
    request: Request


def read_saved(paths: Sequence[Path]) -> list[SavedCallback]:
    """Read saved callbacks, files or whole folders, in the order in which they arrived.

    A file that is named several times counts once. Raises InvalidInput that names each file that
    is not a saved callback, and each folder that has none.
    """
    files: list[Path] = []
    found: list[SavedCallback] = []
    faults: list[str] = []
    for path in paths:
        try:
            files += _expand(path)
        except (OSError, ValueError) as error:
            faults.append(_fault(path, error))
    for path in {os.path.realpath(path): path for path in files}.values():
        try:
            found.append(parse_record(_read(path)))
        except (OSError, ValueError) as error:
            faults.append(_fault(path, error))
    if faults:
        raise _refusal(faults)
    numbers = {each.n for each in found}
    several_runs = len(numbers) < len(found)  # each run counts from 1
    return sorted(found, key=lambda each: (each.time if several_runs else "", each.n))


def _refusal(faults: Sequence[str]) -> InvalidInput:
    several, more = len(faults) > 1, len(faults) - _MAX_NAMED
    what = f"{len(faults)} of these files" if several else faults[0]
    details = (*faults[:_MAX_NAMED], *([f"and {more} more"] if more > 0 else ()))
    return InvalidInput(
        f"cannot replay {what}",
        details=details if several else (),
        hint=Prose(
            "pass files or folders that `",
            Command("callback listen", "--save", "DIR"),
            "` wrote; nothing was sent",
        ),
    )


def _fault(path: Path, error: OSError | ValueError) -> str:
    return f"{path}: {error.strerror if isinstance(error, OSError) else error}"


def _expand(path: Path) -> list[Path]:
    """Return a file, or the visible files of a folder. Raises OSError and ValueError."""
    if not path.is_dir():
        return [path]
    inside = sorted(each for each in path.iterdir() if not each.name.startswith("."))
    if not inside:
        raise ValueError("the folder is empty")
    return inside


def _read(path: Path) -> Any:
    """Return the JSON of a file. Raises OSError, and ValueError with the reason."""
    size = path.stat().st_size
    if not path.is_file():
        raise ValueError("not a regular file")
    if size > _MAX_SIZE:
        raise ValueError("too large for a callback")
    if not size:
        raise ValueError("the file is empty")
    try:
        return _read_json(path.read_bytes())
    except NotJson as error:
        raise ValueError(f"not JSON ({error})") from None


def parse_record(record: Any) -> SavedCallback:
    """Return the callback of a record. Raises ValueError with the reason for anything else."""
    if not is_record(record):
        raise ValueError("not a callback")
    n, time, method = record.get("n"), record.get("time"), record["method"]
    if not (isinstance(n, int) and isinstance(time, str) and method in METHODS):
        raise ValueError("damaged: number, time or method")
    for name in ("path", "query"):
        if not (isinstance(record[name], str) and re.fullmatch(_TARGET, record[name])):
            raise ValueError(f"damaged: {name}")
    fields = record["fields"]
    kind = fields.get("type") if isinstance(fields, dict) else None
    return SavedCallback(
        n=n,
        time=time,
        type=kind if isinstance(kind, str) and kind else str(record["kind"]),
        request=Request(
            method=method,
            path=record["path"],
            query=record["query"],
            headers=_headers(record["headers"]),
            body=_body(record["body"], record.get("body_base64")),
        ),
    )


def _headers(headers: Any) -> dict[str, str]:
    kind = headers.get("content-type", "") if isinstance(headers, dict) else None
    if not (isinstance(kind, str) and re.fullmatch(f"(?:{_VALUE})?", kind)):
        raise ValueError("damaged: headers")
    return {"content-type": kind} if kind else {}


def _body(text: Any, encoded: Any) -> bytes:
    try:
        return b64decode(encoded, validate=True) if encoded else (text or "").encode()
    except (AttributeError, TypeError, ValueError):
        raise ValueError("damaged: body") from None
