"""What happens to the domains of a real libvirtd is told in the order in which it happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from atp_tui.config.fleet import FleetConfig
from atp_tui.drivers.sources import FileSource
from atp_tui.engine.engine import Engine
from atp_tui.model.host import HostInfo
from atp_tui.model.node import DomainState
from atp_tui.monitor.happening import DomainMoved, HappeningLine, HappeningQuery
from tests.daemons.libvirtd import PrivateLibvirtd

PATIENCE = 60.0
"""Seconds for anything to come about: a limit for hangs, no measure of speed."""

D = DomainState
OTHER = "<domain type='test'><name>other</name><memory>1024</memory><os><type>hvm</type></os></domain>"
STEPS: Sequence[tuple[Callable[[Any], object], str, DomainState | None, DomainState | None]] = (
    (lambda virt: virt.lookupByName("test").suspend(), "test", D.RUNNING, D.PAUSED),
    (lambda virt: virt.lookupByName("test").resume(), "test", D.PAUSED, D.RUNNING),
    (lambda virt: virt.lookupByName("test").destroy(), "test", D.RUNNING, D.SHUTOFF),
    (lambda virt: virt.lookupByName("test").create(), "test", D.SHUTOFF, D.RUNNING),
    (lambda virt: virt.createXML(OTHER) and None, "other", None, D.RUNNING),
    (lambda virt: virt.lookupByName("other").destroy(), "other", D.RUNNING, None),
)


@pytest.mark.daemons
async def test_the_life_of_domains_is_told(own_libvirtd: PrivateLibvirtd) -> None:
    host = HostInfo("kvm01", "127.0.0.1", uri=own_libvirtd.uri("tcp"), commands=False)
    engine = Engine(FileSource(FleetConfig(hosts=(host,))))

    def told() -> list[tuple[str, DomainState | None, DomainState | None]]:
        page = engine.fleet.happened(HappeningQuery("kind:vm", newest_first=False, count=100))
        moves = [line.happening.what for line in page.lines if isinstance(line, HappeningLine)]
        return [(move.name, move.before, move.after) for move in moves if isinstance(move, DomainMoved)]

    async def until(holds: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            async for _ in engine.fleet.changes():
                if holds():
                    return

    expected: list[tuple[str, DomainState | None, DomainState | None]] = []
    async with engine.running(watch=True):
        await until(lambda: any(row.vms for row in engine.fleet.rows(("kvm01",))))
        for change, name, before, after in STEPS:
            await engine.manager.execute_on_host("kvm01", lambda link, change=change: link.call(change))  # type: ignore[misc]
            expected.append((name, before, after))
            await until(lambda: len(told()) >= len(expected))
        assert told() == expected
