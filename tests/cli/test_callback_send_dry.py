"""`callback send --dry-run`: the deliveries of the real run, ready to paste, and none is sent."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests.cli.conftest import Showing
from tests.cli.expect import as_json, done
from tests.cli.sending import SEND, create, got
from tests.conftest import Wacb
from tests.fault_server import FaultServer
from wacb.sandbox.emulator import Sandbox

SECRET = "note: replace *** with the secret before running this"
OWN = ("--allow-missing", "--body-file", "-")


def test_a_delivery_is_one_curl_command(wacb: Wacb, server: FaultServer):
    line = (*SEND, "--method", "post", "--to", f"{server.url}/h?a=b", *OWN, "--dry-run")
    template = '{"it\'s": "<body> <from>"}'
    body = '{"it\'"\'"\'s":"Hi 15550123456"}'
    curl = (
        f"curl -X POST '{server.url}/h?a=b' -H 'content-type: application/json' --data-raw '{body}'"
    )
    assert wacb(*line, "--set", "body=Hi", input=template) == done(curl)
    assert wacb(*line, "--set", "body=Hi", "--count", "2", input=template) == done(
        f"{curl}\n{curl}"
    )
    assert server.requests == []


def test_json_holds_every_request(wacb: Wacb):
    line = (*SEND, "--method", "post", "--to", "http://127.0.0.1/h", *OWN, "--dry-run")
    outcome = wacb(*line, "-o", "json", input='{"t": 1}')
    request = {
        "method": "POST",
        "url": "http://127.0.0.1/h",
        "headers": {"content-type": "application/json"},
        "body": '{"t":1}',
    }
    assert outcome == done(as_json({"dry_run": True, "requests": [request]}))


def test_masked_secrets_are_noted(live: Wacb, server: FaultServer):
    env = {"T": "canary-token"}
    create(live, f"{server.url}/[1-2]", "--header-env", "X-Token=T", method="get", env=env)
    outcome = live(*SEND, "--profile", "Incoming", "--dry-run")
    assert outcome.err == SECRET + "\n"
    assert outcome.out.startswith(f"curl --globoff -X GET '{server.url}/[1-2]?body=")
    assert outcome.out.endswith("' -H 'X-Token: ***'\n")
    assert live(*SEND, "--profile", "Incoming", "--dry-run", "-o", "json").err == SECRET + "\n"
    assert server.requests == []


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize("kind", ["text", "contacts", "hostile"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_pasted_command_delivers_what_the_real_run_does(
    wacb: Wacb, server: FaultServer, method: str, kind: str
):
    line = (*SEND, "--method", method, "--to", f"{server.url}/h?a=<b>", "--type", kind)
    fixed = ("--seed", "7", "--set", "created_at=1", "--set", "message=m\u00e9 'x'\n$HOME")
    printed = wacb(*line, *fixed, "--dry-run").out
    subprocess.run(["bash", "-c", printed], check=True, capture_output=True)
    assert wacb(*line, *fixed).code == 0
    pasted, real = got(server, 0), got(server, 1)
    assert (pasted[0], pasted[2]) == (real[0], real[2])
    assert pasted[1].get("content-type") == real[1].get("content-type")


def test_credentials_are_needed_to_look_a_profile_up(wacb: Wacb):
    outcome = wacb(*SEND, "--profile", "Incoming", "--dry-run")
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err.startswith("error: missing credentials: ")


def test_what_the_real_run_refuses_is_refused(live: Wacb, over: Wacb, sandbox: Sandbox):
    create(live, "https://example.com/hook", method="get")
    network = Showing(sandbox, b"https://", b"//")
    line = (*SEND, "--profile", "Incoming")
    outcome = over(network, *line, "--dry-run")
    assert (outcome.code, outcome.out) == (3, "")
    assert over(network, *line) == outcome


def test_a_filled_template_stays_json(wacb: Wacb):
    line = (*SEND, "--method", "post", "--to", "http://127.0.0.1/h", "--type", "hostile")
    (request,) = json.loads(wacb(*line, "--dry-run", "-o", "json").out)["requests"]
    assert len(json.loads(request["body"])["body"]) == 4096
