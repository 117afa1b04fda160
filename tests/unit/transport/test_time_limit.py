"""A time limit that leaves alone what is being cancelled already."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from atp_tui.transport.time_limit import TimeLimit, unhurried
from tests.fakes.virtual_time import run_virtual


async def _takes_its_time(seconds: float) -> None:
    """Wait for ever; cancelled, that many seconds more, and a second cancel cuts that short."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await asyncio.sleep(seconds)
        raise


async def _limited(delay: float | None, seconds: float) -> None:
    async with TimeLimit(delay):
        await _takes_its_time(seconds)


def test_it_cuts_the_block_short_as_asyncio_s_does() -> None:
    async def main() -> None:
        limit = TimeLimit(2.0)
        with pytest.raises(TimeoutError):
            async with limit:
                await _takes_its_time(1.0)
        assert limit.expired()
        assert asyncio.get_running_loop().time() == pytest.approx(3.0)
        async with TimeLimit(2.0) as limit:
            await asyncio.sleep(1.0)
        await asyncio.sleep(5.0)
        assert not limit.expired()

    run_virtual(main())


@pytest.mark.parametrize("delay", [None, 2.0])
def test_it_adds_nothing_to_a_cancel(delay: float | None) -> None:
    async def main() -> None:
        task = asyncio.create_task(_limited(delay, 3.0))
        await asyncio.sleep(1.5)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert asyncio.get_running_loop().time() == pytest.approx(4.5)

    run_virtual(main())


def test_a_limit_within_the_work_that_passes_in_the_same_moment_does_not_lift_it() -> None:
    async def main() -> None:
        async def work() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(2.0):
                    await asyncio.Event().wait()
            await asyncio.Event().wait()

        with pytest.raises(TimeoutError):
            async with TimeLimit(2.0):
                await work()
        assert asyncio.get_running_loop().time() < 3.0

    run_virtual(main())


def test_it_comes_though_a_cancel_was_swallowed() -> None:
    async def main() -> None:
        async def work() -> None:
            async with TimeLimit(2.0):
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
                await asyncio.Event().wait()

        task = asyncio.create_task(work())
        await asyncio.sleep(1.0)
        task.cancel()
        await asyncio.wait([task], timeout=60.0)
        assert task.done(), "it waits for ever"

    run_virtual(main())


def test_it_stands_still_while_a_person_is_asked_and_counts_on() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()

        async def is_asked() -> None:
            with unhurried(), unhurried():
                await asyncio.sleep(60.0)

        with pytest.raises(TimeoutError):
            async with TimeLimit(3.0), TimeLimit(None), TimeLimit(5.0):
                await asyncio.sleep(1.0)
                await asyncio.create_task(is_asked())  # of a task that the work has made, too
                await asyncio.sleep(60.0)
        assert loop.time() == pytest.approx(63.0)
        with unhurried():  # nothing of it is left
            pass

    run_virtual(main())
