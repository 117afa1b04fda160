"""HostConnection, row by row of its specification, in virtual time: opening, loss, generations."""

from __future__ import annotations

import asyncio
import errno
import random
from dataclasses import replace

import pytest

from atp_tui.model.causes import Cause
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
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import Channel, ReconnectConfig
from atp_tui.transport.driver import Driver, Link, OpenRequest
from atp_tui.transport.manager import TransportManager
from tests.fakes.driver import FakeDriver, FakeLink
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.transport.settled import answer, now, tcp_host, until
from tests.unit.transport.watched import CONFIG, EXACT, S, watched

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


def test_an_error_that_no_driver_has_words_for_shows_nothing_of_itself() -> None:
    async def main() -> None:
        def choose(host: HostInfo, channel: Channel) -> Driver:
            raise ValueError("bad value 'hunter2'")

        async with TransportManager(CONFIG, choose, clock=VirtualClock(), rng=random.Random(1)) as manager:
            await manager.add_host(tcp_host())
            await asyncio.sleep(0.5)
            assert str(manager.host_state("a").cause) == "the program failed: ValueError (see the log)"

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
            assert "asyncssh" in str(manager.host_state("a").cause)
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


@pytest.mark.parametrize("before", [1, 3])
def test_a_limit_of_this_machine_sends_no_host_to_the_slow_lane(before: int) -> None:
    """It is tried again each ten seconds, and what the host itself has failed of before still counts."""

    def refused_here(request: OpenRequest) -> TransportError:
        error = ConnectFailed("a key cannot be read", permanent=True)
        error.__cause__ = OSError(errno.EMFILE, "Too many open files")
        return error

    async def main() -> None:
        driver = FakeDriver()
        slow = replace(CONFIG, reconnect=replace(EXACT, max_attempts=2, slow_lane=300))
        async with watched(driver, slow) as alone:
            driver.script = lambda request: ConnectFailed("connection refused")
            alone.connection.start()
            await until(lambda: len(driver.attempts) == before)
            await asyncio.sleep(0.1)
            driver.script = refused_here
            await asyncio.sleep(400)
            standing = alone.connection.life.standing
            assert (standing.state, standing.attempt) == (S.RECONNECTING, before)
            assert standing.trouble is not None and standing.trouble.cause is Cause.THIS_MACHINE
            assert 40 / 12 <= len(driver.attempts) - before <= 400 / 8 + 1
            driver.script = lambda request: None
            await asyncio.sleep(12)
            assert alone.connection.state is S.CONNECTED

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
