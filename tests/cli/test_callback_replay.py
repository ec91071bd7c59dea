"""`callback replay`: saved callbacks again, in their order and byte for byte."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.expect import done, failed
from tests.cli.listening import Listen, send
from tests.cli.sending import got, without_ms
from tests.conftest import Wacb
from tests.fault_server import FaultServer, answer

REPLAY = ("callback", "replay")
HINT = "pass files or folders that `wacb callback listen --save DIR` wrote; nothing was sent"
RECORD = {
    "event": "callback",
    "n": 1,
    "time": "2026-09-21T14:13:20.123Z",
    "method": "POST",
    "path": "/hook",
    "kind": "message",
    "fields": {"type": "image"},
    "headers": {"content-type": "application/json", "authorization": "***"},
    "query": "a=%20",
    "body": '{"body": "x"}',
}


def save(folder: Path, name: str, **changes: Any) -> str:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(RECORD | changes))
    return str(folder / name)


def test_saved_callbacks_are_sent_again(listen: Listen, wacb: Wacb, tmp_path: Path) -> None:
    folder = str(tmp_path / "saved")
    kind = {"Content-Type": "text/x;\tcharset=latin-1"}

    def client(url: str) -> None:
        send(url, "PUT", "/a%2Fb//?x#y=", body=b'{"a":"\\/" , "b":"\xff\\xff"}', **kind)
        send(url, "GET", "/?wanumber=%31&type=text&body=", Cookie="a=1")

    listen(client, "--save", folder, "--count", "1", "--wait", "20")
    with FaultServer(answer(200, b"thanks"), answer(204)) as server:
        outcome = wacb(*REPLAY, folder, "--to", server.url.removeprefix("http://"))
    line, headers, body = got(server, 0)
    assert (line, body) == ("PUT /a%2Fb//?x#y= HTTP/1.1", b'{"a":"\\/" , "b":"\xff\\xff"}')
    assert headers["content-type"] == kind["Content-Type"]
    line, headers, body = got(server, 1)
    assert (line, body) == ("GET /?wanumber=%31&type=text&body= HTTP/1.1", b"")
    assert set(headers) == {"host", "user-agent", "accept-encoding"}
    assert (outcome.code, outcome.err) == (0, "")
    assert without_ms(outcome.out).splitlines() == [
        f"1\tother\t200\tMS\ttrue\tthanks\tPUT\t{server.url}/a%2Fb//?x#y=",
        f"2\ttext\t204\tMS\ttrue\t\tGET\t{server.url}/?wanumber=%31&type=text&body=",
    ]


def test_callbacks_of_one_run_are_sent_by_number_and_of_several_by_time(
    wacb: Wacb, tmp_path: Path
) -> None:
    folder = tmp_path / "saved"
    for n in (10, 2, 1):
        save(folder, f"{n}.json", n=n, query=f"n={n}")
    (folder / ".DS_Store").touch()

    def order() -> list[str]:
        with FaultServer() as server:
            assert wacb(*REPLAY, str(folder), "--to", f"{server.url}/x").code == 0
        return [got(server, at)[0].split(" ")[1] for at in range(len(server.requests))]

    assert order() == ["/x?n=1", "/x?n=2", "/x?n=10"]
    save(folder, "again.json", query="n=again", time="2026-09-22T10:00:00.000Z")
    assert order() == ["/x?n=1", "/x?n=2", "/x?n=10", "/x?n=again"]


def test_a_file_that_is_named_several_times_is_sent_once(wacb: Wacb, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    path = save(folder, "1.json")
    (folder / "latest.json").symlink_to(path)
    with FaultServer(answer(200)) as server:
        assert wacb(*REPLAY, str(folder), path, "--to", server.url, "-q") == done("200")
        assert len(server.requests) == 1


def test_json_has_a_delivery_for_each(wacb: Wacb, tmp_path: Path) -> None:
    file = save(tmp_path, "one.json")
    with FaultServer(answer(500, b"oops")) as server:
        outcome = wacb(*REPLAY, file, "--to", server.url, "-o", "json", "-vv")
    (delivery,) = json.loads(outcome.out)
    assert delivery["ms"] > 0
    assert [delivery[name] for name in ("n", "type", "method", "url", "status", "ok")] == [
        *(1, "image", "POST", f"{server.url}/hook?a=%20", 500, False),
    ]
    assert (delivery["response"], outcome.code) == ("oops", 8)
    assert "> content-type: application/json" in outcome.err


def test_no_response_is_exit_7(wacb: Wacb, tmp_path: Path) -> None:
    file = save(tmp_path, "one.json")
    with FaultServer("refused") as server:
        outcome = wacb(*REPLAY, file, "--to", server.url)
    assert outcome.code == 7
    assert "Connection refused" in outcome.err


def test_another_machine_needs_consent(wacb: Wacb, tmp_path: Path) -> None:
    file = save(tmp_path, "one.json")
    assert wacb(*REPLAY, file, "--to", "https://example.com/hook") == failed(
        *(9, "example.com is not this machine"),
        "pass --allow-remote to send callbacks to other machines",
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"event": "done"}, "not a callback"),
        ({"n": "1"}, "damaged: number, time or method"),
        ({"method": "TRACE"}, "damaged: number, time or method"),
        ({"path": "/ HTTP/1.1\r\nX: 1"}, "damaged: path"),
        ({"query": None}, "damaged: query"),
        ({"headers": []}, "damaged: headers"),
        ({"headers": {"content-type": "a\r\nX: 1"}}, "damaged: headers"),
        ({"body": ["x"]}, "damaged: body"),
        ({"body": "\ud800"}, "damaged: body"),
        ({"body_base64": "?"}, "damaged: body"),
    ],
)
def test_a_damaged_callback_is_refused(
    wacb: Wacb, tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    file = save(tmp_path, "one.json", **changes)
    assert wacb(*REPLAY, file, "--to", "127.0.0.1:1") == failed(
        2, f"cannot replay {file}: {reason}", HINT
    )


def test_nothing_is_sent_if_one_is_bad_and_all_are_named(wacb: Wacb, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    good = save(folder, "1.json")
    (folder / "empty.json").touch()
    (folder / "folder").mkdir()
    (folder / "notes.txt").write_text("n: 1")
    os.truncate(save(folder, "vast.json"), 33 * 1024 * 1024)
    (tmp_path / "none").mkdir()
    with FaultServer() as server:
        outcome = wacb(
            *REPLAY, good, str(folder), str(tmp_path / "none"), "gone", "--to", server.url
        )
    assert server.requests == []
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.replace(str(tmp_path), "TMP").splitlines() == [
        "error: cannot replay 6 of these files",
        "  TMP/none: the folder is empty",
        "  TMP/saved/empty.json: the file is empty",
        "  TMP/saved/folder: not a regular file",
        "  TMP/saved/notes.txt: not JSON (line 1, column 1)",
        "  TMP/saved/vast.json: too large for a callback",
        "  gone: No such file or directory",
        f"hint: {HINT}",
    ]


def test_of_many_bad_files_the_first_are_named(wacb: Wacb) -> None:
    outcome = wacb(*REPLAY, *map(str, range(22)), "--to", "127.0.0.1:1")
    assert outcome.err.splitlines()[-2:] == ["  and 2 more", f"hint: {HINT}"]
