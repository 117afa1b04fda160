"""Feeds the answers from the events of a running job, and tells the screen, not too often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.message import Message

from .bridge import SHORTEST_GAP
from .messages import JobAdvanced, JobEnded
from .services import Job
from .widgets.answers_model import AnswersModel


async def feed(job: Job, model: AnswersModel, send: Callable[[Message], object]) -> None:
    """Apply every event of `job` to `model` until its end, then fold the names of what has ended alike.

    `send` is called at most 10 times a second.
    """
    loop = asyncio.get_running_loop()
    told = loop.time()
    later: asyncio.TimerHandle | None = None

    def tell() -> None:
        nonlocal told, later
        told, later = loop.time(), None
        send(JobAdvanced())

    try:
        async for event in job:
            model.apply(event)
            if later is None:
                later = loop.call_later(max(0.0, told + SHORTEST_GAP - loop.time()), tell)
    finally:
        if later is not None:
            later.cancel()
    model.finish()
    send(JobEnded())
    if await model.name_groups():
        send(JobAdvanced())
