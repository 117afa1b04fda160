"""The region of the jobs and their answers: the list of the jobs over the answers of the one that is shown."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from ..glyphs import Glyphs
from ..marks import Marks
from ..widgets.answers import Answers
from ..widgets.job_list import JobList


class ResultsRegion(Vertical):
    """`marks` are those of all views."""

    def __init__(self, glyphs: Glyphs, marks: Marks) -> None:
        super().__init__(id="results")
        self.jobs = JobList(glyphs=glyphs, id="jobs")
        self.answers = Answers(glyphs=glyphs, marks=marks, id="answers")

    def compose(self) -> ComposeResult:
        yield self.jobs
        yield self.answers

    def take_focus(self) -> None:
        """The answers have it."""
        self.answers.focus()
