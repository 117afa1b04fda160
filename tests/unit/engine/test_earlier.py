"""Earlier jobs are read before an expression that names them is evaluated, and while a person types."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from atp_tui.drivers.sources import DemoOptions, DemoSource
from atp_tui.engine import earlier
from atp_tui.engine.earlier import _KEPT, EarlierNow, read_earlier
from atp_tui.engine.engine import Engine
from atp_tui.engine.resolved import Resolved
from atp_tui.executor.earlier import Earlier, StillReading
from atp_tui.executor.log import Ending, JobRecord
from atp_tui.executor.spec import CommandWork, JobSpec
from atp_tui.model.outcome import Command, Outcome
from atp_tui.model.target import TargetId, on_hosts
from atp_tui.storage.jobs import JobStore
from tests.fakes.jobs import command_job


def unexpected(words: str) -> None:
    raise AssertionError(words)


def keep(log: JobStore, name: str, at: float, **outcomes: Outcome) -> None:
    """A job that has ended so."""
    log.begun(JobSpec(on_hosts(*outcomes), CommandWork(Command("true")), "me", at, id=name))
    ends = [Ending(TargetId(host), outcome, 0, None, None, at, 0.1, b"", False) for host, outcome in outcomes.items()]
    log.ended(name, ends, [])
    log.finished(name, at)


async def test_only_what_expressions_name_is_read() -> None:
    async with JobStore(None, unexpected) as log:
        keep(log, "abcd01", 1.0, a=Outcome.OK, b=Outcome.FAILED)
        keep(log, "abcd02", 2.0, a=Outcome.FAILED)
        assert await read_earlier(["@t", "a"], log) == Earlier()
        found = await read_earlier(["@job.1.failed", "a,@last", "@job.abcd"], log)
    assert {name: job.number for name, job in found.jobs.items()} == {"1": 1, "last": 2}, "abcd may be either"
    assert (found.newest, found.hosts("@job.1.failed")) == (2, frozenset("b"))
    assert not (await read_earlier(["@last"], None)).kept


async def test_while_a_person_types_what_is_not_read_yet_is_told_as_that() -> None:
    own: list[tuple[str, int]] = []
    async with JobStore(None, unexpected) as log:
        keep(log, "first", 1.0, a=Outcome.OK)
        keep(log, "second", 2.0, b=Outcome.OK)
        now = EarlierNow(log, lambda: own, lambda: 0.0)

        async def hosts(expression: str) -> Sequence[str]:
            async with asyncio.timeout(10):
                while True:
                    try:
                        found = now.of([expression])
                        return sorted((found and found.hosts(expression)) or ())
                    except StillReading:
                        await asyncio.sleep(0.01)

        assert now.of(["@t"]) is None
        with pytest.raises(StillReading, match="reading job 1 …"):
            now.of(["@job.1.ok"])
        assert await hosts("@job.1.ok") == ["a"]
        assert now.of(["@job.1.failed"]) is not None, "it is kept"
        assert await hosts("@last") == ["b"]
        own.append(("first", 1))  # a job of this program goes before those of others
        with pytest.raises(StillReading):
            now.of(["@last"])
        assert await hosts("@last") == ["a"]
        await now.close()


async def test_an_expression_that_names_more_jobs_than_are_kept_is_read_to_its_end() -> None:
    async with JobStore(None, unexpected) as log:
        for number in range(_KEPT + 3):
            keep(log, f"job{number}", float(number), a=Outcome.OK)
        heard = asyncio.Event()
        now = EarlierNow(log, list, lambda: 0.0, heard.set)

        async def read(expression: str) -> None:
            heard.clear()
            with pytest.raises(StillReading):
                now.of([expression])
            await asyncio.wait_for(heard.wait(), 30)

        every = ",".join(f"@job.{number}.ok" for number in range(1, _KEPT + 4))
        await read("@job.1")
        await read(every)
        assert (found := now.of([every])) is not None
        assert len(found.jobs) == _KEPT + 3
        await read("@job.nowhere")
        assert len(now._read) == _KEPT, "what is named no more is forgotten"
        await now.close()


async def test_the_port_tells_what_is_being_read_and_which_hosts_are_gone() -> None:
    async with JobStore(None, unexpected) as log:
        keep(log, "before", 1.0, kvm01=Outcome.FAILED, gone=Outcome.FAILED)
        engine = Engine(DemoSource(DemoOptions(hosts=2, faults=False, seed=1)), log=log)
        async with asyncio.timeout(30), engine.running(watch=False):

            async def resolved(expression: str) -> Resolved:
                while (found := engine.fleet.resolve(expression)).waits:
                    assert found.problem is not None and "reading job" in found.problem.sentence
                    await asyncio.sleep(0.01)
                return found

            assert engine.fleet.resolve("@job.1.failed").waits
            assert await resolved("@job.1.failed") == Resolved(("kvm01",), gone=("gone",))
            wrong = (await resolved("@job.7.failed")).problem
            assert wrong is not None and "the newest is 1" in wrong.sentence
            job = engine.jobs.start(command_job(("kvm02",), Command("true"), 2.0))
            assert await engine.fleet.job_number(job.id) == 2, "at once: it is in the log before it begins"
            assert await engine.fleet.job_number("no such job") is None
            await job.wait()
            assert (await resolved("@last")).ids == ("kvm02",)


async def test_a_disk_that_hangs_holds_no_new_job_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async with JobStore(None, unexpected) as log:

        async def hangs(name: str) -> tuple[JobRecord, ...]:
            await asyncio.sleep(3600)
            raise AssertionError(name)

        monkeypatch.setattr(log, "find", hangs)
        monkeypatch.setattr(earlier, "NUMBER_LIMIT", 0.01)
        assert await EarlierNow(log, list, lambda: 0.0).number_of("a") is None
