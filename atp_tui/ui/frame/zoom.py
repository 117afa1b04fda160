"""One pane has all the room for a while: a list, the panel beside it, or the answers. The command line stays, since it
says where commands go."""

from __future__ import annotations

from typing import Protocol

from ..views.view import ResultsRoom, View
from .results import ResultsRegion


class Zoomable(Protocol):
    """The main screen, as far as a zoom needs it."""

    @property
    def view(self) -> View: ...
    def set_class(self, add: bool, *names: str) -> object: ...


class Zoom:
    """`toggle` gives the pane with the focus the room, and takes it away again; so does whatever else is opened."""

    def __init__(self, screen: Zoomable, results: ResultsRegion) -> None:
        self._screen = screen
        self._results = results
        self._of: View | None = None
        self._hides_results = False

    def toggle(self) -> bool:
        """Whether a pane has all the room now."""
        if self.end():
            return False
        self._of = self._screen.view
        self._hides_results = not self._results.has_focus_within and self._of.RESULTS is not ResultsRoom.ALL
        if self._hides_results:
            self._screen.set_class(True, "-zoomed")
            self._of.zoom(True)
        else:
            self._screen.set_class(True, "-only-results")
        return True

    def end(self) -> bool:
        """Give the others their room again; False where no pane had it all."""
        before, self._of = self._of, None
        if before is None:
            return False
        self._screen.set_class(False, "-zoomed")
        self._screen.set_class(self._screen.view.RESULTS is ResultsRoom.ALL, "-only-results")
        before.zoom(False)
        return True

    def show_results(self) -> None:
        """Answers are there to be seen."""
        if self._hides_results and self._of is not None and self._of.RESULTS is ResultsRoom.BESIDE:
            self.end()
