"""What is followed on many hosts, as lines in one order: from the events of a job that follows. Pure.

A mark stands between the lines where something is to be said of a host: it is away, it was lost and is back so that
lines may be missing, its command has ended.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from enum import StrEnum

from ..model.data_class import dataclass
from ..model.fence import Fence
from ..model.message import Message, told
from ..model.outcome import CommandResult, Outcome, Stream
from ..model.say import Say
from .line_times import HostTimes
from .merging import WINDOW, Merge
from .reader import JobEvent, TargetEnded, TargetLost, TargetOutput, TargetStarted

_log = logging.getLogger(__name__)

LONGEST = 64 << 10
"""Bytes of a line that are kept; of the rest it is said how many there were."""

OVERHEAD = 256
"""Bytes that a line takes beside its own."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a host, without its line end. `at` is its own time, or else when it came, in seconds since 1970.

    `cut` is the number of bytes behind the last that is kept.
    """

    host: str
    at: float
    stream: Stream
    said: bytes
    cut: int = 0


class MarkKind(StrEnum):
    """What a mark is about."""

    AWAY = "away"
    """A host is not reached; it is followed as soon as it is."""
    REACHED = "reached"
    """A host that was away is followed from now on."""
    LOST = "lost"
    """A host was followed, and is begun with anew as soon as it can be."""
    BACK = "back"
    """It is followed again; lines may be missing since it was lost."""
    ENDED = "ended"
    """It is not followed any more."""
    UNREADABLE = "unreadable"
    """Some of what it has said cannot be shown."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to be said of a host between the lines. `since`, of BACK, is the moment of its LOST.

    `result` is that of the host, of ENDED alone.
    """

    host: str
    at: float
    kind: MarkKind
    message: Message
    since: float | None = None
    result: CommandResult | None = None


Followed = Line | Mark


def clock(at: float) -> str:
    """A moment of today as this machine's people write it."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%H:%M:%S")


_STREAMS: tuple[Stream, Stream] = ("stdout", "stderr")


class _Rest:
    """The beginning of a line that has no end yet, with the number of bytes that were too many for it."""

    __slots__ = ("cut", "said")

    def __init__(self) -> None:
        self.said = bytearray()
        self.cut = 0

    def add(self, data: bytes) -> None:
        room = LONGEST - len(self.said)
        self.said += data[:room]
        self.cut += max(0, len(data) - room)

    def take(self) -> tuple[bytes, int]:
        said, cut = bytes(self.said), self.cut
        self.said.clear()
        self.cut = 0
        return said, cut


