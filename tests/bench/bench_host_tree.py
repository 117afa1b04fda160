"""What the host tree costs: 1,000 hosts that all change once a second. Run it: python -m tests.bench.bench_host_tree

Prints CPU milliseconds per update (new rows to painted screen) and the time from a key to its paint, in a headless
terminal of 120 x 40.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time

from textual import events
from textual.app import App, ComposeResult

from atp_tui.monitor.fleet import HostRow
from atp_tui.ui.views.fleet.tree import HostTree
from tests.ui.rows import ThemedApp, host_row
from tests.ui.shown import ShownRows, show

HOSTS = 1000
UPDATES = 40


class TreeApp(ThemedApp):
    """The tree alone."""

    def compose(self) -> ComposeResult:
        yield HostTree(ShownRows())


def fleet(number: int, seed: int, now: float) -> tuple[HostRow, ...]:
    """As many hosts, in 25 racks, with figures of their own."""
    rng = random.Random(seed)
    history = tuple(rng.random() for _ in range(60))
    return tuple(
        host_row(
            f"kvm{index:04d}",
            tags=(f"rack{index % 25}",),
            sampled_at=now,
            cpu=rng.random(),
            memory=rng.random(),
            rtt=rng.random() / 100,
            history=history[index % 7 :] + history[: index % 7],
        )
        for index in range(number)
    )


async def measure() -> None:
    app = TreeApp()
    async with app.run_test(size=(120, 40)) as pilot:
        tree = app.query_one(HostTree)
        tree.focus()
        show(tree, fleet(HOSTS, 0, time.monotonic()))
        await pilot.pause()
        cpu, model, keys = [], [], []
        for update in range(1, UPDATES + 1):
            now = time.monotonic()
            rows = fleet(HOSTS, update, now)
            before = time.process_time()
            show(tree, rows)
            model.append(time.process_time() - before)
            await _painted(app)
            cpu.append(time.process_time() - before)
            pressed = time.perf_counter()
            app.post_message(events.Key("down", None))  # the pilot's own press waits for idleness and would be measured
            await _painted(app)
            keys.append(time.perf_counter() - pressed)
    for name, values in (("CPU per update", cpu), ("  of it model and diff", model), ("key to paint", keys)):
        print(f"{name:<24} median {1000 * statistics.median(values):6.1f} ms   max {1000 * max(values):6.1f} ms")


async def _painted(app: App[None]) -> None:
    """Until the messages so far are handled and the screen has drawn what they made dirty."""
    done = asyncio.Event()
    app.screen.call_after_refresh(done.set)
    await done.wait()


if __name__ == "__main__":
    asyncio.run(measure())
