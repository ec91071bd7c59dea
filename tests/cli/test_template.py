"""`wacb template`: the template byte for byte, with no configuration and no network."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.cli.expect import (
    MEMBERS,
    NAMES,
    QUERY,
    STATUS_NAMES,
    STATUS_QUERY,
    as_json,
    done,
    failed,
    missing,
)
from tests.conftest import Outcome, Wacb
from wacb.sandbox.emulator import Sandbox

URL = "https://example.com/hook"
BODY = as_json(MEMBERS)
WITH_STATUS = as_json(MEMBERS | {name: f"<{name}>" for name in STATUS_NAMES})


@pytest.mark.parametrize(
    ("method", "printed"),
    [("get", QUERY), ("delete", QUERY), ("post", BODY), ("put", BODY), ("GET", QUERY)],
)
def test_a_template_is_printed_as_it_is(wacb: Wacb, method: str, printed: str):
    assert wacb("template", "--method", method) == done(printed)


def test_the_14_placeholders_stand_in_the_documented_order(wacb: Wacb):
    body = json.loads(wacb("template", "--method", "post").out)
    assert list(body) == NAMES
    assert body == MEMBERS


@pytest.mark.parametrize(
    ("url", "joint"),
    [
        (URL, "?"),
        (URL + "?", ""),
        (URL + "?tenant=7", "&"),
        (URL + "?tenant=7&", ""),
        ("https://example.com", "?"),
        ("HTTPS://Example.com:8443/a%20b?q=%7e", "&"),
    ],
    ids=["no query", "empty query", "query", "open query", "no path", "odd spelling"],
)
def test_the_query_is_appended_to_the_url_as_it_was_given(wacb: Wacb, url: str, joint: str):
    assert wacb("template", "--method", "get", "--url", url) == done(f"{url}{joint}{QUERY}")


@pytest.mark.parametrize(
    ("method", "printed"), [("get", QUERY + STATUS_QUERY), ("post", WITH_STATUS)]
)
def test_with_status_adds_the_placeholders_of_message_status(wacb: Wacb, method: str, printed: str):
    assert wacb("template", "--method", method, "--with-status") == done(printed)


@pytest.mark.parametrize("line", [("get", "--url", URL), ("post",)], ids=["get", "post"])
def test_shell_output_is_one_word_for_a_shell(wacb: Wacb, line: tuple[str, ...]):
    raw = wacb("template", "--method", *line)
    quoted = wacb("template", "--method", *line, "-o", "shell")
    assert quoted == done(f"'{raw.out.removesuffix(chr(10))}'")
    assert shlex.split(quoted.out) == [raw.out.removesuffix("\n")]


def test_the_endpoint_comes_from_the_flag_the_environment_or_the_config(wacb: Wacb):
    line = ("template", "--method", "get")
    assert wacb("config", "set", "endpoint", "https://filed.example/", "--account", "a").code == 0
    env = {"WACB_ENDPOINT": "https://varied.example/"}
    assert wacb(*line) == done(f"https://filed.example/?{QUERY}")
    assert wacb(*line, env=env) == done(f"https://varied.example/?{QUERY}")
    assert wacb(*line, "--url", URL, env=env) == done(f"{URL}?{QUERY}")


def test_the_method_is_asked_for_on_a_terminal(wacb: Wacb):
    err = "Method (get, post, put, delete): gte\nError: 'gte' is not one of 'get', 'post', 'put',"
    assert wacb("template", input="gte\nget\n", tty=True) == done(
        QUERY, f"{err} 'delete'.\nMethod (get, post, put, delete): get"
    )


@pytest.mark.parametrize("line", [(), ("--no-input",)], ids=["no terminal", "--no-input"])
def test_the_method_is_named_where_it_cannot_be_asked_for(wacb: Wacb, line: tuple[str, ...]):
    assert wacb("template", *line, tty=bool(line), input="get\n") == missing("--method")


LOCAL = "http://localhost:8080/hook"


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        (
            ("--allow-local",),
            failed(
                2,
                f"messages to the URL '{LOCAL}' would be unencrypted",
                "use https://, or pass --allow-http",
            ),
        ),
        (
            ("--allow-http",),
            failed(
                2,
                "localhost can only be reached from this machine or its network, so Kaleyra cannot "
                "deliver there",
                "use a public address, such as a tunnel's, or pass --allow-local",
            ),
        ),
    ],
    ids=["http", "local"],
)
def test_an_endpoint_on_this_machine_is_refused_otherwise(
    wacb: Wacb, line: tuple[str, ...], outcome: Outcome
):
    assert wacb("template", "--method", "get", "--url", LOCAL, *line) == outcome


def test_the_placeholders_are_described(wacb: Wacb):
    rows = [line.split("\t") for line in wacb("template", "--describe").out.splitlines()]
    assert [name for name, _, _ in rows] == NAMES
    assert rows[0] == ["body", "Text of the message, or caption of a file", rows[0][2]]
    assert all(all(row) for row in rows)


def test_the_placeholders_of_message_status_are_described(wacb: Wacb):
    outcome = wacb("template", "--describe", "--with-status", "-o", "json")
    listed = json.loads(outcome.out)
    assert [each["name"] for each in listed] == NAMES + STATUS_NAMES
    assert {tuple(each) for each in listed} == {("name", "meaning", "example")}


def test_the_meanings_fit_a_terminal(on_screen: Wacb, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = on_screen("template", "--describe", "--with-status", "--color", "never").out
    title, *rows = out.splitlines()
    assert title.split() == ["NAME", "MEANING", "EXAMPLE"]
    assert [row.split()[0] for row in rows] == NAMES + STATUS_NAMES
    assert max(map(len, rows)) <= 80


def test_structured_examples_are_json(wacb: Wacb):
    listed = json.loads(wacb("template", "--describe", "-o", "json").out)
    for each in listed:
        if "JSON" in each["meaning"]:
            assert json.loads(each["example"])


def test_a_form_that_does_not_fit_is_refused(wacb: Wacb):
    assert wacb("template", "--describe", "-o", "shell") == failed(
        2, "the list of placeholders cannot be printed as shell", "use table, tsv or json"
    )
    assert wacb("template", "--method", "post", "-o", "tsv") == failed(
        2, "a template cannot be printed as tsv", "use raw or shell, or add --describe"
    )


def test_no_request_is_made_and_no_file_is_written(wacb: Wacb, sandbox: Sandbox, tmp_path: Path):
    assert wacb("template", "--method", "get", "--url", URL).code == 0
    assert sandbox.requests() == []
    assert list(tmp_path.iterdir()) == []
