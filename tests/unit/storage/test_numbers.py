"""Jobs have small numbers beside their ids, and it is known which program runs them."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from atp_tui.executor.log import JobRecord, JobState
from atp_tui.storage.heads import MOST_FOLDED
from atp_tui.storage.identity import Fate, fate_of, identity, own_identity
from atp_tui.storage.jobs import JobStore
from atp_tui.storage.retention import DAY, Retention

from .processes import line_of, run, running
from .records import ending, job, output


def unexpected(words: str) -> None:
    raise AssertionError(words)


async def numbers(store: JobStore) -> dict[str, int]:
    return {record.id: record.number for record in await store.jobs(1_000)}


async def test_numbers_rise_and_are_not_used_again_after_the_jobs_have_gone(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    async with JobStore(path, unexpected, Retention(jobs=2)) as store:
        for number in range(5):
            store.begun(job(f"j{number}", float(number)))
        while len(found := await numbers(store)) > 2:
            pass
        assert found == {"j4": 5, "j3": 4}
        await store.prune(100.0)
    async with JobStore(path, unexpected) as store:
        store.begun(job("new", 9.0))
        assert (await numbers(store))["new"] == 6


async def test_two_programs_give_no_number_twice(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    async with JobStore(path, unexpected) as store:
        store.begun(job("mine", 9.0))
        await store.jobs()
        run("write", path, "its", 3)
        store.begun(job("mine too", 10.0))
        found = await numbers(store)
    assert (found["mine"], found["mine too"]) == (1, 5)
    assert sorted(found.values()) == [1, 2, 3, 4, 5]


async def test_in_memory_numbers_go_on_and_the_id_finds_a_job_whose_number_had_to_change(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    told: list[str] = []
    async with JobStore(path, told.append) as store:
        store.begun(job("first", 1.0))
        await store.jobs()
        aside = tmp_path / "aside"
        path.rename(aside)
        path.mkdir()
        store.begun(job("in memory", 2.0))
        assert (await numbers(store))["in memory"] == 2
        path.rmdir()
        aside.rename(path)
        run("write", path, "its", 1)  # which takes number 2
    async with JobStore(path, unexpected) as store:
        assert await numbers(store) == {"first": 1, "its0": 2, "in memory": 3}
        (record,) = await store.find("in memory")
        assert record.number == 3
    assert "kept in memory only" in told[0]


async def test_jobs_are_found_by_number_id_the_beginning_of_an_id_and_as_the_last_one(tmp_path: Path) -> None:
    async with JobStore(tmp_path / "jobs.sqlite3", unexpected) as store:
        for number, name in enumerate(("abcd1", "abcd2", "12345", "\udcff")):
            store.begun(job(name, float(number)))

        async def found(name: str) -> list[str]:
            return [record.id for record in await store.find(name)]

        assert await found("1") == ["abcd1"]
        assert await found("last") == ["\udcff"]
        assert await found("12345") == ["12345"], "an id, where no number is so high"
        assert await found("abcd") == ["abcd2", "abcd1"]
        assert await found("abcd1") == ["abcd1"]
        assert await found("abc") == [], "too short for an id"
        assert await found("\udcff") == ["\udcff"]
        assert await found("99999999999999999999999") == []


async def test_a_list_of_very_many_targets_names_the_first(tmp_path: Path) -> None:
    async with JobStore(tmp_path / "jobs.sqlite3", unexpected) as store:
        store.begun(job("a", hosts=MOST_FOLDED))
        store.begun(job("b", 2.0, hosts=MOST_FOLDED + 1))
        big, folded = await store.jobs()
    assert (big.targets, big.names) == (MOST_FOLDED + 1, "h0 and 5,000 more")
    assert folded.names == f"h[0-{MOST_FOLDED - 1}]"


async def test_a_job_without_an_end_runs_as_long_as_its_program_and_is_told_once_after_that(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    async with JobStore(path, unexpected) as store:
        with running("begin", path) as process:
            assert line_of(process) == "begun"
            (record,) = await store.jobs()
            assert (record.state, record.unanswered) == (JobState.RUNNING, 1)
            assert await store.cut_short() == ()
            assert (await store.prune(100.0))[:4] == (0, 0, 0, 1), "what runs stays"
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        (record,) = await store.jobs()
        assert record.state is JobState.INTERRUPTED
        assert [record.id for record in await store.cut_short()] == ["theirs"]
        assert await store.cut_short() == ()
    async with JobStore(path, unexpected) as store:
        assert await store.cut_short() == ()


async def test_a_job_of_which_all_targets_have_ended_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    async with JobStore(path, unexpected) as store:
        store.begun(job("a"))
        store.ended("a", [ending("h0")], [])
        (record,) = await store.jobs()
        assert (record.state, record.unanswered) == (JobState.ENDED, 0)


def test_processes_of_other_places_are_neither_running_nor_ended() -> None:
    mine = identity(os.getpid())
    assert fate_of(own_identity()) is Fate.RUNS
    assert fate_of(json.dumps({**mine, "start": "1"})) is Fate.ENDED
    assert fate_of(json.dumps({**mine, "space": 1})) is Fate.UNKNOWN
    assert fate_of(json.dumps({**mine, "boot": "another", "machine": "m"})) is Fate.UNKNOWN
    assert fate_of(json.dumps({**mine, "boot": "another", "host": "elsewhere"})) is Fate.UNKNOWN
    for text in (None, "", "[1]", "{}", "no JSON"):
        assert fate_of(text) is Fate.UNKNOWN


@pytest.mark.skipif(not Path("/etc/machine-id").exists(), reason="this machine has no id")
def test_what_ran_before_this_machine_was_started_anew_has_ended() -> None:
    mine = identity(os.getpid())
    expected = Fate.ENDED if mine["machine"] else Fate.UNKNOWN
    assert fate_of(json.dumps({**mine, "boot": "the one before"})) is expected


async def test_what_is_older_than_the_newest_job_by_the_age_goes_by_itself(tmp_path: Path) -> None:
    async with JobStore(tmp_path / "jobs.sqlite3", unexpected, Retention(age=30 * DAY)) as store:
        store.begun(job("old", 1.0))
        store.begun(job("young", 2 * DAY))
        assert len(await store.jobs()) == 2
        store.begun(job("new", 31 * DAY))
        while len(found := await store.jobs()) > 2:
            pass
        assert [record.id for record in found] == ["new", "young"]


async def test_pruning_says_what_went_and_leaves_what_another_job_gave_as_well(tmp_path: Path) -> None:
    async with JobStore(tmp_path / "jobs.sqlite3", unexpected) as store:
        for number in range(120):
            name = f"j{number}"
            store.begun(job(name, float(number)))
            store.ended(name, [ending("h0", b"same")], [output(b"same")])
            store.finished(name, 200.0)
        store.ended("j0", [ending("h1", b"own")], [output(b"own")])
        pruned = await store.prune(119.0)
        assert pruned[:4] == (119, 120, 3, 0)
        (record,) = await store.jobs()
        assert (record.id, record.number) == ("j119", 120)
        assert await store.text(output(b"same")[0]) == (b"same", b"")
        assert await store.text(output(b"own")[0]) is None


async def test_a_count_that_was_kept_is_made_anew_by_an_ending_that_comes_late(tmp_path: Path) -> None:
    async with JobStore(tmp_path / "jobs.sqlite3", unexpected) as store:
        store.begun(job("a", hosts=2))
        store.ended("a", [ending("h0")], [])
        store.finished("a", 3.0)

        async def count() -> int:
            record: JobRecord
            (record,) = await store.jobs()
            return sum(number for _, number in record.counts)

        assert await count() == 1
        store.ended("a", [ending("h1")], [])
        assert await count() == 2
