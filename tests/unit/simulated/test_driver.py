"""Simulated links on a clock that stands still: round trips, and each fault as its owner would meet it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from atp_tui.drivers.simulated.driver import SimulatedDriver, SimulatedLink
from atp_tui.model.errors import (
    AuthFailed,
    CallFailed,
    CallTimeout,
    ConnectFailed,
    ConnectionLost,
    HostKeyRejected,
    TransportError,
)
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import TransportConfig
from atp_tui.monitor.readings import read_all
from atp_tui.transport.driver import Driver, Link, OpenRequest

from .clock import FakeClock


class Bench:
    """A driver on a clock, and what became of its links."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.driver = SimulatedDriver(self.clock, seed=1)
        self.lost: list[TransportError] = []
        self.tasks: list[asyncio.Task[Any]] = []

    def opening(self, query: str, name: str = "kvm01") -> asyncio.Task[SimulatedLink]:
        info = HostInfo(name, "127.0.0.1", f"sim://{name}/?{query}")
        return self.start(self.driver.open(OpenRequest(info, TransportConfig(), self.lost.append)))

    def start(self, work: Any) -> asyncio.Task[Any]:
        self.tasks.append(asyncio.ensure_future(work))
        return self.tasks[-1]

    async def open(self, query: str = "") -> SimulatedLink:
        opening = self.opening(query)
        await self.clock.advance(0.5)
        return await opening

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest.fixture
async def bench() -> Any:
    bench = Bench()
    yield bench
    await bench.close()


async def test_it_is_a_driver_and_its_links_are_links(bench: Bench) -> None:
    driver: Driver = bench.driver
    link: Link = await bench.open()
    assert link.is_alive()
    await driver.close()


async def test_a_call_takes_the_latency_and_gives_the_function_s_value(bench: Bench) -> None:
    opening = bench.opening("latency=2&seed=7&domains=3")
    await bench.clock.advance(8)
    link = await opening
    call = bench.start(link.call(read_all, 10))
    await bench.clock.advance(1.9)
    assert not call.done()
    await bench.clock.advance(0.2)
    node, domains = await call
    assert node.hostname == "kvm01"
    assert len(domains) == 3
    received, sent = link.bytes_moved() or (0, 0)
    assert received > 0
    assert sent > 0


async def test_the_same_moment_shows_the_same_figures() -> None:
    async def figures(seed: int) -> object:
        bench = Bench()
        link = await bench.open(f"seed={seed}")
        await bench.clock.advance(30)
        call = bench.start(link.call(read_all, 10))
        await bench.clock.advance(1)
        return await call

    assert await figures(1) == await figures(1)
    assert await figures(1) != await figures(2)


async def test_an_error_of_the_peer_is_a_call_failed_and_one_of_ours_is_itself(bench: Bench) -> None:
    link = await bench.open()
    for function, kind in (
        (lambda virt: virt.lookupByName("nobody"), CallFailed),
        (lambda virt: 1 / 0, ZeroDivisionError),
    ):
        call = bench.start(link.call(function, 10))
        await bench.clock.advance(1)
        with pytest.raises(kind) as caught:
            await call
        assert not isinstance(caught.value, CallFailed) or (caught.value.code, caught.value.host) == (42, "kvm01")
    assert link.is_alive()


async def test_a_silent_host_is_only_noticed_by_asking(bench: Bench) -> None:
    link = await bench.open("fault=silent@5:10")
    await bench.clock.advance(5)
    assert link.is_alive()
    ping, call = bench.start(link.ping(2)), bench.start(link.call(read_all, 60))
    await bench.clock.advance(1.9)
    assert not ping.done()
    await bench.clock.advance(0.2)
    with pytest.raises(CallTimeout):
        await ping
    await bench.clock.advance(6)
    assert not call.done()
    await bench.clock.advance(3)
    node, _ = await call
    assert node.hostname == "kvm01"
    assert bench.lost == []


async def test_opening_a_silent_host_hangs_until_cancelled_and_leaves_nothing(bench: Bench) -> None:
    opening = bench.opening("fault=silent@0")
    await bench.clock.advance(3600)
    assert not opening.done()
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    assert bench.clock.pending == 0


