"""What is known of a view before it is opened: its name, its keys, and how it is made. Loads no widget."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from textual.binding import Binding

from ...model.data_class import dataclass

if TYPE_CHECKING:
    from ...engine.fleet import Fleet
    from .view import View, ViewServices


@dataclass(frozen=True, slots=True)
class ViewCommand:
    """A command of a view, typed after `:` and performed by `View.commands` under the same name.

    `arguments` gives what may stand behind it, with commas between them where it takes `several`. `asks`: without an
    argument there is nothing to do, so that the line is opened for it.
    """

    name: str
    title: str
    help: str
    arguments: Callable[[Fleet], Iterable[str]]
    several: bool = False
    asks: bool = False


@dataclass(frozen=True, slots=True)
class ViewSpec:
    """One view. `name` is what `:` opens, `key` the Textual name of its key, None for none.

    `filters` says what its filter finds, "host" or "domain"; "" where the sums of the status line find nothing in it;
    `searched`: whether `/` has something to find. `keys` are those of the list that has its focus, as the key line and
    the help tell them. `needs` says in a word what it is of ("host"); "" where it is of all. `inside` is the view that
    it stands in where it is opened by its name: Esc leads there. `make` gives its widget: called once, when it is first
    opened. A command may have the name of another view's: the view in sight performs it, else the first that has it.
    """

    name: str
    title: str
    key: str | None
    help: str
    make: Callable[[ViewServices], View]
    keys: tuple[Binding, ...] = ()
    needs: str = ""
    filters: str = ""
    inside: str = ""
    searched: bool = True
    commands: tuple[ViewCommand, ...] = ()

    def command(self, name: str) -> ViewCommand | None:
        """Its command of that name."""
        return next((each for each in self.commands if each.name == name), None)
