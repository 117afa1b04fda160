"""Jobs over the real transport and a loopback driver."""

from __future__ import annotations

import asyncio
import copy
import errno
import pickle
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from atp_tui.executor.capture import FLOW_LIMIT, Budget, Capture
from atp_tui.executor.job import Job
from atp_tui.executor.outcome import exit_status_of
from atp_tui.executor.reader import MOST_AT_A_TIME, JobEvent, TargetEnded, TargetOutput, TargetStarted
from atp_tui.executor.runner import KEPT_JOBS, JobRunner
from atp_tui.executor.spec import JobOptions
from atp_tui.model.errors import AuthFailed, CallTimeout, ConnectFailed, ConnectionLost, HostKeyRejected
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, ExitStatus, Outcome, OutputSink
from atp_tui.model.settings import PoolConfig, TransportConfig
from atp_tui.model.target import TargetId
from atp_tui.transport.manager import TransportManager
from tests.fakes.jobs import command_job
from tests.fakes.loopback import LoopbackDriver
from tests.fakes.said import said

UNAME = Command("uname -r")


@asynccontextmanager
async def fleet(
    driver: LoopbackDriver,
    *ids: str,
    output_limit: int = 1 << 20,
    job_limit: int = 64 << 20,
    all_limit: int = 256 << 20,
    config: TransportConfig | None = None,
) -> AsyncIterator[JobRunner]:
    async with TransportManager(config, lambda host, channel: driver) as manager:
        for name in ids:
            await manager.add_host(HostInfo(name, "192.0.2.1", uri=None))
        runner = JobRunner(manager, output_limit=output_limit, job_limit=job_limit, all_limit=all_limit)
        try:
            async with asyncio.timeout(30):
                yield runner
        finally:
            await runner.close()
        assert not driver.running, "commands outlived their job"


def start(runner: JobRunner, hosts: tuple[str, ...], command: Command = UNAME, **options: Any) -> Job:
    return runner.start(command_job(hosts, command, 0.0, JobOptions(**options)))


async def events_of(job: Job) -> list[TargetStarted | TargetOutput | TargetEnded]:
    events = [event async for event in job]
    return [event for event in events if isinstance(event, TargetStarted | TargetOutput | TargetEnded)]


def told(event: JobEvent) -> tuple[object, ...]:
    """What an event says, without the target and the moment."""
    match event:
        case TargetOutput():
            return TargetOutput, event.stream, event.data
        case TargetEnded():
            return TargetEnded, event.result
        case _:
            return (type(event),)


async def test_each_host_starts_speaks_and_ends() -> None:
    began = time.time()
    async with fleet(LoopbackDriver(), "b", "a") as runner:
        job = start(runner, ("b", "a"), UNAME)
        events = await events_of(job)
        results = await job.wait()
    assert [result.host for result in results] == ["b", "a"]
    assert job.done
    for host, result in zip(("b", "a"), results, strict=True):
        assert (result.outcome, result.exit_status, result.stdout) == (Outcome.OK, 0, f"{host}: uname -r\n".encode())
        mine = [told(event) for event in events if event.target == TargetId(host)]
        assert mine == [(TargetStarted,), (TargetOutput, "stdout", result.stdout), (TargetEnded, result)]
    assert [event.number for event in events] == [1, 2, 3, 4, 5, 6]
    assert {event.job for event in events} == {job.id}
    assert all(began - 1 <= event.at <= time.time() + 1 for event in events), "wall-clock moments"
    assert pickle.loads(pickle.dumps(events)) == copy.deepcopy(events) == events


async def _misbehave(driver: LoopbackDriver, host_id: str, output: OutputSink) -> ExitStatus:
    """What the shell of each host does; the names say what."""
    match host_id:
        case "fails":
            output("stderr", b"no\n")
            return ExitStatus(3)
        case "killed":
            return ExitStatus(None, "TERM")
        case "slow":
            output("stdout", b"begun")
            await asyncio.Event().wait()
        case "drops":
            driver.links[host_id].lose()
            raise ConnectionLost("the peer went away")
        case "crashes":
            raise ZeroDivisionError("a defect, and a value of a variable")
        case "breaks":
            raise BrokenPipeError(errno.EPIPE, "Broken pipe", "/some/file")
        case "calltimeout":
            raise CallTimeout("late")
    return ExitStatus(0)