async def test_opening_goes_on_when_the_silence_is_over(bench: Bench) -> None:
    opening = bench.opening("fault=silent@0:20")
    await bench.clock.advance(19)
    assert not opening.done()
    await bench.clock.advance(2)
    assert (await opening).is_alive()


@pytest.mark.parametrize(
    ("kind", "error", "permanent"),
    [
        ("refuse", ConnectFailed, False),
        ("auth", AuthFailed, True),
        ("hostkey", HostKeyRejected, True),
    ],
)
async def test_a_host_that_lets_nobody_in(
    bench: Bench, kind: str, error: type[TransportError], permanent: bool
) -> None:
    link = await bench.open(f"fault={kind}@5:10")
    await bench.clock.advance(5)
    assert not link.is_alive()
    assert [type(lost) for lost in bench.lost] == [ConnectionLost]
    with pytest.raises(error) as caught:
        await bench.opening(f"fault={kind}@5:10")
    assert caught.value.permanent is permanent
    assert caught.value.host == "kvm01"
    await bench.clock.advance(10)
    assert (await bench.open(f"fault={kind}@5:10")).is_alive()


async def test_a_flapping_host_cuts_its_links_again_and_again(bench: Bench) -> None:
    for _ in range(3):
        link = await bench.open("fault=flap@0:30*4")
        waiting = bench.start(link.ping(60))
        await bench.clock.advance(0.1)
        await waiting
        await bench.clock.advance(4)
        assert not link.is_alive()
        with pytest.raises(ConnectionLost):
            await link.ping(1)
    assert len(bench.lost) == 3


async def test_a_loss_ends_the_calls_in_the_link(bench: Bench) -> None:
    link = await bench.open("latency=0.1&fault=slow@1:8*100,lost@9:1")
    await bench.clock.advance(2)
    call = bench.start(link.call(read_all, 60))
    await bench.clock.advance(7)
    with pytest.raises(ConnectionLost):
        await call
    assert len(bench.lost) == 1


async def test_a_slow_host_answers_late(bench: Bench) -> None:
    link = await bench.open("latency=0.1&fault=slow@1:60*30")
    await bench.clock.advance(2)
    ping, impatient = bench.start(link.ping(10)), bench.start(link.ping(1))
    await bench.clock.advance(2.8)
    assert not ping.done()
    assert isinstance(impatient.exception(), CallTimeout)
    await bench.clock.advance(0.4)
    await ping


@pytest.mark.parametrize("fault", ["", "fault=silent@1"])
async def test_closing_takes_a_moment_at_most_and_is_no_loss(bench: Bench, fault: str) -> None:
    link = await bench.open(fault)
    await bench.clock.advance(2)
    call, closing = bench.start(link.call(read_all, 60)), bench.start(link.close())
    await bench.clock.advance(1)
    await closing
    assert not link.is_alive()
    assert call.done()
    link.abort()
    await link.close()
    assert bench.lost == []
    assert bench.clock.pending == 0


async def test_abort_ends_a_call_at_once(bench: Bench) -> None:
    link = await bench.open("fault=silent@1")
    await bench.clock.advance(2)
    call = bench.start(link.call(read_all, 60))
    await bench.clock.advance(0)
    link.abort()
    await bench.clock.advance(0)
    assert isinstance(call.exception(), ConnectionLost)
    assert bench.clock.pending == 0


async def test_a_cancelled_call_leaves_nothing(bench: Bench) -> None:
    link = await bench.open("fault=silent@1")
    await bench.clock.advance(2)
    call = bench.start(link.call(read_all, 60))
    await bench.clock.advance(0)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert bench.clock.pending == 0
    assert link.is_alive()


@pytest.mark.parametrize("seed", ["-1", "1700000000000000", "0"])
async def test_any_seed_a_person_may_type(bench: Bench, seed: str) -> None:
    assert (await bench.open(f"seed={seed}")).is_alive()


@pytest.mark.parametrize(
    "query",
    [
        "seed=x",
        "domains=-1",
        "domains=100000",
        "latency=nan",
        "latency=soon",
        "fault=boom@1",
        "colour=red",
        "seed=" + "9" * 5000,
    ],
)
async def test_a_uri_that_makes_no_sense_is_a_permanent_failure(bench: Bench, query: str) -> None:
    with pytest.raises(ConnectFailed) as caught:
        await bench.opening(query)
    assert caught.value.permanent
