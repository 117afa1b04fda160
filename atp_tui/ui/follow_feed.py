"""Feeds the lines of a job that follows from its events, in turns: a flood on a host never holds a person's keys up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

from textual.message import Message

from ..executor.followed import Following
from ..executor.reader import JobEvent, TargetOutput
from .bridge import SHORTEST_GAP
from .followed_lines import FollowedLines
from .job_feed import Jobs
from .messages import JobAdvanced, JobEnded
from .turns import LONGEST_TURN
from .widgets.answers_model import AnswersModel

PIECE = 4 << 10
"""Bytes that are taken at a time: a piece may be as many lines."""


async def follow_feed(jobs: Jobs, model: AnswersModel, lines: FollowedLines, send: Callable[[Message], object]) -> None:
    """Apply every event of the model's job until its end. `send` is called at most 10 times a second.

    After each turn as much time is left to all else, so that where more comes the hosts are held up.
    """
    loop = asyncio.get_running_loop()
    following = Following()
    timer: asyncio.TimerHandle | None = None
    turn = loop.time()

    def tell() -> None:
        nonlocal timer
        timer = None
        lines.add(following.out(loop.time()))
        lines.away = following.away
        send(JobAdvanced(model.job.id))
        look_again()

    def look_again() -> None:
        nonlocal timer
        if timer is None and following.due is not None:
            timer = loop.call_later(SHORTEST_GAP, tell)

    try:
        async for event in jobs.events(model.job.id):
            if not isinstance(event, TargetOutput):
                model.apply(event)
            began = loop.time()
            turn = turn if began - turn < LONGEST_TURN else began
            for piece in _pieces(event):
                following.apply(piece, loop.time())
                if (spent := loop.time() - turn) > LONGEST_TURN:
                    lines.add(following.out(loop.time()))
                    await asyncio.sleep(spent)
                    turn = loop.time()
            look_again()
    finally:
        if timer is not None:
            timer.cancel()
    lines.add(following.rest())
    lines.away = ()
    model.finish()
    send(JobEnded(model.job.id))
    await jobs.name_parts(model.job.id)


def _pieces(event: JobEvent) -> Iterator[JobEvent]:
    if not isinstance(event, TargetOutput) or len(event.data) <= PIECE:
        yield event
        return
    for begin in range(0, len(event.data), PIECE):
        yield replace(event, data=event.data[begin : begin + PIECE])