class Following:
    """Takes the events of a job with `apply`, gives its lines and marks with `out`.

    `now` is as of Merge. `reads_times`: lines are put in order by the times they begin with, else by their arrival.
    """

    def __init__(self, window: float = WINDOW, *, reads_times: bool = True) -> None:
        self._merge: Merge[Followed] = Merge(window)
        self._reads_times = reads_times
        self._rests: dict[tuple[str, Stream], _Rest] = {}
        self._times: dict[str, HostTimes] = {}
        self._lost: dict[str, Mark] = {}
        self._fence = Fence(_log)

    @property
    def due(self) -> float | None:
        """As Merge.due."""
        return self._merge.due

    @property
    def away(self) -> tuple[str, ...]:
        """The hosts that are not followed now, and will be."""
        return tuple(self._lost)

    def apply(self, event: JobEvent, now: float) -> None:
        """Something has happened in the job."""
        match event:
            case TargetOutput(target=target, stream=stream, data=data, at=at):
                try:
                    self._output(str(target), stream, data, at, now)
                except Exception as error:  # noqa: BLE001 - it costs that host its lines, not the others theirs
                    self._mark_unreadable(str(target), at, now, error)
            case TargetStarted(target=target, at=at):
                if (lost := self._lost.pop(str(target), None)) is not None:
                    self._mark(_back(lost, at), now)
            case TargetLost():
                self._end_lines(str(event.target), event.at, now)
                self._lose(event, now)
            case TargetEnded(target=target, result=result, at=at):
                host = str(target)
                self._end_lines(host, at, now)
                self._lost.pop(host, None)
                message = told(Say.FOLLOWED_ENDED, host=host, at=clock(at), how=how_of(result))
                self._mark(Mark(host, at, MarkKind.ENDED, message, result=result), now)
            case _:
                pass

    def out(self, now: float) -> list[Followed]:
        """What comes out by now, in its order."""
        return self._merge.out(now)

    def rest(self) -> list[Followed]:
        """All that has come and not come out."""
        return self._merge.rest()

    def _output(self, host: str, stream: Stream, data: bytes, at: float, now: float) -> None:
        rest = self._rests.setdefault((host, stream), _Rest())
        lines = data.split(b"\n")
        last = lines.pop()
        for line in lines:
            if rest.said or rest.cut or len(line) > LONGEST:
                rest.add(line)
                self._line(host, stream, *rest.take(), at, now)
            else:
                self._line(host, stream, line, 0, at, now)
        rest.add(last)

    def _end_lines(self, host: str, at: float, now: float) -> None:
        """The last line of a host ends here, with or without a line end."""
        for stream in _STREAMS:
            rest = self._rests.get((host, stream))
            if rest is not None and rest.said:
                self._line(host, stream, *rest.take(), at, now)

    def _line(self, host: str, stream: Stream, said: bytes, cut: int, arrived: float, now: float) -> None:
        if said.endswith(b"\r"):
            said = said[:-1]
        at = None
        if self._reads_times:
            times = self._times.get(host)
            if times is None:
                times = self._times[host] = HostTimes()
            at = times.at(said, arrived)
        line = Line(host, arrived if at is None else at, stream, said, cut)
        self._merge.add(host, line, OVERHEAD + len(said), at, arrived, now)

    def _mark_unreadable(self, host: str, at: float, now: float, error: Exception) -> None:
        why = self._fence.caught(error, "what %s has said cannot be put in order", host)
        message = told(Say.FOLLOWED_UNREADABLE, host=host, at=clock(at), why=why)
        self._mark(Mark(host, at, MarkKind.UNREADABLE, message), now)

    def _mark(self, mark: Mark, now: float) -> None:
        self._merge.add(mark.host, mark, OVERHEAD, mark.at, mark.at, now, is_mark=True)

    def _lose(self, event: TargetLost, now: float) -> None:
        """Told once, whatever further attempts come to: of a host that was followed, and of one that is away."""
        host, before = str(event.target), self._lost.get(str(event.target))
        if before is not None and (before.kind is MarkKind.LOST or not event.begun):
            return
        kind = MarkKind.LOST if event.begun else MarkKind.AWAY
        if kind is MarkKind.AWAY:
            message = told(Say.FOLLOWED_AWAY, host=host, at=clock(event.at), why=event.error or told(Say.TIMED_OUT))
        else:
            message = told(Say.FOLLOWED_LOST, host=host, at=clock(event.at), how=how_lost(event))
        self._lost[host] = Mark(host, event.at, kind, message)
        self._mark(self._lost[host], now)


def how_lost(event: TargetLost) -> Message:
    """What became of a command that is begun anew."""
    if event.error is not None:
        return event.error
    if event.signal is not None:
        return told(Say.SIGNAL, signal=event.signal)
    return told(Say.EXIT_STATUS, status=event.exit_status if event.exit_status is not None else 0)


def how_of(result: CommandResult) -> Message:
    """How a host ended, in words."""
    if result.error is not None:
        return result.error
    if result.signal is not None:
        return told(Say.SIGNAL, signal=result.signal)
    if result.outcome is Outcome.CANCELLED or result.exit_status is None:
        return told(Say.CANCELLED)
    return told(Say.EXIT_STATUS, status=result.exit_status)


def _back(lost: Mark, at: float) -> Mark:
    if lost.kind is MarkKind.AWAY:
        return Mark(lost.host, at, MarkKind.REACHED, told(Say.FOLLOWED_REACHED, host=lost.host, at=clock(at)))
    message = told(Say.FOLLOWED_BACK, host=lost.host, since=clock(lost.at), at=clock(at))
    return Mark(lost.host, at, MarkKind.BACK, message, since=lost.at)
