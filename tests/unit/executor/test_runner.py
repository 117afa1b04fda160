"""The runner over the real transport: several jobs, other kinds of work, cancel of some, pause, retries, deadlines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from atp_tui.executor.gates import Gates
from atp_tui.executor.job import Job
from atp_tui.executor.kind import AnyKind, Kind, Perform
from atp_tui.executor.reader import JobEvent, TargetOutput, TargetStarted, TargetStopping
from atp_tui.executor.runner import LEAVE_AFTER, JobRunner
from atp_tui.executor.spec import CommandWork, JobOptions, JobSpec
from atp_tui.executor.works import WORKS
from atp_tui.model.errors import ActionFailed, AuthFailed, ConnectFailed, ConnectionLost
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, CommandResult, ExitStatus, Outcome, OutputSink
from atp_tui.model.settings import SshSettings
from atp_tui.model.target import TargetId, on_hosts
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.manager import TransportManager
from tests.fakes.jobs import command_job
from tests.fakes.loopback import LoopbackDriver
from tests.fakes.said import said
from tests.fakes.virtual_time import VirtualClock, run_virtual


@asynccontextmanager
async def fleet(
    driver: LoopbackDriver,
    *ids: str,
    works: tuple[AnyKind, ...] = WORKS,
    jump: str | None = None,
    uri: str | None = None,
    limit: int = 100,
    gates: Gates | None = None,
) -> AsyncIterator[JobRunner]:
    async with TransportManager(None, lambda host, channel: driver, clock=VirtualClock()) as manager:
        for name in ids:
            await manager.add_host(HostInfo(name, "192.0.2.1", uri=uri, ssh=SshSettings(proxy_jump=jump)))
        runner = JobRunner(manager, works=works, limit=limit, gates=gates)
        try:
            yield runner
        finally:
            await runner.close()
        assert not driver.running, "commands outlived their job"


def job_of(*hosts: str, line: str = "true", **options: object) -> JobSpec:
    return command_job(hosts, Command(line), 0.0, JobOptions(**options))  # type: ignore[arg-type]


def outcomes(results: tuple[CommandResult, ...]) -> list[Outcome]:
    return [result.outcome for result in results]


class Held:
    """A shell whose commands wait until they are let go, and what runs at a time."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.now: list[tuple[str, str]] = []
        self.most = 0

    async def __call__(self, host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        self.now.append((host_id, command.line))
        self.most = max(self.most, len(self.now))
        try:
            await self.gate.wait()
        finally:
            self.now.remove((host_id, command.line))
        return ExitStatus(0)


async def settled(seconds: float = 5.0) -> None:
    """Some seconds of virtual time: all that can go on has gone on."""
    await asyncio.sleep(seconds)


@dataclass(frozen=True)
class VersionWork:
    """What libvirt says of one domain: a kind of work that the package does not have."""

    prefix: str
    kind: str = "version"
    title: str = "version"


async def _version(connection: HostConnection, target: TargetId, work: VersionWork, sink: OutputSink) -> ExitStatus:
    number = await connection.call(lambda virt: int(virt.getLibVersion()))
    if target.domain == "broken":
        raise ActionFailed(f"no domain {target.domain}")
    sink("stdout", f"{work.prefix} {target.domain} {number}\n".encode())
    return ExitStatus(0)


VERSION: Kind[VersionWork] = Kind("version", VersionWork, "virt", _version)


def test_another_kind_of_work_fits_and_two_domains_of_a_host_are_two_targets() -> None:
    async def main() -> None:
        targets = (TargetId("a", "web1"), TargetId("a", "broken"), TargetId("b", "web1"))
        spec = JobSpec(targets, VersionWork("is"), "me", 0.0)
        async with fleet(LoopbackDriver(), "a", "b", works=(*WORKS, VERSION), uri="test+tcp://x/default") as runner:
            job = runner.start(spec)
            results = await job.wait()
            assert list(job.results) != []
            assert {target: result.stdout for target, result in job.results.items()} == {
                targets[0]: b"is web1 11000000\n",
                targets[1]: b"",
                targets[2]: b"is web1 11000000\n",
            }
            assert [result.target for result in results] == list(targets)
            assert [said(result.error) for result in results] == [None, "no domain broken", None]
            assert outcomes(results) == [Outcome.OK, Outcome.ERROR, Outcome.OK]

    run_virtual(main())


async def _mute(connection: HostConnection, target: TargetId, work: VersionWork, sink: OutputSink) -> ExitStatus:
    return None  # type: ignore[return-value]


async def _broken(connection: HostConnection, target: TargetId, work: VersionWork, sink: OutputSink) -> ExitStatus:
    raise LookupError("of the kind's own")


@pytest.mark.parametrize(
    ("perform", "words"),
    [(_mute, "work of the kind 'version' gave no exit status"), (_broken, "LookupError")],
)
def test_a_defect_of_a_kind_of_work_is_the_error_of_its_target(perform: Perform[VersionWork], words: str) -> None:
    async def main() -> None:
        kind = Kind("version", VersionWork, "virt", perform)
        async with fleet(LoopbackDriver(), "a", works=(kind,), uri="test+tcp://x/default") as runner:
            (result,) = await runner.start(JobSpec(on_hosts("a"), VersionWork("is"), "me", 0.0)).wait()
            assert (result.outcome, result.exit_status) == (Outcome.ERROR, None)
            assert words in str(result.error)

    run_virtual(main())


def test_a_kind_that_is_not_known_is_refused_and_a_command_is_not_for_a_domain() -> None:
    async def main() -> None:
        async with fleet(LoopbackDriver(), "a") as runner:
            with pytest.raises(ValueError, match="no work of the kind 'version'; there is command"):
                runner.start(JobSpec(on_hosts("a"), VersionWork("is"), "me", 0.0))
            assert not runner.jobs
            spec = JobSpec((TargetId("a", "web1"),), CommandWork(Command("reboot")), "me", 0.0)
            (result,) = await runner.start(spec).wait()
            assert (result.outcome, result.stdout) == (Outcome.ERROR, b"")
            assert "not on a domain" in str(result.error)

    run_virtual(main())


def test_several_jobs_share_the_hosts_and_end_each_by_itself() -> None:
    async def main() -> None:
        held = Held()
        async with fleet(LoopbackDriver(shell=held), "a", "b", "c", limit=2) as runner:
            first = runner.start(job_of("a", "b", "c", line="one"))
            second = runner.start(job_of("b", "c", "a", line="two"))
            await settled()
            assert sorted(held.now) == [("a", "one"), ("b", "one")], "two in all, whichever job they are of"
            held.gate.set()
            assert outcomes(await second.wait()) == outcomes(await first.wait()) == [Outcome.OK] * 3
            assert held.most == 2
            assert first.id != second.id

    run_virtual(main())


def test_one_host_is_worked_on_by_one_job_at_a_time() -> None:
    async def main() -> None:
        held = Held()
        async with fleet(LoopbackDriver(shell=held), "a", "b") as runner:
            runner.start(job_of("a", line="one"))
            second = runner.start(job_of("a", "b", line="two"))
            await settled()
            assert held.now == [("a", "one"), ("b", "two")]
            held.gate.set()
            assert outcomes(await second.wait()) == [Outcome.OK] * 2

    run_virtual(main())


def test_hosts_behind_one_jump_host_are_worked_on_a_few_at_a_time() -> None:
    async def main() -> None:
        held = Held()
        ids = tuple(f"h{n}" for n in range(12))
        async with fleet(LoopbackDriver(shell=held), *ids, jump="gate.example.org") as runner:
            job = runner.start(job_of(*ids, per_jump=3))
            await settled()
            assert len(held.now) == 3
            held.gate.set()
            assert outcomes(await job.wait()) == [Outcome.OK] * 12
            assert held.most == 3

    run_virtual(main())


def test_some_targets_are_cancelled_and_the_others_go_on() -> None:
    async def main() -> None:
        held = Held()
        async with fleet(LoopbackDriver(shell=held), "a", "b", "c", "d") as runner:
            job = runner.start(job_of("a", "b", "c", "d", fanout=2))
            await settled()
            job.cancel(on_hosts("b", "d"))
            await settled()
            assert held.now == [("a", "true"), ("c", "true")]
            held.gate.set()
            results = await job.wait()
            assert outcomes(results) == [Outcome.OK, Outcome.CANCELLED, Outcome.OK, Outcome.NOTRUN]
            assert [said(result.error) for result in results] == [None, "cancelled", None, "cancelled"]

    run_virtual(main())


def test_nothing_begins_while_a_job_is_paused() -> None:
    async def main() -> None:
        held = Held()
        async with fleet(LoopbackDriver(shell=held), "a", "b", "c") as runner:
            job = runner.start(job_of("a", "b", "c", fanout=1))
            await settled()
            job.pause()
            held.gate.set()
            await settled()
            assert [target.host for target in job.results] == ["a"]
            assert job.paused
            job.resume()
            assert outcomes(await job.wait()) == [Outcome.OK] * 3

    run_virtual(main())


def test_a_connection_that_fails_is_tried_again_as_often_as_the_job_asks() -> None:
    async def main() -> None:
        driver = LoopbackDriver()
        driver.refuse = {"a": ConnectFailed("refused"), "b": ConnectFailed("refused"), "c": AuthFailed("who?")}
        async with fleet(driver, "a", "b", "c") as runner:
            loop = asyncio.get_running_loop()
            loop.call_later(2.5, driver.refuse.pop, "a")
            begun = loop.time()
            results = await runner.start(job_of("a", "b", "c", retries=5)).wait()
            assert outcomes(results) == [Outcome.OK, Outcome.UNREACHABLE, Outcome.AUTH]
            assert loop.time() - begun >= 1 + 2 + 4 + 8 + 16
            assert results[0].duration > 2.5, "from the first attempt on"
            assert results[2].duration < 1, "a refused login is not tried again"

    run_virtual(main())


@pytest.mark.parametrize("retry_any", [False, True])
def test_work_that_had_begun_is_unknown_unless_the_job_says_that_it_may_be_done_again(retry_any: bool) -> None:
    async def main() -> None:
        times = 0

        async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
            nonlocal times
            times += 1
            output("stdout", b"%d " % times * times)
            if times < 3:
                driver.links[host_id].lose()
                raise ConnectionLost("the peer went away")
            return ExitStatus(0)

        driver = LoopbackDriver(shell=shell)
        async with fleet(driver, "a") as runner:
            job = runner.start(job_of("a", retries=3, retry_any=retry_any))
            events = [event async for event in job]
            (result,) = await job.wait()
            if retry_any:
                assert (result.outcome, result.stdout, times) == (Outcome.OK, b"3 3 3 ", 3)
                begins = max(index for index, event in enumerate(events) if isinstance(event, TargetStarted))
                said = [event.data for event in events[begins:] if isinstance(event, TargetOutput)]
                assert b"".join(said) == result.stdout, "what comes after the last beginning is the result's output"
            else:
                assert (result.outcome, result.stdout, times) == (Outcome.UNKNOWN, b"1 ", 1)
                assert str(result.error) == "the peer went away"

    run_virtual(main())


def test_at_its_deadline_a_job_ends_what_runs_and_begins_nothing_more() -> None:
    async def main() -> None:
        async with fleet(LoopbackDriver(shell=Held()), "a", "b") as runner:
            loop = asyncio.get_running_loop()
            begun = loop.time()
            results = await runner.start(job_of("a", "b", fanout=1, deadline=30.0)).wait()
            assert outcomes(results) == [Outcome.CANCELLED, Outcome.NOTRUN]
            assert {said(result.error) for result in results} == {"the deadline of the job has passed"}
            assert 30 <= loop.time() - begun < 31

    run_virtual(main())


def test_closing_ends_every_job_and_leaves_no_task() -> None:
    async def main() -> None:
        held = Held()
        driver = LoopbackDriver(shell=held)
        driver.refuse = {"c": ConnectFailed("refused")}
        async with fleet(driver, "a", "b", "c") as runner:
            jobs = [runner.start(job_of(*hosts, fanout=1, retries=9, deadline=1e6)) for hosts in ("ab", "b", "c")]
            await settled()
            await runner.close()
            assert all(job.done for job in jobs)
            assert outcomes(await jobs[0].wait()) == [Outcome.CANCELLED, Outcome.NOTRUN]
            assert outcomes(await jobs[2].wait()) == [Outcome.UNREACHABLE], "how its last attempt ended"
            assert not held.now

    run_virtual(main())


class Silent:
    """Far sides that tell of no end, or of each after `after` seconds."""

    def __init__(self, driver: LoopbackDriver, after: float | None = None) -> None:
        self.after = after
        self.asked: list[str] = []
        driver.has_ended = self._has_ended  # type: ignore[method-assign]

    async def _has_ended(self, host_id: str) -> bool:
        self.asked.append(host_id)
        if self.after is None:
            await asyncio.sleep(5)
            return False
        await asyncio.sleep(self.after)
        return True


@pytest.mark.parametrize(("after", "outcome"), [(3.0, Outcome.CANCELLED), (None, Outcome.UNCONFIRMED)])
def test_a_target_is_in_work_until_its_end_is_known_or_given_up(after: float | None, outcome: Outcome) -> None:
    async def main() -> None:
        held = Held()
        driver = LoopbackDriver(shell=held)
        async with fleet(driver, "a") as runner:
            job, news = runner.start(job_of("a")), list[object]()
            reading = asyncio.create_task(_read(job, news))
            await settled()
            Silent(driver, after)
            job.cancel()
            job.cancel()  # once more changes nothing
            next_one = runner.start(job_of("a", line="next"))
            await settled(1)
            assert TargetStopping in map(type, news) and not job.done
            assert held.now == [], "the host is not free before the end is known"
            late = [type(event) async for event in _first(job, 2)]
            assert late == [TargetStarted, TargetStopping], "a late reader hears of it too"
            (result,) = await job.wait()
            await reading
            assert (result.outcome, result.may_still_run) == (outcome, after is None)
            words = "cancelled" if after else "cancelled, not confirmed: may still run"
            assert said(result.error) == words
            await settled(0.1)
            assert held.now == [("a", "next")]
            held.gate.set()
            assert outcomes(await next_one.wait()) == [Outcome.OK]

    run_virtual(main())


async def _read(job: Job, news: list[object]) -> None:
    async for event in job:
        news.append(event)


async def _first(job: Job, number: int) -> AsyncIterator[JobEvent]:
    async for event in job:
        yield event
        number -= 1
        if not number:
            return


def test_time_limits_and_deadlines_say_what_may_still_run() -> None:
    async def main() -> None:
        driver = LoopbackDriver(shell=Held())
        Silent(driver)
        open_end = " (its end was not confirmed: it may still run)"
        async with fleet(driver, "a", "b") as runner:
            (limited,) = await runner.start(job_of("a", timeout=2.0)).wait()
            (overdue,) = await runner.start(job_of("b", deadline=2.0)).wait()
            assert (limited.outcome, limited.may_still_run) == (Outcome.TIMEOUT, True)
            assert said(limited.error) == f"no result within 2 s{open_end}"
            assert (overdue.outcome, overdue.may_still_run) == (Outcome.UNCONFIRMED, True)
            assert said(overdue.error) == f"the deadline of the job has passed{open_end}"
            Silent(driver, after=1.0)
            (limited,) = await runner.start(job_of("a", timeout=2.0)).wait()
            assert (limited.outcome, limited.may_still_run) == (Outcome.TIMEOUT, False)
            assert said(limited.error) == "no result within 2 s"

    run_virtual(main())


@pytest.mark.parametrize(("asked_at", "outcome", "took"), [(2.5, Outcome.TIMEOUT, 5.0), (1.5, Outcome.CANCELLED, 4.5)])
def test_of_a_cancel_and_a_time_limit_the_first_is_told_and_the_other_hurries_nothing(
    asked_at: float, outcome: Outcome, took: float
) -> None:
    async def main() -> None:
        driver = LoopbackDriver(shell=Held())
        Silent(driver, after=3.0)
        async with fleet(driver, "a") as runner:
            job, begun = runner.start(job_of("a", timeout=2.0)), asyncio.get_running_loop().time()
            await settled(asked_at)
            job.cancel()
            (result,) = await job.wait()
            assert (result.outcome, result.may_still_run) == (outcome, False)
            assert asyncio.get_running_loop().time() - begun == pytest.approx(took, abs=0.2)

    run_virtual(main())


def test_closing_does_not_wait_longer_for_what_a_time_limit_ends() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        driver = LoopbackDriver(shell=Held())
        Silent(driver)
        async with fleet(driver, "a") as runner:
            job = runner.start(job_of("a", timeout=2.0))
            await settled(2.5)
            begun = loop.time()
            await runner.close()
            assert LEAVE_AFTER <= loop.time() - begun < 2 * LEAVE_AFTER
            (result,) = await job.wait()
            assert (result.outcome, result.may_still_run) == (Outcome.UNCONFIRMED, True)

    run_virtual(main())


def test_closing_waits_a_moment_for_ends_and_tells_of_those_that_are_not_known() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        driver = LoopbackDriver(shell=Held())
        far = Silent(driver)
        async with fleet(driver, "a", "b") as runner:
            jobs = [runner.start(job_of(*hosts, fanout=1)) for hosts in ("ab", "b")]
            await settled()
            jobs[1].cancel()
            begun = loop.time()
            await runner.close()
            assert LEAVE_AFTER <= loop.time() - begun < 2 * LEAVE_AFTER
            assert sorted(far.asked) == ["a", "b"]
            assert outcomes(await jobs[0].wait()) == [Outcome.UNCONFIRMED, Outcome.NOTRUN]
            assert outcomes(await jobs[1].wait()) == [Outcome.UNCONFIRMED]

    run_virtual(main())


def test_work_that_cannot_tell_of_its_end_is_not_told_to_have_ended() -> None:
    async def forever(connection: HostConnection, target: TargetId, work: VersionWork, sink: OutputSink) -> ExitStatus:
        await asyncio.Event().wait()
        raise AssertionError

    async def main() -> None:
        kind = Kind("version", VersionWork, "virt", forever)
        async with fleet(LoopbackDriver(), "a", works=(kind,), uri="test+tcp://x/default") as runner:
            job = runner.start(JobSpec(on_hosts("a"), VersionWork("is"), "me", 0.0))
            await settled()
            job.cancel()
            assert outcomes(await job.wait()) == [Outcome.UNCONFIRMED]

    run_virtual(main())
