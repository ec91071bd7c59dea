"""`wacb verify`: a chain that holds, what is named, and what is not set up."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Showing, Watch, attach_new
from tests.cli.expect import ONE, QUERY, as_json, failed, missing
from tests.cli.verifying import (
    FIRST,
    LINKS,
    NO_SEND,
    VERIFY,
    check,
    good,
    line,
    not_started,
    passed,
    without_times,
)
from tests.conftest import LIVE, Outcome, Wacb
from tests.fake_api import Network, Reply, refusal
from tests.fault_server import FaultServer, answer
from wacb.sandbox.emulator import Sandbox


def test_a_whole_chain_passes_and_nothing_is_written(
    live: Wacb, chain: str, server: FaultServer, untouched: Watch
):
    with untouched():
        assert without_times(live(*VERIFY)) == passed(good(chain))
        assert live(*VERIFY, "-q") == Outcome(code=0, out="", err="")
    head = server.requests[0].decode().split("\r\n")
    assert head[0] == "HEAD /hook HTTP/1.1"
    assert len(server.requests) == 2


def test_a_sample_callback_is_delivered_on_request(
    live: Wacb, sandbox: Sandbox, server: FaultServer, untouched: Watch
):
    headers = json.dumps({"X-Team": "7", "Authorization": "Bearer canary-token"})
    url = attach_new(sandbox, f"{server.url}/hook", headers=headers)
    host = server.url.removeprefix("http://")
    delivered = line("delivery", "ok", f"{host} returned 200")
    with untouched():
        outcome = live(*VERIFY, "--send", env={"WACB_TIMEOUT": "5"})
    assert without_times(outcome) == passed(good(url, delivery=delivered))
    probe, sent = (request.decode() for request in server.requests)
    assert "canary" not in probe
    assert "X-Team" not in probe
    head, _, body = sent.partition("\r\n\r\n")
    assert head.startswith("POST /hook HTTP/1.1\r\n")
    assert "Bearer canary-token" in head
    message = json.loads(body)
    assert (message["wanumber"], message["type"]) == (ONE.removeprefix("+"), "text")


def test_an_encrypted_profile_is_delivered_encrypted(
    live: Wacb, sandbox: Sandbox, server: FaultServer
):
    key = {"algo": "AES-128-CFB", "key": "k" * 16, "IV": "i" * 16}
    attach_new(sandbox, f"{server.url}/hook", enc=key)
    outcome = live(*VERIFY, "--send", "-q", "-vv")
    assert (outcome.code, outcome.out) == (0, "")
    body = json.loads(server.requests[1].partition(b"\r\n\r\n")[2])
    assert body["type"] not in ("text", "")
    assert "k" * 16 not in outcome.err


def test_of_a_get_template_only_the_own_query_is_probed(
    live: Wacb, sandbox: Sandbox, server: FaultServer
):
    url = f"{server.url}/hook?team=7%2F8&{QUERY}"
    attach_new(sandbox, url, http_method="GET")
    outcome = live(*VERIFY, "--send", "-v")
    assert outcome.code == 0
    probe, sent = (request.decode().split(" HTTP/")[0] for request in server.requests)
    assert probe == "HEAD /hook?team=7%2F8"
    assert sent.startswith("GET /hook?team=7%2F8&body=")
    assert "<" not in sent
    traced = [text.split()[0:2] for text in outcome.err.splitlines()]
    assert ["HEAD", f"{server.url}/hook?team=***"] in traced
    shown = sent.removeprefix("GET ").replace("7%2F8", "***")
    assert ["GET", server.url + shown] in traced


def test_json_names_every_link(live: Wacb, chain: str):
    outcome = without_times(live(*VERIFY, "-o", "json"))
    links = [text.split("\t") for text in good(chain).values()]
    words = {"ok": True, "skipped": None}
    expected = [
        {"link": name, "ok": words[word], "ms": ms or None, "detail": detail, "fix": fix or None}
        for name, word, ms, detail, fix in links
    ]
    assert outcome == Outcome(code=0, out=as_json(expected) + "\n", err="")


def test_a_table_shows_one_line_a_link(live: Wacb, chain: str):
    outcome = live(*VERIFY, "-o", "table")
    rows = outcome.out.splitlines()
    assert [row.split()[0] for row in rows] == ["LINK", *LINKS]
    assert rows[0].split() == ["LINK", "OK", "MS", "DETAIL"]
    assert re.fullmatch(rf"number +✓ ok +\d+ +approved, {FIRST}", rows[3])
    assert re.fullmatch(rf"delivery +! skipped +{NO_SEND}", rows[7])
    assert live(*VERIFY, "-o", "table", "--color", "always").out.startswith("\x1b[1mLINK")


def test_the_sandbox_is_verified_with_a_real_endpoint(wacb: Wacb, chain: str):
    server = line("config", "ok", "the built-in sandbox")
    fix = f"wacb --sandbox verify {ONE} --send"
    links = good(chain, config=server, delivery=line("delivery", "skipped", NO_SEND, fix))
    assert without_times(wacb("--sandbox", *VERIFY)) == passed(links)


def test_what_mends_a_link_reaches_the_same_account(wacb: Wacb):
    flags = ("--sandbox", "--region", "eu")
    outcome = wacb(*flags, "verify", "--profile", "Nobody", "-o", "json")
    (fix,) = [link["fix"] for link in json.loads(outcome.out) if link["ok"] is False]
    assert fix == "run `wacb --sandbox --region eu profile list` to see available profiles"
    assert json.loads(outcome.err)["error"]["hint"] == fix
    outcome = wacb("--region", "eu", *VERIFY, env={**LIVE, "WACB_TIMEOUT": "x"})
    assert outcome.err.endswith("hint: wacb --region eu config show\n")


def test_the_password_of_an_endpoint_is_not_shown(
    over: Wacb, sandbox: Sandbox, server: FaultServer
):
    url = attach_new(sandbox, f"{server.url}/hook")
    odd = Showing(sandbox, b"http://127", b"http://me:canary-word@127")
    host = url.split("/")[2]
    outcome = over(odd, *VERIFY, "--send", "-v")
    delivered = line("delivery", "ok", f"{host} returned 200")
    assert without_times(outcome).out == passed(good(url, delivery=delivered)).out
    assert "canary" not in outcome.err


@pytest.mark.parametrize("status", [200, 301, 404, 405, 500])
def test_any_http_answer_means_that_the_endpoint_is_there(
    live: Wacb, sandbox: Sandbox, status: int
):
    with FaultServer(answer(status, b"x")) as server:
        url = attach_new(sandbox, f"{server.url}/hook")
        host = server.url.removeprefix("http://")
        there = line("endpoint", "ok", f"{host} answers ({status} to a HEAD)")
        assert without_times(live(*VERIFY)) == passed(good(url, endpoint=there))


def test_number_and_profile_come_from_the_environment(live: Wacb, chain: str):
    assert without_times(live("verify", env={"WACB_NUMBER": ONE})) == passed(good(chain))
    env = {"WACB_NUMBER": "1 555 010 0001", "WACB_PROFILE": "Hook"}
    fix = f"wacb verify {ONE} --profile Hook --send"
    links = good(chain, delivery=line("delivery", "skipped", NO_SEND, fix))
    assert without_times(live("verify", env=env)) == passed(links)


def test_a_profile_is_verified_without_a_number(live: Wacb, chain: str, server: FaultServer):
    links = good(
        chain,
        number=line("number", "skipped", "not checked: no number was passed"),
        delivery=line("delivery", "skipped", NO_SEND, "wacb verify --profile Hook --send"),
    )
    assert without_times(live("verify", "--profile", "Hook")) == passed(links)
    assert live("verify", "--profile", "Hook", "--send", "-q").code == 0
    assert b'"wanumber":"15550100001"' in server.requests[-1]


def test_the_number_is_chosen_on_a_terminal(live: Wacb, chain: str):
    outcome = live("verify", "-q", input="1\n", tty=True)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.startswith("#  NUMBER ")
    assert outcome.err.endswith("Number: 1\n")


def test_off_a_terminal_a_number_or_profile_must_be_named(live: Wacb):
    assert live("verify") == missing("NUMBER", "WACB_NUMBER")


def test_a_bad_number_is_wrong_usage(live: Wacb, sandbox: Sandbox):
    hint = "use + and the country code, like +919812345678"
    for number, digits in (("12", 2), ("", 0)):
        message = f"{number!r} is not a valid phone number: it has {digits} digits, not 7 to 15"
        assert live("verify", number) == failed(2, message, hint)
    assert sandbox.requests() == []


def test_missing_credentials_break_the_config(wacb: Wacb):
    detail = "missing credentials: the SID (WACB_SID) and the API key (WACB_API_KEY)"
    fix = "set the variables, run `wacb config init`, or add --sandbox to try it out"
    links = {"config": line("config", "broken", detail, fix), **not_started()}
    check(wacb(*VERIFY), 3, links, detail, fix)
    check(wacb("verify"), 3, links, detail, fix)


@pytest.mark.parametrize(
    ("env", "detail", "fix"),
    [
        ({"WACB_REGION": "xx"}, "WACB_REGION: 'xx' is not one of in, sg, eu, na", None),
        (
            {"WACB_TIMEOUT": "x"},
            "WACB_TIMEOUT: 'x' is not a valid number of seconds (up to 86400)",
            None,
        ),
        (
            {"WACB_NUMBER": "12"},
            "WACB_NUMBER: '12' is not a valid phone number: it has 2 digits, not 7 to 15",
            "use + and the country code, like +919812345678",
        ),
        (
            {"WACB_CONFIG": "/nowhere/x.toml"},
            "the config file /nowhere/x.toml does not exist",
            "run `wacb config init` to create it",
        ),
    ],
    ids=["region", "timeout", "number", "config file"],
)
def test_a_bad_setting_breaks_the_config(
    live: Wacb, env: dict[str, str], detail: str, fix: str | None
):
    fix = fix or "wacb config show"
    links = {"config": line("config", "broken", detail, fix), **not_started()}
    check(live("verify", env=env), 3, links, detail, fix)


def test_a_broken_config_file_breaks_the_config(live: Wacb, tmp_path: Path):
    file = tmp_path / "config.toml"
    file.write_text("[accounts\n")
    outcome = live(*VERIFY, "--config", str(file), "-o", "json")
    assert (outcome.code, json.loads(outcome.out)[0]["ok"]) == (3, False)
    error = json.loads(outcome.err)["error"]
    assert error["code"] == "config"
    assert error["message"].startswith(f"verify: config: {file}")


@pytest.mark.parametrize(
    ("reply", "code", "name"),
    [
        (refusal(401, "Invalid credentials"), 4, "credentials_refused"),
        (refusal(403), 4, "credentials_refused"),
        (refusal(500), 7, "unavailable"),
        (Reply(body=b"<html>"), 7, "unavailable"),
        (Reply(status=302, headers={"location": "https://elsewhere.example"}), 3, "config"),
        (refusal(404), 3, "config"),
        (refusal(400), 3, "config"),
        (ConnectionRefusedError(), 7, "unavailable"),
    ],
    ids=["401", "403", "500", "HTML", "redirect", "404", "400", "refused connection"],
)
def test_access_that_fails_breaks_the_credentials(
    over: Wacb, reply: Reply | Exception, code: int, name: str
):
    outcome = over(Network(reply), *VERIFY, "-o", "json")
    links = json.loads(outcome.out)
    why = "not checked: the credentials were not verified"
    later = ["not checked: no profile found"] * 3
    assert [link["ok"] for link in links] == [True, False, *[None] * 5]
    assert [link["detail"] for link in links[2:]] == [why, why, *later]
    error = json.loads(outcome.err)["error"]
    assert (outcome.code, error["code"]) == (code, name)
    assert error["message"] == f"verify: credentials: {links[1]['detail']}"
    assert error["hint"] == links[1]["fix"]
    assert error["retryable"] is (code == 7)


def test_a_refusal_without_a_remedy_points_to_the_settings(over: Wacb):
    outcome = over(Network(refusal(400, "No")), *VERIFY)
    detail = "listing callback profiles failed: Kaleyra rejected the request (400: No)"
    assert outcome.err == f"error: verify: credentials: {detail}\nhint: wacb config show\n"
