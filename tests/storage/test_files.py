"""Reading and rewriting files: nothing lost, nothing leaked, nothing left behind."""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.storage.bad_disk import full_disk
from wacb.errors import ConfigError, DeadlineExceeded, InvalidInput
from wacb.storage import files

CANARY = "canary-0123456789"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_reading_an_absent_file_gives_none(tmp_path):
    assert files.read_text(tmp_path / "absent") is None


def test_a_required_file_must_exist(tmp_path):
    with pytest.raises(ConfigError) as caught:
        files.read_required(tmp_path / "absent")
    assert caught.value.message == f"the file {tmp_path / 'absent'} does not exist"
    (tmp_path / "there").write_text("text")
    assert files.read_required(tmp_path / "there") == "text"


def test_reading_bytes_gives_what_is_no_text(tmp_path):
    path = tmp_path / "file"
    assert files.read_bytes(path) is None
    path.write_bytes(b"\xff\r\n")
    assert files.read_bytes(path) == b"\xff\r\n"


def test_reading_bytes_of_a_folder_names_it(tmp_path):
    with pytest.raises(ConfigError) as caught:
        files.read_bytes(tmp_path)
    assert caught.value.message == f"cannot read {tmp_path}: Is a directory"


def test_reading_a_folder_names_it(tmp_path):
    with pytest.raises(ConfigError) as caught:
        files.read_text(tmp_path)
    assert caught.value.message == f"cannot read {tmp_path}: Is a directory"
    assert caught.value.hint == "pass a file, not a folder"


def test_reading_below_a_file_names_the_path(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="Not a directory"):
        files.read_text(tmp_path / "file" / "below")


def test_reading_what_is_not_utf8_never_shows_it(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CANARY.encode() + b"\xff")
    with pytest.raises(ConfigError) as caught:
        files.read_text(path)
    assert caught.value.message == f"{path} is not UTF-8 text (line 1)"
    assert caught.value.__suppress_context__


def test_update_creates_folder_file_and_lock_for_the_owner_only(tmp_path):
    path = tmp_path / "wacb" / "file"
    files.update(path, lambda old: f"{old}✓")
    assert path.read_text(encoding="utf-8") == "None✓"
    assert names(path.parent) == ["file", "file.lock"]
    assert [mode(p) for p in (path.parent, path, path.with_name("file.lock"))] == [
        0o700,
        0o600,
        0o600,
    ]


