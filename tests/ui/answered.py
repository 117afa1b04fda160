"""A job's answers without a screen: a fold that the test fills, behind the port that the answers read."""

from __future__ import annotations

from collections.abc import Callable

from atp_tui.engine.answers import JobAnswers
from atp_tui.engine.fleet import JobTicket
from atp_tui.executor.fold import Fold
from atp_tui.executor.reader import JobEvent, TargetEnded
from atp_tui.model.outcome import CommandResult
from atp_tui.model.target import TargetId, on_hosts
from atp_tui.ui.widgets.answers_model import AnswersModel

from .rows import NOW


class FoldedAnswers:
    """The port's part of one job that is over."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.id = "job"
        self.fold = Fold()
        self.results: dict[TargetId, CommandResult] = {}
        self.done = True
        answers = JobAnswers(self)  # type: ignore[arg-type]  # the one job, of which no more is read
        self.parts, self.members, self.output = answers.parts, answers.members, answers.output
        self.mask_parts = answers.mask_parts

    def spilled(self, job: str) -> str:
        return ""

    def job(self, job: str) -> FoldedAnswers:
        return self

    def end(self, result: CommandResult) -> None:
        self.fold.add(result)
        self.results[result.target] = result


class Answering(AnswersModel):
    """The model of a job of these hosts; what it is told to apply is folded too, as the engine does it."""

    def __init__(self, *hosts: str, title: str = "uname -r", now: Callable[[], float] = lambda: NOW) -> None:
        self.folded = FoldedAnswers(now)
        super().__init__(JobTicket("job", title, on_hosts(*hosts), now()), self.folded)

    def apply(self, event: JobEvent) -> None:
        if isinstance(event, TargetEnded):
            self.folded.end(event.result)
        super().apply(event)

    async def name_parts(self) -> bool:
        """As the feed does it when the job is over."""
        named = await self.folded.fold.name()
        self.look()
        return named
