"""A domain that QEMU really runs: what goes to and from its disk, and what its XML says, come through.

It has no system: its boot sector reads and writes the disk for ever, which takes 32 MiB and a second to begin.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from atp_tui.config.fleet import FleetConfig, MonitorSettings
from atp_tui.drivers.sources import FileSource
from atp_tui.engine import guests
from atp_tui.engine.engine import Engine
from atp_tui.model.guest import GuestFileSystem, GuestInfo, GuestInterface, GuestSaid, GuestUser
from atp_tui.model.host import HostInfo
from atp_tui.model.node import DomainMetadata, DomainState
from atp_tui.monitor.domain_query import DomainLine, DomainQuery
from atp_tui.monitor.rows import DomainRow
from tests.daemons.libvirtd import PrivateLibvirtd
from tests.daemons.qemu_with_agent import EMULATOR, MUTE, make

from .test_domain_metadata import Watched

pytestmark = pytest.mark.daemons

BOOT = bytes.fromhex(
    "31c0 8ed8 8ec0 8ed0 bc0070"  # ax = ds = es = ss = 0, sp = 0x7000
    "b81002 b90100 ba8000 bb0080 cd13"  # again: read 16 sectors from sector 1 on to 0x8000 (BIOS service 0x13)
    "b80803 b92000 ba8000 bb0080 cd13"  # write 8 of them from sector 32 on
    "ebe2"  # jump to again
)

DOMAIN = """<domain type='qemu'><name>web01</name><title>Shop front</title>
<metadata><i:libosinfo xmlns:i='http://libosinfo.org/xmlns/libvirt/domain/1.0'><i:os id='http://debian.org/debian/12'/>
</i:libosinfo><atp:tags xmlns:atp='urn:atp-tui:tags'>web prod</atp:tags></metadata>
<memory unit='MiB'>32</memory><os><type arch='x86_64' machine='pc'>hvm</type></os><devices><emulator>{qemu}</emulator>
<disk type='file'><driver name='qemu' type='raw'/><source file='{disk}'/><target dev='vda' bus='virtio'/></disk>
</devices></domain>"""


TOLD = GuestInfo(
    "shop1",
    "Debian \x1b[31mGNU/Linux 12",
    "6.1.0-25-amd64",
    "CET",
    3600,
    (GuestUser("ada", 1_790_000_000.5),),
    (
        GuestFileSystem("/odd", "fuse", None, None),
        GuestFileSystem("/srv", "xfs", 100, 95),
        GuestFileSystem("/", "ext4", 40 << 30, 30 << 30),
    ),
    (
        GuestInterface("lo", "", ("127.0.0.1/8",)),
        GuestInterface("eth0", "52:54:00:00:00:01", ("192.0.2.7/24", "2001:db8::7/64")),
    ),
)
"""What libvirt makes of the agent's answers."""


def make_disk(daemon: PrivateLibvirtd) -> Path:
    """A disk of 1 MiB that boots, for the daemon's user."""
    disk = daemon.directory / "disk.raw"
    disk.write_bytes(BOOT.ljust(510, b"\0") + b"\x55\xaa" + bytes((1 << 20) - 512))
    owner = daemon.directory.stat()
    os.chown(disk, owner.st_uid, owner.st_gid)
    return disk


@pytest.fixture(scope="module")
def daemon() -> Iterator[PrivateLibvirtd]:
    """One for all: what an emulator can do takes libvirt seconds to find out."""
    with PrivateLibvirtd() as found:
        qemu = shutil.which("qemu-system-x86_64")
        assert qemu is not None, "./atp test installs it"
        make(found.directory, qemu)
        yield found


