"""Files as work: what a job says of them, how far it has come, and how it ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from atp_tui.executor.files import PullWork, PushWork, near_folder
from atp_tui.executor.motion import Motion, size_told
from atp_tui.executor.outcome import may_still_run, outcome_of_error, retryable
from atp_tui.executor.reader import JobEvent, TargetEnded, TargetMoved
from atp_tui.executor.runner import JobRunner
from atp_tui.executor.spec import JobSpec
from atp_tui.model.ending import confirm_end
from atp_tui.model.errors import ConnectionLost, FileFailed
from atp_tui.model.host import HostInfo
from atp_tui.model.moving import Moved, MoveRules, NearFile, Push
from atp_tui.model.outcome import Outcome
from atp_tui.model.target import on_hosts
from atp_tui.storage.specs import decode_spec, encode_spec
from atp_tui.transport.manager import TransportManager
from tests.fakes.loopback import LoopbackDriver

PUSH = PushWork(("/a/{host}",), (NearFile("/a/x", False, 5, 6, 7), NearFile("/a/y", True)), "/there/", MoveRules(True))


async def test_each_host_gets_its_own_file_and_tells_how_far_it_is() -> None:
    driver = LoopbackDriver()
    async with TransportManager(None, lambda host, channel: driver) as manager:
        for name in ("x", "y", "z"):
            await manager.add_host(HostInfo(name, "192.0.2.1", uri=None))
        runner = JobRunner(manager)
        events: list[JobEvent] = []
        async with asyncio.timeout(30):
            job = runner.start(JobSpec(on_hosts("x", "y", "z"), PUSH, "me", 0.0))
            async for event in job:
                events.append(event)
        await runner.close()
    results = {target.host: result for target, result in job.results.items()}
    assert [(host, results[host].outcome) for host in "xyz"] == [
        ("x", Outcome.OK), ("y", Outcome.OK), ("z", Outcome.ERROR),
    ]  # fmt: skip
    assert "/a/z" in str(results["z"].error), "a file that nobody has looked at is not sent"
    sent = dict(driver.moves)
    assert [(host, asked.sources) for host, asked in sent.items() if isinstance(asked, Push)] == [
        ("x", (PUSH.files[0],)), ("y", (PUSH.files[1],)),
    ]  # fmt: skip
    moved = [(event.target.host, event.moved) for event in events if isinstance(event, TargetMoved)]
    assert sorted(moved, key=lambda each: each[0]) == [("x", Moved(1, 2, 0)), ("y", Moved(1, 2, 0))]
    for host in ("x", "y"):
        own = [type(event) for event in events if getattr(event, "target", None) == on_hosts(host)[0]]
        assert own.index(TargetMoved) < own.index(TargetEnded)


def test_work_is_kept_without_any_content_and_read_again() -> None:
    odd = replace(PUSH, sources=("/a/\udcff\n",))
    for work in (PUSH, odd, PullWork("/far/\udcff*", "/near", MoveRules(verify=True))):
        spec = JobSpec(on_hosts("a"), work, "me", 0.0)
        assert decode_spec(encode_spec(spec)) == spec
        assert spec.work.title.isprintable() and spec.work.title.startswith(work.kind)


def test_each_host_has_a_folder_of_its_own() -> None:
    host = HostInfo("kvm07", "192.0.2.1", uri=None, metadata={"rack": "r1"})
    assert near_folder("/logs/{meta.rack}", host) == "/logs/r1/kvm07"


def test_a_loss_that_has_ended_the_work_is_no_unknown_end() -> None:
    loss = ConnectionLost("gone")
    assert outcome_of_error(loss, begun=True) is Outcome.UNKNOWN
    confirm_end(loss)
    assert outcome_of_error(loss, begun=True) is Outcome.UNREACHABLE and retryable(loss)
    assert not may_still_run(loss, Outcome.UNREACHABLE, begun=True)
    assert outcome_of_error(FileFailed("full"), begun=True) is Outcome.FAILED and not retryable(FileFailed("full"))


def test_sums_rate_and_what_is_left() -> None:
    motion = Motion(4)
    assert not motion and motion.told(0.0) == "0 bytes of 0 bytes"
    for second in range(11):
        motion.take("a", Moved(second * 1_000_000, 20_000_000, 0), float(second))
        motion.take("b", Moved(second * 1_000_000, 20_000_000, 0), float(second))
    assert (motion.done, motion.total) == (20_000_000, 80_000_000), "two hosts have not begun, and count as the others"
    assert motion.told(10.0) == "20 MB of 80 MB, 2.0 MB/s, 30 s left"
    assert motion.told(10.0, ended=True) == "20 MB"
    motion.take("b", Moved(0, 20_000_000, 0), 11.0)
    assert motion.rate(11.0) == 0, "what is begun anew is no motion backwards"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 100), st.integers(0, 100)), max_size=30))
def test_sums_are_those_of_what_each_host_said_last(said: list[tuple[str, int, int]]) -> None:
    motion, last = Motion(3), {}
    for at, (host, done, total) in enumerate(said):
        motion.take(host, Moved(done, total), float(at))
        last[host] = done
    assert motion.done == sum(last.values())


def test_sizes_are_told_in_three_figures() -> None:
    sizes = (0, 999, 1000, 9_949, 9_951, 999_400, 1_000_000, 104_857_600, 10**13)
    told = ["0 bytes", "999 bytes", "1.0 kB", "9.9 kB", "10 kB", "999 kB", "1.0 MB", "105 MB", "10 TB"]
    assert [size_told(size) for size in sizes] == told
