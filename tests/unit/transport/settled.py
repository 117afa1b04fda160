"""What the tests of the transport's specification share: fleets made from the text of a hosts.toml, in virtual time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from atp_tui.config.load import parse
from atp_tui.model.host import HostInfo
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.manager import TransportManager
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import VirtualClock

FILE = Path("/etc/fleet/hosts.toml")


@asynccontextmanager
async def configured(
    driver: FakeDriver, text: str, clock: VirtualClock | None = None
) -> AsyncIterator[TransportManager]:
    """A manager of the hosts in `text`, each served by `driver`; nothing of it is left at the end."""
    config = parse(text, FILE)
    clock = clock or VirtualClock()
    async with TransportManager(
        config.transport, lambda info, channel: driver, clock=clock, rng=random.Random(3)
    ) as manager:
        for info in config.hosts:
            await manager.add_host(info)
        yield manager
    assert not driver.live
    assert not driver.opening


def tcp_host(name: str = "a", **changes: object) -> HostInfo:
    """A host whose hypervisor is reached directly."""
    return HostInfo(name, "192.0.2.1", uri="test+tcp://192.0.2.1/default", **changes)  # type: ignore[arg-type]


def ssh_host(name: str = "a", **changes: object) -> HostInfo:
    """A host whose hypervisor connection rides on its SSH connection."""
    return HostInfo(name, "192.0.2.1", uri="test+ssh://192.0.2.1/default", **changes)  # type: ignore[arg-type]


def now() -> float:
    """Seconds of virtual time."""
    return asyncio.get_running_loop().time()


async def until(condition: Callable[[], bool], *, step: float = 0.25, limit: float = 20_000) -> float:
    """Look every `step` seconds until `condition` holds; the seconds that took. Fails after `limit` seconds."""
    begun = now()
    while not condition():
        assert now() - begun < limit, "it never came true"
        await asyncio.sleep(step)
    return now() - begun


async def answer(connection: HostConnection) -> str:
    """A task that makes one call."""
    return await connection.call(lambda virt: "yes")
