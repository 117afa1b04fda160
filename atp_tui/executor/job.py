"""The record of one job, as its readers see it: events as they happen, results by target."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection
from typing import Protocol

from ..model.data_class import dataclass
from ..model.fence import Fence
from ..model.message import Message
from ..model.moving import Moved, MoveSink
from ..model.outcome import CommandResult, ExitStatus, Outcome, Stream
from ..model.target import TargetId
from .capture import Budget, Capture, Flow, Lost
from .fold import Fold
from .reader import JobEvent, News, Reader
from .spec import JobSpec
from .spilling import Spill, Spilling
from .texts import Text, copied_text
from .waves import Phase, Progress, Rollout

_log = logging.getLogger(__name__)


class Controls(Protocol):
    """What a job hands on to the runner that carries it out."""

    def cancel(self, job: str, targets: Collection[TargetId] | None = None) -> None: ...
    def pause(self, job: str) -> None: ...
    def resume(self, job: str) -> None: ...
    def halt(self, job: str, why: Message) -> None: ...
    def wall(self) -> float: ...


@dataclass(slots=True)
class Ended:
    """How the work ended on one target, without its output. `duration` in seconds; `away` as of log.Ending."""

    outcome: Outcome
    status: ExitStatus | None
    error: Message | None
    duration: float
    may_still_run: bool = False
    away: bool = False


@dataclass(slots=True)
class Final:
    """The result of a target as it is kept. `text` is its output, `new` says that no target of the job gave it before.

    `at` is a wall-clock moment. `complete`: the text is all that the target said. Of a streamed job it is a copy, which
    the result does not have.
    """

    result: CommandResult
    text: Text
    new: bool
    at: float
    complete: bool
    away: bool = False


class Job:
    """One job and what is known of it. Made by JobRunner.start.

    Iterating gives the events from the job's beginning, however late one starts; any number of readers may iterate.
    A `streamed` job has one reader, which gets all of its output, and a slow one holds the work up; its results have
    none, and of its beginning a copy goes into the log, of `output_limit` bytes a stream.
    `results` fills as targets end, and `fold` has them in groups of equal answers. `started_at` is a moment of the
    program's clock.
    """

    def __init__(
        self, spec: JobSpec, controls: Controls, started_at: float, output_limit: int, budget: Budget,
        spill: Spill | None = None,
    ) -> None:  # fmt: skip
        self.spec = spec
        self.started_at = started_at
        self.paused = False
        self.gate_runs = 0
        """On how many hosts the command of its gate was to be run, each time counted."""
        self.cancelled = False
        """Whether its end was asked for on all targets."""
        self.progress: Progress | None = _at_first(spec)
        """How it stands where it goes in waves: as it was told last."""
        self.results: dict[TargetId, CommandResult] = {}
        self.fold = Fold()
        streamed = spec.options.streamed
        self._captures: dict[TargetId, Capture] = {}
        for place, target in enumerate(spec.targets):
            spilling = None if spill is None or not spec.options.spill else Spilling(spill, spec.id, target)
            capture = Capture(output_limit, budget, place, spilling)
            self._captures[target] = Flow(place, capture) if streamed else capture
        self._readers: list[Reader] = []
        self._told: list[tuple[float, Progress]] = []
        self._finished = asyncio.Event()
        self._when_done: list[Callable[[], None]] = []
        self._controls = controls
        self._budget = budget
        self._copies: set[bytes] = set()
        self._fence = Fence(_log)

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def title(self) -> str:
        """The work in one line for a person. Not yet safe for a terminal."""
        return self.spec.work.title

    @property
    def targets(self) -> tuple[TargetId, ...]:
        """The targets in the order in which they were asked for."""
        return self.spec.targets

    @property
    def done(self) -> bool:
        """Whether each target has its result."""
        return len(self.results) == len(self._captures)

    def cancel(self, targets: Collection[TargetId] | None = None) -> None:
        """End it now, on some targets or on all: work in progress is ended on the far side too, what has not begun does
        not run. Harmless where it is done.

        A target has its result once its end is known, some seconds later at most: CANCELLED, or else UNCONFIRMED.
        """
        self.cancelled = self.cancelled or targets is None
        self._controls.cancel(self.id, targets)

    def pause(self) -> None:
        """Begin on no further target until `resume`. What has begun goes on, and the job's deadline with it."""
        if not self.done:
            self.paused = True
            self._controls.pause(self.id)

    def resume(self) -> None:
        """End a pause, also that of a job in waves which waits for a person's word."""
        self.paused = False
        self._controls.resume(self.id)

    def halt(self, why: Message) -> None:
        """Begin on no further target of a job in waves: they end as NOTRUN. What has begun goes on."""
        self.paused = False
        self._controls.halt(self.id, why)

    async def wait(self) -> tuple[CommandResult, ...]:
        """Wait until each target has its result; they come in the order of the targets.

        Cancelling the waiter does not cancel the job.
        """
        await self._finished.wait()
        return tuple(self.results[target] for target in self.targets)

    def when_done(self, call: Callable[[], None]) -> None:
        """Call this once each target has its result: at once where it has."""
        if self.done:
            call()
        else:
            self._when_done.append(call)

    async def __aiter__(self) -> AsyncIterator[JobEvent]:
        reader = Reader(self.id, self.targets, tuple(self._captures.values()), self._told)
        self._readers.append(reader)
        try:
            async for event in reader.events():
                yield event
        finally:
            self._readers.remove(reader)

    # -- for the runner ------------------------------------------------------------------------------------------

    def begin(self, target: TargetId) -> MoveSink:
        """The work begins on a target, perhaps once more; the sink for its output."""
        capture = self._captures[target]
        if capture.begin(self._controls.wall()):
            for reader in self._readers:
                reader.restart(capture.place)
        self._tell(capture, News.STARTED)
        return _Sink(capture, self._controls.wall, self._tell)

    def lose(self, target: TargetId, ended: Ended, *, begun: bool) -> None:
        """The work that is followed on a target has stopped, and is begun anew later."""
        capture = self._captures[target]
        capture.lose(Lost(self._controls.wall(), ended.error, begun, ended.status))
        self._tell(capture, News.LOST)

    async def drained(self, target: TargetId) -> None:
        """Wait until the reader of followed work has all that came before it is begun anew."""
        if (waits := self._captures[target].drained()) is not None:
            await waits

    def stop(self, target: TargetId) -> None:
        """The end of the work on a target was asked for."""
        capture = self._captures[target]
        capture.stopping_at = self._controls.wall()
        self._tell(capture, News.STOPPING)

    def end(self, target: TargetId, ended: Ended) -> Final:
        """A target has ended, and this is kept of it. Once for each target."""
        capture = self._captures[target]
        assert capture.result is None, f"{target} has ended twice"
        capture.spilled()
        try:
            result, text, new = self._folded(target, ended, capture)
        except Exception as error:  # noqa: BLE001 - a job that had no end would keep the answers of all its targets
            why = self._fence.caught(error, "the answer of %s cannot be kept", str(target))
            unread = Ended(Outcome.ERROR, None, why, ended.duration)
            result, text, new = self._folded(target, unread, Capture(0, self._budget, capture.place))
        at = self._controls.wall()
        capture.end(result, at)
        self.results[target] = result
        self._tell(capture, News.ENDED)
        if self.done:
            self._finished.set()
            for call in self._when_done:
                call()
            self._when_done.clear()
        if isinstance(capture, Flow):
            return self._copied(result, capture.copy, at, ended.away)
        return Final(result, text, new, at, complete=not result.truncated, away=ended.away)

    def _copied(self, result: CommandResult, copy: Capture, at: float, away: bool) -> Final:
        """What is kept of a target whose output has passed through."""
        text = copied_text(copy.kept("stdout"), copy.kept("stderr"))
        new = text.digest not in self._copies
        self._copies.add(text.digest)
        copy.shared()  # it is the log's from now on, which has a limit of its own
        return Final(result, text, new, at, complete=not copy.truncated, away=away)

    def _folded(self, target: TargetId, ended: Ended, capture: Capture) -> tuple[CommandResult, Text, bool]:
        """The result of a target, put to those that are equal; its text, and whether that is a new one."""
        text, new = self.fold.texts.keep(capture.kept("stdout"), capture.kept("stderr"))
        if not new:
            capture.shared()
        result = CommandResult(
            host=target.host,
            outcome=ended.outcome,
            exit_status=ended.status.status if ended.status else None,
            stdout=text.stdout,
            stderr=text.stderr,
            duration=ended.duration,
            error=ended.error,
            signal=ended.status.signal if ended.status else None,
            truncated=capture.truncated,
            domain=target.domain,
            may_still_run=ended.may_still_run,
        )
        self.fold.take(target, result, text)
        return result, text, new

    def dropped(self) -> None:
        """The job is kept no longer: others may have its room."""
        self._budget.give_all_back()

    def advance(self, progress: Progress) -> None:
        """A wave is over, or waits for a person, or the waves are stopped."""
        self.progress = progress
        self.paused = self.paused or progress.phase is Phase.ASKS
        self._told.append((self._controls.wall(), progress))
        for reader in self._readers:
            reader.advance(len(self._told) - 1)

    def _tell(self, capture: Capture, news: News) -> None:
        for reader in self._readers:
            reader.tell(capture.place, news)


class _Sink:
    """Where the work on one target puts what it has to tell."""

    __slots__ = ("_capture", "_tell", "_wall")

    def __init__(self, capture: Capture, wall: Callable[[], float], tell: Callable[[Capture, News], None]) -> None:
        self._capture = capture
        self._wall = wall
        self._tell = tell

    def __call__(self, stream: Stream, data: bytes) -> asyncio.Future[None] | None:
        """A piece of output."""
        capture = self._capture
        if capture.add(stream, data):
            capture.heard_at = self._wall()
            self._tell(capture, News.STDOUT if stream == "stdout" else News.STDERR)
        return capture.room()

    def moved(self, moved: Moved) -> None:
        """How far it has come."""
        capture = self._capture
        if capture.result is None:
            capture.moved, capture.moved_at = moved, self._wall()
            self._tell(capture, News.MOVED)


def _at_first(spec: JobSpec) -> Progress | None:
    return None if spec.options.waves is None else Rollout(spec.options.waves, spec.targets).progress()
