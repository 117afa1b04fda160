"""Feeds the answers from the events of a running job, and tells the screen, not too often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from textual.message import Message

from ..executor.reader import JobEvent
from .bridge import SHORTEST_GAP
from .messages import JobAdvanced, JobEnded
from .widgets.answers_model import Answered, AnswersModel

MASKED_EACH = 0.3
"""Seconds between two looks at what is to be masked while a job runs."""


class Jobs(Answered, Protocol):
    """The jobs of a fleet; the port to it is one."""

    def events(self, job: str) -> AsyncIterator[JobEvent]: ...
    async def name_parts(self, job: str, masked: bool = False) -> bool: ...
    async def mask_parts(self, job: str) -> bool: ...
    def pause(self, job: str) -> None: ...
    def resume(self, job: str) -> None: ...
    def cancel(self, job: str) -> None: ...
    def waits(self, job: str) -> int: ...
    async def call_off(self, job: str) -> int: ...


async def feed(jobs: Jobs, model: AnswersModel, send: Callable[[Message], object]) -> None:
    """Apply every event of the model's job until its end, then fold the names of what has ended alike.

    `send` is called at most 10 times a second.
    """
    loop = asyncio.get_running_loop()
    told = loop.time()
    later: asyncio.TimerHandle | None = None

    def tell() -> None:
        nonlocal told, later
        told, later = loop.time(), None
        send(JobAdvanced(model.job.id))

    try:
        async for event in jobs.events(model.job.id):
            model.apply(event)
            if later is None:
                later = loop.call_later(max(0.0, told + SHORTEST_GAP - loop.time()), tell)
    finally:
        if later is not None:
            later.cancel()
    model.finish()
    send(JobEnded(model.job.id))
    if await jobs.name_parts(model.job.id) and not model.masked:
        model.look()
        send(JobAdvanced(model.job.id))


async def masks(jobs: Jobs, model: AnswersModel, send: Callable[[Message], object]) -> None:
    """Mask the answers of the model's job as they come, for as long as that is wanted; then fold the names of what is
    equal but for that."""
    while model.masked:
        ended = model.finished
        if await jobs.mask_parts(model.job.id) and model.masked:
            model.look()
            send(JobAdvanced(model.job.id))
        if ended:
            break
        await asyncio.sleep(MASKED_EACH)
    if model.masked and await jobs.name_parts(model.job.id, True) and model.masked:
        model.look()
        send(JobAdvanced(model.job.id))