@pytest.mark.parametrize(
    ("host", "outcome", "exit_status", "signal", "error", "output"),
    [
        ("ok", Outcome.OK, 0, None, None, b""),
        ("fails", Outcome.FAILED, 3, None, None, b"no\n"),
        ("killed", Outcome.FAILED, None, "TERM", None, b""),
        ("slow", Outcome.TIMEOUT, None, None, "no result within 0.3 s", b"begun"),
        ("refuses", Outcome.UNREACHABLE, None, None, "connection refused", b""),
        ("password", Outcome.AUTH, None, None, "permission denied", b""),
        ("hostkey", Outcome.AUTH, None, None, "unknown host key", b""),
        ("silent", Outcome.TIMEOUT, None, None, "no connection to silent within 0.3 s; the first attempt goes on", b""),
        ("drops", Outcome.UNKNOWN, None, None, "the peer went away", b""),
        ("crashes", Outcome.ERROR, None, None, "the program failed: ZeroDivisionError (see the log)", b""),
        ("breaks", Outcome.ERROR, None, None, "Broken pipe", b""),
        ("calltimeout", Outcome.TIMEOUT, None, None, "late (its end was not confirmed: it may still run)", b""),
        ("nosuch", Outcome.ERROR, None, None, "there is no host 'nosuch'", b""),
    ],
)
async def test_outcomes(
    host: str, outcome: Outcome, exit_status: int | None, signal: str | None, error: str | None, output: bytes
) -> None:
    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        return await _misbehave(driver, host_id, output)

    driver = LoopbackDriver(shell=shell)
    driver.refuse = {
        "refuses": ConnectFailed("connection refused"),
        "password": AuthFailed("permission denied"),
        "hostkey": HostKeyRejected("unknown host key", fingerprint="SHA256:x"),
    }
    driver.silent = {"silent"}
    async with fleet(driver, *(() if host == "nosuch" else (host,))) as runner:
        (result,) = await start(runner, (host,), UNAME, timeout=0.3 if host in ("slow", "silent") else 20).wait()
    assert (result.host, result.outcome, result.exit_status, result.signal) == (host, outcome, exit_status, signal)
    assert result.stdout + result.stderr == output
    assert said(result.error) == error


NO_HURRY = 20.0


@pytest.mark.parametrize(
    ("asked", "connect", "checkout", "outcome", "words"),
    [
        (0.2, NO_HURRY, NO_HURRY, Outcome.TIMEOUT, "no connection to silent within 0.2 s; the first attempt goes on"),
        (NO_HURRY, 0.2, NO_HURRY, Outcome.UNREACHABLE, "no answer within 0.2 s"),
        (None, 0.2, NO_HURRY, Outcome.UNREACHABLE, "no answer within 0.2 s"),
        (None, NO_HURRY, 0.2, Outcome.UNREACHABLE, "no connection to silent within 0.2 s; the first attempt goes on"),
    ],
)
async def test_a_silent_host_is_a_timeout_only_where_the_limit_that_was_asked_for_ran_out(
    asked: float | None, connect: float, checkout: float, outcome: Outcome, words: str
) -> None:
    driver = LoopbackDriver()
    driver.silent = {"silent"}
    config = TransportConfig(connect_timeout=connect, pool=PoolConfig(checkout_timeout=checkout))
    async with fleet(driver, "silent", config=config) as runner:
        results = await start(runner, ("silent",), UNAME, timeout=asked).wait()
    assert [(result.outcome, said(result.error)) for result in results] == [(outcome, words)]
    assert exit_status_of(results) == 3


