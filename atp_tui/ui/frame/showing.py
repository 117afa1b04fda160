"""How the jobs stand, in all places of the screen that tell of them."""

from __future__ import annotations

from typing import Protocol

from textual.widget import Widget

from ..job_control import JobControl
from ..views.view import View
from ..widgets.status_bar import StatusBar
from .results import ResultsRegion
from .views import ViewStack
from .zoom import Zoom


class ShowsJobs(Protocol):
    """The main screen, as far as jobs are shown on it."""

    @property
    def jobs(self) -> JobControl: ...
    @property
    def view(self) -> View: ...
    @property
    def zoom(self) -> Zoom: ...
    @property
    def status(self) -> StatusBar: ...
    def set_class(self, add: bool, *names: str) -> object: ...
    def is_in_sight(self, widget: Widget) -> bool: ...
    def point(self) -> None:
        """Take over what the view points at."""
        ...


class Showing:
    """Told of what has happened to jobs; `results` is the region of the list and the answers."""

    def __init__(self, screen: ShowsJobs, views: ViewStack, results: ResultsRegion) -> None:
        self._screen = screen
        self._views = views
        self._results = results

    def answers(self) -> None:
        """Show the chosen job's answers, which take their room with the first job; close them where there is none."""
        shown, answers = self._screen.jobs.shown, self._results.answers
        self._screen.set_class(shown is None, "-no-answers")
        if shown is None:
            answers.show(None)
        else:
            self._screen.zoom.show_results()
            answers.show(shown.model, shown.number)
        self.jobs()
        self._screen.status.crumbs = self._views.crumbs
        self._screen.point()

    def news(self, job: str) -> None:
        """Something has come of the job of that id."""
        if self._screen.jobs.is_shown(job):
            self._results.answers.advance()
        self.jobs()

    def jobs(self) -> None:
        """Say how the jobs stand, and how many run."""
        jobs, status = self._screen.jobs, self._screen.status
        shown = jobs.shown.id if jobs.shown is not None else None
        self._results.jobs.show([job.line for job in jobs.jobs], shown)
        status.job = jobs.shown is not None and jobs.shown.running
        status.others = jobs.out_of_sight
        self._screen.view.look_at_jobs()

    @property
    def has_answers_in_sight(self) -> bool:
        """Whether a person sees answers now."""
        return self._screen.is_in_sight(self._results.answers)
