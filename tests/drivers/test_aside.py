"""Questions on threads of their own, and callers that share one."""

from __future__ import annotations

import asyncio
import gc
import threading
from functools import partial

import pytest

from atp_tui.drivers.aside import Shared, begun


async def test_callers_share_a_question_and_one_that_gives_up_does_not_cut_it_short() -> None:
    shared: Shared[str, int] = Shared()
    released = threading.Event()
    put: list[str] = []

    def begin() -> asyncio.Future[int]:
        put.append("once")
        return begun("question", lambda: 7 if released.wait() else 0)

    callers = [asyncio.create_task(shared.ask("a", begin)) for _ in range(3)]
    await asyncio.sleep(0)
    assert "a" in shared
    callers[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await callers[0]
    released.set()
    assert await asyncio.gather(*callers[1:]) == [7, 7]
    assert put == ["once"]
    assert "a" not in shared
    assert await shared.ask("a", begin) == 7
    assert put == ["once", "once"], "an answer is not kept"


async def test_an_error_is_for_all_callers_and_is_no_complaint_where_all_have_gone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shared: Shared[str, int] = Shared()
    released = threading.Event()

    def fail() -> int:
        released.wait()
        raise OSError("no")

    callers = [asyncio.create_task(shared.ask("a", partial(begun, "question", fail))) for _ in range(2)]
    await asyncio.sleep(0)
    callers[0].cancel()
    released.set()
    with pytest.raises(OSError, match="no"):
        await callers[1]

    async def with_nobody_left() -> None:
        answer = begun("question", fail)
        caller = asyncio.create_task(shared.ask("b", lambda: answer))
        await asyncio.sleep(0)
        caller.cancel()
        await asyncio.wait({answer})

    await with_nobody_left()
    assert "b" not in shared
    gc.collect()
    assert caplog.records == []


async def test_all_that_is_asked_can_be_cancelled() -> None:
    shared: Shared[str, bool] = Shared()
    released = threading.Event()
    caller = asyncio.create_task(shared.ask("a", partial(begun, "question", released.wait)))
    await asyncio.sleep(0)
    shared.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert "a" not in shared
    released.set()
