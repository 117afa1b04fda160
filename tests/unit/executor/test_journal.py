"""What the log of jobs hears of real jobs over a loopback driver."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import pytest

from atp_tui.executor.away import PickUp, Waiting
from atp_tui.executor.journal import GAP, MOST_ENDINGS
from atp_tui.executor.log import Ending, JobRecord
from atp_tui.executor.runner import JobRunner
from atp_tui.executor.spec import JobOptions, JobSpec
from atp_tui.executor.spilling import Spill
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, ExitStatus, Outcome, OutputSink
from atp_tui.model.target import TargetId, on_hosts
from atp_tui.transport.manager import TransportManager
from tests.fakes.jobs import command_job
from tests.fakes.loopback import LoopbackDriver
from tests.fakes.virtual_time import VirtualClock, run_virtual


@dataclass
class ListLog:
    """Keeps all that it hears, in order; `at_work` says whether work runs at a moment."""

    driver: LoopbackDriver
    heard: list[tuple[str, str]] = field(default_factory=list)
    batches: list[tuple[Ending, ...]] = field(default_factory=list)
    texts: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)
    worked: bool = False
    spill: Spill | None = None

    def begun(self, spec: JobSpec) -> None:
        assert not self.worked, "kept before the first target is worked on"
        self.heard.append(("begun", spec.id))

    def begins(self, job: str, target: TargetId) -> None:
        self.heard.append(("begins", job))

    def ended(self, job: str, endings: Sequence[Ending], texts: Sequence[tuple[bytes, bytes, bytes]]) -> None:
        assert endings
        self.heard.append(("ended", job))
        self.batches.append(tuple(endings))
        self.texts += texts

    def finished(self, job: str, at: float) -> None:
        self.heard.append(("finished", job))

    async def jobs(self, limit: int = 100) -> tuple[JobRecord, ...]:
        raise NotImplementedError

    async def find(self, name: str) -> tuple[JobRecord, ...]:
        raise NotImplementedError

    async def spec(self, job: str) -> JobSpec | None:
        raise NotImplementedError

    async def endings(self, job: str) -> tuple[Ending, ...]:
        raise NotImplementedError

    async def text(self, digest: bytes) -> tuple[bytes, bytes] | None:
        raise NotImplementedError

    async def shell(self, host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        self.worked = True
        output("stdout", b"even\n" if int(host_id[1:]) % 2 else b"odd\n")
        output("stderr", b"x")
        return ExitStatus(0)

    async def waiting(self, fleet: str | None = None, job: str | None = None) -> tuple[Waiting, ...]:
        return ()

    async def take(self, job: str, targets: Collection[TargetId], *, cancelled: bool = False) -> tuple[TargetId, ...]:
        return ()

    def ran(self, job: str, targets: Collection[TargetId], ran_in: str | None) -> None: ...

    async def pickups(self, job: str) -> tuple[PickUp, ...]:
        return ()


async def run(count: int, **options: object) -> tuple[ListLog, JobSpec]:
    driver = LoopbackDriver()
    log = ListLog(driver)
    driver.shell = log.shell
    ids = tuple(f"h{n}" for n in range(count))
    spec = command_job(ids, Command("true"), 0.0, JobOptions(**options))  # type: ignore[arg-type]
    async with TransportManager(None, lambda host, channel: driver, clock=VirtualClock()) as manager:
        for name in ids:
            await manager.add_host(HostInfo(name, "192.0.2.1", uri=None))
        runner = JobRunner(manager, log=log)
        await runner.start(spec).wait()
        await runner.close()
    return log, spec


def test_a_job_is_kept_from_its_beginning_to_its_end_and_each_text_once() -> None:
    async def main() -> None:
        log, spec = await run(10)
        begins = [("begins", spec.id)] * len(spec.targets)
        assert log.heard == [("begun", spec.id), *begins, ("ended", spec.id), ("finished", spec.id)]
        (batch,) = log.batches
        assert {ending.target for ending in batch} == set(on_hosts(*(f"h{n}" for n in range(10))))
        assert {(ending.outcome, ending.exit_status, ending.truncated) for ending in batch} == {(Outcome.OK, 0, False)}
        assert {text[1:] for text in log.texts} == {(b"even\n", b"x"), (b"odd\n", b"x")}
        assert len(log.texts) == 2
        for digest, stdout, stderr in log.texts:
            assert digest == hashlib.sha256(stdout + b"\0" + stderr).digest()
        assert {ending.digest for ending in batch} == {digest for digest, _, _ in log.texts}

    run_virtual(main())


def test_many_endings_come_in_few_batches() -> None:
    async def main() -> None:
        log, spec = await run(MOST_ENDINGS + 20, fanout=512)
        assert [len(batch) for batch in log.batches] == [MOST_ENDINGS, 20]
        assert log.heard[-1] == ("finished", spec.id)

    run_virtual(main())


def test_an_ending_does_not_wait_for_the_end_of_its_job() -> None:
    async def main() -> None:
        driver = LoopbackDriver()
        driver.silent = {"h1"}
        log = ListLog(driver)
        driver.shell = log.shell
        clock = VirtualClock()
        async with TransportManager(None, lambda host, channel: driver, clock=clock) as manager:
            for name in ("h0", "h1"):
                await manager.add_host(HostInfo(name, "192.0.2.1", uri=None))
            runner = JobRunner(manager, log=log)
            job = runner.start(command_job(("h0", "h1"), Command("true"), 0.0))
            await clock.sleep(2 * GAP)
            assert [ending.target.host for batch in log.batches for ending in batch] == ["h0"]
            job.cancel()
            await job.wait()
            assert [ending.outcome for ending in log.batches[-1]] == [Outcome.NOTRUN]
            assert [what for what, _ in log.heard if what != "begins"] == ["begun", "ended", "ended", "finished"]
            await runner.close()

    run_virtual(main())


def test_an_end_that_nobody_has_confirmed_is_kept_as_that() -> None:
    async def main() -> None:
        driver = LoopbackDriver()
        log = ListLog(driver)

        async def never(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
            await asyncio.Event().wait()
            raise AssertionError

        async def has_ended(host_id: str) -> bool:
            return host_id == "ended"

        driver.shell, driver.has_ended = never, has_ended  # type: ignore[method-assign]
        hosts = ("ended", "open")
        async with TransportManager(None, lambda host, channel: driver, clock=VirtualClock()) as manager:
            for name in hosts:
                await manager.add_host(HostInfo(name, "192.0.2.1", uri=None))
            runner = JobRunner(manager, log=log)
            await runner.start(command_job(hosts, Command("true"), 0.0, JobOptions(timeout=2.0))).wait()
            await runner.close()
        kept = {ending.target.host: (ending.outcome, ending.may_still_run) for ending in log.batches[0]}
        assert kept == {"ended": (Outcome.TIMEOUT, False), "open": (Outcome.TIMEOUT, True)}

    run_virtual(main())


def test_the_log_gets_a_copy_of_what_a_streamed_job_said() -> None:
    async def main() -> None:
        log, _ = await run(4, streamed=True)
        endings = [ending for batch in log.batches for ending in batch]
        assert not any(ending.truncated for ending in endings)
        assert sorted(text[1:] for text in log.texts) == [(b"even\n", b"x"), (b"odd\n", b"x")]
        digests = {text[0] for text in log.texts}
        assert {ending.digest for ending in endings} == digests

    run_virtual(main())


@pytest.mark.parametrize("streamed", [False, True])
def test_what_is_more_than_the_job_wants_kept_is_cut_and_the_log_says_so(streamed: bool) -> None:
    async def main() -> None:
        log, _ = await run(2, streamed=streamed, kept=3)
        endings = [ending for batch in log.batches for ending in batch]
        assert all(ending.truncated for ending in endings)
        assert sorted(text[1:] for text in log.texts) == [(b"eve", b"x"), (b"odd", b"x")]

    run_virtual(main())
