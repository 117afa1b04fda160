"""The job whose answers are shown: watched, cancelled, run again where it failed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from textual.message import Message

from ..actions.action import Invocation
from ..engine.fleet import JobTicket
from .glyphs import Glyphs
from .job_feed import Jobs, feed
from .widgets.answers_model import AnswersModel


class JobControl:
    """One job at a time is shown. `spawn` runs the reader as a task that the screen owns; `send` takes its news."""

    def __init__(
        self,
        fleet: Jobs,
        glyphs: Glyphs,
        send: Callable[[Message], object],
        spawn: Callable[[Coroutine[None, None, None]], object],
    ) -> None:
        self._fleet = fleet
        self._glyphs = glyphs
        self._send = send
        self._spawn = spawn
        self.model: AnswersModel | None = None
        self.asked: Invocation | None = None
        """What the job was started by."""
        self.cancelled = False
        """Whether the end of the job was asked for."""

    @property
    def running(self) -> bool:
        """Whether a host of the job has not ended yet."""
        return self.model is not None and not self.model.finished

    @property
    def failed_hosts(self) -> tuple[str, ...]:
        """Where the last command did not end well."""
        return self.model.failed_hosts if self.model is not None else ()

    def watch(self, job: JobTicket, asked: Invocation) -> AnswersModel:
        """Show a job that `asked` has started; the caller has seen to it that no other one runs."""
        self.asked = asked
        self.model = AnswersModel(job, self._fleet, self._glyphs)
        self.cancelled = False
        self._spawn(feed(self._fleet, self.model, self._send))
        return self.model

    def cancel(self) -> bool:
        """End the job; False where none runs."""
        if self.model is None or not self.running:
            return False
        self.cancelled = True
        self._fleet.cancel(self.model.job.id)
        return True

    def forget(self) -> None:
        """Drop the answers of a job that is done."""
        if not self.running:
            self.model = None
