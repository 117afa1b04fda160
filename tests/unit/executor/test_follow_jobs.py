"""Jobs that follow, over the real transport and a loopback driver: begun anew for ever, in the way of nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from atp_tui.executor.core import FOLLOWED_PER_HOST, LONGEST_RETRY
from atp_tui.executor.job import Job
from atp_tui.executor.reader import JobEvent, TargetEnded, TargetLost, TargetOutput, TargetStarted
from atp_tui.executor.runner import JobRunner
from atp_tui.executor.spec import FollowWork, JobOptions, JobSpec
from atp_tui.model.errors import AuthFailed, ConnectFailed, ConnectionLost
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, ExitStatus, Outcome, OutputSink
from atp_tui.model.target import on_hosts
from atp_tui.transport.manager import TransportManager
from tests.fakes.jobs import command_job
from tests.fakes.loopback import LoopbackDriver
from tests.fakes.said import said
from tests.fakes.virtual_time import VirtualClock, run_virtual


class Host:
    """A shell whose command says a line and goes on until it is told how to end."""

    def __init__(self) -> None:
        self.begun = 0
        self.ends: asyncio.Future[ExitStatus] | None = None
        self.says = b"line %d\n"

    async def __call__(self, host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        self.begun += 1
        self.ends = asyncio.get_running_loop().create_future()
        if self.says:
            room = output("stdout", self.says % self.begun)
            if room is not None:
                await room
        return await self.ends

    def end(self, status: int | None, signal: str | None = None) -> None:
        assert self.ends is not None
        self.ends.set_result(ExitStatus(status, signal))

    def lose(self) -> None:
        assert self.ends is not None
        self.ends.set_exception(ConnectionLost("the peer went away"))


@asynccontextmanager
async def fleet(driver: LoopbackDriver, *ids: str) -> AsyncIterator[JobRunner]:
    async with TransportManager(None, lambda host, channel: driver, clock=VirtualClock()) as manager:
        for name in ids:
            await manager.add_host(HostInfo(name, "192.0.2.1", uri=None))
        runner = JobRunner(manager)
        try:
            yield runner
        finally:
            await runner.close()
        assert not driver.running, "commands outlived their job"


def follow(runner: JobRunner, *hosts: str, restart: bool = False) -> Job:
    options = JobOptions(fanout=len(hosts), streamed=True, kept=0, follows=True, restart=restart)
    return runner.start(JobSpec(on_hosts(*hosts), FollowWork(Command("journalctl -f")), "tester", 0.0, options))


class Read:
    """The events of a job, read in a task."""

    def __init__(self, job: Job) -> None:
        self.events: list[JobEvent] = []
        self.task = asyncio.create_task(self._read(job))

    async def _read(self, job: Job) -> None:
        async for event in job:
            self.events.append(event)

    @property
    def told(self) -> list[str]:
        """The events in short."""
        found = []
        for event in self.events:
            match event:
                case TargetOutput(data=data):
                    found.append(data.decode().strip())
                case TargetLost(begun=begun):
                    found.append("lost" if begun else "away")
                case TargetStarted():
                    found.append("started")
                case TargetEnded(result=result):
                    found.append(str(result.outcome))
                case _:
                    pass
        return found


def test_a_lost_connection_is_told_and_the_command_begun_anew_however_often() -> None:
    async def main() -> None:
        host = Host()
        async with fleet(LoopbackDriver(shell=host), "a") as runner:
            read = Read(job := follow(runner, "a"))
            for _ in range(20):
                await asyncio.sleep(LONGEST_RETRY + 2)
                host.lose()
            await asyncio.sleep(1.5)
            assert host.begun == 21, "each time a second later: it had gone well for long"
            job.cancel()
            await read.task
            each = [part for number in range(1, 21) for part in ("started", f"line {number}", "lost")]
            assert read.told == [*each, "started", "line 21", "cancelled"]
            first = next(event for event in read.events if isinstance(event, TargetLost))
            assert said(first.error) == "the peer went away"

    run_virtual(main())


def test_a_host_that_is_away_is_followed_once_it_comes() -> None:
    async def main() -> None:
        host, driver = Host(), LoopbackDriver()
        driver.shell = host
        driver.refuse["a"] = ConnectFailed("refused")
        async with fleet(driver, "a") as runner:
            read = Read(job := follow(runner, "a"))
            await asyncio.sleep(3600)
            assert set(read.told) == {"away"}
            assert len(read.told) > 100, "it is tried again all the time, at most half a minute later"
            del driver.refuse["a"]
            await asyncio.sleep(LONGEST_RETRY + 1)
            assert read.told[-2:] == ["started", "line 1"]
            job.cancel()
            await read.task

    run_virtual(main())


def test_a_refused_login_and_an_exit_status_are_the_end() -> None:
    async def main() -> None:
        host, driver = Host(), LoopbackDriver()
        driver.shell = host
        driver.refuse["a"] = AuthFailed("permission denied")
        async with fleet(driver, "a", "b") as runner:
            read = Read(job := follow(runner, "a", "b"))
            await asyncio.sleep(1)
            host.end(1)
            results = await job.wait()
            await read.task
            assert [result.outcome for result in results] == [Outcome.AUTH, Outcome.FAILED]
            assert results[1].exit_status == 1
            assert host.begun == 1

    run_virtual(main())


def test_a_signal_is_no_end_of_its_own_and_restart_begins_anew_later_and_later() -> None:
    async def main() -> None:
        host = Host()
        async with fleet(LoopbackDriver(shell=host), "a") as runner:
            read = Read(job := follow(runner, "a", restart=True))
            await asyncio.sleep(0.1)
            host.end(None, "TERM")
            await asyncio.sleep(1.1)
            host.end(3)
            await asyncio.sleep(1.1)
            assert host.begun == 2, "the second wait is longer"
            await asyncio.sleep(1.1)
            assert host.begun == 3
            lost = [event for event in read.events if isinstance(event, TargetLost)]
            assert [(each.signal, each.exit_status, each.begun) for each in lost] == [
                ("TERM", None, True), (None, 3, True),
            ]  # fmt: skip
            job.cancel()
            await read.task

    run_virtual(main())


def test_what_a_signal_has_killed_is_begun_anew_without_a_restart() -> None:
    async def main() -> None:
        host = Host()
        async with fleet(LoopbackDriver(shell=host), "a") as runner:
            read = Read(job := follow(runner, "a"))
            await asyncio.sleep(0.1)
            host.end(None, "TERM")
            await asyncio.sleep(2)
            assert host.begun == 2
            host.end(0)
            assert [result.outcome for result in await job.wait()] == [Outcome.OK]
            await read.task

    run_virtual(main())


def test_what_is_followed_takes_no_place_from_other_jobs() -> None:
    async def main() -> None:
        host = Host()
        async with fleet(LoopbackDriver(shell=host), "a") as runner:
            follows = [follow(runner, "a") for _ in range(FOLLOWED_PER_HOST + 1)]
            reads = [Read(job) for job in follows]
            await asyncio.sleep(1)
            assert host.begun == FOLLOWED_PER_HOST, "each holds a session"
            other = runner.start(command_job(("a",), Command("true"), 0.0))
            await asyncio.sleep(1)
            assert host.begun == FOLLOWED_PER_HOST + 1
            host.end(0)
            assert [result.outcome for result in await other.wait()] == [Outcome.OK]
            follows[0].cancel()
            await asyncio.sleep(1)
            assert host.begun == FOLLOWED_PER_HOST + 2, "the fifth has its place now"
            for job in follows:
                job.cancel()
            await asyncio.gather(*(read.task for read in reads))

    run_virtual(main())


def test_a_slow_reader_gets_all_of_before_then_the_loss_then_what_is_said_next() -> None:
    async def main() -> None:
        host = Host()
        async with fleet(LoopbackDriver(shell=host), "a") as runner:
            job = follow(runner, "a")
            events = aiter(job)
            assert isinstance(await anext(events), TargetStarted)
            await asyncio.sleep(0.1)
            host.lose()
            await asyncio.sleep(60)
            assert host.begun == 1, "nothing is begun before the reader has what was said"
            assert isinstance(await anext(events), TargetOutput)
            lost = await anext(events)
            assert isinstance(lost, TargetLost)
            assert isinstance(await anext(events), TargetStarted)
            second = await anext(events)
            assert isinstance(second, TargetOutput)
            assert second.data == b"line 2\n"
            job.cancel()

    run_virtual(main())


def test_a_cancel_while_it_is_away_ends_it() -> None:
    async def main() -> None:
        host = Host()
        async with fleet(LoopbackDriver(shell=host), "a") as runner:
            read = Read(job := follow(runner, "a"))
            await asyncio.sleep(0.1)
            host.lose()
            await asyncio.sleep(0.1)
            job.cancel()
            (result,) = await job.wait()
            await read.task
            assert result.outcome is Outcome.UNKNOWN, "nobody knows whether it still ran on its host"
            assert read.told == ["started", "line 1", "lost", "unknown"]

    run_virtual(main())


@pytest.mark.parametrize("silent", [False, True])
def test_a_host_that_was_followed_is_none_on_which_nothing_ran(silent: bool) -> None:
    """It is cancelled while it is connected to anew, or between two attempts that did not reach it."""

    async def main() -> None:
        host = Host()
        driver = LoopbackDriver(shell=host)
        async with fleet(driver, "a") as runner:
            read = Read(job := follow(runner, "a"))
            await asyncio.sleep(0.1)
            if silent:
                driver.silent.add("a")
            else:
                driver.refuse["a"] = ConnectFailed("refused")
            driver.links["a"].lose()
            host.lose()
            await asyncio.sleep(2)
            job.cancel()
            (result,) = await job.wait()
            await read.task
            assert result.outcome is (Outcome.UNKNOWN if silent else Outcome.UNREACHABLE)
            assert result.may_still_run, "nobody knows what became of what had begun"
            assert said(result.error) == ("the peer went away" if silent else "refused")

    run_virtual(main())
