"""What an attempt or a link may have left in this process: threads, and open descriptors."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass

PATIENCE = 10.0
"""Seconds; threads and sockets end a few milliseconds after they were told to, on an idle machine."""


@dataclass(frozen=True)
class Leftovers:
    """Names of threads, and what descriptors point to, each with its number."""

    threads: Counter[str]
    descriptors: Counter[str]

    def beyond(self, before: Leftovers) -> tuple[Counter[str], Counter[str]]:
        return self.threads - before.threads, self.descriptors - before.descriptors


def leftovers() -> Leftovers:
    """What there is now. A descriptor counts by its kind: sockets of this moment have other numbers than old ones."""
    kinds: Counter[str] = Counter()
    for name in os.listdir("/proc/self/fd"):
        try:
            kinds[os.readlink(f"/proc/self/fd/{name}").partition("[")[0]] += 1
        except FileNotFoundError:  # the descriptor that listed the directory
            continue
    return Leftovers(Counter(thread.name for thread in threading.enumerate()), kinds)


async def settled() -> Leftovers:
    """What there is once nothing ends any more: links that were let go before may still be about it."""
    found, same = leftovers(), 0
    while same < 5:
        await asyncio.sleep(0.01)
        gc.collect()
        now = leftovers()
        found, same = now, same + 1 if now == found else 0
    return found


async def nothing_left_since(before: Leftovers) -> None:
    """Wait until there is no more than `before`; AssertionError if that does not come true."""
    limit = time.monotonic() + PATIENCE
    while any(leftovers().beyond(before)) and time.monotonic() < limit:
        await asyncio.sleep(0.01)
        gc.collect()
    threads, descriptors = leftovers().beyond(before)
    assert not threads and not descriptors, f"left behind: threads {dict(threads)}, descriptors {dict(descriptors)}"
