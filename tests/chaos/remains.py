"""What the program may have left in this process: threads, descriptors and tasks, none of which may be there."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import Counter

from ..drivers.leftovers import PATIENCE, leftovers

LIBVIRTS_OWN = Counter({"anon_inode:": 1})
"""libvirt 9.0 loses the eventfd of a client whose end its event thread reads before the first request is sent: 25 in
2,000 opens against a peer that accepts and ends, by four threads, with libvirt's own event loop and nothing of ours."""


A_MOMENT = 2.0
"""Seconds."""


class Remains:
    """Made before the program's work; `left` tells afterwards what has come since."""

    def __init__(self) -> None:
        gc.collect()
        self._before = leftovers()
        self._tasks = asyncio.all_tasks()

    async def left(self) -> Counter[str]:
        """What is left once everything had the time to end: empty where all is well."""
        begun = time.monotonic()
        while found := self._now():
            spent = time.monotonic() - begun
            # what libvirt itself has lost would not go in any time; what is ours and on its way out needs a moment
            if spent > PATIENCE or (found == LIBVIRTS_OWN and spent > A_MOMENT):
                break
            await asyncio.sleep(0.01)
            gc.collect()
        return found

    def _now(self) -> Counter[str]:
        threads, descriptors = leftovers().beyond(self._before)
        # asyncssh makes its options on the loop's default executor, whose threads are the loop's and end with it
        own = Counter({name: count for name, count in threads.items() if not name.startswith("asyncio_")})
        tasks = Counter(task.get_name() for task in asyncio.all_tasks() - self._tasks)
        return own + descriptors + tasks
