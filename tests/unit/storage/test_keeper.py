"""Where things are kept when the file comes and goes, under hypothesis and case by case."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from atp_tui.storage.heads import read_jobs
from atp_tui.storage.keeper import LONGEST_RETRY, RETRY, Keeper, Write
from atp_tui.storage.place import Place
from atp_tui.storage.retention import Retention
from atp_tui.storage.steps import STEPS
from atp_tui.storage.tables import (
    JobTables,
    put_endings,
    put_finished,
    put_spec,
    put_texts,
    read_endings,
    read_text,
)

from .records import ending, job, output


class Stage:
    """A keeper over a real file, with a clock of the test's own."""

    def __init__(self, path: Path, retention: Retention | None = None) -> None:
        self.path = path
        self.now = 0.0
        self.told: list[str] = []
        self.retention = retention or Retention()
        self.keeper = self.started()

    def started(self) -> Keeper:
        place = Place(self.path, STEPS, self.told.append, patience=0.0)
        return Keeper(place, STEPS, JobTables(self.retention), self.told.append, lambda: self.now)

    def jobs(self) -> list[str]:
        return sorted(record.id for record in self.keeper.read(partial(read_jobs, limit=10_000)))

    def write(self, *names: str) -> None:
        self.keeper.write([partial(put_spec, spec=job(name)) for name in names])


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "jobs.sqlite3")


