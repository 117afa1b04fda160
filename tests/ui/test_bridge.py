"""What the bridge makes of changes: nothing that was told is lost, nothing waits longer than it must, nothing stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from atp_tui.engine.fleet import Change
from atp_tui.ui.bridge import carry
from atp_tui.ui.messages import FleetChanged

LONG = 3600.0


class Source:
    """Changes that the test puts; None is their end, an error is raised."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Change | Exception | None] = asyncio.Queue()
        self.left = False

    def put(self, *, urgent: bool = False, described: bool = False) -> None:
        self.queue.put_nowait(Change(0, urgent, described))

    async def changes(self) -> AsyncIterator[Change]:
        try:
            while (change := await self.queue.get()) is not None:
                if isinstance(change, Exception):
                    raise change
                yield change
        finally:
            self.left = True


async def sent_are(sent: list[FleetChanged], number: int) -> None:
    async with asyncio.timeout(10):
        while len(sent) < number:  # noqa: ASYNC110 - the list has no event
            await asyncio.sleep(0.01)


async def test_of_changes_that_wait_together_nothing_is_forgotten() -> None:
    source, sent = Source(), list[FleetChanged]()
    task = asyncio.create_task(carry(source.changes(), sent.append, LONG))
    source.put(urgent=True)
    await sent_are(sent, 1)
    assert not sent[0].described
    source.put(described=True)
    source.put(urgent=True)  # is told within the shortest gap, and the other one with it
    source.put()  # puts nothing off
    await sent_are(sent, 2)
    assert sent[1].described
    source.put(urgent=True)
    await sent_are(sent, 3)
    assert not sent[2].described
    task.cancel()
    await asyncio.wait([task])


async def test_a_bridge_that_is_cancelled_leaves_the_changes() -> None:
    source, sent = Source(), list[FleetChanged]()
    before = asyncio.all_tasks()
    task = asyncio.create_task(carry(source.changes(), sent.append, LONG))
    source.put(urgent=True)
    await sent_are(sent, 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.left
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("turns", range(5))
async def test_a_bridge_that_is_cancelled_as_a_change_comes_leaves_the_changes(turns: int) -> None:
    source, sent = Source(), list[FleetChanged]()
    task = asyncio.create_task(carry(source.changes(), sent.append, LONG))
    source.put(urgent=True)
    await sent_are(sent, 1)
    source.put()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.left


async def test_a_defect_of_either_side_is_raised_and_leaves_nothing() -> None:
    before = asyncio.all_tasks()
    source = Source()

    def broken(message: FleetChanged) -> None:
        raise RuntimeError("send")

    source.put(urgent=True)
    with pytest.raises(RuntimeError, match="send"):
        await carry(source.changes(), broken, LONG)
    assert source.left
    source = Source()
    source.queue.put_nowait(RuntimeError("source"))
    with pytest.raises(RuntimeError, match="source"):
        await carry(source.changes(), lambda _: None, LONG)
    assert asyncio.all_tasks() == before


async def test_the_bridge_ends_with_the_changes() -> None:
    source = Source()
    source.queue.put_nowait(None)
    async with asyncio.timeout(5):
        await carry(source.changes(), lambda _: None, LONG)
    assert source.left
