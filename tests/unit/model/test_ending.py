"""What an error says of the end of the work that was cut short, on its way through time limits and other errors."""

from __future__ import annotations

import asyncio

import pytest

from atp_tui.model.ending import confirm_end, end_is_confirmed
from atp_tui.model.errors import CallTimeout


async def _cut(confirmed: bool) -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError as error:
        await asyncio.sleep(0)
        if confirmed:
            confirm_end(error)
        raise


@pytest.mark.parametrize("confirmed", [True, False])
async def test_a_cancel_stays_one(confirmed: bool) -> None:
    task = asyncio.create_task(_cut(confirmed))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert end_is_confirmed(caught.value) is confirmed


@pytest.mark.parametrize("confirmed", [True, False])
async def test_a_time_limit_is_told_by_the_cancel_by_which_it_was_kept(confirmed: bool) -> None:
    with pytest.raises(CallTimeout) as caught:
        try:
            async with asyncio.timeout(0.001):
                await _cut(confirmed)
        except TimeoutError as error:
            raise CallTimeout("too late") from error
    assert end_is_confirmed(caught.value) is confirmed


async def test_a_second_cancel_does_not_speak_for_the_first() -> None:
    async def work() -> None:
        try:
            await _cut(True)
        except asyncio.CancelledError:
            await asyncio.Event().wait()  # and it is cancelled once more

    task = asyncio.create_task(work())
    for _ in range(2):
        await asyncio.sleep(0.001)
        task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert not end_is_confirmed(caught.value)
    assert not end_is_confirmed(CallTimeout("by itself"))
