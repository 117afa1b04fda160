"""Edges of the specification's rows: the smallest step to either side of a limit, and what one must not mix up."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import CallTimeout, ConnectFailed, ConnectionLost, TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import Jitter, PoolConfig, ReconnectConfig, SshSettings, TransportConfig
from atp_tui.transport.backoff import Outage, backoff_delay, slow_lane_delay
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.core import PoolCore
from atp_tui.transport.dialer import JUMP_LIMIT
from atp_tui.transport.driver import Link, OpenRequest
from atp_tui.transport.manager import TransportManager
from atp_tui.transport.metrics import Metrics
from tests.fakes.driver import FakeDriver, FakeLink
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.transport.settled import answer, now, ssh_host, tcp_host, until

T = TypeVar("T")
S = ConnectionState
EXACT = ReconnectConfig(jitter=Jitter.NONE, slow_lane=0)
CONFIG = TransportConfig(connect_timeout=5, heartbeat_interval=10, heartbeat_timeout=2, call_timeout=5, reconnect=EXACT)


def managed(driver: FakeDriver, config: TransportConfig = CONFIG) -> TransportManager:
    return TransportManager(config, lambda *_: driver, clock=VirtualClock(), rng=random.Random(1))


# -- delays and figures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("uniform", "delay"), [(0.0, 240.0), (0.25, 270.0), (0.5, 300.0), (1.0, 360.0)])
def test_the_slow_lane_is_a_fifth_to_either_side(uniform: float, delay: float) -> None:
    assert slow_lane_delay(ReconnectConfig(), Outage(1200.0, 1200.0, 0), uniform) == pytest.approx(delay)
    assert slow_lane_delay(ReconnectConfig(), Outage(400.0, 400.0, 0), uniform) == pytest.approx(delay / 3)


@pytest.mark.parametrize(("uniform", "delay"), [(0.0, 0.0), (0.25, 2.0), (0.5, 4.0), (1.0, 8.0)])
def test_full_jitter_is_the_whole_of_the_ceiling(uniform: float, delay: float) -> None:
    assert backoff_delay(ReconnectConfig(), 3, uniform) == pytest.approx(delay)


def test_each_percentile_is_its_own() -> None:
    metrics = Metrics(0.0)
    for n in range(100):
        metrics.answered(0.0, float(n))
        assert metrics.last_active == n
    latency = metrics.latency()
    assert latency is not None
    assert (latency.p50, latency.p95, latency.p99) == (50, 95, 99)


def test_connections_opened_together_do_not_end_together() -> None:
    """Each lives up to a twentieth shorter than max_lifetime, by a share of its own."""

    async def main() -> list[float]:
        driver = FakeDriver(open_time=0, latency=0)
        pool = PoolConfig(max_lifetime=1000, management_interval=1)
        async with managed(driver, replace(CONFIG, pool=pool)) as manager:
            for number in range(30):
                await manager.add_host(tcp_host(f"h{number}"))
            await until(lambda: manager.active_connection_count == 30)
            await asyncio.sleep(940)
            ages: dict[str, float] = {}
            while len(ages) < 30:
                await asyncio.sleep(1)
                ages |= {name: now() for name, one in manager.stats().items() if one.closed and name not in ages}
            return list(ages.values())

    ages = run_virtual(main())
    assert 950 <= min(ages) <= max(ages) <= 1003
    assert len(set(ages)) > 10


def test_hosts_lost_together_wait_each_for_a_time_of_its_own() -> None:
    """For the first attempt after the loss, and in the slow lane."""

    async def main() -> None:
        driver = FakeDriver(open_time=0, latency=0)
        config = replace(CONFIG, reconnect=ReconnectConfig(max_attempts=1))
        async with managed(driver, config) as manager:
            names = [f"h{number}" for number in range(40)]
            for name in names:
                await manager.add_host(tcp_host(name))
            await until(lambda: manager.active_connection_count == 40)

            def delays() -> list[float]:
                moments = [manager.host_state(name).next_attempt_at for name in names]
                return [moment - now() for moment in moments if moment is not None]

            driver.script = lambda request: ConnectFailed("refused")
            for link in list(driver.live):
                link.lose()
            first = delays()
            assert len(first) == 40
            assert (min(first) < 0.2, max(first) > 0.8) == (True, True)
            await asyncio.sleep(7200)
            slow = delays()
            assert len(slow) == 40
            assert 0 < min(slow) < 60
            assert 240 < max(slow) <= 360
            assert max(Counter(round(delay) for delay in slow).values()) < 5

    run_virtual(main())


# -- load --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("uses", "grows"), [(2, False), (3, True)])
def test_busy_is_more_than_the_threshold(uses: int, grows: bool) -> None:
    core: PoolCore[None] = PoolCore(PoolConfig(high_load_threshold=2), lambda count: 0)
    core.opened(core.tick(0.0).open[0], 0.0, 0.0)
    for _ in range(uses):
        assert core.acquire() is not None
    assert bool(core.tick(1.0).open) is grows


@pytest.mark.parametrize(
    ("there", "ratio", "busy", "grows"),
    [(5, 0.8, 3, False), (5, 0.8, 4, True), (25, 0.28, 6, False), (25, 0.28, 7, True)],
)
def test_the_ratio_itself_is_enough(there: int, ratio: float, busy: int, grows: bool) -> None:
    """Of five connections 0.8 are four. (25 * 0.28 is a little more than seven, for a computer.)"""
    config = PoolConfig(
        min_connections_per_host=there, max_connections_per_host=30, requests_per_connection=1, high_load_ratio=ratio
    )
    core: PoolCore[None] = PoolCore(config, lambda count: 0)
    plan = core.tick(0.0)
    while plan.open:
        plan = core.opened(plan.open[0], 0.0, 0.0)
    for _ in range(busy):
        assert core.acquire() is not None
    assert bool(core.tick(1.0).open) is grows


# -- generations -------------------------------------------------------------------------------------------------------


class Undead(FakeLink):
    """Ends none of its requests when it is cut, as a thread that cannot be stopped: all end at `late_at`."""

    late_at: float | None = None
    ending: TransportError | None = None

    def abort(self) -> None:
        self._pending.clear()
        super().abort()

    async def ping(self, timeout: float) -> None:
        if self.late_at is None:
            await super().ping(timeout)
        else:
            await self._late()

    async def call(self, function: Callable[[Any], T], timeout: float) -> T:
        await self._late()
        return function(self)

    async def _late(self) -> None:
        assert self.late_at is not None
        await asyncio.sleep(self.late_at - now())
        if self.ending is not None:
            raise self.ending


class UndeadDriver(FakeDriver):
    """Its first link is an Undead one."""

    async def open(self, request: OpenRequest) -> Link:
        link = await super().open(request)
        if len(self.links) > 1:
            return link
        self.live.discard(self.links.pop())
        undead = Undead(self, request)
        self.links.append(undead)
        self.live.add(undead)
        return undead


@pytest.mark.parametrize("end", [ConnectionLost("gone"), CallTimeout("too late"), None])
@pytest.mark.parametrize("asked_by", ["heartbeat", "call"])
def test_the_late_end_of_a_request_on_an_old_link_is_not_the_new_ones(
    asked_by: str, end: TransportError | None
) -> None:
    async def main() -> None:
        driver = UndeadDriver(latency=0)
        async with managed(driver) as manager:
            await manager.add_host(tcp_host())
            connection = await manager.execute_on_host("a", itself)
            (old,) = driver.links
            assert isinstance(old, Undead)
            begun = now()
            late_at = begun + (12 if asked_by == "call" else 18)
            old.ending, old.late_at = end, late_at
            call = asyncio.create_task(connection.call(lambda virt: 1)) if asked_by == "call" else None
            await asyncio.sleep(5 if asked_by == "call" else 11)  # the heartbeat has asked after 10 s
            old.lose()
            await connection.connect()
            _, new = driver.links
            pings, heartbeat_at = new.pings, now() + 10
            await asyncio.sleep(late_at + 1 - now())
            assert (connection.state, new.alive, new.pings) == (S.CONNECTED, True, pings)
            await asyncio.sleep(heartbeat_at + 0.5 - now())
            assert new.pings == pings + 1, "an old link's answer is no beat of the new one's heart"
            if call is not None:
                (outcome,) = await asyncio.gather(call, return_exceptions=True)
                assert outcome == 1 if end is None else type(outcome) is type(end)

    run_virtual(main())


async def itself(connection: HostConnection) -> HostConnection:
    return connection


# -- time that is left -------------------------------------------------------------------------------------------------


def test_waiting_for_the_connection_is_part_of_a_calls_time() -> None:
    async def main() -> None:
        driver = FakeDriver(latency=1.2)
        async with managed(driver) as manager:
            await manager.add_host(tcp_host())
            connection = await manager.execute_on_host("a", itself)
            driver.links[0].lose()  # back after 2.2 s, and then the call takes 1.2 s
            begun = now()
            with pytest.raises(CallTimeout):
                await connection.call(lambda virt: 1, deadline=3)
            assert now() - begun == pytest.approx(3)

    run_virtual(main())


def test_a_fan_out_that_has_no_time_at_all_gives_every_host_a_result() -> None:
    async def main() -> None:
        async with managed(FakeDriver()) as manager:
            for name in "ab":
                await manager.add_host(tcp_host(name))
            begun = now()
            results = await manager.execute_on_all_hosts(answer, overall=0)
            assert [type(result.error) for result in results] == [CallTimeout, CallTimeout]
            assert now() == begun

    run_virtual(main())


# -- openings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("jumps", "most"), [(["one.example.org", "two.example.org"], 2 * JUMP_LIMIT), (["none"], 40), ([None], 40)]
)
def test_each_jump_host_has_eight_places_of_its_own(jumps: list[str | None], most: int) -> None:
    async def main() -> None:
        driver = FakeDriver(open_time=0.3)
        async with managed(driver, replace(CONFIG, max_concurrent_connects=64)) as manager:
            for number in range(40):
                ssh = SshSettings(proxy_jump=jumps[number % len(jumps)])
                await manager.add_host(HostInfo(f"h{number}", "192.0.2.1", uri=None, ssh=ssh))
            await asyncio.sleep(20)
            assert manager.active_connection_count == 40
        assert driver.most_opening == most

    run_virtual(main())


@pytest.mark.parametrize("least", [0, 1])
def test_the_minimum_of_a_host_that_has_ssh_alone(least: int) -> None:
    async def main() -> None:
        config = replace(CONFIG, pool=PoolConfig(min_connections_per_host=least))
        async with managed(FakeDriver(), config) as manager:
            await manager.add_host(HostInfo("a", "192.0.2.1", uri=None))
            await asyncio.sleep(100)
            assert manager.connection_count == least

    run_virtual(main())


def test_a_caller_while_an_attempt_runs_waits_for_it_though_one_has_just_failed() -> None:
    async def main() -> None:
        driver = FakeDriver(open_time=0.3)
        driver.script = lambda request: ConnectFailed("refused") if len(driver.attempts) < 2 else None
        async with managed(driver) as manager:
            await manager.add_host(tcp_host())
            await asyncio.sleep(0.4)
            manager.retry("a")
            await asyncio.sleep(0.1)
            assert len(driver.attempts) == 2
            assert await manager.execute_on_host("a", answer, fail_fast=True) == "yes"

    run_virtual(main())


def test_what_a_person_retries_begins_with_the_first_delay_again() -> None:
    async def main() -> None:
        driver = FakeDriver(open_time=0)
        driver.script = lambda request: ConnectFailed("refused")
        config = replace(CONFIG, reconnect=replace(EXACT, max_attempts=3))
        async with managed(driver, config) as manager:
            await manager.add_host(tcp_host())
            await until(lambda: manager.host_state("a").state is S.FAILED)
            driver.attempts.clear()
            begun = now()
            manager.retry("a")
            await asyncio.sleep(100)
            assert [at - begun for at in driver.attempts] == pytest.approx([0, 1, 3, 7])

    run_virtual(main())


def test_a_tunnel_over_an_ssh_connection_that_fails_says_why_at_once() -> None:
    """It does not wait for a place in the SSH pool while that makes attempt after attempt."""

    async def main() -> None:
        driver = FakeDriver()
        driver.script = lambda request: ConnectFailed("no route to the host") if request.carrier is None else None
        async with managed(driver) as manager:
            await manager.add_host(ssh_host())
            await asyncio.sleep(0.5)
            assert str(manager.host_state("a").cause) == "no route to the host"

    run_virtual(main())


# -- moving and leaving ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["uri", "address", "ssh"])
@pytest.mark.parametrize("work", [0.5, 60])
def test_leases_that_are_out_when_a_host_moves_have_a_moment_and_are_cut(what: str, work: float) -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with managed(driver) as manager:
            await manager.add_host(tcp_host())
            first = await manager.execute_on_host("a", itself)
            ended: list[float] = []

            async def hold(connection: HostConnection) -> None:
                await asyncio.sleep(work)
                ended.append(now())

            holder = asyncio.create_task(manager.execute_on_host("a", hold))
            await asyncio.sleep(0.1)
            begun = now()
            changed = {
                "uri": replace(tcp_host(), uri="test+tcp://192.0.2.9/default"),
                "address": replace(tcp_host(), host="192.0.2.9"),
                "ssh": replace(tcp_host(), ssh=SshSettings(port=2222)),
            }
            moving = asyncio.create_task(manager.update_host(changed[what]))
            await asyncio.sleep(0.1)
            assert await manager.execute_on_host("a", itself) is not first, "new callers go the new way at once"
            assert driver.links[0].alive, "the lease has its moment"
            await moving
            assert now() - begun == pytest.approx(min(1.0, work), abs=0.2)
            assert not driver.links[0].alive
            assert [link.request.host for link in driver.live] == [changed[what]]
            holder.cancel() if not ended else await holder
            await asyncio.wait([holder])
            assert manager.stats()["a"].total_active_uses == 0

    run_virtual(main())


def test_the_connection_that_rides_says_goodbye_before_the_one_it_rides_on() -> None:
    order: list[str] = []

    class Polite(FakeDriver):
        async def open(self, request: OpenRequest) -> Link:
            link = await super().open(request)
            close = self.links[-1].close

            async def noted() -> None:
                order.append("virt" if request.carrier else "ssh")
                await asyncio.sleep(0.1)
                await close()

            self.links[-1].close = noted  # type: ignore[method-assign]
            return link

    async def main() -> None:
        async with managed(Polite()) as manager:
            await manager.add_host(ssh_host())
            await manager.execute_on_host("a", answer)
            await manager.remove_host("a")

    run_virtual(main())
    assert order == ["virt", "ssh"]