def test_update_hands_over_the_present_text_and_closes_the_mode(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    files.update(path, lambda old: f"{old}, new")
    assert (path.read_text(), mode(path)) == ("old, new", 0o600)


def test_update_does_not_write_what_stays_the_same(tmp_path):
    path = tmp_path / "file"
    path.write_text("same")
    before = path.stat().st_ino
    files.update(path, lambda old: "same")
    assert path.stat().st_ino == before


def test_update_writes_through_a_link_and_shares_the_lock_of_its_target(tmp_path):
    target, link = tmp_path / "real" / "file", tmp_path / "link"
    target.parent.mkdir()
    target.write_text("old")
    link.symlink_to(target)
    files.update(link, lambda old: f"{old}+new")
    assert link.is_symlink()
    assert target.read_text() == "old+new"
    assert (names(tmp_path), names(target.parent)) == (["link", "real"], ["file", "file.lock"])


def test_update_creates_the_target_of_a_dangling_link(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "later" / "file")
    files.update(link, lambda _old: "new")
    assert (tmp_path / "later" / "file").read_text() == "new"
    assert link.is_symlink()


def test_update_sweeps_its_own_stale_files_only(tmp_path):
    stale = f".file.{'0a' * 8}.tmp"
    others = [f".file.x.{'0a' * 8}.tmp", ".file.tmp", f"file.{'0a' * 8}.tmp", ".file.zz.tmp"]
    for name in (stale, *others):
        (tmp_path / name).touch()
    files.update(tmp_path / "file", lambda _old: "new")
    assert names(tmp_path) == sorted([*others, "file", "file.lock"])


def test_checking_a_folder_sweeps_what_killed_writers_left_there(tmp_path):
    stale, future, fresh, locked = (f".{n}.json.{'0a' * 8}.tmp" for n in range(4))
    others = [f".{'0a' * 8}.tmp", f"x.{'0a' * 8}.tmp", ".x.tmp", "x.json"]
    for name in (stale, future, fresh, locked, *others):
        (tmp_path / name).touch()
        if name != fresh:  # the clock may have jumped, either way
            os.utime(tmp_path / name, (0, time.time() + (9e4 if name == future else -61)))
    with (tmp_path / locked).open() as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        files.check_folder(tmp_path)
    assert names(tmp_path) == sorted([fresh, locked, *others])


def test_what_cannot_be_swept_is_left_in_a_folder_that_can_be_used(tmp_path):
    folder = tmp_path / f".x.{'0a' * 8}.tmp"
    folder.mkdir()
    os.utime(folder, (0, 0))
    files.check_folder(tmp_path)
    assert names(tmp_path) == [folder.name]


def test_an_error_of_the_change_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def fail(_old):
        raise InvalidInput("no")

    with pytest.raises(InvalidInput):
        files.update(path, fail)
    assert (path.read_text(), names(tmp_path)) == ("old", ["file", "file.lock"])


def test_a_device_is_never_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError) as caught:
        files.update(pipe, lambda _old: "new")
    assert caught.value.message == f"cannot write {pipe}: it is not a regular file"
    assert names(tmp_path) == ["pipe"]


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "below"
    with pytest.raises(ConfigError) as caught:
        files.update(path, lambda _old: "new")
    assert caught.value.message == f"cannot write {path}: File exists"
    assert caught.value.hint == "remove the file or broken link in its folder's place"


