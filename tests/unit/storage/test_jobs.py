"""The log of jobs over real files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atp_tui.executor.folding import fold_names
from atp_tui.executor.log import Ending, JobLog, JobRecord, JobState
from atp_tui.executor.spec import CommandWork, JobSpec
from atp_tui.model.outcome import Command, Outcome
from atp_tui.storage.jobs import JobStore
from atp_tui.storage.retention import Retention

from .drawn import endings, specs
from .records import ending, job, output


def unexpected(words: str) -> None:
    raise AssertionError(words)


async def all_of(store: JobStore, job: str) -> tuple[object, ...]:
    return await store.jobs(), await store.spec(job), await store.endings(job), await store.text(b"digest")


@given(spec=specs, ends=st.lists(endings, max_size=5, unique_by=lambda one: one.target), out=st.binary(max_size=99))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
async def test_what_is_kept_comes_back_equal(
    tmp_path_factory: pytest.TempPathFactory, spec: JobSpec, ends: list[Ending], out: bytes
) -> None:
    path = tmp_path_factory.mktemp("kept") / "jobs.sqlite3"
    async with JobStore(path, unexpected) as store:
        store.begun(spec)
        store.ended(spec.id, ends, [(b"digest", out, b"\x00\xff")])
        store.finished(spec.id, 5.0)
        before = await all_of(store, spec.id)
    async with JobStore(path, unexpected) as store:
        assert await all_of(store, spec.id) == before
    counts: dict[Outcome, int] = {}
    for end in ends:
        counts[end.outcome] = counts.get(end.outcome, 0) + 1
    names = fold_names(map(str, spec.targets))
    record = JobRecord(
        spec.id, 1, spec.who, spec.work.title, spec.asked_at, 5.0, len(spec.targets), names,
        tuple(sorted(counts.items())), JobState.ENDED,
    )  # fmt: skip
    assert before == ((record,), spec, tuple(ends), (out, b"\x00\xff"))


async def test_the_newest_jobs_first_and_as_many_as_are_wanted(tmp_path: Path) -> None:
    async with JobStore(tmp_path / "jobs.sqlite3", unexpected) as store:
        for number in (3, 1, 2):
            store.begun(job(f"j{number}", float(number)))
        assert [record.id for record in await store.jobs()] == ["j3", "j2", "j1"]
        assert [record.id for record in await store.jobs(2)] == ["j3", "j2"]
        assert await store.jobs(0) == ()
        assert {record.ended_at for record in await store.jobs()} == {None}
        assert await store.endings("gone") == ()
        assert await store.text(b"gone") is None


def all_bytes(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in directory.iterdir())


async def test_no_file_holds_what_was_given_to_a_command(tmp_path: Path) -> None:
    async with JobStore(tmp_path / "jobs.sqlite3", unexpected) as store:
        store.begun(replace(job("a"), work=CommandWork(Command("sudo -S true", b"hunter2"))))
        spec = await store.spec("a")
        assert spec is not None
        assert spec.work == CommandWork(Command("sudo -S true"))
        data = all_bytes(tmp_path)
    assert b"sudo -S" in data
    assert b"hunter2" not in data


async def test_what_is_too_old_goes_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    async with JobStore(path, unexpected, Retention(jobs=3)) as store:
        for number in range(10):
            store.begun(job(f"j{number}", float(number)))
            store.ended(f"j{number}", [ending("h0", b"%d" % number)], [output(b"%d" % number)])
        while len(found := await store.jobs()) > 3:
            pass
        assert [record.id for record in found] == ["j9", "j8", "j7"]
        assert await store.text(output(b"1")[0]) is None
        assert await store.text(output(b"8")[0]) == (b"8", b"")


async def test_too_much_for_the_disk_leaves_out_outputs_first_and_never_the_beginning_of_a_job(tmp_path: Path) -> None:
    told: list[str] = []
    async with JobStore(tmp_path / "jobs.sqlite3", told.append, most_waiting=10_000) as store:
        store.begun(job("a"))
        store.ended("a", [ending("h0", b"small"), ending("h1")], [output(b"small"), output(bytes(20_000))])
        store.finished("a", 3.0)
        (record,) = await store.jobs()
        assert (record.ended_at, record.counts) == (3.0, ((Outcome.OK, 2),))
        assert await store.text(output(b"small")[0]) == (b"small", b"")
        assert await store.text(output(bytes(20_000))[0]) is None
        store.begun(job("huge", 2.0, line="x" * 50_000))
        store.ended("huge", [ending("h0"), ending("h1")], [])
        store.finished("huge", 3.0)
        store.begun(job("c", 3.0))
        assert [record.id for record in await store.jobs()] == ["c", "a"]
        assert await store.endings("huge") == ()
    slow = "more comes than the disk takes: some records are left out from now on"
    assert told == [
        slow,
        "the disk has caught up; not kept: 1 outputs",
        slow,
        "the disk has caught up; not kept: 2 results of hosts and 1 whole jobs",
    ]


async def test_it_is_the_port(tmp_path: Path) -> None:
    async with JobStore(None, unexpected) as store:
        log: JobLog = store
        log.begun(job("a"))
        assert [record.id for record in await log.jobs()] == ["a"]
