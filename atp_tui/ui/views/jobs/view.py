"""The view of the jobs of this session: the one under its cursor is the one that is shown, here and elsewhere."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult

from ...places import Place
from ...widgets.lines import LinesView
from ..view import Pointed, ResultsRoom, View, ViewServices
from .pointing import pointed_at
from .table import JobTable


class JobsView(View):
    """One list; Enter leads to the answers of the job. Commands go to the job's hosts."""

    RESULTS: ClassVar[ResultsRoom] = ResultsRoom.NONE

    def __init__(self, given: ViewServices) -> None:
        super().__init__(id="jobs-view")
        self._fleet = given.fleet
        self._marks = given.marks
        self._jobs = given.jobs
        self.table = JobTable(self._jobs.hosts_of, given.glyphs, given.marks)

    def compose(self) -> ComposeResult:
        yield self.table

    def look(self, described: bool) -> None:
        self.table.redraw()  # marks may be others
        self.look_at_jobs()

    def look_at_jobs(self) -> None:
        shown = self._jobs.shown
        self.table.show([job.line for job in self._jobs.jobs], None if shown is None else shown.id)

    def take_focus(self) -> None:
        self.table.focus()

    @property
    def list(self) -> LinesView[Any]:
        return self.table

    @property
    def pointed(self) -> Pointed:
        return pointed_at(self._fleet, self._marks, self._jobs.shown)

    @on(JobTable.Opened)
    def _opened(self) -> None:
        shown = self._jobs.shown
        follows = shown is not None and shown.followed is not None
        self.post_message(self.PlaceRequested(Place("followed" if follows else "answers")))
