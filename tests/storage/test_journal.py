"""The journal of one account: what is appended stays, and the way back is always known."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.storage.bad_disk import full_disk
from tests.storage.journal_file import (
    HOST,
    LINE,
    ONE,
    OTHER_SID,
    SID,
    TWO,
    WABA,
    A,
    B,
    C,
    Opened,
    append,
    entry,
    lines_of,
    text_of,
)
from wacb.errors import ConfigError
from wacb.models import UNKNOWN, AttachedId
from wacb.storage.journal import Entry, Journal

# -- writing


def test_a_change_is_written_before_and_after_for_the_owner_only(opened: Opened) -> None:
    begun = opened().begin(number=ONE, old=UNKNOWN, new=A, action="attach")
    own = entry(host=HOST, waba_id=WABA, seq=0)
    assert opened.path.read_text() == text_of(own._replace(outcome="intent"))
    assert opened.read() == ([own._replace(outcome="unknown")], [])
    opened().settle(begun, "done")
    assert opened.path.read_text() == lines_of(own)
    assert opened.read() == ([own], [])
    assert stat.S_IMODE(opened.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"old": A, "new": B}, id="attach"),
        pytest.param({"old": A, "new": None, "action": "detach"}, id="detach"),
        pytest.param({"old": None, "new": A, "action": "rollback"}, id="rollback"),
        pytest.param({"new": 'Ä"\n\r\u2028\ud800\\'}, id="hostile ID"),
    ],
)
def test_what_was_appended_is_read_back(opened: Opened, changes: dict[str, Any]) -> None:
    expected = [append(opened()), append(opened(), **changes)]
    assert opened.read() == (expected, [])
    assert opened.path.read_bytes().isascii()
    assert len(opened.path.read_text().splitlines()) == 4


def test_a_later_append_changes_no_earlier_line(opened: Opened) -> None:
    append(opened())
    before = opened.path.read_text()
    new = append(opened(OTHER_SID), old=A, new=B)._replace(account=OTHER_SID)
    assert opened.path.read_text() == before + lines_of(new)


PARALLEL = """
import sys, threading
from pathlib import Path
from wacb.storage.journal import Entry, Journal
def journal():
    return Journal(
        Path(sys.argv[1]),
        account="HX",
        host="api.example",
        waba_id=None,
        clock=lambda: 0.0,
        warn=warnings.append,
        remaining=lambda: 30.0,
    )
def add(thread):
    for n in range(5):
        number = f"+1555010{sys.argv[2]}{thread}{n}"
        begun = shared.begin(number=number, old=None, new="SG_1", action="attach")
        shared.settle(begun, "done")
        assert journal().believed[number] == "SG_1", number
