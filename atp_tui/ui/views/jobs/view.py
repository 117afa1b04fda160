"""The view of the jobs: the frame's own region for them grows over the room of the views."""

from __future__ import annotations

from typing import ClassVar

from ..view import Pointed, View, ViewServices


class JobsView(View):
    """Shows nothing by itself. Commands go to the hosts of the job whose answers are shown."""

    SHOWS_RESULTS: ClassVar[bool] = True

    def __init__(self, given: ViewServices) -> None:
        super().__init__(id="jobs-view")
        self._fleet = given.fleet
        self._results = given.results

    def take_focus(self) -> None:
        self._results.take_focus()

    @property
    def pointed(self) -> Pointed:
        return Pointed(cursor=self._fleet.known(self._results.hosts))
