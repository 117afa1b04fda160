"""HostConnection, row by row of its specification, in virtual time: its end, its figures, its clock."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from itertools import pairwise

import pytest

from atp_tui.model.connection import TRANSITIONS
from atp_tui.model.errors import ConnectFailed, ConnectionLost
from atp_tui.model.settings import PoolConfig
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.dialer import CLOSE_TIMEOUT
from atp_tui.transport.driver import Link, OpenRequest
from atp_tui.transport.manager import TransportManager
from tests.fakes.driver import FakeDriver, FakeLink
from tests.fakes.said import said
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.transport.settled import answer, now, tcp_host
from tests.unit.transport.watched import CONFIG, S, Watched, watched

# -- the end -----------------------------------------------------------------------------------------------------------


def test_disconnect_takes_a_moment_at_most_with_a_silent_peer() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with watched(driver) as alone:
            await alone.connection.connect()
            driver.links[0].silent = True
            begun = now()
            await alone.connection.disconnect()
            assert now() - begun == pytest.approx(CLOSE_TIMEOUT)
            assert CLOSE_TIMEOUT <= 1.0
            assert alone.states[-2:] == [S.DRAINING, S.DISCONNECTED]
            assert not driver.live

    run_virtual(main())


@pytest.mark.parametrize("moment", [0, 0.005, 0.0105, 0.5, 3, 4, 8, 11])
def test_disconnect_at_any_moment_leaves_no_task_no_link_and_no_timer(moment: float) -> None:
    """During the opening, its first round trip, the pause before the next attempt, an idle time, a heartbeat."""

    async def main() -> int:
        driver = FakeDriver()
        async with watched(driver) as alone:
            alone.connection.start()
            await asyncio.sleep(moment)
            for link in driver.links:
                link.silent = moment > 10
            if 0.5 <= moment < 4 and driver.links:
                driver.links[0].lose()
            await alone.connection.disconnect()
            attempts = len(driver.attempts)
            await asyncio.sleep(1000)
            assert (driver.live, driver.opening, len(driver.attempts)) == (set(), 0, attempts)
        return 0

    assert run_virtual(main()) == 0


def test_a_closed_connection_does_not_come_back() -> None:
    """Whoever still holds it cannot open it again: nobody would ever close what it opened."""

    async def main() -> None:
        driver = FakeDriver()
        async with TransportManager(CONFIG, lambda *_: driver, clock=VirtualClock(), rng=random.Random(1)) as manager:
            await manager.add_host(tcp_host())
            seen: list[HostConnection] = []

            async def keep(connection: HostConnection) -> None:
                seen.append(connection)

            await manager.execute_on_host("a", keep)
            await manager.remove_host("a")
            (connection,) = seen
            connection.retry()
            with pytest.raises(ConnectionLost, match="closed"):
                await connection.connect(1)
            with pytest.raises(ConnectionLost, match="closed"):
                await connection.call(lambda virt: None)
            await asyncio.sleep(100)
            assert (connection.state, len(driver.attempts)) == (S.DISCONNECTED, 1)
        assert not driver.live

    run_virtual(main())


@pytest.mark.parametrize("steps", range(1, 8))
def test_a_disconnect_that_is_cancelled_leaves_no_link(steps: int) -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with watched(driver) as alone:
            await alone.connection.connect()
            driver.links[0].silent = True
            await asyncio.sleep(11)  # a heartbeat is under way
            ending = asyncio.create_task(alone.connection.disconnect())
            for _ in range(steps):
                await asyncio.sleep(0)
            ending.cancel()
            await asyncio.wait([ending])
            assert not driver.live
            assert not await alone.connection.is_alive()

    run_virtual(main())


# -- what one can read -------------------------------------------------------------------------------------------------


def test_every_transition_is_legal_and_told_with_time_cause_and_next_attempt() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with watched(driver) as alone:
            await alone.connection.connect()
            driver.script = lambda request: ConnectFailed("connection refused")
            driver.links[0].lose("the peer went away")
            lost_at = now()
            await asyncio.sleep(200)
            assert alone.states[-1] is S.FAILED
        changes = alone.changes
        for before, change in pairwise(changes):
            assert change.before is before.after, "no transition goes untold"
            assert change.at >= before.at
        assert all(change.after in TRANSITIONS[change.before] for change in changes)
        lost = next(change for change in changes if change.before is S.CONNECTED)
        assert (lost.at, said(lost.cause), lost.next_attempt_at) == (lost_at, "the peer went away", lost_at + 1)
        failed = [one for one in changes if said(one.cause) == "connection refused" and one.next_attempt_at is not None]
        delays = [change.next_attempt_at - change.at for change in failed if change.next_attempt_at is not None]
        assert delays == pytest.approx([1, 2, 4, 8, 16])

    run_virtual(main())


def test_an_illegal_transition_is_a_defect_that_is_not_passed_over() -> None:
    async def main() -> None:
        alone = Watched(FakeDriver())
        with pytest.raises(AssertionError, match="not a legal transition"):
            alone.connection._move(S.CONNECTED, None)
        assert alone.changes == []

    run_virtual(main())


def test_is_alive_is_the_state_and_the_drivers_word() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with watched(driver) as alone:
            assert not await alone.connection.is_alive()
            await alone.connection.connect()
            assert await alone.connection.is_alive()
            driver.links[0].alive = False
            assert alone.connection.state is S.CONNECTED
            assert not await alone.connection.is_alive()
            driver.live.clear()

    run_virtual(main())


def test_metrics_say_all_there_is_at_any_moment() -> None:
    async def main() -> None:
        class Counting(FakeLink):
            def bytes_moved(self) -> tuple[int, int] | None:
                return 70, 30

        class Counted(FakeDriver):
            async def open(self, request: OpenRequest) -> Link:
                await super().open(request)
                self.live.discard(self.links.pop())
                link = Counting(self, request)
                self.links.append(link)
                self.live.add(link)
                return link

        driver = Counted(latency=0.25, open_time=0)
        pool = PoolConfig(requests_per_connection=5)
        config = replace(CONFIG, pool=pool)
        async with TransportManager(config, lambda *_: driver, clock=VirtualClock(), rng=random.Random(1)) as manager:
            await manager.add_host(tcp_host())
            await asyncio.gather(*(manager.execute_on_host("a", answer) for _ in range(3)))
            called_at = now()
            driver.links[0].lose("gone")
            await asyncio.sleep(3)
            use = asyncio.create_task(manager.execute_on_host("a", answer))
            await asyncio.sleep(0)
            (one,) = manager.stats()["a"].connections
            assert (one.active_uses, one.high_water, one.total_requests, one.reconnects) == (1, 3, 4, 1)
            assert (one.error_count, one.errors) == (1, {"ConnectionLost": 1})
            assert (one.last_error, one.last_error_at) == ("gone", called_at)
            assert one.created_at == 0
            assert called_at < one.last_active < now()
            assert one.latency is not None
            assert (one.latency.p50, one.latency.p95, one.latency.p99) == pytest.approx((0.25, 0.25, 0.25))
            assert (one.bytes_in, one.bytes_out) == (70, 30)
            await use

    run_virtual(main())


@pytest.mark.parametrize("back_by", ["itself", "a person", "a caller"])
def test_a_reconnect_is_each_time_that_it_is_up_again(back_by: str) -> None:
    """Not its first time, however many attempts that took; and each later one, whoever asked for it."""

    async def main() -> None:
        driver = FakeDriver(open_time=0, latency=0)
        driver.script = lambda request: ConnectFailed("refused") if len(driver.attempts) < 3 else None
        async with watched(driver) as alone:
            connection = alone.connection
            await connection.connect()
            assert connection.metrics.reconnects == 0
            connection.configure(tcp_host(), replace(CONFIG, auto_reconnect=back_by == "itself"))
            for times in (1, 2):
                driver.links[-1].lose()
                await asyncio.sleep(20)
                if back_by == "a person":
                    connection.retry()
                assert await connection.call(lambda virt: 7) == 7
                assert connection.metrics.reconnects == times

    run_virtual(main())


def test_time_is_the_injected_clocks() -> None:
    """Idle time, delays, deadlines, heartbeats: nothing in the transport asks any other clock."""

    async def main() -> None:
        class NoWall(VirtualClock):
            def wall(self) -> float:
                raise AssertionError("the wall clock may leap; it is for showing only")

        driver = FakeDriver()
        pool = PoolConfig(min_connections_per_host=0, idle_timeout=20, management_interval=5)
        config = replace(CONFIG, pool=pool)
        async with TransportManager(config, lambda *_: driver, clock=NoWall(), rng=random.Random(1)) as manager:
            await manager.add_host(tcp_host())
            assert await manager.execute_on_host("a", answer) == "yes"
            driver.links[0].lose()
            assert await manager.execute_on_host("a", answer) == "yes"
            await asyncio.sleep(60)
            assert manager.connection_count == 0

    run_virtual(main())


def test_a_link_that_ends_while_it_is_handed_over_is_a_loss_at_once() -> None:
    """Its news came while the connection was not yet connected, and nothing else will be heard of it."""

    class Brief(FakeDriver):
        async def open(self, request: OpenRequest) -> Link:
            link = await super().open(request)
            if len(self.links) == 1:
                self.links[0].lose()
            return link

    async def main() -> None:
        async with watched(Brief()) as alone:
            alone.connection.start()
            await asyncio.sleep(3)
            assert alone.states == [S.CONNECTING, S.CONNECTED, S.RECONNECTING, S.RECONNECTING, S.CONNECTED]
            assert said(alone.changes[2].cause) == "the connection ended as it opened"

    run_virtual(main())
