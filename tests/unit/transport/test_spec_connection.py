"""HostConnection, row by row of its specification, in virtual time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise

import pytest

from atp_tui.model.connection import TRANSITIONS, ConnectionState
from atp_tui.model.errors import (
    AuthFailed,
    CallFailed,
    CallTimeout,
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    HostKeyRejected,
    TransportError,
)
from atp_tui.model.events import ConnectionChanged
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import Channel, Jitter, PoolConfig, ReconnectConfig, TransportConfig
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.dialer import CLOSE_TIMEOUT, Dialed, Dialer
from atp_tui.transport.driver import Driver, Link, LostCallback, OpenRequest
from atp_tui.transport.gate import Gate
from atp_tui.transport.manager import TransportManager
from tests.fakes.driver import FakeDriver, FakeLink
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.transport.settled import answer, now, ssh_host, tcp_host, until

S = ConnectionState
EXACT = ReconnectConfig(jitter=Jitter.NONE, slow_lane=0)
CONFIG = TransportConfig(connect_timeout=5, heartbeat_interval=10, heartbeat_timeout=2, call_timeout=5, reconnect=EXACT)


class Watched:
    """A connection of no pool, and every transition it made; `heard` is called with each of them as well."""

    def __init__(self, driver: Driver, config: TransportConfig = CONFIG) -> None:
        clock = VirtualClock()
        dialer = Dialer(lambda host, channel: driver, Gate(16, clock), clock)
        self.changes: list[ConnectionChanged] = []
        self.heard: Callable[[ConnectionChanged], None] = lambda change: None

        async def dial(host: HostInfo, config: TransportConfig, on_lost: LostCallback) -> Dialed:
            return await dialer.dial(host, "virt", config, on_lost)

        self.connection = HostConnection(
            1,
            tcp_host(),
            "virt",
            config,
            dial,
            clock=clock,
            rng=random.Random(1),
            on_change=lambda connection, change: self._hear(change),
        )

    def _hear(self, change: ConnectionChanged) -> None:
        self.changes.append(change)
        self.heard(change)

    @property
    def states(self) -> list[ConnectionState]:
        return [change.after for change in self.changes]


@asynccontextmanager
async def watched(driver: Driver, config: TransportConfig = CONFIG) -> AsyncIterator[Watched]:
    alone = Watched(driver, config)
    try:
        yield alone
    finally:
        await alone.connection.disconnect()


# -- opening -----------------------------------------------------------------------------------------------------------


def test_connect_is_bounded_and_shared() -> None:
    async def main() -> None:
        driver = FakeDriver()
        driver.script = lambda request: "silent"
        async with watched(driver) as alone:
            begun = now()
            results = await asyncio.gather(*(alone.connection.connect(7) for _ in range(3)), return_exceptions=True)
            assert [type(result) for result in results] == [CallTimeout] * 3
            assert now() - begun == pytest.approx(7, abs=0.01)
            first = alone.changes[1]
            assert first.after is S.RECONNECTING
            assert first.at - begun == pytest.approx(5), "one attempt, given up at connect_timeout"
            assert len(driver.attempts) == 2, "three callers, one attempt at a time"

    run_virtual(main())


@pytest.mark.parametrize("where", ["handshake", "answer"])
def test_connect_timeout_is_for_everything_together(where: str) -> None:
    """The opening and its first round trip share the limit: 3 s and then silence is 5 s, not 8."""

    async def main() -> None:
        driver = FakeDriver(open_time=3 if where == "answer" else 100)
        driver.script = lambda request: "mute"
        async with watched(driver) as alone:
            alone.connection.start()
            await asyncio.sleep(5.001)
            assert alone.connection.state is S.RECONNECTING
            assert isinstance(alone.connection.life.error, ConnectTimeout)
            assert not driver.live
            assert not driver.opening

    run_virtual(main())


def test_the_counter_resets_after_a_round_trip_and_not_at_the_handshake() -> None:
    """A peer that accepts and then says nothing is not well: its delays go on growing."""

    async def main() -> None:
        driver = FakeDriver(open_time=0, latency=0)
        driver.script = lambda request: "mute" if len(driver.links) < 3 else None
        async with watched(driver) as alone:
            await alone.connection.connect()
            begun = driver.attempts[0]
            # three time-outs of 5 s, and 1, 2 and 4 s between them
            assert [at - begun for at in driver.attempts] == pytest.approx([0, 6, 13, 22])
            failed = [change for change in alone.changes if change.next_attempt_at is not None]
            assert [change.attempt for change in failed] == [1, 2, 3]
            assert alone.connection.life.attempt == 0
            driver.links[-1].lose()
            assert alone.connection.life.next_attempt_at == pytest.approx(now() + 1), "the first delay again"

    run_virtual(main())


@pytest.mark.parametrize(
    "error",
    [
        AuthFailed("no"),
        HostKeyRejected("changed", known=True),
        ConnectFailed("a bad URI", permanent=True),
    ],
)
def test_permanent_errors_are_not_tried_again_until_a_person_asks(error: TransportError) -> None:
    async def main() -> None:
        driver = FakeDriver()
        driver.script = lambda request: error
        async with watched(driver, replace(CONFIG, reconnect=ReconnectConfig(max_attempts=0))) as alone:
            with pytest.raises(type(error)):
                await alone.connection.connect()
            await asyncio.sleep(10_000)
            with pytest.raises(type(error)):
                await alone.connection.call(lambda virt: None)
            assert (len(driver.attempts), alone.connection.life.retries) == (1, False)
            driver.script = lambda request: None
            alone.connection.retry()
            await alone.connection.connect(1)

    run_virtual(main())


def test_a_choice_of_driver_that_fails_is_the_hosts_cause_and_tried_again() -> None:
    async def main() -> None:
        driver, broken = FakeDriver(), True

        def choose(host: HostInfo, channel: Channel) -> Driver:
            if broken:
                raise ImportError("No module named 'asyncssh'")
            return driver

        async with TransportManager(CONFIG, choose, clock=VirtualClock(), rng=random.Random(1)) as manager:
            await manager.add_host(tcp_host())
            await asyncio.sleep(0.5)
            assert manager.host_state("a").state is S.RECONNECTING
            assert "asyncssh" in (manager.host_state("a").cause or "")
            broken = False
            assert await manager.execute_on_host("a", answer) == "yes"

    run_virtual(main())


# -- loss --------------------------------------------------------------------------------------------------------------


def test_a_failing_call_is_a_loss_though_nobody_told() -> None:
    """A driver that forgets to call on_lost: the call that fails starts the reconnect by itself."""

    async def main() -> None:
        driver = FakeDriver()
        async with watched(driver) as alone:
            await alone.connection.connect()
            driver.links[0].abort()  # without on_lost
            with pytest.raises(ConnectionLost):
                await alone.connection.call(lambda virt: None)
            assert alone.connection.state is S.RECONNECTING
            await alone.connection.connect(3)
            assert len(driver.links) == 2

    run_virtual(main())


def test_an_answer_that_is_an_error_is_no_loss() -> None:
    async def main() -> None:
        def refuse(virt: object) -> None:
            raise CallFailed("no such domain", code=42)

        driver = FakeDriver()
        async with watched(driver) as alone:
            await alone.connection.connect()
            with pytest.raises(CallFailed):
                await alone.connection.call(refuse)
            await asyncio.sleep(1)
            assert alone.connection.state is S.CONNECTED
            assert alone.connection.metrics.errors == {"CallFailed": 1}

    run_virtual(main())


@pytest.mark.parametrize("how", ["pushed", "call", "heartbeat"])
def test_without_auto_reconnect_a_loss_waits_for_a_caller(how: str) -> None:
    """Each kind of loss leaves it Failed with its reason and without an attempt; the next call starts one."""

    async def main() -> None:
        driver = FakeDriver()
        async with watched(driver, replace(CONFIG, auto_reconnect=False)) as alone:
            connection = alone.connection
            await connection.connect()
            if how == "pushed":
                driver.links[0].lose("gone")
            elif how == "call":
                driver.links[0].abort()
                with pytest.raises(ConnectionLost):
                    await connection.call(lambda virt: None)
            else:
                driver.links[0].silent = True
            await asyncio.sleep(500)
            assert (connection.state, len(driver.attempts), connection.life.retries) == (S.FAILED, 1, False)
            assert connection.life.error is not None
            assert await connection.call(lambda virt: 7) == 7
            assert len(driver.attempts) == 2

    run_virtual(main())


def test_a_call_waits_for_the_connection_up_to_its_deadline() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with watched(driver) as alone:
            await alone.connection.connect()
            driver.script = lambda request: ConnectFailed("connection refused")
            driver.links[0].lose()
            begun = now()
            with pytest.raises(CallTimeout) as caught:
                await alone.connection.call(lambda virt: None, deadline=3)
            assert now() - begun == pytest.approx(3)
            assert isinstance(caught.value.__cause__, ConnectFailed), "the reason is told"
            driver.script = lambda request: None
            assert await alone.connection.call(lambda virt: 7, deadline=60) == 7

    run_virtual(main())


def test_after_giving_up_a_call_starts_an_attempt_or_fails_with_the_reason() -> None:
    async def main() -> None:
        driver = FakeDriver()
        driver.script = lambda request: ConnectFailed("connection refused")
        once = replace(CONFIG, reconnect=replace(EXACT, max_attempts=1))
        async with watched(driver, once) as alone:
            with pytest.raises(ConnectFailed):
                await alone.connection.connect()
            given_up = len(driver.attempts)
            with pytest.raises(ConnectFailed, match="refused"):
                await alone.connection.call(lambda virt: None)
            assert len(driver.attempts) == given_up, "one has just failed: many callers make no storm"
            await asyncio.sleep(10_000)
            assert len(driver.attempts) == given_up, "slow_lane 0 stays Failed until asked"
            driver.script = lambda request: None
            assert await alone.connection.call(lambda virt: 7) == 7

    run_virtual(main())


class LateLink(FakeLink):
    """Its answers come even after it was lost, as from a thread that cannot be stopped."""

    def abort(self) -> None:
        self._pending.clear()
        super().abort()


def test_late_answers_and_late_news_of_an_old_link_touch_nothing() -> None:
    """The answer of an old link is no beat of the new one's heart, and its loss is not the new one's."""

    async def main() -> None:
        class Late(FakeDriver):
            async def open(self, request: OpenRequest) -> Link:
                await super().open(request)
                self.live.discard(self.links.pop())
                link = LateLink(self, request)
                self.links.append(link)
                self.live.add(link)
                return link

        driver = Late(latency=0)
        async with watched(driver) as alone:
            connection = alone.connection
            await connection.connect()
            old = driver.links[0]
            old.latency = 12
            late = asyncio.create_task(connection.call(lambda virt: "late", deadline=100))
            await asyncio.sleep(0)
            old.lose()
            await connection.connect()
            up_since, new = now(), driver.links[1]
            generation = len(alone.changes)
            new.silent = True
            assert await late == "late"
            old.request.on_lost(ConnectionLost("an old link's news, once more"))
            assert len(alone.changes) == generation
            await until(lambda: connection.state is not S.CONNECTED)
            assert now() - up_since == pytest.approx(12, abs=0.3), "10 s of silence and 2 s for the question"

    run_virtual(main())


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
        assert (lost.at, lost.cause, lost.next_attempt_at) == (lost_at, "the peer went away", lost_at + 1)
        failed = [one for one in changes if one.cause == "connection refused" and one.next_attempt_at is not None]
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


# -- both kinds of a host's connections --------------------------------------------------------------------------------


def test_ssh_is_opened_when_first_needed_and_shown_beside_the_pools() -> None:
    async def main() -> None:
        drivers = {"virt": FakeDriver(), "ssh": FakeDriver()}
        async with TransportManager(
            CONFIG, lambda host, channel: drivers[channel], clock=VirtualClock(), rng=random.Random(1)
        ) as manager:
            await manager.add_host(tcp_host())
            await asyncio.sleep(100)
            assert (len(drivers["virt"].attempts), len(drivers["ssh"].attempts)) == (1, 0)
            assert [pool.total_connections for pool in manager.pools("a")] == [1, 0]

            async def kind(connection: HostConnection) -> str:
                return connection.channel

            assert await manager.execute_on_host("a", kind, channel="ssh") == "ssh"
            assert [pool.channel for pool in manager.pools("a")] == ["virt", "ssh"]
            assert [pool.active_connections for pool in manager.pools("a")] == [1, 1]
            assert type(await manager.execute_on_host("a", itself)) is type(
                await manager.execute_on_host("a", itself, channel="ssh")
            )

    run_virtual(main())


async def itself(connection: HostConnection) -> HostConnection:
    return connection


def test_a_tunnel_opens_the_ssh_connection_below_it_and_keeps_it() -> None:
    async def main() -> None:
        drivers = {"virt": FakeDriver(), "ssh": FakeDriver()}
        below: list[object] = []

        def carrier(request: OpenRequest) -> None:
            below.append(request.carrier)

        drivers["virt"].script = carrier
        quick = replace(CONFIG, pool=PoolConfig(idle_timeout=5, management_interval=1))
        async with TransportManager(
            quick, lambda host, channel: drivers[channel], clock=VirtualClock(), rng=random.Random(1)
        ) as manager:
            await manager.add_host(ssh_host())
            assert await manager.execute_on_host("a", answer) == "yes"
            assert below == drivers["ssh"].links
            await asyncio.sleep(100)
            assert len(drivers["ssh"].live) == 1, "idle, but something rides on it"

    run_virtual(main())


def test_a_refused_tunnel_comes_back_when_a_person_retries() -> None:
    """The refusal was the SSH connection's, what a person retries is the host's main one."""

    async def main() -> None:
        drivers = {"virt": FakeDriver(), "ssh": FakeDriver()}
        drivers["ssh"].script = lambda request: AuthFailed("permission denied")
        async with TransportManager(
            CONFIG, lambda host, channel: drivers[channel], clock=VirtualClock(), rng=random.Random(1)
        ) as manager:
            await manager.add_host(ssh_host())
            with pytest.raises(AuthFailed):
                await manager.execute_on_host("a", answer)
            await asyncio.sleep(1000)
            assert len(drivers["ssh"].attempts) == 1
            drivers["ssh"].script = lambda request: None
            manager.retry("a")
            assert await manager.execute_on_host("a", answer) == "yes"

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
            assert alone.changes[2].cause == "the connection ended as it opened"

    run_virtual(main())


@pytest.mark.parametrize("verdict", [ConnectFailed("refused", permanent=True), "silent"])
def test_a_tunnel_that_does_not_open_keeps_no_hold_on_its_ssh_connection(verdict: TransportError | str) -> None:
    async def main() -> None:
        driver = FakeDriver()
        driver.script = lambda request: verdict if request.carrier else None
        async with TransportManager(
            replace(CONFIG, connect_timeout=1), lambda *_: driver, clock=VirtualClock()
        ) as manager:
            await manager.add_host(ssh_host(transport=replace(CONFIG, connect_timeout=1, auto_reconnect=False)))
            await asyncio.sleep(5)
            (ssh,) = [pool for pool in manager._entries["a"].pools.values() if pool.channel == "ssh"]
            assert [slot.pins for slot in ssh.core.slots.values()] == [0]

    run_virtual(main())
