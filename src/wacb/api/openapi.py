"""The API as an OpenAPI document, from `openapi.json` beside this file."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from wacb.jsontext import read_json


def read_document() -> dict[str, Any]:
    """Read the document; `x-assumed` in it is the ID of the assumption behind a value."""
    document: dict[str, Any] = read_json(files(__package__).joinpath("openapi.json").read_bytes())
    return document
