"""The file: real ones, in each state in which it may be found."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from atp_tui.storage import schema
from atp_tui.storage.heads import read_jobs
from atp_tui.storage.place import OpenFile, Place
from atp_tui.storage.steps import STEPS
from atp_tui.storage.tables import put_spec

from .processes import line_of, running
from .records import job


@pytest.fixture
def told() -> list[str]:
    return []


def place_at(path: Path, told: list[str], **options: object) -> Place:
    return Place(path, STEPS, told.append, patience=0.0, **options)  # type: ignore[arg-type] # as Place names them


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def jobs_in(opened: OpenFile) -> list[str]:
    with opened.held():
        return [record.id for record in read_jobs([opened.db], 100)]


def journal_of(opened: OpenFile) -> str:
    mode: str = opened.db.execute("PRAGMA journal_mode").fetchone()[0]
    return mode


def synchronous(opened: OpenFile) -> int:
    level: int = opened.db.execute("PRAGMA synchronous").fetchone()[0]
    return level


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_all_files_are_for_their_owner_alone_from_the_first_moment(tmp_path: Path, told: list[str], umask: int) -> None:
    path = tmp_path / "a" / "b" / "jobs.sqlite3"
    if umask & 0o200:
        path.parent.mkdir(parents=True, mode=0o700)  # with such an umask nobody could enter what is made
    before = os.umask(umask)
    try:
        opened = place_at(path, told).open()
        put_spec(opened.db, job("a"))
    finally:
        os.umask(before)
    beside = sorted(path.parent.iterdir())
    assert [file.name for file in beside] == ["jobs.sqlite3", "jobs.sqlite3-shm", "jobs.sqlite3-wal"]
    assert {mode_of(file) for file in beside} == {0o600}
    assert mode_of(path.parent) == 0o700
    assert (journal_of(opened), synchronous(opened)) == ("wal", 2), "FULL: each transaction is on the disk"
    opened.db.close()
    assert told == []


def test_where_the_file_system_carries_no_write_ahead_log(tmp_path: Path, told: list[str]) -> None:
    """A file system without shared memory: SQLite's own one without locks answers as such a one does."""
    path = tmp_path / "jobs.sqlite3"
    place = place_at(path, told, vfs="unix-none")
    for name in ("a", "b"):
        opened = place.open()
        assert (journal_of(opened), synchronous(opened)) == ("delete", 3), "EXTRA: and so is its end"
        with opened.held():
            assert (tmp_path / "jobs.sqlite3.lock").exists()
            put_spec(opened.db, job(name))
        assert not (tmp_path / "jobs.sqlite3.lock").exists()
        opened.db.close()
    assert told == [f"{path}: its file system carries no write-ahead log; a lock file beside it does for that"]


def test_a_file_system_of_several_machines_has_none_whatever_sqlite_answers(tmp_path: Path, told: list[str]) -> None:
    path = tmp_path / "jobs.sqlite3"
    with closing(place_at(path, told).open().db) as db:
        put_spec(db, job("a"))
    opened = place_at(path, told, is_local=lambda _: False).open()
    assert (journal_of(opened), opened.lock is not None) == ("delete", True)
    assert jobs_in(opened) == ["a"], "what was kept in the other mode is there"
    opened.db.close()
    assert len(told) == 1
    again = place_at(path, told).open()
    assert (journal_of(again), jobs_in(again)) == ("wal", ["a"])
    again.db.close()


def test_without_a_lock_the_file_is_not_touched(tmp_path: Path, told: list[str]) -> None:
    path = tmp_path / "jobs.sqlite3"
    (tmp_path / "jobs.sqlite3.lock").write_text("{}")
    with pytest.raises(OSError, match="locked"):
        place_at(path, told, is_local=lambda _: False).open()
    assert path.read_bytes() == b""


