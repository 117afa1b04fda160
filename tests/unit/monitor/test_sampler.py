"""The monitor's rhythm, in virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial

import pytest

from atp_tui.model.errors import CallFailed, CallTimeout, ConnectFailed
from atp_tui.model.events import HostSampled, SampleFailed
from atp_tui.model.host import HostInfo
from atp_tui.model.node import DomainReading, NodeReading, Oddity
from atp_tui.model.outcome import Command, ExitStatus, OutputSink
from atp_tui.monitor import sampler
from atp_tui.monitor.border import Nonsense, Odd
from atp_tui.monitor.sampler import Monitor
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.entry import SSH_SESSIONS
from atp_tui.transport.hub import Subscription
from atp_tui.transport.manager import TransportManager
from tests.fakes.loopback import LoopbackDriver, LoopbackVirt
from tests.fakes.virtual_time import VirtualClock, VirtualLoop, run_virtual

from .samples import domain, node

Readings = tuple[NodeReading, tuple[DomainReading, ...]]


@pytest.fixture(autouse=True)
def plain_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The virt of these tests is the reading itself."""
    monkeypatch.setattr(sampler, "read_all", lambda virt, known, odd, disks: (node(), (domain("d"),)))


def taken(subscription: Subscription) -> list[HostSampled]:
    return [event for event in subscription._events if isinstance(event, HostSampled)]


def manager_for(driver: LoopbackDriver) -> TransportManager:
    return TransportManager(None, lambda host, channel: driver, clock=VirtualClock())


async def add(manager: TransportManager, *ids: str, uri: str | None = "sim://x/") -> None:
    for name in ids:
        await manager.add_host(HostInfo(name, "192.0.2.1", uri=uri))


def test_each_host_is_sampled_once_an_interval_and_not_all_at_once() -> None:
    async def main() -> None:
        async with manager_for(LoopbackDriver()) as manager:
            await add(manager, *(f"h{n}" for n in range(20)))
            async with Monitor(manager, interval=2.0):
                await asyncio.sleep(4.025)  # between two slots
                with manager.hub.subscribe(10_000) as news:
                    await asyncio.sleep(20)
                    samples = taken(news)
        assert set(Counter(sample.host_id for sample in samples).values()) == {10}
        moments = Counter(round(sample.at, 3) for sample in samples)
        assert max(moments.values()) == 1

    run_virtual(main())


def test_after_a_sleep_of_the_machine_all_hosts_are_asked_at_once_and_then_in_turn_again() -> None:
    async def main() -> None:
        hosts = [f"h{n}" for n in range(20)]
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        async with manager_for(LoopbackDriver()) as manager:
            await add(manager, *hosts)
            async with Monitor(manager, interval=10.0):
                await asyncio.sleep(25.025)
                with manager.hub.subscribe(10_000) as news:
                    loop.leap(60)
                    await asyncio.sleep(0.2)
                    assert {sample.host_id for sample in taken(news)} == set(hosts)
                with manager.hub.subscribe(10_000) as news:
                    await asyncio.sleep(20)
                    samples = taken(news)
        assert set(Counter(sample.host_id for sample in samples).values()) == {2}
        assert max(Counter(round(sample.at, 3) for sample in samples).values()) == 1

    run_virtual(main())


def test_a_slow_host_is_never_asked_twice_at_a_time_and_delays_nobody() -> None:
    asked: Counter[str] = Counter()
    waiting: Counter[str] = Counter()

    async def before_call(host_id: str) -> None:
        asked[host_id] += 1
        waiting[host_id] += 1
        assert waiting[host_id] == 1
        if host_id == "slow":
            await asyncio.sleep(5)
        waiting[host_id] -= 1

    async def main() -> None:
        driver = LoopbackDriver()
        driver.before_call = before_call  # type: ignore[method-assign]
        async with manager_for(driver) as manager:
            await add(manager, "slow", "quick")
            async with Monitor(manager, interval=1.0):
                await asyncio.sleep(60)
        assert 59 <= asked["quick"] <= 62
        assert 10 <= asked["slow"] <= 13

    run_virtual(main())


