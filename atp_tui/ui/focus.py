"""The focus rests on nothing that cannot be seen, whatever the size and whatever is hidden."""

from __future__ import annotations

from typing import TypeVar

from textual import events, on
from textual.errors import NoWidget
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from .pace import Paced

Answer = TypeVar("Answer")


class FocusInSight(Paced, Screen[Answer]):
    """A screen that looks after its focus after each change of the layout and each move of the focus.

    Textual gives it to whatever is asked for and leaves it there: keys would act unseen. And what is hidden loses it to
    nobody: no key of a list would do anything.
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As Textual's, which paints the whole screen anew with each move of the focus: the widgets do that themselves."""

    _wanted: Widget | None = None
    _last: Widget | None = None

    @on(events.Mount)
    def _look_after_focus(self) -> None:
        self.screen_layout_refresh_signal.subscribe(self, lambda screen: self.keep_focus())
        self.watch(self.app, "app_focus", self._look_soon, init=False)

    @on(events.DescendantFocus)
    def _look_soon(self) -> None:
        self.call_after_refresh(self.keep_focus)

    def set_focus(self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False) -> None:
        """As Textual's, but what is hidden does not get it: it stays where it is."""
        if widget is None or all(each.display for each in widget.ancestors_with_self):
            super().set_focus(widget, scroll_visible, from_app_focus)
        else:
            self._wanted = widget
            self._look_soon()

    def keep_focus(self) -> None:
        """Place the focus where it is on nothing that can be seen."""
        if not self.app.app_focus:
            return  # the terminal's window has none itself, and gives it back to the widget that had it
        if self._is_to_be_laid_out:
            return  # what can be seen is known only then, and this is asked again: see _look_after_focus
        if self.focused is None or not self.is_in_sight(self.focused):
            self.place_focus()
        else:
            self._last = self.focused

    @property
    def _is_to_be_laid_out(self) -> bool:
        """Whether the layout of the focused widget is not what it was last: it, or what it stands in, has changed."""
        way = self.focused.ancestors_with_self if self.focused is not None else ()
        return any(isinstance(each, Widget) and each._layout_required for each in way)

    def place_focus(self) -> None:
        """Give it to the widget that was to have it, or had it last; to none as long as both are out of sight."""
        self._wanted = self.focused or self._wanted
        both = (widget for widget in (self._wanted, self._last) if widget is not None)
        self.set_focus(next(filter(self.is_in_sight, both), None))

    def is_in_sight(self, widget: Widget) -> bool:
        """Whether some of a widget was on the screen as it was laid out last."""
        try:
            return bool(self.find_widget(widget).visible_region)
        except NoWidget:
            return False
