"""The reading of metadata beside the samples, in virtual time: how much at a time, and what a host that fails costs."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from atp_tui.model.errors import CallFailed
from atp_tui.model.events import DomainsDescribed, HostSampled
from atp_tui.model.host import HostInfo
from atp_tui.model.node import DomainMetadata
from atp_tui.monitor import metadata_reader
from atp_tui.monitor.fleet import FleetView
from atp_tui.monitor.metadata_plan import EACH, SPREAD, Wanted
from atp_tui.monitor.metadata_reader import AGAIN, AT_ONCE, CALLS, LOOK, REFUSED, MetadataReader, Reading
from atp_tui.transport.hub import Subscription
from atp_tui.transport.manager import TransportManager
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import VirtualClock, run_virtual

from .samples import domain

Answer = Callable[[Sequence[Wanted]], Reading]


def all_of(wanted: Sequence[Wanted]) -> Reading:
    return Reading(tuple(DomainMetadata(each.uuid) for each in wanted), frozenset())


class Rig:
    """Hosts behind a fake driver, a view that hears all, and the reader. `calls` are the domains of each call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: Answer = all_of) -> None:
        self.driver = FakeDriver()
        self.manager = TransportManager(None, lambda host, channel: self.driver, clock=VirtualClock())
        self.calls: list[tuple[str, ...]] = []
        self.answer = answer

        def read(virt: Any, wanted: Sequence[Wanted], lacking: frozenset[int]) -> Reading:
            self.calls.append(tuple(each.uuid for each in wanted))
            return self.answer(wanted)

        monkeypatch.setattr(metadata_reader, "read_metadata", read)

    @asynccontextmanager
    async def running(self, *hosts: str) -> AsyncIterator[Rig]:
        async with self.manager:
            self.view = FleetView(self.manager)
            news = self.manager.hub.subscribe(10_000)
            for host in hosts:
                await self.manager.add_host(HostInfo(host, "192.0.2.1", uri="sim://x/"))
            await asyncio.sleep(1.0)
            follower = asyncio.create_task(self._follow(news))
            reader = asyncio.create_task(MetadataReader(self.manager, self.view, random.Random(1)).run())
            await asyncio.sleep(0.1)
            try:
                yield self
            finally:
                for task in (reader, follower):
                    task.cancel()
                await asyncio.wait([reader, follower])
                news.close()
            assert reader.cancelled()

    async def _follow(self, news: Subscription) -> None:
        while True:
            for event in await news.batch():
                self.view.apply(event)

    def says(self, host: str, *names: str) -> None:
        domains = tuple(domain(name) for name in names)
        self.view.apply(HostSampled(self.manager.clock.monotonic(), host, None, domains, 0.001, 0, 0))

    def titles(self, host: str) -> list[str]:
        record = self.view.with_domains(host)
        assert record is not None
        return sorted(about.title.removeprefix("uuid-") for about in record.of_domains.described.values())


def test_a_host_of_thousands_is_read_few_at_a_time_and_another_one_does_not_wait_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        rig = Rig(monkeypatch)
        rig.driver.latency = 0.01
        names = [f"vm{n:04}" for n in range(1000)]
        async with rig.running("large", "small"):
            rig.says("large", *names)
            rig.says("small", "web", "db")
            await asyncio.sleep(LOOK + 0.1)
            assert rig.titles("small") == ["db", "web"]
            assert 2 < len(rig.calls) <= CALLS
            await asyncio.sleep(1000 / AT_ONCE / CALLS * LOOK + LOOK)
            assert rig.titles("large") == names
            read = Counter(uuid for call in rig.calls for uuid in call)
            assert set(read.values()) == {1} and max(map(len, rig.calls)) == AT_ONCE
            before = len(rig.calls)
            await asyncio.sleep(EACH * (1 - SPREAD) - 60)
            assert len(rig.calls) == before, "nothing is asked where nothing is due"

    run_virtual(main())


