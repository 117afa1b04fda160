"""The view of the answers of one job: the frame's own region for them grows over the room of the views, so that they
are drawn once, with one cursor and one set of folds."""

from __future__ import annotations

from typing import Any, ClassVar

from ....model.quoting import redacted
from ...messages import JobChosen
from ...text import safe
from ...widgets.lines import LinesView
from ..jobs.pointing import pointed_at
from ..view import Pointed, ResultsRoom, View, ViewServices


class AnswersView(View):
    """Shows nothing by itself. It is of the job that is shown, whichever that is: a number is one of this session, and
    none to come back to in another one."""

    RESULTS: ClassVar[ResultsRoom] = ResultsRoom.ALL

    def __init__(self, given: ViewServices) -> None:
        super().__init__(id="answers-view")
        self._fleet = given.fleet
        self._marks = given.marks
        self._jobs = given.jobs
        self._results = given.results
        self._tell = given.tell

    def take_focus(self) -> None:
        self._results.take_focus()

    def choose(self, text: str) -> None:
        """Show the job of that number: `3` or `#3`."""
        number = text.strip().removeprefix("#")
        found = next((job for job in self._jobs.jobs if str(job.number) == number), None)
        if found is not None:
            self.post_message(JobChosen(found.id))
            return
        there = ", ".join(str(job.number) for job in reversed(self._jobs.jobs))
        hint = f"there are {there}" if there else "no command was run yet"
        self._tell(f"no job {safe(redacted(text))}: {hint}", True)

    @property
    def crumb(self) -> str:
        shown = self._jobs.shown
        return "" if shown is None else shown.name

    @property
    def list(self) -> LinesView[Any]:
        return self._results.answers

    @property
    def pointed(self) -> Pointed:
        return pointed_at(self._fleet, self._marks, self._jobs.shown)
