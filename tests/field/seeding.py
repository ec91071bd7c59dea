"""What the field tests share: profiles as a console leaves them, and a look at what arrives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.cli.expect import NAMES, ONE
from tests.conftest import Outcome, Wacb
from tests.fake_api import make_row
from tests.sandbox.endpoint import Arrived, Endpoint, listening
from wacb.sandbox.emulator import Sandbox

TEXT = 'Hi, "you" & co; 1+1=2 #7?'
SENDER = "+15550123456"
EMPTY = dict.fromkeys(("mime_type", "media_url", "reply_to", "contacts", "location"), "")


def seed(
    sandbox: Sandbox, *, url: str, body: str | None = None, title: str = "Incoming hook"
) -> str:
    """Put a profile into the emulator that its own rules might refuse, as the console may have."""
    number = sandbox.store.profiles(title="", limit=1, offset=0)[1] + 1
    profile = f"SG_10000000-0000-4000-8000-{number:012}"
    method = "GET" if body is None else "POST"
    sandbox.store.add_profile(
        make_row(profile_id=profile, title=title, url=url, http_method=method, body=body)
    )
    return profile


def stored(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The profiles that the emulator has, headers opened."""
    rows, _ = sandbox.store.profiles(title="", limit=100, offset=0)
    return [{**row, "headers": json.loads(row["headers"])} for row in rows]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """An endpoint on this machine that keeps what it receives."""
    with listening() as endpoint:
        yield endpoint


def count_arriving(wacb: Wacb, endpoint: Endpoint) -> int:
    """Send ONE a message, and count which of the 14 fields its endpoint can really read."""
    before = len(endpoint.arrived)
    wacb("sandbox", "message", "--to", ONE, "--from", SENDER, "--text", TEXT)
    [request] = endpoint.arrived[before:]
    fields = _read(request)
    right = {"body": TEXT, "from": SENDER.removeprefix("+"), "type": "text", **EMPTY}
    return sum(
        name in fields and fields[name] == right.get(name, fields[name]) != f"<{name}>"
        for name in NAMES
    )


def _read(request: Arrived) -> dict[str, Any]:
    """Read a request as web frameworks do."""
    if request.method == "GET":
        return dict(parse_qsl(urlsplit(request.target).query, keep_blank_values=True))
    try:
        body = json.loads(request.body.decode())
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def check_names(outcome: Outcome, *named: str) -> None:
    """Check that a message or a report names each place, character or number."""
    text = outcome.out + outcome.err
    for words in named:
        assert any(word in text for word in words.split(" | ")), f"{words!r} not in {text!r}"