def test_a_host_is_sampled_as_soon_as_it_is_connected_and_not_before() -> None:
    async def main() -> None:
        driver = LoopbackDriver()
        driver.refuse["late"] = ConnectFailed("not yet")
        async with manager_for(driver) as manager:
            await add(manager, "late")
            with manager.hub.subscribe(10_000) as news:
                async with Monitor(manager, interval=1000.0):
                    await asyncio.sleep(10)
                    assert not taken(news)
                    del driver.refuse["late"]
                    manager.retry("late")
                    await asyncio.sleep(1)
                    (sample,) = taken(news)
        assert (sample.host_id, sample.domains) == ("late", (domain("d"),))
        assert sample.requests >= 1

    run_virtual(main())


def test_a_host_with_ssh_alone_is_pinged() -> None:
    async def main() -> None:
        async with manager_for(LoopbackDriver()) as manager:
            await add(manager, "shell", uri=None)
            with manager.hub.subscribe(10_000) as news:
                async with Monitor(manager, interval=1.0):
                    await asyncio.sleep(5)
            assert len(taken(news)) >= 5
            assert {(sample.node, sample.domains) for sample in taken(news)} == {(None, ())}

    run_virtual(main())


def test_commands_that_have_all_sessions_hold_up_no_sample_of_a_host_with_ssh_alone() -> None:
    async def endless(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        await asyncio.Event().wait()
        return ExitStatus(0)

    async def main() -> None:
        driver = LoopbackDriver(shell=endless)
        async with manager_for(driver) as manager:
            await add(manager, "shell", uri=None)
            run = partial(HostConnection.run, command=Command("sleep"), output=lambda stream, data: None)
            commands = [asyncio.create_task(manager.execute_on_host("shell", run)) for _ in range(SSH_SESSIONS + 3)]
            async with Monitor(manager, interval=1.0):
                await asyncio.sleep(1)
                assert len(driver.running) == SSH_SESSIONS
                with manager.hub.subscribe(10_000) as news:
                    await asyncio.sleep(10)
                    assert len(taken(news)) >= 9
            for command in commands:
                command.cancel()
            await asyncio.gather(*commands, return_exceptions=True)

    run_virtual(main())


def test_hosts_that_come_are_sampled_and_hosts_that_go_are_forgotten() -> None:
    async def main() -> None:
        async with manager_for(LoopbackDriver()) as manager, Monitor(manager, interval=1.0):
            await add(manager, "comes")
            await asyncio.sleep(3)
            with manager.hub.subscribe(100) as news:
                await manager.remove_host("comes")
                await asyncio.sleep(5)
                assert not taken(news)

    run_virtual(main())


def test_a_host_that_is_being_sampled_can_be_removed() -> None:
    """Its sample is ended: it publishes nothing of a host that is gone, and the end of the monitor waits for it."""
    asked = asyncio.Event()
    ended: list[str] = []

    async def before_call(host_id: str) -> None:
        asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(host_id)
            raise

    async def main() -> None:
        driver = LoopbackDriver()
        driver.before_call = before_call  # type: ignore[method-assign]
        async with manager_for(driver) as manager, Monitor(manager, interval=1.0) as monitor:
            await add(manager, "goes")
            await asked.wait()
            with manager.hub.subscribe(100) as news:
                running = monitor._beats["goes"].task
                assert running is not None
                await manager.remove_host("goes")
                await asyncio.wait((running,))
                assert ended == ["goes"]
                assert not monitor._beats and not any(monitor._slots), "nobody asks for it again"
                await asyncio.sleep(5)
                assert not [event for event in news._events if isinstance(event, HostSampled | SampleFailed)]
            assert not monitor._leaving
            asked.clear()
            await add(manager, "goes")
            await asked.wait()  # it may come back

    run_virtual(main())


def test_why_a_sample_failed_is_told_and_whether_the_host_had_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = {"answers": CallFailed("monitor does not respond"), "hangs": CallTimeout("no answer"), "odd": KeyError()}

    def read_all(virt: LoopbackVirt, known: object, odd: object, disks: bool) -> Readings:
        raise failures[virt.host_id]

    monkeypatch.setattr(sampler, "read_all", read_all)

    async def main() -> None:
        async with manager_for(LoopbackDriver()) as manager:
            await add(manager, *failures)
            with manager.hub.subscribe(1000) as news:
                async with Monitor(manager, interval=1.0):
                    await asyncio.sleep(3)
                told = [event for event in news._events if isinstance(event, SampleFailed)]
        assert {(event.host_id, str(event.cause), event.answered) for event in told} == {
            ("answers", "monitor does not respond", True),
            ("hangs", "no answer", False),
            ("odd", "its answer could not be read: KeyError", True),
        }
        assert max(event.errors for event in told) >= 1

    run_virtual(main())


def test_what_was_no_figure_goes_with_the_sample_or_its_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def read_all(virt: LoopbackVirt, known: object, odd: Odd, disks: bool) -> Readings:
        if virt.host_id == "lost":
            raise Nonsense("the number of CPUs is a text")
        odd.note("text", "cpu.time")
        return node(), ()

    monkeypatch.setattr(sampler, "read_all", read_all)

    async def main() -> None:
        async with manager_for(LoopbackDriver()) as manager:
            await add(manager, "odd", "lost")
            with manager.hub.subscribe(1000) as news:
                async with Monitor(manager, interval=1.0):
                    await asyncio.sleep(1.5)
                told = {
                    (event.host_id, event.odd)
                    for event in news._events
                    if isinstance(event, HostSampled | SampleFailed)
                }
        assert told == {("odd", Oddity(1, "cpu.time is a text")), ("lost", Oddity(1, "the number of CPUs is a text"))}

    run_virtual(main())


def test_one_host_on_demand_with_or_without_the_rhythm() -> None:
    async def main() -> None:
        async with manager_for(LoopbackDriver()) as manager:
            await add(manager, "a")
            sample = await Monitor(manager).sample("a", timeout=5.0)
            assert (sample.host_id, sample.node) == ("a", node())

    run_virtual(main())


def test_what_cannot_change_is_asked_once_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[object] = []

    def read_all(virt: object, before: object, odd: object, disks: bool) -> Readings:
        known.append(before)
        return node(), ()

    monkeypatch.setattr(sampler, "read_all", read_all)

    async def main() -> None:
        driver = LoopbackDriver()
        async with manager_for(driver) as manager:
            await add(manager, "a")
            async with Monitor(manager, interval=1.0):
                await asyncio.sleep(1.5)
                assert known[:2] == [None, node()]
                known.clear()
                driver.links["a"].lose()
                await asyncio.sleep(5)
                assert known[:2] == [None, node()]
                await manager.disconnect("a")
                known.clear()
                manager.retry("a")
                await asyncio.sleep(5)
                assert known[:2] == [None, node()], "another machine may be up under its address"
                await manager.disconnect("a")
                known.clear()
                manager.retry("a")  # now with as many reconnects as before
                await asyncio.sleep(5)
        assert known[:2] == [None, node()]

    run_virtual(main())


def test_an_unforeseen_answer_costs_one_host_its_figures_and_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def read_all(virt: LoopbackVirt, known: object, odd: object, disks: bool) -> Readings:
        if virt.host_id == "ill":
            raise KeyError("cpu")
        return node(), ()

    monkeypatch.setattr(sampler, "read_all", read_all)

    async def main() -> None:
        async with manager_for(LoopbackDriver()) as manager:
            await add(manager, "well", "ill")
            with manager.hub.subscribe(100) as news:
                async with Monitor(manager, interval=1.0):
                    await asyncio.sleep(5)
            assert {sample.host_id for sample in taken(news)} == {"well"}

    run_virtual(main())
    assert [record.message for record in caplog.records] == ["the sample of ill could not be read"]
