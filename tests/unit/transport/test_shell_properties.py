"""The shell under hypothesis: TransportManager, its pools and connections over a FakeDriver, in virtual time.

The machine plays callers that are cancelled after any number of steps of the event loop, a network that refuses, falls
silent or cuts, a clock that leaps, a person who retries, disconnects and changes settings.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from atp_tui.model.connection import TRANSITIONS, ConnectionState
from atp_tui.model.errors import AtpError, AuthFailed, ConnectFailed
from atp_tui.model.events import ConnectionChanged
from atp_tui.model.settings import PoolConfig, ReconnectConfig, TransportConfig
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.lifecycle import Lifecycle
from atp_tui.transport.manager import TransportManager
from atp_tui.transport.pool import ConnectionPool
from atp_tui.transport.slot import LeaseClass
from tests.fakes.driver import FakeDriver, FakeLink
from tests.fakes.virtual_time import VirtualClock, VirtualLoop
from tests.unit.transport.settled import ssh_host, tcp_host

CALL_TIMEOUT, CHECKOUT_TIMEOUT, CONNECT_TIMEOUT = 3.0, 4.0, 2.0
PATIENCE = CHECKOUT_TIMEOUT + CONNECT_TIMEOUT + 4 * CALL_TIMEOUT
"""Seconds within which every caller has heard something, whatever the world does."""

pools = st.builds(
    PoolConfig,
    max_connections_per_host=st.integers(2, 4),
    min_connections_per_host=st.integers(0, 2),
    requests_per_connection=st.integers(1, 2),
    management_interval=st.sampled_from([1.0, 7.0]),
    idle_timeout=st.sampled_from([2.0, 50.0]),
    max_lifetime=st.sampled_from([0.0, 20.0]),
    checkout_timeout=st.just(CHECKOUT_TIMEOUT),
    max_waiters=st.sampled_from([3, 1000]),
)
configs = st.builds(
    TransportConfig,
    connect_timeout=st.just(CONNECT_TIMEOUT),
    heartbeat_interval=st.sampled_from([1.0, 20.0]),
    heartbeat_timeout=st.just(1.0),
    call_timeout=st.just(CALL_TIMEOUT),
    auto_reconnect=st.booleans(),
    pool=pools,
    reconnect=st.builds(ReconnectConfig, max_attempts=st.integers(0, 2), slow_lane=st.sampled_from([0.0, 30.0])),
)
WORKING = (ConnectionState.CONNECTING, ConnectionState.RECONNECTING)
hosts = st.sampled_from(["direct", "tunnelled"])


async def all_of(users: Iterable[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*users, return_exceptions=True)


class MovesInOrder:
    """Every transition of every connection, in the order in which they happened, until `close`.

    A transition that answers to another one happens after it, whoever acts: this order is that of causes as well.
    """

    def __init__(self) -> None:
        self.moves: list[tuple[ConnectionState, ConnectionState, int, float | None]] = []
        self.lives: list[Lifecycle] = []
        self._patch = pytest.MonkeyPatch()
        plain = Lifecycle.move

        def move(life: Lifecycle, *where: Any, **more: Any) -> None:
            before = life.state
            plain(life, *where, **more)
            self.moves.append((before, life.state, life.attempt, life.next_attempt_at))
            self.lives.append(life)

        self._patch.setattr(Lifecycle, "move", move)

    def of_each_life(self) -> list[list[tuple[ConnectionState, ConnectionState]]]:
        """The transitions of each connection."""
        found: dict[Lifecycle, list[tuple[ConnectionState, ConnectionState]]] = {}
        for life, (before, after, _, _) in zip(self.lives, self.moves, strict=True):
            found.setdefault(life, []).append((before, after))
        return list(found.values())

    def close(self) -> None:
        self._patch.undo()


class ShellMachine(RuleBasedStateMachine):
    """Every rule ends at a quiet moment of the loop; what must hold is looked at between rules."""

    def __init__(self) -> None:
        super().__init__()
        self.moved = MovesInOrder()
        self.loop = VirtualLoop()
        self.failures: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda loop, context: self.failures.append(context))
        self.driver = FakeDriver(latency=0.1, open_time=0.2)
        self.clock = VirtualClock()
        self.users: dict[asyncio.Task[Any], float] = {}
        self.holding = 0
        config = TransportConfig(call_timeout=CALL_TIMEOUT, connect_timeout=CONNECT_TIMEOUT)
        self.manager = TransportManager(config, lambda *_: self.driver, clock=self.clock, rng=random.Random(5))
        self.events = self.manager.hub.subscribe(size=1_000_000)
        self.do(self.manager.add_host(tcp_host("direct")))
        self.do(self.manager.add_host(ssh_host("tunnelled")))

    def do(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(work)

    def pools(self) -> list[ConnectionPool]:
        return [pool for entry in self.manager._entries.values() for pool in entry.pools.values()]

    def live(self) -> list[FakeLink]:
        """The links that are up, in the order in which they were opened: that of a set is another one in each run."""
        return sorted(self.driver.live, key=self.driver.links.index)

    async def step(self, steps: int) -> None:
        for _ in range(steps):
            await asyncio.sleep(0)

    # -- callers -------------------------------------------------------------------------------------------------

    async def use(self, connection: HostConnection, calls: int, rest: float) -> None:
        self.holding += 1
        try:
            for _ in range(calls):
                await connection.call(lambda virt: None)
                await asyncio.sleep(rest)
        finally:
            self.holding -= 1

    @rule(
        host=hosts,
        count=st.integers(1, 6),
        calls=st.integers(0, 3),
        rest=st.sampled_from([0.0, 0.3]),
        channel=st.sampled_from([None, "ssh"]),
        fail_fast=st.booleans(),
        steps=st.integers(0, 6),
    )
    def callers_come(self, host: str, count: int, calls: int, rest: float, steps: int, **options: Any) -> None:
        async def come() -> None:
            for _ in range(count):
                work = self.manager.execute_on_host(host, lambda one: self.use(one, calls, rest), **options)
                self.users[asyncio.ensure_future(work)] = self.loop.time()
            await self.step(steps)

        self.do(come())

    @precondition(lambda self: self.users)
    @rule(data=st.data(), steps=st.integers(0, 6))
    def a_caller_is_cancelled(self, data: st.DataObject, steps: int) -> None:
        user = data.draw(st.sampled_from(list(self.users)), label="user")
        user.cancel()
        self.do(self.step(steps))

    # -- the world -----------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.25, 1.0, 5.0, 40.0]))
    def time_passes(self, seconds: float) -> None:
        self.do(asyncio.sleep(seconds))

    @rule(leap=st.sampled_from([0.5, 60.0, 1e6]))
    def the_clock_leaps(self, leap: float) -> None:
        self.clock.leap += leap
        self.do(asyncio.sleep(0))

    @rule(verdict=st.sampled_from([None, None, "silent", ConnectFailed("refused"), AuthFailed("no")]))
    def the_network_changes(self, verdict: Any) -> None:
        self.driver.script = lambda request: verdict

    @rule(data=st.data(), how=st.sampled_from(["lose", "abort", "silent"]), steps=st.integers(0, 4))
    def a_link_dies(self, data: st.DataObject, how: str, steps: int) -> None:
        """It is cut with or without being told, or it only says nothing any more."""
        if not self.driver.live:
            return
        link = data.draw(st.sampled_from(self.live()), label="link")
        if how == "silent":
            link.silent = True
        else:
            self.loop.call_soon(link.lose if how == "lose" else link.abort)
        self.do(self.step(steps + 1))

    @rule()
    def all_links_die_together(self) -> None:
        for link in self.live():
            self.loop.call_soon(link.lose)
        self.do(asyncio.sleep(0))

    # -- a person ------------------------------------------------------------------------------------------------

    @rule(host=hosts)
    def a_person_retries(self, host: str) -> None:
        async def ask() -> None:
            self.manager.retry(host)

        self.do(ask())

    @rule(host=hosts)
    def a_person_looks(self, host: str) -> None:
        async def look() -> None:
            self.manager.looked_at(host)

        self.do(look())

    @rule(host=hosts, config=st.none() | configs)
    def settings_change(self, host: str, config: TransportConfig | None) -> None:
        """A host gets settings of its own, or goes by the fleet's again."""
        self.do(self.manager.update_host(replace(self.manager.host(host), transport=config)))

    @rule(config=configs)
    def settings_of_the_fleet_change(self, config: TransportConfig) -> None:
        async def take() -> None:
            self.manager.configure(config)

        self.do(take())

    @rule(host=hosts, patience=st.sampled_from([0.0, 0.1, 1.5, None]))
    def a_person_disconnects(self, host: str, patience: float | None) -> None:
        """And cancels that, perhaps."""

        async def ask() -> None:
            ending = asyncio.ensure_future(self.manager.disconnect(host))
            await asyncio.wait([ending], timeout=patience)
            ending.cancel()
            await asyncio.gather(ending, return_exceptions=True)

        self.do(ask())

    # -- what must hold ------------------------------------------------------------------------------------------

    @invariant()
    def nothing_failed_unseen(self) -> None:
        assert not self.failures

    @invariant()
    def callers_end_in_time_and_with_an_error_of_ours(self) -> None:
        for user, since in list(self.users.items()):
            if user.done():
                del self.users[user]
                error = None if user.cancelled() else user.exception()
                assert error is None or isinstance(error, AtpError), error
            else:
                assert self.loop.time() - since <= PATIENCE + 50, "a waiter was lost"

    @invariant()
    def uses_are_those_of_the_callers(self) -> None:
        counted = sum(slot.active_uses for pool in self.pools() for slot in pool.core.slots.values())
        assert counted <= len(self.users)
        if not self.users:
            assert (counted, sum(len(pool.core.waiting) for pool in self.pools())) == (0, 0) or self.tunnels_wait()

    def tunnels_wait(self) -> bool:
        """A connection that is being opened over SSH waits in the SSH pool's queue: no caller, but a waiter."""
        waiters = [waiter for pool in self.pools() for waiter in pool.core.waiting]
        return all(waiter.lease_class is LeaseClass.WATCH for waiter in waiters) and len(waiters) <= 4

    @invariant()
    def one_attempt_at_a_time_for_a_pool(self) -> None:
        for pool in self.pools():
            attempting = [one for one in pool.connections() if one.state in WORKING]
            assert len(attempting) <= 1, attempting

    @invariant()
    def what_is_open_is_known(self) -> None:
        assert self.driver.opening <= 2 * 2, "two hosts of two pools"
        known = sum(len(pool.core.slots) + len(pool._closing) for pool in self.pools())
        assert len(self.driver.live) + self.driver.opening <= known + len(self.manager._leaving) * 10

    def teardown(self) -> None:
        """All that was ever begun comes to its end: tasks, links, timers; and each transition was a legal one."""
        try:
            for user in self.users:
                user.cancel()
            self.do(all_of(self.users))
            self.do(self.manager.close())
            self.do(asyncio.sleep(200))
            left = asyncio.all_tasks(self.loop)
            batch = self.do(self.events.batch())
        finally:
            self.loop.close()
            self.moved.close()
        assert not left
        assert not self.failures
        assert not self.driver.live
        assert not self.driver.opening
        assert self.holding == 0
        changes = [event for event in batch if isinstance(event, ConnectionChanged)]
        assert all(change.after in TRANSITIONS[change.before] for change in changes)
        told = [(change.before, change.after, change.attempt, change.next_attempt_at) for change in changes]
        assert told == self.moved.moves, "news came in another order than what they tell of"
        for moves in self.moved.of_each_life():
            assert all(after == before for (_, after), (before, _) in itertools.pairwise(moves))


ShellMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestShellMachine = ShellMachine.TestCase
