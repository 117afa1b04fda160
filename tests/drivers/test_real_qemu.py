"""A domain that QEMU really runs: what goes to and from its disk, and what its XML says, come through.

It has no system: its boot sector reads and writes the disk for ever, which takes 32 MiB and a second to begin.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from atp_tui.config.fleet import FleetConfig, MonitorSettings
from atp_tui.drivers.sources import FileSource
from atp_tui.engine.engine import Engine
from atp_tui.model.host import HostInfo
from atp_tui.model.node import DomainMetadata, DomainState
from atp_tui.monitor.domain_query import DomainLine, DomainQuery
from atp_tui.monitor.rows import DomainRow
from tests.daemons.libvirtd import PrivateLibvirtd

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


def make_disk(daemon: PrivateLibvirtd) -> Path:
    """A disk of 1 MiB that boots, for the daemon's user."""
    disk = daemon.directory / "disk.raw"
    disk.write_bytes(BOOT.ljust(510, b"\0") + b"\x55\xaa" + bytes((1 << 20) - 512))
    owner = daemon.directory.stat()
    os.chown(disk, owner.st_uid, owner.st_gid)
    return disk


async def test_rates_of_disks_and_metadata_come_through(own_libvirtd: PrivateLibvirtd) -> None:
    qemu, disk = shutil.which("qemu-system-x86_64"), make_disk(own_libvirtd)
    assert qemu is not None, "./atp test installs it"
    uri = f"qemu+unix:///session?socket={own_libvirtd.socket}"
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
        finally:
            await watched.does(lambda virt: virt.lookupByName("web01").destroy())
        await watched.until(lambda: (found := row()) is not None and found.gone)
