"""What the log of jobs is told, in batches: a thousand targets that end in one second are a handful of calls."""

from __future__ import annotations

from dataclasses import field

from ..model.data_class import dataclass
from ..model.target import TargetId
from ..transport.clock import Clock, TimerHandle
from .job import Final
from .log import Ending, JobLog
from .spec import JobSpec

GAP = 0.1
"""Seconds that an ending waits for others at most."""

MOST_ENDINGS = 256
"""Endings of a job that wait at most."""


@dataclass(slots=True)
class _Batch:
    endings: list[Ending] = field(default_factory=list)
    texts: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)


class Journal:
    """Hands on to a log what the runner tells it: a beginning at once, endings together, all of them before the end."""

    def __init__(self, log: JobLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._batches: dict[str, _Batch] = {}
        self._timer: TimerHandle | None = None

    def begun(self, spec: JobSpec) -> None:
        """A job was accepted; none of its targets is worked on yet."""
        self._log.begun(spec)

    def begins(self, job: str, target: TargetId) -> None:
        """The work is about to begin on a target, perhaps once more."""
        self._log.begins(job, target)

    def ended(self, job: str, final: Final) -> None:
        """A target has ended. Its text goes along where the job has not given it before."""
        batch = self._batches.setdefault(job, _Batch())
        batch.endings.append(ending_of(final))
        if final.new:
            text = final.text
            batch.texts.append((text.digest, text.stdout, text.stderr))
        if len(batch.endings) >= MOST_ENDINGS:
            self._flush(job)
        elif self._timer is None:
            self._timer = self._clock.call_later(GAP, self._tick)

    def finished(self, job: str, at: float) -> None:
        """The last target of a job has ended, at this wall-clock moment."""
        self._flush(job)
        self._log.finished(job, at)

    def _tick(self) -> None:
        self._timer = None
        for job in list(self._batches):
            self._flush(job)

    def _flush(self, job: str) -> None:
        batch = self._batches.pop(job, None)
        if batch is not None:
            self._log.ended(job, batch.endings, batch.texts)
        if not self._batches and self._timer is not None:
            self._timer.cancel()
            self._timer = None


def ending_of(final: Final) -> Ending:
    """A final result as the log keeps it, its output by digest alone."""
    result = final.result
    return Ending(
        target=result.target,
        outcome=result.outcome,
        exit_status=result.exit_status,
        signal=result.signal,
        error=None if result.error is None else str(result.error),  # what is kept is words, in one language
        at=final.at,
        duration=result.duration,
        digest=final.text.digest,
        truncated=not final.complete,
        may_still_run=result.may_still_run,
        away=final.away,
    )
