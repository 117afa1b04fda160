"""Calls over a real daemon: what may come back, and what a stopped daemon does to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from atp_tui.drivers.libvirt.binding import load
from atp_tui.drivers.libvirt.driver import LibvirtDriver
from atp_tui.model.errors import CallFailed, ConnectionLost, TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import TransportConfig
from atp_tui.transport.driver import OpenRequest

from ..daemons.libvirtd import PrivateLibvirtd
from .leftovers import nothing_left_since, settled

HANG = 20.0
VIR_ERR_NO_DOMAIN = 42

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(60)]

HANDLES: dict[str, Callable[[Any], object]] = {
    "the connection": lambda virt: virt,
    "a domain": lambda virt: virt.lookupByName("test"),
    "a list": lambda virt: virt.listAllDomains(),
    "statistics": lambda virt: virt.getAllDomainStats(),
    "a dict": lambda virt: {"domain": virt.lookupByName("test")},
    "a key": lambda virt: {virt.lookupByName("test"): 1},
    "a pair": lambda virt: ("test", virt.lookupByName("test")),
}


def request(uri: str, lost: list[TransportError], config: TransportConfig | None = None) -> OpenRequest:
    return OpenRequest(HostInfo("kvm01", "127.0.0.1", uri=uri), config or TransportConfig(), lost.append)


@pytest.mark.parametrize("what", HANDLES)
async def test_handles_stay_on_their_lane(what: str, libvirtd: PrivateLibvirtd) -> None:
    link = await LibvirtDriver().open(request(libvirtd.uri("tcp"), []))
    with pytest.raises(TypeError, match="plain data"):
        await link.call(HANDLES[what], HANG)
    assert await link.call(lambda virt: [domain.name() for domain in virt.listAllDomains()], HANG) == ["test"]
    await link.close()


async def test_an_answer_that_is_an_error_leaves_the_link_well(libvirtd: PrivateLibvirtd) -> None:
    link = await LibvirtDriver().open(request(libvirtd.uri("tcp"), []))
    with pytest.raises(CallFailed) as caught:
        await link.call(lambda virt: virt.lookupByName("nobody").name(), HANG)
    assert caught.value.code == VIR_ERR_NO_DOMAIN
    assert caught.value.host == "kvm01"
    assert link.is_alive()
    await link.close()


async def test_read_only_is_asked_for_by_the_uri(libvirtd: PrivateLibvirtd) -> None:
    link = await LibvirtDriver().open(request(libvirtd.uri("tcp") + "?readonly=1", []))
    with pytest.raises(CallFailed, match="read only"):
        await link.call(lambda virt: virt.lookupByName("test").destroy(), HANG)
    await link.close()


async def test_bytes_are_counted_by_the_kernel(libvirtd: PrivateLibvirtd) -> None:
    link = await LibvirtDriver().open(request(libvirtd.uri("tcp"), []))
    before = link.bytes_moved()
    size = len(await link.call(lambda virt: virt.getCapabilities(), HANG))
    after = link.bytes_moved()
    assert before is not None
    assert after is not None
    assert after[0] - before[0] > size
    assert after[1] > before[1]
    await link.close()


async def test_keepalive_ends_a_call_to_a_silent_daemon(own_libvirtd: PrivateLibvirtd) -> None:
    lost: list[TransportError] = []
    config = TransportConfig(keepalive_interval=1, keepalive_count=2)
    link = await LibvirtDriver().open(request(own_libvirtd.uri("tcp"), lost, config))
    own_libvirtd.stop()
    async with asyncio.timeout(HANG):
        with pytest.raises(ConnectionLost):
            await link.call(lambda virt: virt.getLibVersion(), 2 * HANG)
    own_libvirtd.cont()
    assert not link.is_alive()
    assert [error.message for error in lost] == ["the host no longer answers"]


async def test_a_refused_call_and_a_restarted_daemon(own_libvirtd: PrivateLibvirtd) -> None:
    lost: list[TransportError] = []
    driver = LibvirtDriver()
    first = await driver.open(request(own_libvirtd.uri("tcp"), lost))
    own_libvirtd.restart()
    async with asyncio.timeout(HANG):
        with pytest.raises(ConnectionLost):
            await first.ping(HANG)
    second = await driver.open(request(own_libvirtd.uri("tcp"), lost))
    await second.ping(HANG)
    assert len(lost) == 1
    await second.close()


async def test_a_handle_that_was_smuggled_out_and_outlives_its_link_hangs_nobody(own_libvirtd: PrivateLibvirtd) -> None:
    load()  # with what stays for good
    before = await settled()
    config = TransportConfig(keepalive_interval=3600)
    link = await LibvirtDriver().open(request(own_libvirtd.uri("tcp"), [], config))
    kept: list[object] = []
    await link.call(lambda virt: kept.append(virt.lookupByName("test")), HANG)
    await link.close()
    own_libvirtd.stop()
    try:
        kept.clear()  # libvirt says goodbye when this is freed; on a living socket it would wait, and others behind it
        await nothing_left_since(before)
    finally:
        own_libvirtd.cont()
