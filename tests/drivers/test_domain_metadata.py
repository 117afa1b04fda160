"""The metadata of the domains of a real libvirtd come through, and follow what a person changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from atp_tui.config.fleet import FleetConfig, MonitorSettings
from atp_tui.drivers.sources import FileSource
from atp_tui.engine.engine import Engine
from atp_tui.model.host import HostInfo
from atp_tui.model.node import NO_METADATA, DomainMetadata
from atp_tui.monitor import metadata_reader
from atp_tui.monitor.domain_query import DomainLine, DomainQuery
from atp_tui.monitor.metadata_xml import TAGS
from tests.daemons.libvirtd import PrivateLibvirtd

from .test_domain_life import PATIENCE

pytestmark = pytest.mark.daemons

TITLE, ELEMENT = 1, 2
"""virDomainMetadataType: VIR_DOMAIN_METADATA_TITLE and _ELEMENT."""

CONFIG = 2
"""VIR_DOMAIN_AFFECT_CONFIG."""


DOMAIN = """<domain type='test'><name>{name}</name><uuid>{uuid}</uuid><title>Shop front</title>
<description>Ask Ada &lt;ada@example.org&gt;</description>
<metadata><i:libosinfo xmlns:i='http://libosinfo.org/xmlns/libvirt/domain/1.0'><i:os id='http://debian.org/debian/12'/>
</i:libosinfo><atp:tags xmlns:atp='urn:atp-tui:tags'>web prod</atp:tags></metadata>
<memory>1024</memory><os><type>hvm</type></os>
<devices><interface type='network'><source network='default'/></interface></devices></domain>"""


def define(virt: Any, name: str, *, start: bool) -> None:
    domain = virt.defineXML(DOMAIN.format(name=name, uuid=UUID(int=hash_of(name))))
    if start:
        domain.create()


def hash_of(name: str) -> int:
    return int.from_bytes(name.encode().ljust(16, b"_")[:16], "big")


class Watched:
    """One host under a whole engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def does(self, change: Callable[[Any], object]) -> None:
        await self.engine.manager.execute_on_host("kvm01", lambda link: link.call(lambda virt: change(virt) and None))

    def of(self, name: str) -> DomainMetadata | None:
        lines = self.engine.fleet.domain_page(DomainQuery(count=500)).lines
        return next(
            (line.row.about for line in lines if isinstance(line, DomainLine) and line.row.reading.name == name), None
        )

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            async for _ in self.engine.fleet.changes():
                if holds():
                    return


@asynccontextmanager
async def watched(daemon: PrivateLibvirtd, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    host = HostInfo("kvm01", "127.0.0.1", uri=daemon.uri("tcp"), commands=False)
    monkeypatch.setattr(metadata_reader, "LOOK", 0.2)
    engine = Engine(FileSource(FleetConfig(hosts=(host,), monitor=MonitorSettings(interval=0.5))))
    async with engine.running(watch=True):
        yield Watched(engine)


async def test_what_the_xml_says_is_told(own_libvirtd: PrivateLibvirtd, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(own_libvirtd, monkeypatch) as host:
        await host.until(lambda: host.of("test") is not None)
        await host.does(lambda virt: define(virt, "web", start=True))
        await host.does(lambda virt: define(virt, "spare", start=False))
        await host.until(lambda: all((about := host.of(name)) and about.title for name in ("web", "spare")))
        about, off = host.of("web"), host.of("spare")
        assert about is not None and off is not None
        assert about._replace(address="") == DomainMetadata(
            "Shop front", "Ask Ada <ada@example.org>", "debian12", "", ("web", "prod")
        )
        assert about.address.startswith("192.168.122."), "the test driver makes a lease up"
        assert off == about._replace(address=""), "nothing is asked of the addresses of a domain that is off"
        plain = host.of("test")
        assert plain is not None and plain._replace(address="") == NO_METADATA
        page = host.engine.fleet.domain_page(DomainQuery("@prod os:debian !ip:192.168"))
        assert [line.row.reading.name for line in page.lines if isinstance(line, DomainLine)] == ["spare"]


async def test_a_change_shows_when_the_domain_starts(
    own_libvirtd: PrivateLibvirtd, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(own_libvirtd, monkeypatch) as host:
        await host.does(lambda virt: define(virt, "web", start=False))
        await host.until(lambda: (about := host.of("web")) and about.title)

        def change(virt: Any) -> None:
            domain = virt.lookupByName("web")
            domain.setMetadata(TITLE, "Another shop", None, None, CONFIG)
            domain.setMetadata(ELEMENT, "<tags>new</tags>", "atp", TAGS, CONFIG)
            domain.create()

        await host.does(change)
        await host.until(lambda: (about := host.of("web")) and about.title == "Another shop")
        about = host.of("web")
        assert about is not None and about.tags == ("new",) and about.os == "debian12"


async def test_a_host_of_many_is_read_in_parts_and_once(
    own_libvirtd: PrivateLibvirtd, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[str, ...]] = []
    real = metadata_reader.read_metadata

    def counting(virt: Any, wanted: Any, *more: Any) -> metadata_reader.Reading:
        read.append(tuple(each.uuid for each in wanted))
        return real(virt, wanted, *more)

    monkeypatch.setattr(metadata_reader, "read_metadata", counting)
    names = [f"vm{n:02}" for n in range(40)]
    async with watched(own_libvirtd, monkeypatch) as host:
        await host.until(lambda: host.of("test") is not None)

        def fill(virt: Any) -> None:
            for name in names:
                define(virt, name, start=False)

        await host.does(fill)
        await host.until(lambda: all((about := host.of(name)) and about.title for name in names))
        samples = [row.sampled_at for row in host.engine.fleet.rows(("kvm01",))]
        await host.until(lambda: [row.sampled_at for row in host.engine.fleet.rows(("kvm01",))] != samples)
    assert max(map(len, read)) <= metadata_reader.AT_ONCE
    assert len(sum(read, ())) == len({uuid for call in read for uuid in call}) == len(names) + 1
