"""The manifest that the tests of `plan` and `apply` begin with, and the environment it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cli.expect import ONE, TWO

TOKEN = "t0ken-of-the-hook"
ENV = {"HOOK_TOKEN": TOKEN}
TEXT = f"""
[profiles.incoming]
title = "Incoming messages"
method = "post"
url = "https://example.com/hook"
headers = {{ X-Token = "${{HOOK_TOKEN}}" }}

[profiles.second]
title = "Second hook"
method = "get"
url = "https://example.com/get?a=1"

[numbers]
"{ONE}" = "incoming"
"{TWO}" = "second"
"""


class Manifest:
    """A file, its options for a command line, and the environment for it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.how: dict[str, Any] = {"env": ENV}
        self.write(TEXT)

    def write(self, text: str) -> None:
        self.path.write_text(text)

    def edit(self, old: str, new: str) -> None:
        text = self.path.read_text()
        assert old in text
        self.write(text.replace(old, new))

    @property
    def file(self) -> tuple[str, str]:
        return "-f", str(self.path)
