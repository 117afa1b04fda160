"""The region of the jobs and their answers: the list of the jobs over the answers of the one that is shown."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical

from ..glyphs import Glyphs
from ..job_control import WatchedJob
from ..widgets.answers import Answers
from ..widgets.job_list import JobList


class ResultsRegion(Vertical):
    """`shown` gives the job whose answers are shown; None where there is none."""

    def __init__(self, glyphs: Glyphs, shown: Callable[[], WatchedJob | None]) -> None:
        super().__init__(id="results")
        self._shown = shown
        self.jobs = JobList(glyphs=glyphs, id="jobs")
        self.answers = Answers(glyphs=glyphs, id="answers")

    def compose(self) -> ComposeResult:
        yield self.jobs
        yield self.answers

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of the job whose answers are shown."""
        job = self._shown()
        return () if job is None else tuple(dict.fromkeys(target.host for target in job.model.job.targets))

    def take_focus(self) -> None:
        """The answers have it."""
        self.answers.focus()