async def test_cancel_kills_what_runs_and_every_host_has_a_result() -> None:
    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        output("stdout", b"x")
        if host_id != "quick":
            await asyncio.Event().wait()
        return ExitStatus(0)

    driver = LoopbackDriver(shell=shell)
    async with fleet(driver, "quick", "a", "b", "c") as runner:
        job = start(runner, ("quick", "a", "b", "c"), UNAME, fanout=2)
        async for event in job:
            if isinstance(event, TargetOutput) and event.target.host == "b":
                job.cancel()
        results = await job.wait()
        assert not driver.running
    ended = [Outcome.OK, Outcome.CANCELLED, Outcome.CANCELLED, Outcome.NOTRUN]
    assert [result.outcome for result in results] == ended
    assert [said(result.error) for result in results] == [None, *["cancelled"] * 3]
    assert [result.stdout for result in results[:2]] == [b"x", b"x"]


async def test_a_job_cancelled_before_its_first_step_still_answers() -> None:
    async with fleet(LoopbackDriver(), "a") as runner:
        job = start(runner, ("a",), UNAME)
        job.cancel()
        (result,) = await job.wait()
        assert result.outcome is Outcome.NOTRUN
        job.cancel()
        assert [told(event) for event in await events_of(job)] == [(TargetEnded, result)]


async def test_output_is_kept_up_to_the_limit_of_each_stream() -> None:
    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        for _ in range(100):
            output("stdout", b"0123456789")
        output("stderr", b"fits")
        return ExitStatus(0)

    async with fleet(LoopbackDriver(shell=shell), "a", output_limit=25) as runner:
        job = start(runner, ("a",), UNAME)
        events = await events_of(job)
        (result,) = await job.wait()
    assert (result.stdout, result.stderr, result.truncated) == (b"0123456789012345678901234"[:25], b"fits", True)
    assert b"".join(e.data for e in events if isinstance(e, TargetOutput) and e.stream == "stdout") == result.stdout


def test_the_hosts_of_a_job_share_a_budget() -> None:
    budget = Budget(10)
    first, second = Capture(8, budget), Capture(8, budget)
    assert first.add("stdout", b"12345678")
    assert second.add("stdout", b"12345")
    assert not second.add("stderr", b"1")
    assert (first.read("stdout"), second.read("stdout")) == (b"12345678", b"12")
    assert (first.truncated, second.truncated) == (False, True)


async def test_equal_outputs_use_the_budget_of_a_job_up_once() -> None:
    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        output("stdout", bytes(1000))
        return ExitStatus(0)

    ids = tuple(f"h{n}" for n in range(20))
    async with fleet(LoopbackDriver(shell=shell), *ids, job_limit=3500) as runner:
        job = start(runner, ids, fanout=2)
        results = await job.wait()
    assert not any(result.truncated for result in results)
    assert {id(result.stdout) for result in results} == {id(results[0].stdout)}
    (part,) = job.fold.parts()
    assert (part.count, job.fold.output(part.digest)) == (20, bytes(1000))


def test_the_jobs_share_a_budget_and_what_one_gives_back_the_others_have() -> None:
    asked: list[int] = []
    above = Budget(10, make_room=asked.append)
    first, second = Budget(8, above), Budget(8, above)
    assert (first.take(9), second.take(5)) == (8, 2)
    assert asked == [5], "only where less is left"
    second.give_back(1)
    first.give_all_back()
    assert (above.left, first.left, second.left) == (9, 8, 7)
    second.give_all_back()
    assert above.left == 10


async def test_for_new_output_the_oldest_jobs_that_are_done_are_dropped_first() -> None:
    held = asyncio.Event()

    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        output("stdout", command.line[-1].encode() * 1000)
        if command.line.startswith("held"):
            await held.wait()
        return ExitStatus(0)

    async with fleet(LoopbackDriver(shell=shell), "a", "b", all_limit=3500) as runner:
        running = start(runner, ("b",), Command("held 0"))
        old, next_one = [start(runner, ("a",), Command(f"done {n}")) for n in (1, 2)]
        await old.wait()
        await next_one.wait()
        assert runner.jobs == (running, old, next_one)
        last = start(runner, ("a",), Command("done 3"))
        (result,) = await last.wait()
        assert runner.jobs == (running, next_one, last), "the oldest went, but never one that runs"
        assert not result.truncated
        held.set()
        await running.wait()


