"""What the domains of all hosts cost: 200 hosts of 100 each, half of which answer a second, as at 0.5 Hz.

Run it: python -m tests.bench.bench_domains

Prints, for each order and filter, the CPU of a look (taking the changes over, and a page of it) and the longest
one, which holds the loop; what samples of such hosts cost; and with the list on a headless terminal of 120 x 40, the
CPU of a frame and the time from a key to its paint. Times of CPU are the loop's thread's own.
"""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import time
from collections.abc import Iterator, Sequence

from textual import events as textual_events
from textual.app import App, ComposeResult

from atp_tui.model.connection import ConnectionState, HostStatus, Standing
from atp_tui.model.events import DomainsDescribed, HostSampled
from atp_tui.model.host import HostInfo
from atp_tui.model.node import DomainMetadata, DomainReading, DomainState
from atp_tui.monitor.domain_arrangement import DomainArrangements
from atp_tui.monitor.domain_query import DomainGroups, DomainPage, DomainQuery, DomainSort
from atp_tui.monitor.fleet import FleetView
from atp_tui.ui.views.domains.table import DomainTable
from tests.ui.rows import ThemedApp

HOSTS, EACH, ROUNDS = 200, 100, 20
UP = Standing(ConnectionState.CONNECTED, None, 0.0, 0, None, True)


class Known:
    """Hosts that are all connected."""

    def list_hosts(self) -> tuple[HostInfo, ...]:
        return tuple(HostInfo(f"kvm{n:03}", "192.0.2.1", tags=(f"rack{n // 20}",)) for n in range(HOSTS))

    def host_state(self, host_id: str) -> HostStatus:
        return HostStatus(UP, host_id)


