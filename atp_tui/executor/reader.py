"""Reading a job: its events, and one reader's way through them in bounded memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ..model.outcome import CommandResult, Stream
from ..model.target import TargetId
from .capture import Capture


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something that happened in the job of that id: plain data, which may be copied, pickled and sent.

    `number` rises by one from each event of a reader to its next, beginning with 1: a gap is a loss on the way. `at` is
    a wall-clock moment in seconds since 1970.
    """

    job: str
    number: int
    at: float


@dataclass(frozen=True, slots=True)
class TargetStarted(JobEvent):
    """The work begins on a target: its connection is there, nothing has come back yet.

    A target that was never reached has no such event, only its TargetEnded. A second one says that the work is done
    anew: what has come before it is not part of the result.
    """

    target: TargetId


@dataclass(frozen=True, slots=True)
class TargetOutput(JobEvent):
    """A piece of output of one target, as remote bytes; what came while the reader was away is one piece."""

    target: TargetId
    stream: Stream
    data: bytes


@dataclass(frozen=True, slots=True)
class TargetEnded(JobEvent):
    """One target is done, however it ended. Exactly one of these comes for each target of a job."""

    target: TargetId
    result: CommandResult


News = Literal["started", "stdout", "stderr", "ended"]


class Reader:
    """One iteration over a job: where it has read to, and what has changed since, each change at most once.

    It holds no output of its own, so a reader as slow as it likes costs a few bytes a target.
    """

    def __init__(self, job: str, captures: Mapping[TargetId, Capture]) -> None:
        self._job = job
        self._captures = captures
        self._news: OrderedDict[tuple[TargetId, News], None] = OrderedDict()
        self._offsets: dict[tuple[TargetId, Stream], int] = {}
        self._number = 0
        self._ended = 0
        self._waiter: asyncio.Future[None] | None = None
        for target, capture in captures.items():
            self._catch_up(target, capture)

    def _catch_up(self, target: TargetId, capture: Capture) -> None:
        if capture.begun_at is not None:
            self._news[target, "started"] = None
        self._news.update({(target, "stdout"): None, (target, "stderr"): None})
        if capture.result is not None:
            self._news[target, "ended"] = None

    def restart(self, target: TargetId) -> None:
        """The work on a target is done anew: its output is read from its beginning."""
        for news in ("started", "stdout", "stderr"):
            self._news.pop((target, news), None)
        for stream in ("stdout", "stderr"):
            self._offsets.pop((target, stream), None)

    def tell(self, target: TargetId, news: News) -> None:
        """Something has happened on a target."""
        self._news[target, news] = None
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def events(self) -> AsyncIterator[JobEvent]:
        """The events until the last target has ended."""
        while self._ended < len(self._captures):
            if not self._news:
                self._waiter = asyncio.get_running_loop().create_future()
                await self._waiter
                continue
            (target, news), _ = self._news.popitem(last=False)
            event = self._event(target, news)
            if event is not None:
                yield event

    def _event(self, target: TargetId, news: News) -> JobEvent | None:
        capture = self._captures[target]
        if news == "started":
            return TargetStarted(self._job, self._numbered(), capture.begun_at or 0.0, target)
        if news == "ended":
            assert capture.result is not None
            self._ended += 1
            return TargetEnded(self._job, self._numbered(), capture.ended_at, target, capture.result)
        offset = self._offsets.get((target, news), 0)
        data = capture.read(news, offset)
        self._offsets[target, news] = offset + len(data)
        if not data:
            return None
        return TargetOutput(self._job, self._numbered(), capture.heard_at, target, news, data)

    def _numbered(self) -> int:
        self._number += 1
        return self._number
