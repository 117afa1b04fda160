"""The room of the command line and of the answers: a person can hide both."""

from __future__ import annotations

from typing import Protocol

from ..views.spec import ViewCommand
from ..views.view import ResultsRoom, View
from ..widgets.command_pane import CommandPane
from .results import ResultsRegion

PANE = ViewCommand(
    "pane", "command pane", "hide the command line and the answers, or show them: pane off", lambda _: ("on", "off")
)


class HasPane(Protocol):
    """The main screen, as far as its command line and its answers are hidden."""

    @property
    def view(self) -> View: ...
    @property
    def pane(self) -> CommandPane: ...
    @property
    def is_typed_in(self) -> bool:
        """Whether the command line has the focus."""
        ...


class PaneRoom:
    """`is_off` is what a person wants. The line is there all the same while it is typed in, and the view of the answers
    shows them."""

    def __init__(self, screen: HasPane, results: ResultsRegion) -> None:
        self._screen = screen
        self._results = results
        self.is_off = False

    def turn(self, *, off: bool) -> None:
        """Hide both, or show them again."""
        self.is_off = off
        self.settle()

    def settle(self) -> None:
        """To be called where a view has come into sight, or the line has been left."""
        view = self._screen.view
        # set at once, and not by a class, whose styles come later: what is typed then must find the line in sight
        self._screen.pane.display = not self.is_off or self._screen.is_typed_in
        self._results.set_class(self.is_off or view.RESULTS is ResultsRoom.NONE, "-away")
        self._results.set_class(view.RESULTS is ResultsRoom.ALL, "-answers-alone")

    def show_answers(self) -> None:
        """There are answers that a person wants to see: both come back where they have their room."""
        if self.is_off and self._screen.view.RESULTS is ResultsRoom.BESIDE:
            self.turn(off=False)
