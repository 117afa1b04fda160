"""Work that goes on beside a block, and ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Run `work`, which has no end of its own, as a task beside the block.

    Its defect ends the block and is raised there: a view that nothing keeps up to date would go on showing what was.
    """
    owner = asyncio.current_task()
    assert owner is not None
    inside = True

    def end_the_block(ended: asyncio.Task[None]) -> None:
        if inside and not ended.cancelled():  # after the block nothing would take that cancellation back
            owner.cancel()

    task = asyncio.create_task(work, name=name)
    task.add_done_callback(end_the_block)
    try:
        yield
    except asyncio.CancelledError:
        if not task.done() or task.cancelled() or task.exception() is None:
            raise
        owner.uncancel()
    finally:
        inside = False
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()  # raises its defect
