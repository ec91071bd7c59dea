"""The API as an OpenAPI document, which is data: `openapi.json` beside this file."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from wacb.jsontext import read_json


def read_document() -> dict[str, Any]:
    """Read the document; each value marked `x-assumed` rests on the assumption of that ID."""
    document: dict[str, Any] = read_json(files(__package__).joinpath("openapi.json").read_bytes())
    return document