class KeeperMachine(RuleBasedStateMachine):
    """Another program takes the write lock, or a directory takes the file's place; nothing that was written is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.stage = Stage(self.directory / "jobs.sqlite3")
        self.blocker: sqlite3.Connection | None = None
        self.begun: dict[str, float | None] = {}
        self.ended: dict[str, dict[str, bytes]] = {}

    def teardown(self) -> None:
        if self.blocker is not None:
            self.blocker.close()
        self.stage.now += LONGEST_RETRY
        self.stage.keeper.close()
        again = Stage(self.stage.path)
        assert again.jobs() == sorted(self.begun), "what was in memory is in the file at last"
        again.keeper.close()
        shutil.rmtree(self.directory)

    @rule(names=st.lists(st.integers(0, 8), min_size=1, max_size=4, unique=True))
    def jobs_begin(self, names: list[int]) -> None:
        new = [f"j{name}" for name in names if f"j{name}" not in self.begun]
        self.stage.write(*new)
        self.begun.update(dict.fromkeys(new))

    @precondition(lambda self: self.begun)
    @rule(data=st.data(), host=st.integers(0, 5), text=st.binary(max_size=4), refused=st.booleans())
    def a_target_ends(self, data: st.DataObject, host: int, text: bytes, refused: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.begun)))
        writes: list[Write] = [
            partial(put_endings, job=name, endings=[ending(f"h{host}", text)]),
            partial(put_texts, at=1.0, texts=[output(text)]),
        ]
        if refused:
            writes.insert(1, partial(put_texts, at=1.0, texts=[(b"x", None, b"")]))  # type: ignore[list-item]
        self.stage.keeper.write(writes)
        self.ended.setdefault(name, {})[f"h{host}"] = text

    @precondition(lambda self: self.begun)
    @rule(data=st.data())
    def a_job_finishes(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.begun)))
        self.stage.keeper.write([partial(put_finished, job=name, at=9.0)])
        self.begun[name] = 9.0

    @rule()
    def it_is_tidied(self) -> None:
        assert not self.stage.keeper.trim()

    @precondition(lambda self: self.blocker is None)
    @rule()
    def another_program_takes_the_lock(self) -> None:
        if self.stage.path.exists():
            self.blocker = sqlite3.connect(self.stage.path, isolation_level=None, timeout=0)
            self.blocker.execute("BEGIN IMMEDIATE")

    @precondition(lambda self: self.blocker is not None)
    @rule()
    def and_gives_it_back(self) -> None:
        assert self.blocker is not None
        self.blocker.close()
        self.blocker = None

    @rule(seconds=st.sampled_from([1.0, RETRY, LONGEST_RETRY]))
    def time_passes(self, seconds: float) -> None:
        self.stage.now += seconds
        self.stage.keeper.attempt()

    @precondition(lambda self: self.blocker is None)
    @rule()
    def the_program_starts_anew(self) -> None:
        self.stage.now += LONGEST_RETRY
        self.stage.keeper.close()
        self.stage.told.clear()
        self.stage.keeper = self.stage.started()

    @invariant()
    def all_that_was_written_can_be_read(self) -> None:
        records = self.stage.keeper.read(partial(read_jobs, limit=100))
        assert len({record.number for record in records}) == len(records)
        assert {record.id: record.ended_at for record in records} == self.begun
        for record in records:
            kept = self.ended.get(record.id, {})
            found = self.stage.keeper.read(partial(read_endings, job=record.id))
            assert {one.target.host: one.digest for one in found} == {
                host: output(text)[0] for host, text in kept.items()
            }
            for text in kept.values():
                assert self.stage.keeper.read(partial(read_text, digest=output(text)[0])) == (text, b"")

    @invariant()
    def going_and_coming_are_told_in_turn(self) -> None:
        changes = [words for words in self.stage.told if "could not be kept" not in words]
        assert all(("cannot be used" in words) == (number % 2 == 0) for number, words in enumerate(changes))


TestKeeper = KeeperMachine.TestCase
TestKeeper.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)


def test_a_directory_in_its_place_is_told_once_and_it_is_tried_later_and_later(stage: Stage) -> None:
    stage.path.mkdir()
    tries = []
    for _ in range(7):
        stage.write("a")
        due = stage.keeper.due()
        assert due is not None
        tries.append(due)
        stage.now += due
    assert tries == [30.0, 60.0, 120.0, 240.0, 480.0, 600.0, 600.0]
    assert stage.told == [
        f"{stage.path} cannot be used (it is no regular file): from now on records are kept in memory only"
    ]
    stage.path.rmdir()
    stage.keeper.attempt()
    assert stage.told[1:] == [f"{stage.path} can be written again: the records kept in memory are there now"]
    assert stage.jobs() == ["a"]
    assert stage.keeper.due() is None
    stage.keeper.close()


def test_a_file_that_has_worked_for_long_is_tried_soon_again(stage: Stage) -> None:
    for _ in range(3):
        stage.path.mkdir()
        stage.write("a")
        stage.now += 60.0
        stage.keeper.attempt()
        assert stage.keeper.due() == RETRY * 2
        stage.path.rmdir()
        stage.now += RETRY * 2
        stage.keeper.attempt()
        assert stage.keeper.due() is None
        stage.now += LONGEST_RETRY + 1
        for file in list(stage.path.parent.iterdir()):
            file.unlink()
    stage.keeper.close()


def test_the_end_tries_the_file_whenever_it_is_due(stage: Stage) -> None:
    stage.path.mkdir()
    stage.write("a")
    stage.path.rmdir()
    stage.keeper.close()
    assert Stage(stage.path).jobs() == ["a"]


def test_a_file_that_is_removed_is_made_anew(stage: Stage) -> None:
    stage.write("a")
    for file in list(stage.path.parent.iterdir()):
        file.unlink()
    stage.write("b")
    stage.keeper.close()
    assert Stage(stage.path).jobs() == ["b"]


def test_a_file_that_is_damaged_behind_its_first_page_is_set_aside(stage: Stage) -> None:
    for number in range(200):
        stage.write(f"{number:04}")
    stage.keeper.close()
    stage.keeper = stage.started()
    assert len(stage.jobs()) == 200
    with open(stage.path, "r+b") as file:
        size = file.seek(0, 2)
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    stage.keeper.close()  # it has some of the pages in memory
    stage.keeper = stage.started()
    stage.write("new")
    assert "new" in stage.jobs()
    stage.keeper.close()
    aside = [file for file in stage.path.parent.iterdir() if ".corrupt-" in file.name]
    assert len(aside) == 1
    assert aside[0].stat().st_size == size
    assert [words for words in stage.told if "is damaged: it is kept as" in words] == stage.told
    assert Stage(stage.path).jobs() == ["new"]


def test_a_newer_program_that_has_changed_the_schema_meanwhile_has_the_file(stage: Stage) -> None:
    stage.write("a")
    with sqlite3.connect(stage.path) as db:
        db.execute("PRAGMA user_version = 99")
    stage.write("b")
    assert "newer atp_tui (schema 99" in stage.told[0]
    assert stage.jobs() == ["b"]
    db.close()
    stage.keeper.close()
    assert "is kept as jobs.sqlite3.newer-" in stage.told[1]


def test_without_a_place_it_is_kept_in_memory_and_nothing_is_said() -> None:
    told: list[str] = []
    keeper = Keeper(None, STEPS, JobTables(Retention()), told.append)
    assert keeper.read(partial(read_jobs, limit=9)) == ()
    keeper.write([partial(put_spec, spec=job("a"))])
    assert len(keeper.read(partial(read_jobs, limit=9))) == 1
    assert keeper.due() is None
    keeper.close()
    assert told == []


@pytest.mark.parametrize("in_memory", [True, False])
def test_the_oldest_go_first_in_small_steps(tmp_path: Path, in_memory: bool) -> None:
    stage = Stage(tmp_path / "jobs.sqlite3", Retention(2, 10_000, 2500))
    if in_memory:
        stage.path.mkdir()
        stage.keeper = Stage(stage.path, Retention(2 * 8, 10_000 * 8, 2500 * 8)).keeper
    for number in range(4):
        name = f"j{number}"
        ends = [ending(f"h{host}", b"%d" % (number * (host % 2)) * 1000) for host in range(1200)]
        stage.keeper.write(
            [
                partial(put_spec, spec=job(name, float(number))),
                partial(put_endings, job=name, endings=ends),
                partial(put_texts, at=float(number), texts=[output(b"0" * 1000), output(b"%d" % number * 1000)]),
            ]
        )
    steps = 1
    while stage.keeper.trim():
        steps += 1
    assert steps >= 6, "1,200 endings of each of two jobs, 500 at a time"
    assert stage.jobs() == ["j2", "j3"]
    assert [len(stage.keeper.read(partial(read_endings, job=f"j{number}"))) for number in range(4)] == [
        0,
        0,
        1200,
        1200,
    ]
    kept = [
        stage.keeper.read(partial(read_text, digest=output(b"%d" % number * 1000)[0])) is not None
        for number in range(4)
    ]
    assert kept == [True, False, False, True], "the text that was given last is new, however old it is"
    stage.keeper.close()


def test_the_newest_job_is_kept_whole_and_the_others_make_room_for_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "jobs.sqlite3", Retention(endings=100))
    for number in range(3):
        name = f"j{number}"
        ends = [ending(f"h{host}") for host in range(60)]
        stage.keeper.write(
            [partial(put_spec, spec=job(name, float(number))), partial(put_endings, job=name, endings=ends)]
        )
        stage.keeper.write([partial(put_endings, job=name, endings=ends)])  # they come again, and count once
        while stage.keeper.trim():
            pass
        assert stage.jobs() == [name], "120 endings are too many"
    ends = [ending(f"h{host}") for host in range(300)]
    stage.keeper.write([partial(put_endings, job="j2", endings=ends)])
    assert not stage.keeper.trim()
    assert len(stage.keeper.read(partial(read_endings, job="j2"))) == 300
    stage.keeper.close()
