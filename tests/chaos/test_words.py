"""What a person reads when the network fails: the words fit what happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from atp_tui.api import CheckoutTimeout, ConnectFailed, HostInfo, PoolConfig, TransportConfig, TransportManager
from atp_tui.drivers.libvirt.driver import LibvirtDriver
from atp_tui.transport.driver import OpenRequest

from .proxy import Address, ChaosProxy, Kind, Mode
from .stage import HANG, nothing


@asynccontextmanager
async def before_nobody(mode: Mode) -> AsyncIterator[HostInfo]:
    """A host behind a proxy in that mode. No daemon is needed for what these modes do."""
    proxy = ChaosProxy(("127.0.0.1", 1))
    proxy.set(mode)
    address: Address = proxy.address
    try:
        yield HostInfo("peer", "127.0.0.1", uri=f"test+tcp://127.0.0.1:{address[1]}/default")
    finally:
        await proxy.close()


async def test_who_waits_for_a_first_attempt_is_not_told_of_connections_in_use() -> None:
    config = TransportConfig(connect_timeout=HANG, pool=PoolConfig(checkout_timeout=0.1))
    async with before_nobody(Mode(Kind.SILENT)) as host, TransportManager(config) as manager:
        await manager.add_host(host)
        with pytest.raises(CheckoutTimeout, match="the first attempt goes on"):
            await manager.execute_on_host(host.id, nothing)


async def test_a_reset_while_opening_has_one_wording_whenever_it_comes() -> None:
    driver = LibvirtDriver()
    words = set()
    async with before_nobody(Mode(Kind.RST)) as host, asyncio.timeout(HANG):
        for _ in range(100):  # about one in ten is reset before libvirt has asked for the peer's name
            with pytest.raises(ConnectFailed) as caught:
                await driver.open(OpenRequest(host, TransportConfig(), lambda error: None))
            words.add(caught.value.message.partition(" ")[2])
    await driver.close()
    assert all(word.startswith("ended the connection while it was being opened") for word in words), words
