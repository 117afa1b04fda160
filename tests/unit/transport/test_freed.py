"""What has gone is freed at once: Python's collector of cycles does not look at what the engine has frozen."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from atp_tui.model.connection import ConnectionState
from atp_tui.transport.entry import Entry
from atp_tui.transport.manager import TransportManager
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import run_virtual

from .fleets import answer, fleet, host


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def held(manager: TransportManager, name: str) -> list[weakref.ref[object]]:
    """What is there of a connected host."""
    pool = manager._entries[name].main
    (connection,) = pool.connections()
    return [weakref.ref(each) for each in (pool, pool.core, connection)]


@pytest.mark.parametrize("way", ["removed", "moved"])
def test_a_host_that_is_let_go_of_is_freed(way: str) -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with fleet(driver, "a", "b") as manager:
            await manager.execute_on_host("a", answer)
            before = held(manager, "a")
            if way == "removed":
                await manager.remove_host("a")
            else:
                await manager.update_host(host("a").with_uri("qemu+tcp://192.0.2.77/system"))
            await asyncio.sleep(100)
            driver.links.clear()  # a real driver keeps no list of what it has opened
            assert [each() for each in before] == [None, None, None]

    run_virtual(main())


def test_a_host_that_is_let_go_of_while_it_is_away_is_freed() -> None:
    """It had waited for news of its neighbours."""

    def entries() -> list[Entry]:
        return [each for each in gc.get_objects() if isinstance(each, Entry)]

    async def main() -> None:
        others = entries()  # of other tests
        driver = FakeDriver()
        driver.script = lambda request: "silent" if request.host.id == "a" else None
        async with fleet(driver, "a", "b") as manager:
            await asyncio.sleep(50)
            await manager.remove_host("a")
            await asyncio.sleep(100)
            assert [entry.host.id for entry in entries() if entry not in others] == ["b"]

    run_virtual(main())


def test_a_connection_that_is_closed_is_freed() -> None:
    async def main() -> None:
        driver = FakeDriver()
        async with fleet(driver, "a") as manager:
            await manager.execute_on_host("a", answer)
            *_, connection = held(manager, "a")
            await manager.execute_on_host("a", lambda one: one.disconnect())
            await manager.execute_on_host("a", answer)
            await asyncio.sleep(100)
            driver.links.clear()  # a real driver keeps no list of what it has opened
            assert connection() is None
            assert manager.host_state("a").state is ConnectionState.CONNECTED

    run_virtual(main())
