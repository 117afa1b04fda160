"""Passwords over a whole pool: one attempt where one is refused, one answer for all connections, and no trace of it."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Iterator

import pytest

from atp_tui.api import (
    AtpError,
    ConnectionState,
    Credential,
    CredentialWanted,
    HostConnection,
    HostInfo,
    Jitter,
    PoolConfig,
    ReconnectConfig,
    Secret,
    TransportConfig,
    TransportManager,
)
from atp_tui.model.events import ConnectionChanged, Event
from atp_tui.transport.hub import Subscription

from .guarded import HANG, PASSWORD, Guarded, auth_conf, guarded_libvirtd

S = ConnectionState
WRONG = "wrong-3c3c"
CONFIG = TransportConfig(
    connect_timeout=10,
    pool=PoolConfig(min_connections_per_host=3, management_interval=0.05),
    reconnect=ReconnectConfig(initial_delay=0.01, max_delay=0.02, jitter=Jitter.NONE, max_attempts=0, slow_lane=0.05),
)
"""Whatever could be tried again is, many times in a blink."""
BLINK = 0.7

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(90)]


@pytest.fixture
def guarded() -> Iterator[Guarded]:
    with guarded_libvirtd() as guarded:
        yield guarded


def refusals(guarded: Guarded) -> int:
    """How many log-ins the daemon itself has refused."""
    return guarded.daemon.log().count("SASL(-13)")


class Watched:
    """A manager with one host, and all that it tells."""

    def __init__(self, manager: TransportManager) -> None:
        self.manager = manager
        self.events: list[Event] = []
        self._news: Subscription = manager.hub.subscribe(10_000)

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(HANG):
            while not holds():
                self.events += await self._news.batch()

    async def failed(self) -> CredentialWanted:
        await self.until(lambda: self.manager.host_state("kvm01").state is S.FAILED)
        (error,) = self.manager.last_errors("kvm01")
        assert isinstance(error, CredentialWanted)
        return error

    async def connected(self) -> None:
        """All connections of the pool."""
        await self.until(lambda: self.manager.stats()["kvm01"].active_connections == 3)

    async def ask(self) -> str:
        async def kind(connection: HostConnection) -> str:
            answer: str = await connection.call(lambda virt: virt.getType())
            return answer

        return await self.manager.execute_on_host("kvm01", kind, timeout=HANG)


@pytest.mark.parametrize("transport", ["tcp", "unix", "tls"])
async def test_a_refused_password_is_sent_once_until_a_person_acts(guarded: Guarded, transport: str) -> None:
    auth_conf(("default", guarded.name, WRONG))
    async with TransportManager(CONFIG) as manager:
        watched = Watched(manager)
        await manager.add_host(HostInfo("kvm01", "127.0.0.1", uri=guarded.uri(transport)))
        assert (await watched.failed()).refused
        for _ in range(10):
            with pytest.raises(AtpError):
                await watched.ask()
        await asyncio.sleep(BLINK)
        assert refusals(guarded) == 1
        state = manager.host_state("kvm01")
        assert (state.state, state.retries, state.next_attempt_at) == (S.FAILED, False, None)

        manager.log_in("kvm01", Credential(guarded.name, Secret(WRONG)))
        await watched.until(lambda: refusals(guarded) == 2)
        await watched.failed()
        await asyncio.sleep(BLINK)
        assert refusals(guarded) == 2, "what was typed and refused is not sent again"

        manager.log_in("kvm01", Credential(guarded.name, Secret(PASSWORD)))
        await watched.connected()
        assert await watched.ask() == "TEST"
        assert refusals(guarded) == 2


async def test_one_answer_serves_every_connection_until_it_is_refused(guarded: Guarded) -> None:
    async with TransportManager(CONFIG) as manager:
        watched = Watched(manager)
        await manager.add_host(HostInfo("kvm01", "127.0.0.1", uri=guarded.uri("tls")))
        assert not (await watched.failed()).refused
        manager.log_in("kvm01", Credential(guarded.name, Secret(PASSWORD)))
        await watched.connected()
        guarded.daemon.restart()
        await watched.until(lambda: manager.stats()["kvm01"].active_connections < 3)
        await watched.connected()
        assert refusals(guarded) == 0, "connections that come back need no person"

        guarded.users.set_password("admin", "another")
        guarded.daemon.restart()
        assert (await watched.failed()).refused
        await asyncio.sleep(BLINK)
        assert refusals(guarded) == 1
        manager.log_in("kvm01", Credential(guarded.name, Secret("another")))
        await watched.connected()


async def test_another_uri_gets_nothing_of_what_was_typed(guarded: Guarded) -> None:
    async with TransportManager(CONFIG) as manager:
        watched = Watched(manager)
        host = HostInfo("kvm01", "127.0.0.1", uri=guarded.uri("tls"))
        await manager.add_host(host)
        await watched.failed()
        manager.log_in("kvm01", Credential(guarded.name, Secret(PASSWORD)))
        await watched.connected()
        await manager.update_host(host.with_uri(guarded.uri("unix")))
        assert not (await watched.failed()).refused


async def test_no_password_is_ever_shown(guarded: Guarded, caplog: pytest.LogCaptureFixture) -> None:
    """Wrong ones and right ones, of a file and of a person: in no event, error, state, figure or line of a log."""
    caplog.set_level(logging.DEBUG)
    auth_conf(("default", guarded.name, WRONG))
    shown: list[object] = []
    async with TransportManager(CONFIG) as manager:
        watched = Watched(manager)
        await manager.add_host(HostInfo("kvm01", "127.0.0.1", uri=guarded.uri("tls")))
        for password in (WRONG, PASSWORD):
            error = await watched.failed()
            shown += [error.message, repr(error), vars(error), "".join(traceback.format_exception(error))]
            shown += [manager.host_state("kvm01"), manager.pools("kvm01")]
            before = refusals(guarded)
            manager.log_in("kvm01", Credential(guarded.name, Secret(password)))
            await watched.until(lambda: refusals(guarded) > before or manager.stats()["kvm01"].active_connections == 3)  # noqa: B023
        await watched.connected()
        shown += [manager.stats(), manager.list_hosts(), vars(manager), await watched.ask()]
    assert any(isinstance(event, ConnectionChanged) and event.cause for event in watched.events)
    text = "\n".join(map(repr, [*shown, *watched.events])) + caplog.text
    assert guarded.name in text, "the name is shown, so the rest would have been"
    assert WRONG not in text and PASSWORD not in text
