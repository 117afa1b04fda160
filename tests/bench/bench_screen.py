"""The whole screen over 1,000 hosts of 8 VMs each that change 4 times a second: frames, keys, and opening views.

    python -m tests.bench.bench_screen [frames] [keys] [views]

The program's own application and screen at 120 x 40, with its parts below down to the hub; no terminal, but each frame
is made into the bytes that one would get. `frames`: the CPU from the message that something has changed to the bytes of
the last frame of it, in three views, where all hosts or a tenth of them were sampled meanwhile: at most 12 ms, and 5.
`keys`: the cursor goes up and down while all hosts are sampled four times a second. Told are the time and the CPU from
the key to the first frame with the cursor in its new place (p50 10 ms and p99 50 ms are wanted). `views`: the time and
the CPU from the key that opens a view to the first frame that shows it (p95 80 ms is wanted); the very first time, when
the view is made, is told apart. CPU is the loop's thread's own, which other processes lengthen little; times are of a
machine that does nothing else.
"""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from textual import events
from textual._compositor import CompositorUpdate

from atp_tui.cli.collector import COLLECT
from atp_tui.model.connection import ConnectionState
from atp_tui.model.host import HostInfo
from atp_tui.ui.app import AtpApp
from atp_tui.ui.messages import FleetChanged
from tests.ui.fleet_services import FleetServices

HOSTS, RACK, EACH = 1000, 20, 8
PERIOD = 0.25
FRAMES, KEYS, OPENINGS = 60, 100, 30
LONG = 3600.0
"""Seconds after which the screen would be told of news by itself: here it is told by the benchmark."""
AFTER, LIMIT = 0.1, 10.0
"""Seconds without a frame after which all that a key sets off is done; and those for it at most."""

CURSOR = {"fleet": "1", "domains": "2", "heat": "3"}
"""The views in which the cursor is moved, with their keys."""
OTHERS = {"events": "4", "jobs": "5", "messages": "m", "host": "o"}
"""The view of one VM is opened from the list of VMs."""


class Frame(NamedTuple):
    """When a frame had become bytes, the CPU of the loop's thread by then, in seconds, and what stood on it."""

    at: float
    cpu: float
    text: str


class Watched(AtpApp):
    """Keeps its frames, each made into bytes as for a terminal."""

    CSS_PATH = str(Path(sys.modules[AtpApp.__module__].__file__ or "").with_name("app.tcss"))
    frames: list[Frame]
    keeps_text = False

    def _display(self, screen: object, renderable: object) -> None:
        super()._display(screen, renderable)  # type: ignore[arg-type]
        if isinstance(renderable, CompositorUpdate):
            renderable.render_segments(self.console)
            at, cpu = time.perf_counter(), time.thread_time()
            text = text_of(self) if self.keeps_text else ""
            self.frames.append(Frame(at, cpu - self.watching, text))
            self.watching += time.thread_time() - cpu

    watching = 0.0
    """Seconds of CPU that the watching itself has taken: they are in no figure."""


class Load:
    """The hosts, and the screen over them."""

    def __init__(self) -> None:
        hosts = [HostInfo(f"kvm{n:04}", f"192.0.2.{n % 250}", tags=(f"rack{n // RACK:02}",)) for n in range(HOSTS)]
        self.fakes = FleetServices(hosts, interval=PERIOD)
        self.ids = [host.id for host in hosts]
        self.rng = random.Random(1)
        self.busy = dict.fromkeys(self.ids, 0)
        for host in self.ids:
            self.fakes.transport.change(host, ConnectionState.CONNECTED)
        self.app = Watched(replace(self.fakes.services, refresh=LONG, start=None))
        self.app.frames = []

    def sample(self, hosts: Sequence[str]) -> None:
        """These hosts have other figures."""
        for host in hosts:
            self.busy[host] += self.rng.randrange(int(PERIOD * 1e9))
            self.fakes.transport.sample(host, busy=self.busy[host], domains=EACH, requests=self.rng.random() * 30)
        self.fakes.follower._apply(self.fakes.follower._subscription.take())

    async def frame(self) -> float:
        """Tell the screen, and wait for its frame: CPU in seconds, 0 where nothing in sight differs."""
        self.app.frames.clear()
        begun = time.thread_time() - self.app.watching
        self.app.screen.post_message(FleetChanged(False))
        await self.quiet()
        return self.app.frames[-1].cpu - begun if self.app.frames else 0.0

    async def quiet(self, seconds: float = 0.06) -> None:
        """Until no frame has come for that long."""
        while True:
            before = len(self.app.frames)
            await asyncio.sleep(seconds)
            if len(self.app.frames) == before:
                return

    async def press(self, key: str, sign: Callable[[str], bool]) -> Frame:
        """From a key to the first frame that `sign` is true of: the time and the CPU that it took."""
        self.app.frames.clear()
        at, cpu = time.perf_counter(), time.thread_time() - self.app.watching
        self.app.post_message(events.Key(key, key if len(key) == 1 else None))
        while (found := next((frame for frame in self.app.frames if sign(frame.text)), None)) is None:
            if time.perf_counter() - at > LIMIT:
                raise TimeoutError(f"{key} shows nothing\n{self.text}")
            await asyncio.sleep(0.01)
        return found._replace(at=found.at - at, cpu=found.cpu - cpu)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return text_of(self.app)

    async def open(self, key: str) -> None:
        self.app.post_message(events.Key(key, key))
        await self.quiet(AFTER)