def test_a_domain_that_cannot_be_read_costs_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(wanted: Sequence[Wanted]) -> Reading:
        if wanted[0].uuid == "uuid-bad":
            raise CallFailed("no")
        good = [each for each in wanted if each.uuid != "uuid-bad"]
        return all_of(good[: wanted.index(Wanted("uuid-bad", True))] if len(good) < len(wanted) else good)

    async def main() -> None:
        rig = Rig(monkeypatch, answer)
        async with rig.running("a", "b"):
            rig.says("a", "app", "bad", "web")
            rig.says("b", "db")
            await asyncio.sleep(LOOK + 0.1)
            assert rig.titles("a") == ["app"] and rig.titles("b") == ["db"]
            await asyncio.sleep(AGAIN + LOOK)
            assert rig.titles("a") == ["app", "web"]
            assert sum(call[0] == "uuid-bad" for call in rig.calls) == 1, "it is not asked for at each look"

    run_virtual(main())


@pytest.mark.parametrize("error", [ZeroDivisionError(), UnicodeError()])
def test_what_nobody_foresaw_ends_with_its_host(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def answer(wanted: Sequence[Wanted]) -> Reading:
        if any(each.uuid == "uuid-odd" for each in wanted):
            raise error
        return all_of(wanted)

    async def main() -> None:
        rig = Rig(monkeypatch, answer)
        async with rig.running("a", "b"):
            rig.says("a", "odd")
            rig.says("b", "db")
            await asyncio.sleep(LOOK + 0.1)
            assert rig.titles("b") == ["db"] and rig.titles("a") == []
            rig.says("b", "db", "new")
            await asyncio.sleep(LOOK + 0.1)
            assert rig.titles("b") == ["db", "new"]

    run_virtual(main())


def test_what_a_lost_connection_had_begun_is_read_on_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        rig = Rig(monkeypatch)
        async with rig.running("a"):
            (link,) = rig.driver.links
            link.silent = True
            rig.says("a", "web")
            await asyncio.sleep(LOOK + 0.1)
            assert rig.titles("a") == []
            link.lose()
            await asyncio.sleep(AGAIN + 30)
            assert rig.titles("a") == ["web"]

    run_virtual(main())


def test_a_connection_in_use_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        rig = Rig(monkeypatch)
        rig.driver.max_requests = 1
        async with rig.running("a"):
            entry = rig.manager.entry("a")
            assert entry is not None
            async with entry.main.lease():
                rig.says("a", "web")
                await asyncio.sleep((REFUSED - 2) * LOOK)
                assert not rig.calls and len(rig.driver.links) == 1, "no other connection is opened for it"
                await asyncio.sleep(4 * LOOK)
                assert rig.titles("a") == ["web"], "in the end it stands in the queue as others do"

    run_virtual(main())


def test_a_host_that_went_and_came_back_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        rig = Rig(monkeypatch)
        async with rig.running("a"):
            rig.says("a", "web")
            await asyncio.sleep(LOOK + 0.1)
            await rig.manager.remove_host("a")
            await asyncio.sleep(LOOK + 0.1)
            await rig.manager.add_host(HostInfo("a", "192.0.2.1", uri="sim://x/"))
            await asyncio.sleep(1.0)
            rig.says("a", "web")
            await asyncio.sleep(LOOK + 0.1)
            assert rig.titles("a") == ["web"] and len(rig.calls) == 2

    run_virtual(main())


def test_it_tells_of_what_it_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        rig = Rig(monkeypatch)
        async with rig.running("a"):
            with rig.manager.hub.subscribe() as news:
                rig.says("a", "web")
                await asyncio.sleep(LOOK + 0.1)
                told = [event for event in news.take() if isinstance(event, DomainsDescribed)]
            assert [(event.host_id, event.domains) for event in told] == [
                ("a", (("uuid-web", DomainMetadata("uuid-web")),))
            ]

    run_virtual(main())
