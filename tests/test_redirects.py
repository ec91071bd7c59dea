"""The key stays with the host it is for: redirects by method and target, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LIVE, invoke
from tests.examples import sampled
from tests.fake_api import make_row
from tests.fault_server import FaultServer, answer
from wacb.cli.app import App
from wacb.sandbox.account import API_KEY

ID = "SG_00000000-0000-4000-8000-000000000001"
ONE = "+15550100001"
STATUSES = (301, 302, 303, 307, 308)


def ok(data: object) -> bytes:
    return answer(200, json.dumps({"data": data}).encode(), "Content-Type: application/json")


PROFILE = ok(make_row(profile_id=ID))
NUMBERS = ok([{"phone_number": ONE, "status": "approved", "callback_profile_id": ""}])
# The method that is redirected -> the command, and the answers before it.
COMMANDS = {
    "GET": (("profile", "list"), ()),
    "POST": (
        ("profile", "create", "--method", "post", "--url", "https://example.com/hook"),
        (ok({"profiles": [], "total": 0}),),
    ),
    "PATCH": (("profile", "update", ID, "--response-message", "ok"), (PROFILE,)),
    "PUT": (("number", "attach", ONE, "--profile", ID, "--jobs", "1"), (PROFILE, NUMBERS)),
    "DELETE": (("profile", "delete", ID, "--yes", "--force"), (PROFILE, NUMBERS)),
}
# Where it leads to; {port} is another server of this machine.
TARGETS = {
    "another port": ("http://127.0.0.1:{port}/v1/x", "127.0.0.1:{port}"),
    "another host": ("http://localhost:{port}/v1/x", "localhost:{port}"),
    "another scheme": ("https://127.0.0.1:{port}/v1/x", "127.0.0.1:{port}"),
    "no scheme": ("//127.0.0.1:{port}/v1/x", "127.0.0.1:{port}"),
    "user info": ("http://" + "user:s3cret@127.0.0.1:{port}/", "127.0.0.1:{port}"),
    "the same host": ("/v2/elsewhere", "no host"),
}


@pytest.fixture
def target() -> Iterator[FaultServer]:
    with FaultServer(ok([])) as server:
        yield server


@pytest.mark.parametrize("place", TARGETS)
@pytest.mark.parametrize("method", sampled(COMMANDS, every=3))
@pytest.mark.parametrize("status", sampled(STATUSES, every=3))
def test_no_redirect_is_followed(
    target: FaultServer, tmp_path: Path, status: int, method: str, place: str
):
    command, before = COMMANDS[method]
    location, named = (text.format(port=target.port) for text in TARGETS[place])
    redirect = answer(status, b"", f"Location: {location}")
    with FaultServer(*before, redirect) as server:
        app = App(
            environ={**LIVE, "WACB_BASE_URL": server.url, "HOME": str(tmp_path)},
            interactive=False,
            sleep=lambda seconds: None,
        )
        outcome = invoke(app, *command)
        app.session.close()
        host = f"127.0.0.1:{server.port}"
        assert len(server.requests) == len(before) + 1
        assert server.requests[-1].startswith(method.encode())
    assert (outcome.code, outcome.out) == (3, "")
    assert f"{host} redirects to {named} ({status}); redirects are not followed\n" in outcome.err
    assert API_KEY not in outcome.err
    assert "s3cret" not in outcome.err
    assert (target.requests, target.connections) == ([], 0)
