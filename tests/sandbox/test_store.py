"""The state's file: who may read it, what it refuses, and that nobody's change is lost in it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from wacb.sandbox.store import Store

WRITER = """
import sys
from wacb.sandbox.emulator import *

path, me = sys.argv[1:]
store = Store(path)
sandbox = Sandbox(store)
headers = {"api-key": API_KEY, "content-type": "application/json"}


def call(method, path, body):
    request = Request(method=method, path=path, headers=headers, body=body.encode())
    assert sandbox.handle(request).status == 200


profile = '{"title": "Writer %s", "http_method": "GET", "url": "https://example.com"}' % me
for n in range(25):
    call("POST", f"/v1/{SID}/callback/profiles", profile)
    change = '{"wa_number": "+15550100001", "%s": "%d"}' % (me, n)
    call("PUT", f"/v1/{SID}/whatsapp/number", change)
store.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "wacb" / "sandbox.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(Store(path)) as opened:
        yield opened


def test_folder_and_file_are_the_owners_alone(path: Path, store: Store) -> None:
    store.add_profile({"profile_id": "x", "title": "abc"})
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


def test_the_state_outlives_the_store(path: Path, store: Store) -> None:
    row = {"profile_id": "x", "title": "abc", "text": "ß☎"}
    store.add_profile(row)
    with closing(Store(path)) as again:
        assert again.profile("x") == row
        assert len(again.numbers()) == 4


def test_a_with_block_closes_the_file(path: Path) -> None:
    with Store(path) as store:
        assert len(store.numbers()) == 4
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        store.numbers()


def test_a_file_from_before_late_listings_is_one_of_ours(path: Path) -> None:
    with Store(path) as store:
        store.add_profile({"profile_id": "x", "title": "abc"})
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE hidden")
    with Store(path) as store:
        store.hide_profile("x", until=5.0)
        listed = [store.profiles(title="", limit=9, offset=0, now=now)[1] for now in (4.9, 5.0)]
    assert listed == [0, 1]


def test_numbers_are_added_after_those_of_the_account(store: Store) -> None:
    store.add_numbers((f"+1555020{n:04}", f"Number {n}", "approved") for n in range(2_000))
    rows = store.numbers()
    assert (len(rows), [row["phone_number"] for row in rows[3:5]]) == (
        2_004,
        ["+15550100009", "+15550200000"],
    )
    assert store.number("+15550201999") == {
        "id": "wn-15550201999",
        "phone_number": "+15550201999",
        "name": "Number 1999",
        "status": "approved",
        "callback_profile_id": "",
        "incoming_url": "",
    }


def test_a_number_that_is_added_again_is_replaced_in_its_place(store: Store) -> None:
    old = store.number("+15550100009")
    assert old is not None
    store.save_number({**old, "callback_profile_id": "x"})
    store.add_numbers([("+15550100009", "Anew", "approved")])
    new = {**old, "name": "Anew", "status": "approved"}
    assert (len(store.numbers()), store.numbers()[3]) == (4, new)


def test_numbers_are_added_all_or_none(store: Store) -> None:
    def broken() -> Iterator[tuple[str, str, str]]:
        yield "+15550200001", "One", "approved"
        raise KeyError

    with pytest.raises(KeyError):
        store.add_numbers(broken())
    assert len(store.numbers()) == 4


def test_an_empty_file_is_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with closing(Store(tmp_path / "file")) as opened:
        assert len(opened.numbers()) == 4


@pytest.mark.parametrize("content", [b"no database " * 100, b"x"], ids=["long", "short"])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(sqlite3.DatabaseError):
        Store(file)
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE notes (text)", "PRAGMA user_version = 1"], ids=["table", "version"]
)
def test_another_programs_database_is_refused(tmp_path: Path, statement: str) -> None:
    file = tmp_path / "file"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
    before = file.read_bytes()
    with pytest.raises(sqlite3.DatabaseError) as caught:
        Store(file)
    assert str(caught.value) == f"{file} is not a sandbox file of this version"
    assert file.read_bytes() == before


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        Store(tmp_path)


def test_a_failed_transaction_leaves_no_trace(store: Store) -> None:
    with pytest.raises(KeyError), store.transaction():
        store.add_profile({"profile_id": "x", "title": "abc"})
        raise KeyError
    assert store.profile("x") is None


def test_two_profiles_never_share_an_id(store: Store) -> None:
    store.add_profile({"profile_id": "x", "title": "abc"})
    with pytest.raises(sqlite3.IntegrityError):
        store.add_profile({"profile_id": "x", "title": "abc"})


def test_threads_lose_no_change(store: Store) -> None:
    store.save_number({"phone_number": "+1", "count": 0})

    def work() -> None:
        for _ in range(50):
            with store.transaction():
                row = store.number("+1")
                assert row is not None
                store.save_number({**row, "count": row["count"] + 1})

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.number("+1") == {"phone_number": "+1", "count": 200}


def test_processes_that_begin_on_one_new_file_lose_no_change(path: Path) -> None:
    names = ("about", "address", "website", "contact_email")
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, name], env=os.environ)
        for name in names
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    with closing(Store(path)) as store:
        rows, total = store.profiles(title="", limit=200, offset=0)
        number = store.number("+15550100001")
    assert (len(rows), total) == (100, 100)
    assert number is not None
    assert {name: number[name] for name in names} == dict.fromkeys(names, "24")


def test_a_file_that_another_process_has_locked_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.sqlite3"
    with Store(path) as store, Store(path) as other:
        entered = threading.Event()

        def hold() -> None:
            with other.transaction():
                entered.set()
                time.sleep(0.25)

        thread = threading.Thread(target=hold)
        thread.start()
        assert entered.wait(10)
        store.add_message({"id": "1"})
        thread.join()
        assert store.messages() == [{"id": "1"}]
