"""The view is kept from events with no screen, and listeners hear which rows have changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from atp_tui.model.connection import ConnectionState, HostStatus, Standing
from atp_tui.model.events import EventsLost, HostChanged, HostRemoved
from atp_tui.monitor.fleet import FleetView
from atp_tui.monitor.follower import Changed, Follower
from atp_tui.monitor.happening import AnsweredAgain, Happening, HappeningLine, HappeningQuery
from atp_tui.monitor.happenings import Happenings
from tests.ui.fleet_services import FakeTransport, rack

S = ConnectionState


class Watched:
    def __init__(self, count: int, interval: float | None = None) -> None:
        self.transport = FakeTransport({host.id: host for host in rack(count)})
        self.view = FleetView(self.transport, interval=interval)
        self.log = log = Happenings(self.transport, self.view)
        self.follower = Follower(self.transport.hub, self.view, log, self.transport.clock)
        self.heard: list[Changed] = []
        self.news = asyncio.Event()

    def hear(self, change: Changed) -> None:
        self.heard.append(change)
        self.news.set()

    async def next(self) -> Changed:
        async with asyncio.timeout(10):
            await self.news.wait()
        self.news.clear()
        return self.heard[-1]


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    there = Watched(5)
    task = asyncio.create_task(there.follower.run())
    yield there
    task.cancel()
    await asyncio.wait([task])


async def test_a_listener_hears_at_once_and_then_of_what_has_changed(watched: Watched) -> None:
    stop = watched.follower.listen(watched.hear)
    assert await watched.next() == Changed(None, urgent=True)
    watched.transport.change("kvm02", S.FAILED, "refused")
    watched.transport.sample("kvm03", busy=1)
    assert await watched.next() == Changed(frozenset({"kvm02", "kvm03"}), urgent=True)
    assert watched.view.row("kvm02").state is S.FAILED  # type: ignore[union-attr]
    watched.transport.sample("kvm03", busy=2)
    assert await watched.next() == Changed(frozenset({"kvm03"}), urgent=False)
    stop()
    watched.transport.change("kvm02", S.CONNECTED)
    await asyncio.sleep(0.25)
    assert len(watched.heard) == 3
    assert watched.view.row("kvm02").state is S.CONNECTED  # type: ignore[union-attr]


async def test_hosts_that_come_and_go_and_lost_events_concern_every_row(watched: Watched) -> None:
    watched.follower.listen(watched.hear)
    for event in (HostRemoved(0.0, "kvm05"), EventsLost(0.0, 9)):
        watched.news.clear()
        if isinstance(event, HostRemoved):
            del watched.transport.infos["kvm05"]
        watched.transport.hub.publish(event)
        assert await watched.next() == Changed(None, urgent=True)
    assert [row.id for row in watched.view.rows()] == ["kvm01", "kvm02", "kvm03", "kvm04"]


async def test_what_was_published_before_anybody_listened_is_there_when_somebody_does() -> None:
    there = Watched(0)
    for host in rack(3):
        there.transport.add(host)
    seen: list[int] = []
    there.follower.listen(lambda change: seen.append(len(there.view.rows())))
    assert seen == [3]


async def test_figures_that_grow_old_are_told_though_nothing_comes() -> None:
    there = Watched(1, interval=1.0)
    task = asyncio.create_task(there.follower.run())
    now = there.transport.clock.monotonic()
    there.transport.hub.publish(HostChanged(now, HostStatus(Standing(S.CONNECTED, None, now, 0, None, True), "kvm01")))
    there.transport.sample("kvm01", busy=1)
    there.follower.listen(there.hear)
    await there.next()
    there.transport.clock.ahead = 60.0
    while not (await there.next()).urgent:
        pass
    row = there.view.row("kvm01")
    assert row is not None and not row.fresh and row.silent_since is not None
    task.cancel()
    await asyncio.wait([task])


async def test_the_log_hears_of_events_and_of_silence_which_no_event_tells() -> None:
    there = Watched(2, interval=0.1)
    for host in ("kvm01", "kvm02"):
        there.transport.change(host, S.CONNECTED)
        there.transport.sample(host, busy=1)
    task = asyncio.create_task(there.follower.run())
    there.follower.listen(there.hear)
    while len(silent := of_kind(there, "silence")) < 2:
        await there.next()
    assert {each.host for each in silent} == {"kvm01", "kvm02"}
    there.transport.sample("kvm01", busy=2)
    while not any(isinstance(each.what, AnsweredAgain) for each in of_kind(there, "silence")):
        await there.next()
    task.cancel()
    await asyncio.wait([task])
    assert len(of_kind(there, "state")) == 2


def of_kind(there: Watched, kind: str) -> list[Happening]:
    page = there.log.page(HappeningQuery(f"kind:{kind}"), there.transport.clock.monotonic())
    return [line.happening for line in page.lines if isinstance(line, HappeningLine)]
