"""Reading a job: its events, and one reader's way through them in bounded memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from enum import IntEnum

from ..model.data_class import dataclass
from ..model.message import Message
from ..model.moving import Moved
from ..model.outcome import CommandResult, Stream
from ..model.target import TargetId
from .capture import Capture
from .waves import Progress


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
class TargetMoved(JobEvent):
    """How far the work on one target has come, where it tells so; what is older and was not read is left out."""

    target: TargetId
    moved: Moved


@dataclass(frozen=True, slots=True)
class TargetStopping(JobEvent):
    """The end of the work on one target was asked for: it is being cancelled until its TargetEnded."""

    target: TargetId


@dataclass(frozen=True, slots=True)
class TargetLost(JobEvent):
    """The work that is followed on a target has stopped, and is begun anew later; `at` is the moment of that.

    `begun`: it had begun, so that something it would have said may be missing; where not, its host was not reached.
    `error` says why; None where it has ended by itself, with `exit_status` or by `signal`. All that it had said comes
    before this, and what it says next after the TargetStarted that follows.
    """

    target: TargetId
    error: Message | None
    begun: bool
    exit_status: int | None = None
    signal: str | None = None


@dataclass(frozen=True, slots=True)
class TargetEnded(JobEvent):
    """One target is done, however it ended. Exactly one of these comes for each target of a job."""

    target: TargetId
    result: CommandResult


@dataclass(frozen=True, slots=True)
class WaveTold(JobEvent):
    """A wave of the job is over, or the job waits for a person before the next, or its waves are stopped.

    That a wave is over comes after the TargetEnded of each of its targets.
    """

    progress: Progress


class News(IntEnum):
    """What can be new about a target."""

    STARTED = 0
    STDOUT = 1
    STDERR = 2
    STOPPING = 3
    ENDED = 4
    LOST = 5
    MOVED = 6


_STREAMS: tuple[Stream, Stream] = ("stdout", "stderr")

_KINDS = len(News)

MOST_AT_A_TIME = 128
"""Events that a reader gets before the loop has its turn: a thousand hosts may have ended since the last one."""


class Reader:
    """One iteration over a job: where it has read to, and what has changed since, each change at most once.

    It holds no output of its own, so a reader as slow as it likes costs a few bytes a target. News are numbers, the
    place of the target times the number of kinds, and the kind: they are told for each piece of output of each target.
    """

    def __init__(
        self,
        job: str,
        targets: Sequence[TargetId],
        captures: Sequence[Capture],
        waves: Sequence[tuple[float, Progress]] = (),
    ) -> None:
        self._job = job
        self._targets = targets
        self._captures = captures
        self._news: OrderedDict[int, None] = OrderedDict()
        self._offsets: dict[int, int] = {}
        self._number = 0
        self._ended = 0
        self._waiter: asyncio.Future[None] | None = None
        for place, capture in enumerate(captures):
            self._catch_up(place * _KINDS, capture)
        self._waves = waves
        for place in range(len(waves)):
            self.advance(place)

    def _catch_up(self, first: int, capture: Capture) -> None:
        if capture.begun_at is not None:
            self._news[first + News.STARTED] = None
            self._news[first + News.STDOUT] = None
            self._news[first + News.STDERR] = None
        if capture.lost is not None:
            self._news[first + News.LOST] = None
        if capture.moved is not None:
            self._news[first + News.MOVED] = None
        if capture.result is not None:
            self._news[first + News.ENDED] = None
        elif capture.stopping_at is not None:
            self._news[first + News.STOPPING] = None

    def restart(self, place: int) -> None:
        """The work on a target is done anew: its output is read from its beginning."""
        for news in (News.STARTED, News.STDOUT, News.STDERR):
            self._news.pop(place * _KINDS + news, None)
            self._offsets.pop(place * _KINDS + news, None)

    def tell(self, place: int, news: News) -> None:
        """Something has happened on the target at `place`."""
        self._news[place * _KINDS + news] = None
        self._wake()

    def advance(self, place: int) -> None:
        """The waves stand as `place` of what is told of them says: a number below 0 among the news."""
        self._news[-1 - place] = None
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def events(self) -> AsyncIterator[JobEvent]:
        """The events until the last target has ended."""
        while self._ended < len(self._captures) or self._news:
            if not self._news:
                self._waiter = asyncio.get_running_loop().create_future()
                await self._waiter
                continue
            key, _ = self._news.popitem(last=False)
            event = self._event(key)
            if event is not None:
                yield event
                if event.number % MOST_AT_A_TIME == 0:
                    await asyncio.sleep(0)

    def _event(self, key: int) -> JobEvent | None:
        if key < 0:
            at, progress = self._waves[-1 - key]
            return WaveTold(self._job, self._numbered(), at, progress)
        place, news = divmod(key, _KINDS)
        capture, target = self._captures[place], self._targets[place]
        if news == News.STARTED:
            return TargetStarted(self._job, self._numbered(), capture.begun_at or 0.0, target)
        if news == News.STOPPING:
            return TargetStopping(self._job, self._numbered(), capture.stopping_at or 0.0, target)
        if news == News.LOST:
            return self._lost(capture, target)
        if news == News.ENDED:
            assert capture.result is not None
            self._ended += 1
            return TargetEnded(self._job, self._numbered(), capture.ended_at, target, capture.result)
        if news == News.MOVED:
            if capture.moved is None:  # the work is done anew
                return None
            return TargetMoved(self._job, self._numbered(), capture.moved_at, target, capture.moved)
        stream = _STREAMS[news - News.STDOUT]
        offset = self._offsets.get(key, 0)
        data = capture.read(stream, offset)
        if not data:
            return None
        self._offsets[key] = offset + len(data)
        return TargetOutput(self._job, self._numbered(), capture.heard_at, target, stream, data)

    def _lost(self, capture: Capture, target: TargetId) -> TargetLost | None:
        lost = capture.take_lost()
        if lost is None:
            return None
        status = (None, None) if lost.status is None else (lost.status.status, lost.status.signal)
        return TargetLost(self._job, self._numbered(), lost.at, target, lost.error, lost.begun, *status)

    def _numbered(self) -> int:
        self._number += 1
        return self._number