warnings = []
shared = journal()
threads = [threading.Thread(target=add, args=(n,)) for n in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert warnings == []
"""


def test_parallel_threads_and_processes_keep_all_entries(opened: Opened) -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", PARALLEL, opened.path, str(n)], stderr=subprocess.PIPE
        )
        for n in range(4)
    ]
    assert [run.communicate()[1] for run in runs] == [b""] * 4
    assert sorted(one.number for one in opened("HX").history()) == [
        f"+1555010{process}{thread}{n}"
        for process in range(4)
        for thread in range(8)
        for n in range(5)
    ]
    assert opened.warnings == []


def test_a_full_disk_is_named_and_leaves_no_half_line(opened: Opened) -> None:
    opened.write(LINE)
    with full_disk(len(LINE) + 50), pytest.raises(ConfigError) as caught:
        append(opened())
    assert caught.value.message == f"cannot write {opened.path}: File too large"
    assert opened.path.read_text() == LINE


def test_an_outcome_that_a_full_disk_loses_is_unknown(opened: Opened) -> None:
    begun = opened().begin(number=ONE, old=A, new=B, action="attach")
    with full_disk(opened.path.stat().st_size + 50):
        opened().settle(begun, "done")
    assert [one.outcome for one in opened().history()] == ["unknown"]
    assert opened().believed == {}
    assert opened().possible == {ONE: frozenset({A, B})}


@pytest.mark.parametrize("write", [append, Journal.check_writable], ids=["begin", "check"])
def test_a_journal_that_cannot_be_written_is_named(
    opened: Opened, write: Callable[[Journal], object]
) -> None:
    opened.path.mkdir(parents=True)
    with pytest.raises(ConfigError) as caught:
        write(opened())
    assert caught.value.message == f"cannot write {opened.path}: it is not a regular file"


def test_looking_whether_it_can_be_written_adds_nothing(opened: Opened) -> None:
    opened().check_writable()
    assert opened.read() == ([], [])
    opened.write(LINE + "torn")
    opened().check_writable()
    assert opened.path.read_text() == LINE + "torn"


# -- reading

READS: dict[str, Callable[[Journal], object]] = {
    "history": Journal.history,
    "history of a number": lambda journal: journal.history(ONE),
    "believed": lambda journal: journal.believed,
    "last change": lambda journal: journal.last_change(ONE),
}


def test_no_file_is_an_empty_journal_and_stays_none(opened: Opened) -> None:
    assert [read(opened()) for read in READS.values()] == [[], [], {}, None]
    assert not opened.path.parent.exists()


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_journal_that_cannot_be_read_is_named(
    opened: Opened, read: Callable[[Journal], object]
) -> None:
    opened.path.mkdir(parents=True)
    with pytest.raises(ConfigError, match=f"^cannot read {opened.path}: Is a directory$"):
        read(opened())


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_the_file_is_read_once_and_not_before_it_is_asked_for(
    opened: Opened, read: Callable[[Journal], object]
) -> None:
    journal = opened()
    opened.write(LINE + "broken\n")
    assert opened.warnings == []
    first = read(journal)
    append(journal, old=A, new=B)
    opened.write("something else\n")
    assert [read(journal) for read in READS.values()] == [[entry()], [entry()], {ONE: A}, entry()]
    assert read(journal) == first
    assert opened.warnings == [f"line 2 of {opened.path} is not an entry: it was skipped"]


# -- one number


@pytest.fixture
def filled(opened: Opened) -> Opened:
    opened.write(
        text_of(
            entry(new=A),
            entry(number=TWO, new=B),
            entry(account=OTHER_SID, new=C),
            entry(old=A, new=B),
            entry(number="+155501000012", new=None),
        )
    )
    return opened


@pytest.mark.parametrize(
    ("account", "number", "expected"),
    [
        (SID, None, [(ONE, A), (TWO, B), (ONE, B), ("+155501000012", None)]),
        (SID, ONE, [(ONE, A), (ONE, B)]),
        (SID, TWO, [(TWO, B)]),
        (SID, ONE[:-1], []),
        (OTHER_SID, None, [(ONE, C)]),
        (OTHER_SID, TWO, []),
        ("HXUNKNOWN", None, []),
    ],
)
def test_history_is_of_one_account_or_number_oldest_first(
    filled: Opened, account: str, number: str | None, expected: list[tuple[str, str]]
) -> None:
    assert [(one.number, one.new) for one in filled(account).history(number)] == expected


def test_a_number_is_believed_to_carry_what_its_last_change_left_on_it(filled: Opened) -> None:
    assert filled().believed == {ONE: B, TWO: B, "+155501000012": None}
    assert filled(OTHER_SID).believed == {ONE: C}
    assert filled("HXUNKNOWN").believed == {}


def test_the_last_change_is_the_newest_of_this_number_and_account(filled: Opened) -> None:
    assert filled().last_change(ONE) == entry(old=A, new=B)
    assert filled().last_change(TWO) == entry(number=TWO, new=B)
    assert filled(OTHER_SID).last_change(ONE) == entry(account=OTHER_SID, new=C)
    assert filled(OTHER_SID).last_change(TWO) is None
    assert filled().last_change(ONE[:-1]) is None


# -- outcomes


def begin(opened: Opened, old: AttachedId, new: str | None) -> Entry:
    return opened().begin(number=ONE, old=old, new=new, action="attach")


def test_what_was_refused_leaves_what_was_there(opened: Opened) -> None:
    change = append(opened(), old=UNKNOWN, new=A)
    opened().settle(begin(opened, A, B), "refused")
    assert opened().believed == {ONE: A}
    assert opened().last_change(ONE) == change


def test_an_unknown_outcome_leaves_both_possible_until_a_look_settles_it(opened: Opened) -> None:
    append(opened(), old=UNKNOWN, new=A)
    lost = begin(opened, A, B)
    opened().settle(lost, "unknown")
    assert opened().believed == {}
    assert opened().possible == {ONE: frozenset({A, B})}
    opened().settle_by_look(ONE, C)  # somebody else's
    opened().settle_by_look(TWO, B)
    assert opened().believed == {}
    opened().settle_by_look(ONE, B)
    assert opened().believed == {ONE: B}
    opened().settle_by_look(ONE, A)  # it was settled
    assert opened().believed == {ONE: B}


def test_reading_the_old_profile_proves_nothing(opened: Opened) -> None:
    begin(opened, A, B)
    opened().settle_by_look(ONE, A)
    assert [one.outcome for one in opened().history()] == ["unknown"]


@pytest.mark.parametrize("swapped", [False, True], ids=["in order", "swapped"])
def test_of_two_changes_at_a_time_either_may_have_come_last(opened: Opened, swapped: bool) -> None:
    changes = [begin(opened, A, B), begin(opened, A, C)]
    for change in reversed(changes) if swapped else changes:
        opened().settle(change, "done")
    assert opened().believed == {}
    assert opened().possible == {ONE: frozenset({B, C})}
    append(opened(), old=UNKNOWN, new=A)
    assert opened().believed == {ONE: A}


def test_a_change_that_was_refused_late_takes_nothing_from_the_next(opened: Opened) -> None:
    first = begin(opened, A, B)
    append(opened(), old=A, new=C)
    opened().settle(first, "refused")
    assert opened().believed == {ONE: C}


def test_a_killed_change_does_not_outlast_the_next(opened: Opened) -> None:
    begin(opened, A, B)
    append(opened(), old=B, new=C)
    assert opened().believed == {ONE: C}


@pytest.mark.parametrize(
    ("other", "seen"),
    [
        pytest.param({"host": "mock.example"}, False, id="another host"),
        pytest.param({"waba_id": "2"}, False, id="another WABA"),
        pytest.param({"waba_id": None}, True, id="V1"),
        pytest.param({"host": None, "waba_id": None}, True, id="an older version"),
    ],
)
def test_an_entry_is_of_one_host_and_waba(
    opened: Opened, other: dict[str, str | None], seen: bool
) -> None:
    opened.write(text_of(entry(**{"host": HOST, "waba_id": WABA, **other})))
    assert opened().believed == ({ONE: A} if seen else {})


def test_an_entry_that_left_the_number_as_it_was_is_not_gone_back_from(opened: Opened) -> None:
    change = append(opened(), old=A, new=B)
    append(opened(), old=B, new=B)
    assert opened().last_change(ONE) == change
    assert opened().believed == {ONE: B}


def test_the_value_before_may_be_unknown(opened: Opened) -> None:
    change = append(opened(), old=UNKNOWN, new=A)
    assert opened().last_change(ONE) == change
