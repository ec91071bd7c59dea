"""The journal after a crash, a stranger's hand or a later version: nothing whole is ever lost."""

from __future__ import annotations

import threading
from pathlib import Path, PosixPath
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.journal_file import (
    LINE,
    ONE,
    OTHER_SID,
    SID,
    TWO,
    A,
    B,
    C,
    Opened,
    append,
    entry,
    lines_of,
    text_of,
)
from wacb.models import UNKNOWN
from wacb.storage import files
from wacb.storage.journal import Entry


@pytest.mark.parametrize(
    "torn", [LINE[:60].encode(), b"\0\0\0", b"\xe2\x9c", b"[1"], ids=["cut", "NUL", "UTF-8", "list"]
)
def test_a_torn_last_line_is_said_until_the_next_entry_stands_behind_it(
    opened: Opened, torn: bytes
) -> None:
    opened.write(LINE.encode() + torn)
    assert opened.read() == (
        [entry()],
        [f"line 2 of {opened.path} is incomplete, as after a crash: it was skipped"],
    )
    new = append(opened(), old=A, new=B)
    assert opened.path.read_bytes() == LINE.encode() + torn + b"\n" + lines_of(new).encode()
    assert opened.read() == (
        [entry(), new],
        [f"line 2 of {opened.path} is not an entry: it was skipped"],
    )


def test_a_last_line_that_lacks_only_its_line_feed_counts(opened: Opened) -> None:
    opened.write(LINE.rstrip("\n"))
    assert opened.read() == ([entry()], [])
    new = append(opened(), old=A, new=B)
    assert opened.read() == ([entry(), new], [])


def test_a_torn_journal_is_read_where_no_lock_can_be_had(opened: Opened) -> None:
    opened.write(LINE + "torn")
    opened.path.with_name("journal.jsonl.lock").mkdir()
    assert opened.read() == (
        [entry()],
        [f"line 2 of {opened.path} is incomplete, as after a crash: it was skipped"],
    )


class Watched(PosixPath):
    """A path that tells when it has been read."""

    was_read: threading.Event

    def read_bytes(self) -> bytes:
        content: bytes = super().read_bytes()
        self.was_read.set()
        return content


def test_a_line_that_is_just_being_written_is_waited_for(opened: Opened) -> None:
    opened.write(LINE)
    watched, answers = Watched(opened.path), []
    watched.was_read = threading.Event()
    reader = threading.Thread(target=lambda: answers.append(Opened(watched).read()))
    with files.locked(opened.path) as target, target.open("a") as file:
        file.write(LINE[:50])
        file.flush()
        reader.start()
        assert watched.was_read.wait(10)
        reader.join(0.02)
        assert answers == []
        file.write(LINE[50:])
    reader.join()
    assert answers == [([entry(), entry()], [])]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("{", id="no JSON"),
        pytest.param("[]", id="no object"),
        pytest.param("{}", id="empty object"),
        pytest.param("null", id="null"),
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param("9" * 5000, id="too long a number"),
        pytest.param(LINE.replace('"+1555', '1555"').strip(), id="broken quoting"),
        pytest.param(LINE.replace("null", "0").strip(), id="old a number"),
        pytest.param(LINE.replace("null", "false").strip(), id="old a truth"),
        pytest.param(LINE.replace(f'"{A}"', "null").strip(), id="new null"),
        pytest.param(LINE.replace('"account"', '"sid"').strip(), id="no account"),
        pytest.param(LINE.replace('"attach"', "[]").strip(), id="action a list"),
    ],
)
def test_a_broken_line_is_skipped_and_named(opened: Opened, line: str) -> None:
    opened.write(f"{LINE}{line}\n{LINE}")
    warning = f"line 2 of {opened.path} is not an entry: it was skipped"
    assert opened.read() == ([entry(), entry()], [warning])


def test_a_broken_line_is_named_to_every_account(opened: Opened) -> None:
    opened.write(f"{LINE}broken\n")
    assert opened(OTHER_SID).believed == {}
    assert opened.warnings == [f"line 2 of {opened.path} is not an entry: it was skipped"]


def test_blank_lines_carriage_returns_and_members_of_other_versions_are_no_faults(
    opened: Opened,
) -> None:
    later = LINE.replace("}", ', "reason": {"x": 1}}').replace('"attach"', '"transfer"')
    earlier = LINE.replace("}", ', "verified": true}')
    opened.write(f"\n{LINE.strip()}\r\n \r\n{later}\n{earlier}")
    assert opened.read() == ([entry(), entry(action="transfer"), entry()], [])


def test_the_member_that_may_be_unknown_may_be_absent(opened: Opened) -> None:
    opened.write(LINE.replace('"old": null, ', ""))
    assert opened.read() == ([entry()], [])


# -- any content

ENTRIES = st.builds(
    Entry,
    time=st.just("2026-09-21T14:13:20Z"),
    account=st.sampled_from((SID, OTHER_SID)),
    number=st.sampled_from((ONE, TWO)),
    old=st.sampled_from((UNKNOWN, None, A, B)),
    new=st.sampled_from((None, A, B)),
    action=st.sampled_from(("attach", "detach", "rollback")),
    outcome=st.sampled_from(("done", "refused", "unknown", "of a later version")),
    host=st.none(),
    waba_id=st.none(),
    seq=st.none(),
)
PIECES = st.one_of(
    ENTRIES.map(lambda one: text_of(one).encode()),
    st.binary(max_size=40),
    st.sampled_from((b"\n", b"{", LINE[:70].encode(), LINE[70:].encode())),
)


def of(account: str, entries: list[Entry]) -> list[Entry]:
    return [one for one in entries if one.account == account]


@given(pieces=st.lists(PIECES, max_size=8))
def test_any_content_is_read_and_the_next_entry_stands_by_itself(pieces: list[bytes]) -> None:
    with TemporaryDirectory() as folder:
        opened, content = Opened(Path(folder) / "journal.jsonl"), b"".join(pieces)
        opened.write(content)
        before, others = opened().history(), opened(OTHER_SID).history()
        if all(one.outcome == "done" for one in before):
            assert opened().believed == {one.number: one.new for one in before}
        changes = [
            one
            for one in before
            if one.number == ONE and one.old != one.new and one.outcome != "refused"
        ]
        assert opened().last_change(ONE) == (changes[-1] if changes else None)
        new = append(opened(), old=A, new=C)
        assert opened.path.read_bytes().startswith(content)
        assert (opened().history(), opened(OTHER_SID).history()) == ([*before, new], others)
        assert (opened().last_change(ONE), opened().believed[ONE]) == (new, C)


@given(entries=st.lists(ENTRIES, min_size=1, max_size=4), data=st.data())
def test_a_journal_cut_anywhere_keeps_its_whole_lines(entries: list[Entry], data: Any) -> None:
    with TemporaryDirectory() as folder:
        opened, content = Opened(Path(folder) / "journal.jsonl"), text_of(*entries).encode()
        cut = data.draw(st.integers(0, len(content)))
        opened.write(content[:cut])
        # a line that lacks no more than its line feed is whole
        whole = (content[:cut] + b"\n").count(b"}\n")
        torn = not (content[:cut] + b"\n").endswith((b"}\n", b"\n\n")) and cut > 0
        read, warnings = opened.read()
        assert (read, len(warnings)) == (of(SID, entries[:whole]), int(torn))
        new = append(opened(), new=C)
        assert opened().history() == [*of(SID, entries[:whole]), new]
        assert opened(OTHER_SID).history() == of(OTHER_SID, entries[:whole])
