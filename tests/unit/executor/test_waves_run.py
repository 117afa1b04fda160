"""Waves over the real transport in virtual time: retries inside a wave, a pause, gates, a person, and every ending."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from atp_tui.executor.gates import EACH
from atp_tui.executor.reader import TargetEnded, WaveTold
from atp_tui.executor.runner import LEAVE_AFTER, JobRunner
from atp_tui.executor.spec import JobOptions, JobSpec
from atp_tui.executor.waves import Phase, Waves
from atp_tui.model.amount import Amount
from atp_tui.model.errors import ConnectFailed
from atp_tui.model.host import HostInfo
from atp_tui.model.message import text
from atp_tui.model.outcome import Command, ExitStatus, Outcome, OutputSink
from atp_tui.model.settings import SshSettings
from atp_tui.storage.specs import decode_spec, encode_spec
from atp_tui.transport.manager import TransportManager
from tests.fakes.jobs import command_job
from tests.fakes.loopback import LoopbackDriver
from tests.fakes.said import said
from tests.fakes.virtual_time import VirtualClock, run_virtual

from .test_runner import fleet, job_of, outcomes, settled

HOSTS = ("a", "b", "c", "d")


class Counted:
    """A shell that remembers when each host was worked on, and by which line."""

    def __init__(self, fails: Collection[str] = ()) -> None:
        self.begun: list[tuple[str, str]] = []
        self.fails = set(fails)

    async def __call__(self, host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        self.begun.append((host_id, command.line))
        return ExitStatus(int(f"{host_id} {command.line}" in self.fails))


def waves(**more: object) -> Waves:
    return Waves(size=Amount(2), **more)  # type: ignore[arg-type]


def test_a_pause_of_a_time_stands_between_two_waves_and_a_deadline_in_it_ends_what_is_left() -> None:
    async def main() -> None:
        shell = Counted()
        async with fleet(LoopbackDriver(shell=shell), *HOSTS) as runner:
            job = runner.start(job_of(*HOSTS, waves=waves(pause=30.0)))
            await settled(20)
            assert len(shell.begun) == 2 and not job.done
            await settled(20)
            assert job.done and len(shell.begun) == 4
            job = runner.start(job_of(*HOSTS, waves=waves(pause=30.0), deadline=10.0))
            await settled(20)
            assert outcomes(await job.wait()) == [Outcome.OK, Outcome.OK, Outcome.NOTRUN, Outcome.NOTRUN]
            assert said(job.results[job.targets[3]].error) == "the deadline of the job has passed"
            job = runner.start(job_of(*HOSTS, waves=waves(pause=30.0)))
            await settled(5)
            job.cancel()
            assert job.done, "nothing ran that had to be waited for"
            runner.start(job_of(*HOSTS, waves=waves(pause=30.0)))
            await settled(5)  # and the end of the program, in the middle of a pause

    run_virtual(main())


def test_a_gate_is_asked_until_it_holds_where_the_work_went_well_and_else_stops_the_waves() -> None:
    async def main() -> None:
        shell = Counted({"b true", "a check"})
        async with fleet(LoopbackDriver(shell=shell), *HOSTS) as runner:
            options = waves(max_fail=Amount(2), gate_run="check", gate_timeout=20.0)
            job = runner.start(job_of(*HOSTS, waves=options))
            await settled(9)
            assert ("b", "check") not in shell.begun and shell.begun.count(("a", "check")) > 2
            assert not job.done and ("c", "true") not in shell.begun
            shell.fails.discard("a check")
            await settled(4)
            assert outcomes(await job.wait()) == [Outcome.OK, Outcome.FAILED, Outcome.OK, Outcome.OK]
            shell.fails.add("a check")
            job = runner.start(job_of(*HOSTS, waves=options))
            await settled(60)
            assert outcomes(await job.wait())[2:] == [Outcome.NOTRUN, Outcome.NOTRUN]
            why = "stopped after wave 1 of 2: the gate's command went well on all but a within 20 s"
            assert said(job.results[job.targets[2]].error) == why
            assert job.progress is not None and job.progress.phase is Phase.STOPPED

    run_virtual(main())


def test_the_end_of_the_program_waits_no_longer_for_the_command_of_a_gate_than_for_any_other() -> None:
    async def main() -> None:
        async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
            if command.line == "check":
                await asyncio.Event().wait()
            return ExitStatus(0)

        async def silent(host_id: str) -> bool:
            await asyncio.sleep(1_000.0)
            return False

        driver = LoopbackDriver(shell=shell)
        async with fleet(driver, *HOSTS) as runner:
            runner.start(job_of(*HOSTS, waves=waves(gate_run="check")))
            await settled(5)
            driver.has_ended = silent  # type: ignore[method-assign]
            begun = asyncio.get_running_loop().time()
            await runner.close()
            assert asyncio.get_running_loop().time() - begun <= 2 * LEAVE_AFTER

    run_virtual(main())


def test_the_command_of_a_gate_takes_its_turn_on_a_host_and_is_filled_in_for_each() -> None:
    async def main() -> None:
        at_work: set[str] = set()
        asked: list[str] = []

        async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
            assert host_id not in at_work, "a host does one command at a time"
            at_work.add(host_id)
            await asyncio.sleep(5.0)
            at_work.discard(host_id)
            asked.append(command.line)
            return ExitStatus(0)

        async with fleet(LoopbackDriver(shell=shell), *HOSTS) as runner:
            job = runner.start(job_of(*HOSTS, waves=waves(gate_run="check {host}", gate_timeout=30.0)))
            others = [runner.start(job_of("a", "b")) for _ in range(2)]
            assert runner.jobs == (job, *others)
            await settled(60)
            assert job.done and outcomes(await job.wait()) == [Outcome.OK] * 4
            assert sorted(line for line in asked if line != "true") == ["check a", "check b"]
            assert (job.gate_runs, len(runner.jobs)) == (2, 3), "it is no job that a person knows"

    run_virtual(main())


def test_an_expression_that_nobody_answers_is_over_at_its_time() -> None:
    async def main() -> None:
        class Silent(Expressions):
            async def holding(self, gate: str, hosts: Collection[str]) -> tuple[str, ...]:
                await asyncio.Event().wait()
                return ()

        async with fleet(LoopbackDriver(shell=Counted()), *HOSTS, gates=Silent()) as runner:
            job = runner.start(job_of(*HOSTS, waves=waves(gate="x")))
            await settled(60.0 + 2 * EACH)
            assert job.done and job.progress is not None and job.progress.phase is Phase.STOPPED

    run_virtual(main())


@pytest.mark.parametrize("between", [{}, {"pause": 30.0}, {"asks": True}])
def test_waves_of_a_job_that_was_cancelled_are_no_longer_open(between: dict[str, object]) -> None:
    async def main() -> None:
        async with fleet(LoopbackDriver(shell=Counted()), *HOSTS) as runner:
            job = runner.start(job_of(*HOSTS, waves=waves(**between)))
            if between:
                await settled(5)
            job.cancel()
            await settled(5)
            assert job.done and job.progress is not None
            assert (job.progress.phase, job.progress.why, job.progress.wave) == (Phase.CUT, None, 1)

    run_virtual(main())


def test_a_gate_of_many_hosts_that_say_nothing_is_over_at_its_time() -> None:
    async def main() -> None:
        async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
            if command.line == "check":
                await asyncio.Event().wait()
            return ExitStatus(0)

        hosts = [f"h{number}" for number in range(20)]
        async with fleet(LoopbackDriver(shell=shell), *hosts) as runner:
            options = Waves(size=Amount(10), gate_run="check", gate_timeout=20.0)
            job = runner.start(job_of(*hosts, waves=options, fanout=2))
            await settled(20.0 + 2 * EACH)
            assert job.done and job.progress is not None and job.progress.phase is Phase.STOPPED

    run_virtual(main())


class Expressions:
    """A gate whose expression holds on the hosts that it names, or cannot be asked at all."""

    def check(self, spec: JobSpec) -> None: ...

    async def holding(self, gate: str, hosts: Collection[str]) -> tuple[str, ...]:
        if gate == "broken":
            raise ZeroDivisionError
        return tuple(host for host in hosts if host in gate)


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        ("a", "stopped after wave 1 of 2: the gate a did not hold on b within 5 s"),
        ("broken", "stopped between waves: the gate cannot be asked: "),
        ("ab", None),
    ],
)
def test_a_gate_of_an_expression_holds_or_stops(gate: str, told: str | None) -> None:
    async def main() -> None:
        driver = LoopbackDriver(shell=Counted())
        async with TransportManager(None, lambda host, channel: driver, clock=VirtualClock()) as manager:
            for name in HOSTS:
                await manager.add_host(HostInfo(name, "192.0.2.1", uri=None, ssh=SshSettings()))
            runner = JobRunner(manager, gates=Expressions())
            job = runner.start(job_of(*HOSTS, waves=waves(gate=gate, gate_timeout=5.0)))
            results = await job.wait()
            assert (results[3].error is None) is (told is None)
            assert told is None or (said(results[3].error) or "").startswith(told)
            await runner.close()

    run_virtual(main())


def test_retries_are_made_inside_a_wave_and_an_unreachable_host_counts_unless_told_otherwise() -> None:
    async def main() -> None:
        for counts, ends in ((True, [Outcome.NOTRUN] * 2), (False, [Outcome.OK] * 2)):
            shell = Counted()
            driver = LoopbackDriver(shell=shell)
            driver.refuse = {"a": ConnectFailed("refused")}
            async with fleet(driver, *HOSTS) as runner:
                job = runner.start(job_of(*HOSTS, waves=waves(unreachable_counts=counts), retries=1))
                await settled(0.5)
                assert [host for host, _ in shell.begun] == ["b"], "the wave is not over while one is tried again"
                await settled(60)
                assert outcomes(await job.wait()) == [Outcome.UNREACHABLE, Outcome.OK, *ends]

    run_virtual(main())


def test_a_person_is_waited_for_and_readers_hear_of_each_wave_after_its_targets() -> None:
    async def main() -> None:
        async with fleet(LoopbackDriver(shell=Counted()), *HOSTS) as runner:
            job = runner.start(job_of(*HOSTS, waves=waves(asks=True)))
            await settled(100)
            assert job.paused and len(job.results) == 2
            job.resume()
            assert not job.paused
            await job.wait()
            heard = [event async for event in job if isinstance(event, (TargetEnded, WaveTold))]
            order = [e.progress.phase if isinstance(e, WaveTold) else e.target.host for e in heard]
            assert order[-1] is Phase.DONE and Phase.ASKS in order and len(order) == 7
            job = runner.start(job_of(*HOSTS, waves=waves(asks=True)))
            await settled(5)
            job.halt(text("no more"))
            assert job.done and not job.paused
            live = [event async for event in job if isinstance(event, WaveTold)]
            assert [event.progress.phase for event in live] == [Phase.BETWEEN, Phase.ASKS, Phase.STOPPED]

    run_virtual(main())


def test_waves_are_kept_with_the_job_and_read_again() -> None:
    options = JobOptions(
        waves=Waves(size=Amount(10, True), canary=Amount(1), gate="load<8", pause=3.0, spread="tag:rack", shuffle=7)
    )
    spec = command_job(HOSTS, Command("true"), 0.0, options)
    assert decode_spec(encode_spec(spec)).options == options
