"""The fleet of this process keeps little, and what it keeps is kept up to date."""

from __future__ import annotations

import asyncio

from atp_tui.model.connection import ConnectionState
from atp_tui.model.host import HostInfo
from atp_tui.monitor.arrangements import KEPT
from atp_tui.monitor.query import Query
from tests.ui.fleet_services import FleetServices, rack

S = ConnectionState


async def test_a_reader_that_leaves_is_forgotten() -> None:
    fleet = FleetServices(rack(2)).fleet
    readers = [fleet.changes() for _ in range(3)]
    for reader in readers:
        await anext(reader)
    assert len(fleet._streams) == 3
    for reader in readers[1:]:
        await reader.aclose()  # type: ignore[attr-defined]
    waits = asyncio.ensure_future(anext(readers[0]))
    await asyncio.sleep(0)
    waits.cancel()
    await asyncio.wait([waits])
    assert not fleet._streams


async def test_changes_that_nobody_waited_for_are_as_urgent_as_the_most_urgent_of_them() -> None:
    fakes = FleetServices(rack(2))
    async with fakes.following():
        changes = fakes.fleet.changes()
        await anext(changes)
        fakes.transport.add(HostInfo("kvm09", "192.0.2.9"))
        await asyncio.sleep(0.2)
        for _ in range(2):
            fakes.transport.sample("kvm01", busy=1)
            await asyncio.sleep(0.15)
        change = await anext(changes)
        assert change.urgent and change.described and change.number >= 3
        fakes.transport.sample("kvm01", busy=2)
        change = await anext(changes)
        assert not change.urgent and not change.described
        await changes.aclose()  # type: ignore[attr-defined]


async def test_only_the_last_filters_and_orders_are_kept() -> None:
    fleet = FleetServices(rack(3)).fleet
    kept = fleet._listen().arrangements
    first = kept.of(Query("a"))
    for number in range(KEPT * 3):
        fleet.page(Query(f"kvm{number}"))
        assert kept.of(Query("a", first=number)) is first, "the one in use is none of the oldest"
        assert len(kept) <= KEPT


async def test_known_hosts_are_in_the_order_of_the_fleet_whoever_came_and_went() -> None:
    fakes = FleetServices([HostInfo(name, "192.0.2.1") for name in ("kvm2", "kvm1", "kvm3")])
    fleet = fakes.fleet
    assert fleet.known({"kvm1", "kvm3", "kvm2", "kvm0"}) == ("kvm2", "kvm1", "kvm3")
    async with fakes.following():
        fakes.transport.add(HostInfo("kvm0", "192.0.2.1"))
        fakes.transport.remove("kvm2")
        await asyncio.sleep(0.3)
        assert fleet.known({"kvm1", "kvm3", "kvm2", "kvm0"}) == ("kvm1", "kvm3", "kvm0")