class Load:
    """The fleet; `answer` lets every second host answer, in turn."""

    def __init__(self) -> None:
        self.view = FleetView(Known(), interval=2.0)
        self.arranged = DomainArrangements(self.view)
        self.now = 0.0
        self.rng = random.Random(1)
        self.turn = 0
        self.ids = [f"kvm{n:03}" for n in range(HOSTS)]
        self.work = {host: [0] * EACH for host in self.ids}
        for _ in range(4):
            self.answer()
        for host in self.ids:
            self.view.apply(DomainsDescribed(self.now, host, tuple(self._said(int(host[3:])))))

    def _said(self, number: int) -> Iterator[tuple[str, DomainMetadata]]:
        for n in range(EACH):
            title = f"{('Shop front', 'Orders', 'Service', 'Sessions')[n % 4]} of customer {number % 7}"
            about = DomainMetadata(title, "", "debian12", f"10.0.{number}.{n}", ("prod", "eu"))
            yield f"{number:08x}-0000-4000-8000-{n:012x}", about

    def samples(self) -> list[HostSampled]:
        self.now += 1.0
        self.turn += 1
        return [self._sample(host) for host in self.ids[self.turn % 2 :: 2]]

    def _sample(self, host: str) -> HostSampled:
        number = int(host[3:])
        domains = []
        for n in range(EACH):
            work = self.work[host][n] = self.work[host][n] + self.rng.randrange(4_000_000_000)
            state = DomainState.SHUTOFF if n % 12 == 0 else DomainState.PAUSED if n % 29 == 0 else DomainState.RUNNING
            if self.rng.random() < 0.001:
                state = DomainState.PAUSED  # a change of state now and then
            name = f"{('web', 'db', 'app', 'cache')[n % 4]}-{number:03}-{n:02}"
            uuid = f"{number:08x}-0000-4000-8000-{n:012x}"
            domains.append(
                DomainReading(name, uuid, state, 2, 1 << 20, 2 << 20, work, work, work // 2, None, work // 3, work // 5)
            )
        return HostSampled(self.now, host, None, tuple(domains), 0.001, 0, 0)

    def answer(self) -> float:
        """Milliseconds that taking the samples took."""
        samples = self.samples()
        begun = time.thread_time()
        for sample in samples:
            self.view.apply(sample)
        taken = 1000 * (time.thread_time() - begun)
        self.arranged.note([sample.host_id for sample in samples])
        return taken


def told(what: str, values: Sequence[float]) -> None:
    print(f"  {what:<44} median {statistics.median(values):6.1f} ms   max {max(values):6.1f} ms")


def look(load: Load, query: DomainQuery) -> float:
    begun = time.thread_time()
    load.arranged.of(query).page(query, load.now)
    return 1000 * (time.thread_time() - begun)


class Shown:
    """The port's part that the list reads."""

    def __init__(self, load: Load) -> None:
        self._load = load

    def now(self) -> float:
        return self._load.now

    def domain_page(self, query: DomainQuery) -> DomainPage:
        return self._load.arranged.of(query).page(query, self._load.now)

    def domain_place(self, query: DomainQuery, key: str) -> int | None:
        return self._load.arranged.of(query).place(query, key)

    def domain_keys(self, query: DomainQuery, group: str | None = None) -> tuple[str, ...]:
        return self._load.arranged.of(query).keys(group)


class TableApp(ThemedApp):
    """The list alone."""

    def __init__(self, load: Load) -> None:
        super().__init__()
        self.table = DomainTable(Shown(load))

    def compose(self) -> ComposeResult:
        yield self.table


async def frames() -> None:
    load = Load()
    app = TableApp(load)
    async with app.run_test(size=(120, 40)) as pilot:
        table = app.table
        table.focus()
        table.look()
        while table.head is None or not table.head.complete:
            await pilot.pause(0.05)
        for sort in (DomainSort.TROUBLE, DomainSort.CPU):
            table.ask(DomainQuery(sort=sort))
            await _painted(app)
            cpu, keys = [], []
            for _ in range(ROUNDS):
                load.answer()
                begun = time.thread_time()
                table.look()
                await _painted(app)
                cpu.append(1000 * (time.thread_time() - begun))
                pressed = time.perf_counter()
                # the pilot's own press waits for idleness and would be measured
                app.post_message(textual_events.Key("down", None))
                await _painted(app)
                keys.append(1000 * (time.perf_counter() - pressed))
            told(f"by {sort}: CPU of a frame", cpu)
            told(f"by {sort}: key to paint", keys)


async def _painted(app: App[None]) -> None:
    """Until the messages so far are handled and the screen has drawn what they made dirty."""
    done = asyncio.Event()
    app.screen.call_after_refresh(done.set)
    await done.wait()


def arrangements() -> None:
    load = Load()
    told("100 samples of 100 domains each", [load.answer() for _ in range(ROUNDS)])
    parts: list[float] = []
    arrangement = load.arranged.of(DomainQuery())
    complete = False
    while not complete:
        begun = time.thread_time()
        complete = arrangement.page(DomainQuery(), load.now).complete
        parts.append(1000 * (time.thread_time() - begun))
    told(f"opening, in {len(parts)} parts", parts)
    for query in (
        DomainQuery(),
        DomainQuery(sort=DomainSort.NAME, groups=DomainGroups.HOST),
        DomainQuery(groups=DomainGroups.STATE),
        DomainQuery(sort=DomainSort.CPU),
        DomainQuery(sort=DomainSort.DISK, groups=DomainGroups.TAG),
        DomainQuery("web"),
        DomainQuery("os:debian title:orders @eu"),
        DomainQuery("cpu>80 !@rack3"),
    ):
        first = [look(load, query)]
        later = []
        for _ in range(ROUNDS):
            load.answer()
            later.append(look(load, query))
        name = f"{query.sort} by {query.groups}{' /' + query.filter if query.filter else ''}"
        told(f"{name}, first", first)
        told(name, later)


if __name__ == "__main__":
    gc.disable()
    print(f"{HOSTS * EACH:,} domains")
    arrangements()
    asyncio.run(frames())
