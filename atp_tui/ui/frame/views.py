"""The room of the views: it holds the stack of places, and makes each view when it is first opened."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Container

from ..places import Place, Stack
from ..views.spec import ViewSpec
from ..views.view import View, ViewServices


class ViewStack(Container):
    """Shows the last place of `stack`. Views that were opened are kept, hidden, with their cursor and their filter."""

    DEFAULT_CSS = """
    ViewStack { width: 1fr; height: 1fr; }
    """

    def __init__(self, specs: Sequence[ViewSpec], given: ViewServices) -> None:
        super().__init__(id="view")
        self.specs = {spec.name: spec for spec in specs}
        self._given = given
        first = specs[0]
        self._views: dict[str, View] = {first.name: first.make(given)}
        self._stack = Stack((Place(first.name),))

    def compose(self) -> ComposeResult:
        yield self.view

    @property
    def stack(self) -> Stack:
        return self._stack

    @property
    def view(self) -> View:
        """The view in sight."""
        return self._views[self._stack.here.view]

    @property
    def first(self) -> View:
        """The view below all others."""
        return self._views[self._stack.path[0].view]

    @property
    def spec(self) -> ViewSpec:
        """What is known of it."""
        return self.specs[self._stack.here.view]

    @property
    def crumbs(self) -> tuple[str, ...]:
        """What the places above the first one are of, or else their titles. They may hold anything."""
        return tuple(place.subject or self._title(place.view) for place in self._stack.path[1:])

    def _title(self, name: str) -> str:
        view = self._views.get(name)
        return (view.crumb if view is not None else "") or self.specs[name].title

    def go(self, stack: Stack) -> None:
        """Bring the last place of that path into sight."""
        before, self._stack = self.view, stack
        place = stack.here
        view = self._views.get(place.view)
        if view is None:
            view = self._views[place.view] = self.specs[place.view].make(self._given)
            self.mount(view)
        if before is not view:
            before.display = False
        view.display = True
        view.open(place.subject)
        view.look(True)
