"""A real daemon that is stopped under the screen: what the screen says of it, against what is known to be true."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from atp_tui.config.load import parse
from atp_tui.drivers.sources import FileSource
from atp_tui.model.connection import ConnectionState
from atp_tui.ui.widgets.domain_list import DomainList
from tests.daemons.libvirtd import PrivateLibvirtd

from .test_one_age_rule import dim_of
from .test_real_engine import Seen, opened

S = ConnectionState
pytestmark = pytest.mark.daemons

CONFIG = """
[monitor]
interval = 0.5
[transport]
heartbeat_interval = 60
heartbeat_timeout = 60
[[hosts]]
id = "stops"
host = "127.0.0.1"
uri = "{stops}"
[[hosts]]
id = "stays"
host = "127.0.0.1"
uri = "{stays}"
"""


def source_of(stops: PrivateLibvirtd, stays: PrivateLibvirtd) -> FileSource:
    return FileSource(parse(CONFIG.format(stops=stops.uri("tcp"), stays=stays.uri("tcp")), Path("/x.toml")))


def virsh(daemon: PrivateLibvirtd, *words: str) -> str:
    return subprocess.run(
        ["virsh", "-c", daemon.uri("tcp"), *words], capture_output=True, text=True, check=True, timeout=60
    ).stdout


async def watch(seen: Seen) -> None:
    """Wait until both hosts have figures and the first one is in the panel."""
    await seen.until(lambda: seen.ids(S.CONNECTED) == {"stops", "stays"})
    seen.hosts.show_host("stops")
    await seen.until(lambda: "VMs 2 up 0 off" in seen.text and "1 running" in seen.text)


async def test_a_stopped_daemon_is_silent_on_screen_before_it_is_lost(
    own_libvirtd: PrivateLibvirtd, libvirtd: PrivateLibvirtd
) -> None:
    async with opened(source_of(own_libvirtd, libvirtd)) as seen:
        await watch(seen)
        own_libvirtd.stop()
        try:
            await seen.until(lambda: "● 1  ◐ 1  ✕ 0  (1 silent)" in seen.text)
            assert seen.ids(S.CONNECTED) == {"stops", "stays"}, "it is not lost yet"
            await seen.until(lambda: "VMs 1 up 0 off 1 unknown" in seen.text)
            await seen.until(lambda: "◐ silent" in seen.text and "◐ stops  silent" in seen.text.replace("   ", "  "))
            vms = seen.panel.query_one(DomainList)
            drawn = [one for one in vms.render_line(0) if one.text.strip() and one.style]
            assert {one.style.color for one in drawn if one.style} == {dim_of(vms)}
        finally:
            own_libvirtd.cont()
        await seen.until(lambda: "● 2  ◐ 0  ✕ 0" in seen.text and "VMs 2 up 0 off" in seen.text)
        await seen.until(lambda: "silent)" not in seen.text and "  silent" not in seen.text)
        detail = seen.engine.view.detail("stops")
        assert detail is not None
        missing = [share != share for share in detail.domains[0].history]
        assert sum(missing[1:]) >= 2 and not missing[-1], "the VM's chart has the gap of the outage, and goes on"


async def test_a_paused_vm_is_told_with_its_reason_and_the_memory_it_uses(
    own_libvirtd: PrivateLibvirtd, libvirtd: PrivateLibvirtd
) -> None:
    async with opened(source_of(own_libvirtd, libvirtd)) as seen:
        await watch(seen)
        virsh(own_libvirtd, "suspend", "test")
        info = virsh(own_libvirtd, "dominfo", "test")
        assert "Max memory:     8388608 KiB" in info and "Used memory:    2097152 KiB" in info
        assert virsh(own_libvirtd, "domstate", "test", "--reason").strip() == "paused (user)"
        await seen.until(lambda: "VMs 1 up 1 paused 0 off" in seen.text)
        await seen.until(lambda: "paused (user)" in seen.text)
        line = next(line for line in seen.text.split("\n") if "paused (user)" in line)
        assert "2.0 GiB" in line and "8.0 GiB" not in line
