"""From view to view: opening by name, going deeper, back, to and fro; and the commands of views."""

from __future__ import annotations

from typing import Protocol

from ..locator import Locator
from ..places import Place, Stack
from ..views.keys import performing
from ..views.spec import ViewSpec
from ..views.view import View
from .views import ViewStack


class Frame(Protocol):
    """What stands around the views."""

    def arrived(self) -> None:
        """Another view, or another subject of it, is in sight."""
        ...

    def ask_for(self, command: str) -> None:
        """Open the line for what stands behind the name of a `:` command."""
        ...

    def tell(self, text: str, *, wrong: bool = False) -> None: ...


class Navigation:
    """Walks through the places of a ViewStack, and tells the frame."""

    def __init__(self, views: ViewStack, frame: Frame) -> None:
        self._views = views
        self._frame = frame

    @property
    def view(self) -> View:
        """The view in sight."""
        return self._views.view

    @property
    def spec(self) -> ViewSpec:
        """What is known of it."""
        return self._views.spec

    def open(self, name: str, subject: str = "") -> None:
        """Open a view by its name, above the first one or what it stands in; one that needs a host, of that under the
        cursor where no subject is named."""
        spec = self._views.specs[name]
        if not spec.needs:
            inside = (Place(spec.inside),) if spec.inside else ()
            self._go(self._views.stack.opened(*inside, Place(name)))
            if subject:
                self.view.choose(subject)
            return
        subject = subject or self.view.subject(spec.needs)
        if subject:
            self.deeper(Place(name, subject))
        else:
            self._frame.tell(f"{spec.title}: put the cursor on a {spec.needs}, or name it", wrong=True)

    @property
    def locator(self) -> Locator:
        """What opens the place in sight, as it is, in another terminal."""
        return Locator(self._views.stack.here, self.view.filter, self.view.settings)

    def go_to(self, locator: Locator) -> None:
        """Open what a locator says. Commands that the view has not are left out."""
        self.open(locator.place.view, locator.place.subject)
        for name, argument in locator.commands:
            if name in self.view.commands:
                self.view.commands[name](argument)
        if locator.filter:
            self.view.search(locator.filter)
            self._frame.arrived()

    def deeper(self, place: Place) -> None:
        """Open a place above the one in sight."""
        self._go(self._views.stack.deeper(place))

    def back(self) -> None:
        """Leave the place in sight for the one below."""
        self._go(self._views.stack.back())

    def to_and_fro(self) -> None:
        """Go back to the view that was open before this one."""
        self._go(self._views.stack.swapped())

    def perform(self, name: str, argument: str) -> None:
        """Have the view in sight perform a command, or else the first view that has it, which is opened for it."""
        view, command = performing(self._views.spec)[name]
        if command.asks and not argument:  # chosen in the palette, or typed for its completion
            self._frame.ask_for(name)
            return
        if view is not self._views.spec:
            self.open(view.name)
        self.view.commands[name](argument)

    def show_only(self, filter: str, of: str) -> None:
        """Show what passes a filter of hosts or domains: in the view in sight, or else in the first one that lists
        them. A view that shows just that shows all again."""
        if self._views.spec.filters != of:
            self.open(next(name for name, spec in self._views.specs.items() if spec.filters == of))
        view = self.view
        view.step_back()  # what lies over its list
        view.search("" if view.filter == filter else filter)
        self._frame.arrived()

    def show_host(self, host_id: str) -> bool:
        """Put the cursor on a host, in the view where it is listed; False where the filter hides it."""
        if self.view.show_host(host_id):
            return True
        self._go(Stack(self._views.stack.path[:1], self._views.stack.path))
        return self.view.show_host(host_id)

    def _go(self, stack: Stack) -> None:
        before = self._views.stack.here
        self._views.go(stack)
        if stack.here != before:
            self._frame.arrived()