def test_a_loop_of_links_is_a_sentence(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(ConfigError, match="Too many levels"):
        files.update(tmp_path / "a", lambda _old: "new")


def test_a_lock_that_cannot_be_opened_is_named(tmp_path):
    (tmp_path / "file.lock").mkdir()
    with pytest.raises(ConfigError) as caught:
        files.update(tmp_path / "file", lambda _old: "new")
    assert caught.value.message == f"cannot lock {tmp_path / 'file.lock'}: Is a directory"


def test_a_write_that_breaks_off_keeps_the_old_file_and_removes_the_new(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with full_disk(1000), pytest.raises(ConfigError) as caught:
        files.update(path, lambda old: "x" * 5000)
    assert caught.value.message == f"cannot write {path}: File too large"
    assert (path.read_text(), names(tmp_path)) == ("old", ["file", "file.lock"])


def test_the_lock_keeps_a_second_writer_waiting(tmp_path):
    path = tmp_path / "file"
    second = threading.Thread(target=files.update, args=(path, lambda old: f"{old}, second"))
    with files.locked(path) as target:
        second.start()
        target.write_text("first")
    second.join()
    assert path.read_text() == "first, second"


WRITER = """
import json, sys
from pathlib import Path
from wacb.storage import files
print("ready", flush=True)
for n in range(1_000_000):
    files.update(Path(sys.argv[1]), lambda old: json.dumps([*json.loads(old)[-2:], n] * 900))
"""


def test_a_killed_writer_loses_nothing_and_the_next_one_cleans_up(tmp_path):
    path, chance = tmp_path / "file", random.Random(5)
    path.write_text("[0]")
    for _ in range(6):
        with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE) as run:
            assert run.stdout is not None
            run.stdout.readline()
            threading.Event().wait(chance.uniform(0, 0.03))
            run.send_signal(signal.SIGKILL)
        assert json.loads(path.read_text())
        files.update(path, lambda old: f"{old} ")
        assert names(tmp_path) == ["file", "file.lock"]


PARALLEL = """
import sys, threading
from pathlib import Path
from wacb.storage import files
def add(name):
    files.update(Path(sys.argv[1]), lambda old: f"{old or ''}{sys.argv[2]}-{name}\\n")
threads = [threading.Thread(target=add, args=(n,)) for n in range(5)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_parallel_writers_keep_all_entries(tmp_path):
    path = tmp_path / "new" / "file"
    runs = [
        subprocess.Popen([sys.executable, "-c", PARALLEL, path, str(n)], stderr=subprocess.PIPE)
        for n in range(8)
    ]
    assert [run.communicate()[1] for run in runs] == [b""] * 8
    expected = sorted(f"{process}-{thread}" for process in range(8) for thread in range(5))
    assert sorted(path.read_text().split()) == expected
    assert names(path.parent) == ["file", "file.lock"]


def test_a_line_is_added_to_a_new_file_for_the_owner_only(tmp_path):
    path = tmp_path / "wacb" / "file"
    files.append_line(path, "first ✓")
    files.append_line(path, "second")
    assert path.read_text(encoding="utf-8") == "first ✓\nsecond\n"
    assert names(path.parent) == ["file", "file.lock"]
    assert (mode(path.parent), mode(path)) == (0o700, 0o600)


def test_adding_a_line_closes_the_mode_and_keeps_the_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("old\n")
    path.chmod(0o644)
    before = path.stat().st_ino
    files.append_line(path, "new")
    assert (path.read_text(), mode(path), path.stat().st_ino) == ("old\nnew\n", 0o600, before)


def test_a_line_is_added_through_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    files.append_line(tmp_path / "link", "new")
    assert (tmp_path / "file").read_text() == "new\n"
    assert names(tmp_path) == ["file", "file.lock", "link"]


def test_a_torn_last_line_is_ended_before_the_next(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"whole\nto\xe2\x9c")
    files.append_line(path, "new")
    assert path.read_bytes() == b"whole\nto\xe2\x9c\nnew\n"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_no_line_is_added_to_what_is_not_a_regular_file(tmp_path, make):
    make(tmp_path / "other")
    with pytest.raises(ConfigError) as caught:
        files.append_line(tmp_path / "other", "new")
    assert caught.value.message == f"cannot write {tmp_path}/other: it is not a regular file"


@pytest.mark.parametrize("old", ["", "whole\n", "whole\ntorn", "x" * 1000])
def test_a_line_that_breaks_off_leaves_the_file_as_it_was(tmp_path, old):
    path = tmp_path / "file"
    path.write_text(old)
    with full_disk(1000), pytest.raises(ConfigError) as caught:
        files.append_line(path, "x" * 5000)
    assert caught.value.message == f"cannot write {path}: File too large"
    assert path.read_text() == old


APPENDER = """
import sys
from pathlib import Path
from wacb.storage import files
print("ready", flush=True)
for n in range(1_000_000):
    files.append_line(Path(sys.argv[1]), str(n) * 900)
"""


def test_a_killed_appender_loses_no_whole_line(tmp_path):
    path, chance = tmp_path / "file", random.Random(7)
    for number in range(10):
        with subprocess.Popen(
            [sys.executable, "-c", APPENDER, path], stdout=subprocess.PIPE
        ) as run:
            assert run.stdout is not None
            run.stdout.readline()
            threading.Event().wait(chance.uniform(0, 0.03))
            run.send_signal(signal.SIGKILL)
        before = path.read_bytes() if path.exists() else b""
        files.append_line(path, f"mark {number}")
        assert path.read_bytes().startswith(before)
        assert path.read_text().split("\n")[-2:] == [f"mark {number}", ""]


def test_a_lock_that_is_not_released_is_an_error_after_a_time(tmp_path):
    path = tmp_path / "file"
    with files.locked(path), pytest.raises(DeadlineExceeded) as caught:
        files.update(path, lambda _old: "new", remaining=files.within(0.05))
    assert caught.value.message == f"{path} is locked by another process"
    assert f"`fuser {path}.lock`" in (caught.value.hint or "")
    assert not caught.value.sent
    assert not path.exists()