async def test_where_all_jobs_still_run_their_limit_cuts() -> None:
    both = asyncio.Barrier(2)

    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        output("stdout", host_id.encode() * 1000)
        await both.wait()
        return ExitStatus(0)

    async with fleet(LoopbackDriver(shell=shell), "a", "b", all_limit=1500) as runner:
        jobs = [start(runner, (host,)) for host in ("a", "b")]
        results = [(await job.wait())[0] for job in jobs]
    assert sorted((len(each.stdout), each.truncated) for each in results) == [(500, True), (1000, False)]


async def test_a_late_reader_sees_the_same_as_an_early_one() -> None:
    async with fleet(LoopbackDriver(), "a", "b") as runner:
        job = start(runner, ("a", "b"), UNAME)
        early = await events_of(job)
        late = await events_of(job)
    unnumbered = [sorted(repr(replace(event, number=0)) for event in events) for events in (early, late)]
    assert unnumbered[0] == unnumbered[1]


async def test_a_reader_with_much_to_catch_up_on_lets_the_loop_go_on() -> None:
    ids = tuple(f"h{n}" for n in range(2 * MOST_AT_A_TIME))
    async with fleet(LoopbackDriver(), *ids) as runner:
        job = start(runner, ids)
        await job.wait()
        turns = 0

        def turn() -> None:
            nonlocal turns
            turns += 1
            if turns < 100:
                asyncio.get_running_loop().call_soon(turn)

        turn()
        assert len(await events_of(job)) == 3 * len(ids)
        assert turns >= 3 * len(ids) // MOST_AT_A_TIME


async def test_a_slow_reader_gets_all_in_fewer_pieces() -> None:
    steps = asyncio.Event()

    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        for n in range(1000):
            output("stdout", f"{n}\n".encode())
        await steps.wait()
        return ExitStatus(0)

    async with fleet(LoopbackDriver(shell=shell), "a") as runner:
        job = start(runner, ("a",), UNAME)
        pieces = []
        async for event in job:
            if isinstance(event, TargetOutput):
                pieces.append(event.data)
                steps.set()
    assert b"".join(pieces) == b"".join(f"{n}\n".encode() for n in range(1000))
    assert len(pieces) == 1


async def test_a_streamed_job_holds_its_host_up_until_the_reader_has_taken_what_waits() -> None:
    sent = 0

    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        nonlocal sent
        for _ in range(100):
            room = output("stdout", bytes(32 << 10))
            sent += 32 << 10
            if room is not None:
                held.set()
                await room
        return ExitStatus(0)

    held = asyncio.Event()
    async with fleet(LoopbackDriver(shell=shell), "a", output_limit=1) as runner:
        job = start(runner, ("a",), UNAME, streamed=True)
        await held.wait()
        for _ in range(10):
            await asyncio.sleep(0)
        assert sent <= FLOW_LIMIT + (32 << 10)
        got = sum(len(event.data) for event in await events_of(job) if isinstance(event, TargetOutput))
        (result,) = await job.wait()
    assert (got, result.stdout, result.truncated) == (100 * (32 << 10), b"", False)


async def test_bad_targets_and_old_jobs() -> None:
    async with fleet(LoopbackDriver(), "a") as runner:
        for bad in ((), ("a", "a")):
            with pytest.raises(ValueError, match="targets"):
                start(runner, bad, UNAME)
        jobs = [start(runner, ("a",), UNAME) for _ in range(KEPT_JOBS + 5)]
        for job in jobs:
            await job.wait()
        last = start(runner, ("a",), UNAME)
        await last.wait()
        assert runner.jobs == (*jobs[-KEPT_JOBS:], last)
        assert runner.job(last.id) is last
        assert runner.job(jobs[0].id) is None
        with pytest.raises(ValueError, match="already"):
            runner.start(last.spec)


async def test_the_worst_outcome_decides_the_exit_status() -> None:
    driver = LoopbackDriver()
    driver.refuse = {"down": ConnectFailed("refused")}

    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        return ExitStatus(int(command.line))

    driver.shell = shell
    async with fleet(driver, "a", "down") as runner:
        assert exit_status_of(await start(runner, ("a",), Command("0")).wait()) == 0
        assert exit_status_of(await start(runner, ("a",), Command("9")).wait()) == 1
        assert exit_status_of(await start(runner, ("a", "down"), Command("9")).wait()) == 3
