"""The base of every view, what it is given, and what it tells the frame."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import field
from enum import Enum
from typing import Any, ClassVar, NamedTuple, Protocol

from textual.containers import Container
from textual.message import Message

from ...engine.fleet import Fleet
from ...model.data_class import dataclass
from ..glyphs import Glyphs
from ..job_control import JobControl
from ..marks import Marks
from ..places import Place
from ..services import Services
from ..told import Told
from ..widgets.answers import Answers
from ..widgets.lines import LinesView


class Pointed(NamedTuple):
    """The hosts that a view points at: those that are marked in it, and those under its cursor."""

    marked: tuple[str, ...] = ()
    cursor: tuple[str, ...] = ()


class ResultsRoom(Enum):
    """The room of the region of the jobs and their answers while a view is in sight."""

    BESIDE = "beside"
    """It stands below or beside the view."""
    NONE = "none"
    """The view has its room."""
    ALL = "all"
    """It has the view's room."""


class Results(Protocol):
    """The region of the jobs and their answers, which stands beside the views."""

    @property
    def answers(self) -> Answers: ...

    def take_focus(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ViewServices:
    """What a view is given. `tell` says something in the line at the bottom, as what went wrong where the second is
    true; `told` is what was said there, `marks` are those of all views, `jobs` those of this session."""

    services: Services
    glyphs: Glyphs
    tell: Callable[[str, bool], None]
    results: Results
    told: Told
    jobs: JobControl
    marks: Marks = field(default_factory=Marks)

    @property
    def fleet(self) -> Fleet:
        """The port to the hosts."""
        return self.services.fleet


class View(Container):
    """Fills the room of the views. Kept once it was opened, and told of nothing while it is out of sight.

    A subclass overrides what it has.
    """

    RESULTS: ClassVar[ResultsRoom] = ResultsRoom.BESIDE

    DEFAULT_CSS = """
    View { width: 1fr; height: 1fr; }
    """

    class PlaceRequested(Message):
        """Enter leads on to another place."""

        def __init__(self, place: Place) -> None:
            super().__init__()
            self.place = place

    class Moved(Message):
        """The cursor, the marks or the filter differ: the frame looks at `pointed` again."""

    def open(self, subject: str) -> None:
        """Be the view of this (of "" for all); `look` comes next. A view that is of all has nothing to do."""

    def look(self, described: bool) -> None:
        """There is something else to read of the fleet, or the view comes into sight. `described`: hosts may have come
        or gone."""

    def look_at_jobs(self) -> None:
        """There is something else to tell of the jobs of this session."""

    def tick(self) -> None:
        """A second has gone by."""

    def choose(self, text: str) -> None:
        """Show what stood behind the view's name as it was opened. A view that is of all has nothing to do."""

    @property
    def crumb(self) -> str:
        """What the path says of it in place of its title; "" where it says that. It may hold anything."""
        return ""

    def take_focus(self) -> None:
        """Give the focus to the list that a person sees first."""
        raise NotImplementedError

    @property
    def is_ready(self) -> bool:
        """Whether there is something in it that a person can have pointed at."""
        return True

    @property
    def pointed(self) -> Pointed:
        """The hosts that commands go to."""
        return Pointed()

    def subject(self, needs: str) -> str:
        """What under the cursor another view can be of, which needs a "host" or such; "" where there is nothing."""
        cursor = self.pointed.cursor
        return cursor[0] if needs == "host" and len(cursor) == 1 else ""

    @property
    def filter(self) -> str:
        """What `/` has left here; "" for nothing."""
        return ""

    @property
    def settings(self) -> tuple[tuple[str, str], ...]:
        """How it was arranged: its commands, each with the argument that leads there. For a locator."""
        return ()

    @property
    def folds(self) -> Collection[str]:
        """The keys of what is folded in it."""
        return ()

    def fold(self, keys: frozenset[str]) -> None:
        """Fold these."""

    def search(self, text: str) -> None:
        """`/` was typed in: show what passes. A view that has no filter shows all."""

    def show_host(self, host_id: str) -> bool:
        """Put the cursor on a host; False where it is not shown here."""
        return False

    @property
    def list(self) -> LinesView[Any] | None:
        """The list whose lines a number after `:` counts; None where it has none."""
        return None

    @property
    def commands(self) -> Mapping[str, Callable[[str], object]]:
        """By name, what performs each command of its spec with the text behind it, which may be empty."""
        return {}

    def zoom(self, on: bool) -> None:
        """The part of it with the focus has all its room, or the parts share it again."""

    def step_back(self) -> bool:
        """Esc: close what is open within the view; False where nothing is, so that the frame leaves it."""
        return False