async def test_rates_of_disks_and_metadata_come_through(daemon: PrivateLibvirtd) -> None:
    qemu, disk = daemon.directory / EMULATOR, make_disk(daemon)
    uri = f"qemu+unix:///session?socket={daemon.socket}"
    host = HostInfo("kvm01", "127.0.0.1", uri=uri, commands=False)
    engine = Engine(FileSource(FleetConfig(hosts=(host,), monitor=MonitorSettings(interval=0.5))))
    watched = Watched(engine)

    def row() -> DomainRow | None:
        lines = engine.fleet.domain_page(DomainQuery()).lines
        return next((line.row for line in lines if isinstance(line, DomainLine)), None)

    async with engine.running(watch=True):
        await watched.until(lambda: any(row.vms is not None for row in engine.fleet.rows(("kvm01",))))
        await watched.does(lambda virt: virt.createXML(DOMAIN.format(qemu=qemu, disk=disk)))
        try:
            await watched.until(lambda: (found := row()) and found.read_rate and found.write_rate and found.about.title)
            found = row()
            assert found is not None and found.reading.state is DomainState.RUNNING
            assert found.about == DomainMetadata("Shop front", "", "debian12", "", ("web", "prod"))
            assert found.cpu is not None and found.memory == 1.0
            detail = engine.fleet.domain("kvm01", "web01")
            assert detail is not None and dict(detail.series)["disk"][-1] > 0
            said = await engine.fleet.guest_of("kvm01", found.reading.uuid)
            assert said.info is None and said.problem is not None and "no agent" in said.problem.message
        finally:
            await watched.does(lambda virt: virt.lookupByName("web01").destroy())
        await watched.until(lambda: (found := row()) is not None and found.gone)


WITH_AGENT = """<domain type='qemu'><name>web01</name><uuid>{uuid}</uuid>
<memory unit='MiB'>32</memory><os><type arch='x86_64' machine='pc'>hvm</type></os><devices><emulator>{qemu}</emulator>
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel></devices></domain>"""

UUID = "11111111-2222-3333-4444-555555555555"


async def test_a_guest_says_what_it_is_and_one_that_hangs_keeps_nobody(
    daemon: PrivateLibvirtd, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator, mute = daemon.directory / EMULATOR, daemon.directory / MUTE
    uri = f"qemu+unix:///session?socket={daemon.socket}"
    host = HostInfo("kvm01", "127.0.0.1", uri=uri, commands=False)
    engine = Engine(FileSource(FleetConfig(hosts=(host,), monitor=MonitorSettings(interval=0.5))))
    watched = Watched(engine)

    def of(said: GuestSaid) -> str:
        return said.problem.message if said.problem is not None else "told"

    async with engine.running(watch=True):
        fleet = engine.fleet
        await watched.until(lambda: any(row.vms is not None for row in fleet.rows(("kvm01",))))
        await watched.does(lambda virt: virt.createXML(WITH_AGENT.format(qemu=emulator, uuid=UUID)))
        try:
            said = await fleet.guest_of("kvm01", UUID)
            while of(said).startswith("the agent does not answer: "):  # libvirt learns a moment later that it is there
                await asyncio.sleep(0.05)
                said = await fleet.guest_of("kvm01", UUID)
            assert said == GuestSaid(said.at, TOLD), of(said)
            mute.touch()
            monkeypatch.setattr(guests, "LIMIT", 0.3)
            (before,) = fleet.rows(("kvm01",))
            assert of(await fleet.guest_of("kvm01", UUID)) == "the agent has not answered within 0.3 s"
            assert "one is asked at a time" in of(await fleet.guest_of("kvm01", UUID))
            moment = fleet.rows(("kvm01",))[0].sampled_at
            await watched.until(lambda: fleet.rows(("kvm01",))[0].sampled_at != moment)
            mute.unlink()
            monkeypatch.setattr(guests, "LIMIT", 30.0)
            assert (await fleet.guest_of("kvm01", UUID)).info == TOLD
            (after,) = fleet.rows(("kvm01",))
            assert (after.state, after.since) == (before.state, before.since), "the connection is the same"
            await watched.does(lambda virt: virt.lookupByName("web01").suspend())
            assert of(await fleet.guest_of("kvm01", UUID)) == "the VM does not run: domain is not running"
        finally:
            mute.unlink(missing_ok=True)
            await watched.does(lambda virt: virt.lookupByName("web01").destroy())