@asynccontextmanager
async def loaded() -> AsyncIterator[Load]:
    load = Load()
    async with load.app.run_test(size=(120, 40)):
        for _ in range(4):
            load.sample(load.ids)
            await asyncio.sleep(PERIOD)
        await load.frame()
        yield load


def text_of(app: AtpApp) -> str:
    """The rows of the screen."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def told(what: str, seconds: Sequence[float], more: str = "") -> None:
    values = sorted(1000 * each for each in seconds)
    p95, p99 = (values[min(len(values) - 1, int(share * len(values)))] for share in (0.95, 0.99))
    p50 = statistics.median(values)
    print(f"  {what:<46} p50 {p50:6.1f}  p95 {p95:6.1f}  p99 {p99:6.1f}  max {values[-1]:6.1f} ms{more}", flush=True)


async def frames(load: Load) -> None:
    for name, key in CURSOR.items():
        await load.open(key)
        for share, limit in ((1.0, 12), (0.1, 5)):
            sampled, cpu = [], []
            for _ in range(FRAMES):
                hosts = load.ids if share == 1 else load.rng.sample(load.ids, int(share * HOSTS))
                begun = time.thread_time()
                load.sample(hosts)
                sampled.append(time.thread_time() - begun)
                cpu.append(await load.frame())
            told(f"{name}: CPU of a frame, {share:.0%} changed", cpu, f"  (at most {limit})")
        told(f"{name}:   the samples before it, 10%", sampled)


def cursor(text: str) -> object:
    """What tells where the cursor is: the line of its bar, or the host that the title of the heat map names."""
    lines = text.split("\n")
    bars = [number for number, line in enumerate(lines) if "▌" in line]
    if bars:
        return bars
    return [word for word in lines[1].split() if word.startswith("kvm")]


def differs(look: Callable[[str], object], was: object, text: str) -> bool:
    return look(text) != was


async def keys(load: Load) -> None:
    load.app.keeps_text = True
    for name, key in CURSOR.items():
        await load.open(key)
        await load.open("end")
        await load.open("up")
        changing = asyncio.create_task(change(load))
        shown: list[Frame] = []
        for each in range(KEYS):
            await asyncio.sleep(load.rng.random() * PERIOD)
            shown.append(await load.press("jk"[each % 2], partial(differs, cursor, cursor(load.text))))
        changing.cancel()
        told(f"{name}: key to paint", [frame.at for frame in shown])
        told(f"{name}:   CPU of the loop meanwhile", [frame.cpu for frame in shown])
    load.app.keeps_text = False


async def change(load: Load) -> None:
    """All hosts change four times a second, a part of them at a time."""
    while True:
        for part in range(10):
            load.sample(load.ids[part::10])
            if part % 5 == 4:
                load.app.screen.post_message(FleetChanged(False))
            await asyncio.sleep(PERIOD / 10)


def head_of(text: str) -> object:
    """The first rows of what fills the screen below the status line."""
    return text.split("\n")[1:3]


async def views(load: Load) -> None:
    load.app.keeps_text = True
    await load.open("1")
    await load.open("end")
    for name, key in {**CURSOR, **OTHERS}.items():
        away = "1" if name != "fleet" else "4"
        found: list[Frame] = []
        for _ in range(OPENINGS):
            await load.open(away)
            found.append(await load.press(key, partial(differs, head_of, head_of(load.text))))
        first = None if name == "fleet" else found.pop(0)
        made = "" if first is None else f"  (the first time {1000 * first.at:.1f} ms, CPU {1000 * first.cpu:.1f})"
        told(f"{name}: opened", [frame.at for frame in found], made)
        told(f"{name}:   CPU", [frame.cpu for frame in found])
    load.app.keeps_text = False


async def main(chosen: Sequence[str]) -> None:
    for name in chosen or ("frames", "keys", "views"):
        async with loaded() as load:
            print(f"{name}: {HOSTS:,} hosts", flush=True)
            await {"frames": frames, "keys": keys, "views": views}[name](load)


if __name__ == "__main__":
    gc.set_threshold(*COLLECT)
    asyncio.run(main(sys.argv[1:]))
