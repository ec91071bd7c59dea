"""One policy of secrets: what comes from the API, a file or a variable is one unless harmless."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cli.expect import CREATE, HOOK, MEMBERS, ONE, QUERY
from tests.conftest import Wacb
from tests.examples import few
from tests.field.altered import FIRST, Altered, make_profile, member
from wacb.sandbox.emulator import Sandbox

SECRET = "s3cr3t-v4lue-0f-a-test"
FOREIGN = "https://other.example/hook"
SEND = ("callback", "send", "--profile", FIRST, "--to", FOREIGN)
SECRET_HEADERS = (
    *("X-Auth", "x-auth", "X-Hub-Signature-256", "X-Sig", "Authentication", "Proxy-Authorization"),
    *("X-Session", "X-Tenant", "X-Webhook-Id", "Cookie", "X-Amz-Date", "Referer", "Forwarded"),
    *("X-Accept", "Contents", "X-User-Agent", "X-Request-Id-Sig"),
)
HARMLESS_HEADERS = (
    *("Accept", "accept-language", "Content-Type", "content-language", "User-Agent"),
    *("Cache-Control", "traceparent", "X-Request-Id", "x-request-id"),
)
PARAMETERS = ("code", "sig", "auth", "pwd", "token", "c", "utm_source", "c%6Fde", "Sig")
# where a literal may stand in a body
LITERALS: dict[str, Any] = {
    "a member": {"auth": SECRET},
    "a member with an innocent name": {"tenant": SECRET},
    "nested": {"meta": {"deep": [{"a": SECRET}]}},
    "in an array": {"list": ["x", SECRET]},
    "beside a placeholder": {"text": f"{SECRET} <body>"},
}


def as_headers(name: str) -> dict[str, str]:
    return {"headers": json.dumps({name: SECRET})}


# -- headers


@pytest.mark.parametrize("name", few(SECRET_HEADERS))
def test_an_exported_header_is_a_variable_unless_it_is_harmless(
    live: Wacb, sandbox: Sandbox, tmp_path: Path, name: str
):
    make_profile(sandbox, **as_headers(name))
    outcome = live("export")
    assert outcome.code == 0
    assert SECRET not in outcome.out + outcome.err
    [(_, profile)] = tomllib.loads(outcome.out)["profiles"].items()
    variable = re.fullmatch(r"\$\{(\w+)\}", profile["headers"][name])
    assert variable and variable[1] in outcome.err
    file = tmp_path / "wacb.toml"
    file.write_text(outcome.out)
    same = live("plan", "-f", str(file), "--detailed-exitcode", env={variable[1]: SECRET})
    assert same.code == 0, same
    other = live("plan", "-f", str(file), "--detailed-exitcode", env={variable[1]: "another-one"})
    assert (other.code, SECRET in other.out + other.err) == (10, False)


@pytest.mark.parametrize("name", few(HARMLESS_HEADERS))
def test_a_harmless_header_is_exported_as_it_is(live: Wacb, sandbox: Sandbox, name: str):
    make_profile(sandbox, **as_headers(name))
    [(_, profile)] = tomllib.loads(live("export").out)["profiles"].items()
    assert profile["headers"] == {name: SECRET}


def test_names_that_look_alike_get_variables_of_their_own(live: Wacb, sandbox: Sandbox):
    make_profile(sandbox, headers=json.dumps({"X-Auth": "first-secret", "X_Auth": "second-secret"}))
    make_profile(sandbox, title="Hook 2", headers=json.dumps({"X-Auth": "third-secret"}))
    named = re.findall(r"\$\{(\w+)\}", live("export").out)
    assert len(set(named)) == 3


@pytest.mark.parametrize(
    ("endpoint", "to", "left_out"),
    [
        pytest.param(HOOK, FOREIGN, True, id="another host"),
        pytest.param(HOOK, "https://sub.example.com/hook", True, id="a host below"),
        pytest.param(HOOK, "http://example.com/hook", True, id="without TLS"),
        pytest.param(HOOK, "https://example.com.other.example/", True, id="a host that begins so"),
        pytest.param(HOOK, "https://Example.COM/elsewhere", False, id="its own host"),
        pytest.param(HOOK, "http://127.0.0.1:9/", False, id="loopback"),
    ],
)
@pytest.mark.parametrize("name", few(["X-Auth", "X-Tenant", "X-Sig"], 1))
def test_a_header_goes_to_no_other_host(
    live: Wacb, sandbox: Sandbox, name: str, endpoint: str, to: str, left_out: bool
):
    headers = json.dumps({name: SECRET, "Accept": "text/plain"})
    make_profile(sandbox, url=endpoint, headers=headers)
    outcome = live("callback", "send", "--profile", FIRST, "--to", to, "--dry-run", "-o", "json")
    sent = json.loads(outcome.out)["requests"][0]["headers"]
    names = {key.lower() for key in sent}
    assert "accept" in names
    assert (name.lower() not in names, name in outcome.err) == (left_out, left_out)
    assert SECRET not in outcome.out + outcome.err


# -- URLs


@pytest.mark.parametrize("parameter", few(PARAMETERS, 1))
@pytest.mark.parametrize(
    "line",
    [
        pytest.param(("profile", "show", FIRST, "-q", "-vv"), id="the trace of a look"),
        pytest.param(("profile", "list", "-q", "-vv"), id="the trace of a list"),
        pytest.param(("profile", "update", FIRST, "--url", "https://example.com/new"), id="update"),
        pytest.param(("profile", "check", "--fix", FIRST, "--yes"), id="a repair"),
        pytest.param(("profile", "delete", FIRST, "--yes", "-q"), id="delete"),
        pytest.param(("number", "attach", ONE, "--profile", FIRST, "-q", "-vv"), id="attach"),
        pytest.param((*SEND, "--dry-run"), id="send"),
        pytest.param(("export",), id="export"),
    ],
)  # fmt: skip
def test_a_stored_query_is_shown_in_no_log_and_sent_nowhere_else(
    live: Wacb, sandbox: Sandbox, parameter: str, line: tuple[str, ...]
):
    template = QUERY.replace("&location=<location>", "") if "--fix" in line else QUERY
    url = f"{HOOK}?{parameter}={SECRET}&{template}"
    make_profile(sandbox, url=url, http_method="GET")
    outcome = live(*line)
    assert outcome.code in (0, 9), outcome
    assert SECRET not in outcome.err
    shows = line[:2] in (("profile", "update"), ("profile", "check"))  # the profile, on stdout
    assert shows or SECRET not in outcome.out


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"https://me:{SECRET}@example.com/hook", id="user info"),
        pytest.param(f"https://example.com/hook#token={SECRET}", id="fragment"),
        pytest.param(f"https://example.com/hook?a=1;sig={SECRET}", id="a semicolon"),
        pytest.param(f"https://example.com/hook?{SECRET}", id="a parameter without a name"),
    ],
)
def test_a_stored_url_is_masked_in_a_trace_and_whole_on_stdout(
    live: Wacb, sandbox: Sandbox, url: str
):
    make_profile(sandbox)
    outcome = live(
        "profile", "show", FIRST, "-o", "json", "-vv", handler=Altered(sandbox, member("url", url))
    )
    assert json.loads(outcome.out)["url"] == url
    assert SECRET not in outcome.err
    assert "example.com/hook" in outcome.err


def test_what_was_typed_is_shown_back_but_not_in_a_trace(live: Wacb):
    url = f"{HOOK}?tenant={SECRET}"
    outcome = live("profile", "create", "--method", "post", "--url", url, "-o", "json", "-vv")
    assert json.loads(outcome.out)["url"] == url
    assert SECRET not in outcome.err
    assert SECRET in live("template", "--method", "get", "--url", url).out


# -- bodies


@pytest.mark.parametrize("literal", few((pytest.param(v, id=k) for k, v in LITERALS.items()), 1))
@pytest.mark.parametrize(
    "line",
    [
        pytest.param(("export",), id="export"),
        pytest.param(("profile", "show", FIRST, "-q", "-vv"), id="trace"),
        pytest.param(
            ("callback", "send", "--profile", FIRST, "--to", FOREIGN, "--dry-run"), id="send"
        ),
        pytest.param((*CREATE, "--title", "Hook", "--if-not-exists"), id="what differs"),
    ],
)
def test_a_literal_in_a_stored_body_is_a_secret(
    live: Wacb, sandbox: Sandbox, literal: dict[str, Any], line: tuple[str, ...]
):
    make_profile(sandbox, body=json.dumps({**MEMBERS, **literal}))
    outcome = live(*line)
    assert outcome.code in (0, 9), outcome
    assert SECRET not in outcome.out + outcome.err
    assert line[0] != "export" or "<body>" in outcome.out


def test_an_exported_body_plans_to_nothing(live: Wacb, sandbox: Sandbox, tmp_path: Path):
    body = {**MEMBERS, "meta": {"auth": SECRET, "list": [SECRET, "<from>"]}}
    make_profile(sandbox, body=json.dumps(body), url=f"{HOOK}?sig={SECRET}")
    exported = live("export")
    file = tmp_path / "wacb.toml"
    file.write_text(exported.out)
    names = set(re.findall(r"\$\{(\w+)\}", exported.out))
    assert len(names) == 3
    env = dict.fromkeys(names, SECRET)
    planned = live("plan", "-f", str(file), "--detailed-exitcode", env=env)
    assert (planned.code, SECRET in planned.err) == (0, False)


def test_no_secret_reaches_summary_outputs_and_journal(
    live: Wacb, sandbox: Sandbox, tmp_path: Path, home: Path
):
    make_profile(sandbox, url=f"{HOOK}?sig={SECRET}", **as_headers("X-Auth"))
    file = tmp_path / "wacb.toml"
    file.write_text(
        f'[profiles.a]\ntitle = "Hook"\nmethod = "post"\nurl = "https://example.com/new"\n'
        f'[numbers]\n"{ONE}" = "a"\n'
    )
    outputs, summary = tmp_path / "outputs", tmp_path / "summary"
    env = {"GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary)}
    outcome = live("apply", "-f", str(file), "--yes", "--github", "-vv", env=env)
    assert outcome.code == 0
    assert "update" in summary.read_text()
    kept = "".join(path.read_text() for path in home.rglob("*") if path.is_file())
    for text in (outcome.out, outcome.err, outputs.read_text(), summary.read_text(), kept):
        assert SECRET not in text
