"""The record of a callback, what is remembered of many, and what was expected of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wacb.callbacks.decode import Request, read, read_text
from wacb.callbacks.recorder import Expectation, RecentCallbacks, Record, Recorder, parse_names
from wacb.errors import CheckFailed, ConfigError, InvalidInput
from wacb.template.placeholders import INCOMING

NOW = 1_790_000_000.1239


def make_request(fields: dict[str, Any] | None = None, **changes: Any) -> Request:
    body = json.dumps(fields or dict.fromkeys(INCOMING, "x")).encode()
    whole = {"method": "POST", "path": "/hook", "query": "", "headers": {}, "body": body}
    return Request(**{**whole, **changes})


def recorded(request: Request, **how: Any) -> Record:
    records: list[Record] = []
    Recorder(records.append, Expectation(), clock=lambda: NOW, **how)(request)
    return records[0]


def test_a_record_has_the_members_of_the_contract() -> None:
    fields = {"body": "hi", "name": "", "type": "<type>", "wanumber": "1"}
    request = make_request(
        fields, query="team=7", headers={"authorization": "Basic eHg6eXk=", "host": "x"}
    )
    assert list(recorded(request).items()) == [
        ("event", "callback"),
        ("n", 1),
        ("time", "2026-09-21T14:13:20.123Z"),
        ("method", "POST"),
        ("path", "/hook"),
        ("kind", "message"),
        ("fields", {"team": "7", **fields}),
        ("present", ("body", "name", "wanumber")),
        ("empty", ("name",)),
        ("literal", ("type",)),
        ("missing", tuple(name for name in INCOMING if name not in fields)),
        ("notes", ()),
        ("headers", {"authorization": "***", "host": "x"}),
        ("query", "team=7"),
        ("body", json.dumps(fields)),
    ]


def test_callbacks_are_numbered() -> None:
    records: list[Record] = []
    recorder = Recorder(records.append, Expectation())
    for request in (make_request(), make_request(method="HEAD", body=b""), make_request()):
        recorder(request)
    assert [(record["n"], record["kind"]) for record in records] == [
        (1, "message"),
        (2, "other"),
        (3, "message"),
    ]


def test_a_saved_callback_is_private_and_can_be_decoded(tmp_path: Path) -> None:
    record = recorded(make_request({"body": "\ud800\x9b", "wanumber": "1"}), save=tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.name == "000001-20260921T141320123.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text()) == json.loads(json.dumps(record))
    assert read_text(file.read_text()).fields == record["fields"]


def test_what_cannot_be_saved_is_not_shown(tmp_path: Path) -> None:
    records: list[Record] = []
    expectation = Expectation()
    recorder = Recorder(records.append, expectation, save=tmp_path / "gone")
    with pytest.raises(ConfigError) as caught:
        recorder(make_request())
    assert caught.value.message.endswith(": No such file or directory")
    assert (records, expectation.count) == ([], 0)


def test_values_are_decrypted() -> None:
    record = recorded(
        make_request({"body": "ih", "wanumber": "1"}), decrypt=lambda text: text[::-1]
    )
    assert record["fields"] == {"body": "hi", "wanumber": "1"}
    assert record["body"] == '{"body": "ih", "wanumber": "1"}'


def test_a_wrong_key_is_noted_and_fails_the_expectation() -> None:
    def decrypt(text: str) -> str:
        raise CheckFailed("the key is probably wrong")

    records: list[Record] = []
    expectation = Expectation((), 1)
    Recorder(records.append, expectation, decrypt=decrypt)(make_request(query="body=x"))
    fault = "cannot be decrypted: field body: the key is probably wrong"
    twice = "received more than once, last value used: body"
    shown = "`message` is not JSON; shown unparsed"
    assert (records[0]["kind"], records[0]["notes"]) == ("message", (twice, shown, fault))
    assert records[0]["fields"] == dict.fromkeys(INCOMING, "x")
    assert (expectation.complete, expectation.met) == (True, False)
    assert expectation.complaint() == f"message 1 {fault}"


def numbers(newest: RecentCallbacks, after: int = 0) -> list[int]:
    return [json.loads(text)["n"] for _, text in newest.after(after)]


def test_the_newest_records_are_remembered() -> None:
    newest = RecentCallbacks(3)
    recorder = Recorder(lambda record: None, Expectation(), recent=newest)
    assert numbers(newest) == []
    for _ in range(5):
        recorder(make_request())
    assert numbers(newest) == [3, 4, 5]
    assert numbers(newest, 4) == [5]
    assert numbers(newest, 5) == []


def test_a_record_that_is_replaced_counts_as_the_newest() -> None:
    newest = RecentCallbacks(3)
    for n in (1, 2, 3, 1):
        newest.add({"n": n, "again": n == 1})
    assert newest.after(1) == [
        (2, '{"n": 2, "again": false}'),
        (3, '{"n": 3, "again": false}'),
        (4, '{"n": 1, "again": true}'),
    ]
    assert newest.find(2) == '{"n": 2, "again": false}'
    newest.clear()
    assert (newest.after(0), newest.find(2)) == ([], None)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("all", INCOMING),
        ("body", ("body",)),
        ("wanumber, body,body", ("wanumber", "body")),
        ("status,error_code", ("status", "error_code")),
    ],
)
def test_names_are_read(text: str, names: tuple[str, ...]) -> None:
    assert parse_names(text) == names


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("body,wanumbr", "'wanumbr' is not a valid field name", "did you mean wanumber?"),
        ("", "'' is not a valid field name", f"fields: {', '.join(INCOMING)}"),
        ("body,", "'' is not a valid field name", f"fields: {', '.join(INCOMING)}"),
    ],
)
def test_a_name_that_is_none_is_refused(text: str, message: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_names(text)
    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("value", "arrived"),
    [("hi", True), ("", True), (None, True), ("<ref>", False), ("%3Cref%3E", False)],
)
@pytest.mark.parametrize("name", ["ref", "body"], ids=["status field", "one of the 14"])
def test_an_empty_field_counts_as_arrived_and_a_literal_one_does_not(
    name: str, value: str | None, arrived: bool
) -> None:
    expectation = Expectation((name,), 1)
    value = value and value.replace("ref", name)
    expectation.add(read(make_request({"wanumber": "1", "type": "text", name: value})))
    assert expectation.met is arrived


def test_every_message_must_carry_the_fields() -> None:
    expectation = Expectation(("name", "ref"), 3)
    whole = {"wanumber": "1", "type": "text", "name": "A", "ref": ""}
    for fields in (whole, {**whole, "name": "<name>"}, {"wanumber": "1", "type": "text"}):
        assert (expectation.complete, expectation.met) == (False, False)
        expectation.add(read(make_request(fields)))
    assert (expectation.complete, expectation.met, expectation.count) == (True, False, 3)
    assert expectation.complaint() == "message 2 is missing name, and 1 more failed"


def test_other_callbacks_are_not_counted() -> None:
    expectation = Expectation((), 2)
    expectation.add(read(make_request(method="HEAD", body=b"")))
    expectation.add(read(make_request()))
    assert (expectation.count, expectation.complete) == (1, False)
    assert expectation.complaint() == "1 of 2 messages received (and 1 other callbacks)"


def test_nothing_expected_is_met() -> None:
    assert (Expectation().met, Expectation().complete) == (True, False)