def random_bytes(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def torn(path: Path) -> None:
    """A database of ours with its first page overwritten in part."""
    with closing(place_at(path, []).open().db) as db:
        put_spec(db, job("a"))
    with open(path, "r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 2000)


def newer(path: Path) -> None:
    with closing(Place(path, (*STEPS, ("CREATE TABLE more (a)",)), print).open().db):
        pass


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE theirs (a)")


@pytest.mark.parametrize(
    ("make", "kind"), [(random_bytes, "corrupt"), (torn, "corrupt"), (newer, "newer"), (foreign, "foreign")]
)
def test_a_file_that_cannot_be_used_is_set_aside_whole(
    tmp_path: Path, told: list[str], make: Callable[[Path], None], kind: str
) -> None:
    path = tmp_path / "jobs.sqlite3"
    for number in (1, 2):
        make(path)
        before = path.read_bytes()
        opened = place_at(path, told).open()
        put_spec(opened.db, job("new"))
        assert jobs_in(opened) == ["new"]
        opened.db.close()
        aside = [file for file in tmp_path.iterdir() if file.name.startswith(f"jobs.sqlite3.{kind}-20")]
        assert len(aside) == number, "the same second must not cover the one before"
        assert any(file.read_bytes() == before for file in aside)
        assert len(told) == number
        assert any(file.name in told[-1] for file in aside)
        assert told[-1].startswith(f"{path} ")
        path.unlink()


def test_a_newer_file_in_use_stays_where_it_is(tmp_path: Path, told: list[str]) -> None:
    path = tmp_path / "jobs.sqlite3"
    with running("hold", path) as process:
        assert line_of(process) == "open"
        with pytest.raises(schema.NotOurs, match="newer atp_tui"):
            place_at(path, told).open()
        assert told == []
        assert sorted(file.name for file in tmp_path.iterdir()) == [
            "jobs.sqlite3",
            "jobs.sqlite3-shm",
            "jobs.sqlite3-wal",
        ]
        process.communicate()
    place_at(path, told).open().db.close()
    assert len(told) == 1


def directory(path: Path) -> None:
    path.mkdir()


def fifo(path: Path) -> None:
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.symlink_to(path)


def below_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("")


@pytest.mark.parametrize("make", [directory, fifo, loop, below_a_file])
def test_what_is_no_file_is_an_error_at_once_and_stays(
    tmp_path: Path, told: list[str], make: Callable[[Path], None]
) -> None:
    path = tmp_path / "own" / "jobs.sqlite3"
    path.parent.mkdir()
    make(path)
    with pytest.raises(OSError, match=r"."):
        place_at(path, told).open()
    assert os.path.lexists(path) == (make is not below_a_file)
    assert told == []


def test_a_file_that_was_there_keeps_its_mode_and_a_link_stays_one(tmp_path: Path, told: list[str]) -> None:
    real = tmp_path / "real"
    real.touch(mode=0o640)
    real.chmod(0o640)
    path = tmp_path / "jobs.sqlite3"
    path.symlink_to(real)
    place_at(path, told).open().db.close()
    assert path.is_symlink()
    assert mode_of(real) == 0o640
    assert real.stat().st_size > 0


def test_a_link_stays_where_its_file_is_made_or_set_aside(tmp_path: Path, told: list[str]) -> None:
    path, elsewhere = tmp_path / "jobs.sqlite3", tmp_path / "elsewhere"
    path.symlink_to(elsewhere / "real")
    place_at(path, told).open().db.close()
    (elsewhere / "real").write_bytes(b"no database, and longer than its header" * 99)
    opened = place_at(path, told, is_local=lambda _: False).open()
    with opened.held():
        assert (elsewhere / "real.lock").exists(), "whatever name it is opened by"
    opened.db.close()
    assert path.is_symlink()
    assert len(list(elsewhere.glob("real.corrupt-*"))) == 1


@pytest.mark.parametrize("name", ["per cent %41?mode=ro#x", "数据", "a\nb", os.fsdecode(b"\xff\xfe")])
def test_any_name_is_a_name(tmp_path: Path, told: list[str], name: str) -> None:
    path = tmp_path / name
    place_at(path, told).open().db.close()
    assert [file.name for file in tmp_path.iterdir()] == [name]


class Interrupted(Place):
    """A place at which another program acts before a statement of ours, once, for as long as `other` takes."""

    def __init__(self, path: Path, told: list[str], before: str, other: Callable[[sqlite3.Connection], None]) -> None:
        super().__init__(path, STEPS, told.append, patience=20.0)
        self._before = before
        self._other = threading.Thread(target=lambda: self._act(other))
        self.began = threading.Event()

    def _connect(self, vfs: str | None) -> sqlite3.Connection:
        db = super()._connect(vfs)
        db.set_trace_callback(self._traced)
        return db

    def _traced(self, statement: str) -> None:
        if statement.startswith(self._before) and not self.began.is_set():
            self._other.start()
            self.began.wait()
            self._other.join(0.2)  # a lock of ours may hold it up

    def _act(self, other: Callable[[sqlite3.Connection], None]) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as db:
            self.began.set()
            other(db)

    def ended(self) -> None:
        self._other.join()


@pytest.mark.parametrize("before", ["PRAGMA user_version", "PRAGMA application_id", "SELECT count(*) FROM sqlite"])
def test_a_file_that_another_program_makes_meanwhile_is_ours(tmp_path: Path, told: list[str], before: str) -> None:
    path = tmp_path / "jobs.sqlite3"
    path.touch()
    place = Interrupted(path, told, before, lambda other: schema.migrate(other, STEPS))
    opened = place.open()
    place.ended()
    assert (journal_of(opened), jobs_in(opened), told) == ("wal", [], [])
    opened.db.close()


def test_a_transaction_that_runs_while_the_file_becomes_one_with_a_log_is_waited_for(
    tmp_path: Path, told: list[str]
) -> None:
    """SQLite does not wait there, whatever time its connection has for that."""

    def write(other: sqlite3.Connection) -> None:
        other.execute("BEGIN IMMEDIATE")
        place.began.set()
        time.sleep(0.4)
        other.execute("COMMIT")

    place = Interrupted(tmp_path / "jobs.sqlite3", told, "PRAGMA journal_mode = WAL", write)
    opened = place.open()
    place.ended()
    assert (journal_of(opened), told) == ("wal", [])
    opened.db.close()
