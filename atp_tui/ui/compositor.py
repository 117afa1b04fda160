"""Where the widgets of a screen are is worked out once for each layout.

Textual takes its map for out of date when a widget is painted anew that is not to be seen, as an empty note beside a
line is. Nor does it take the map that a layout has just made for one. So the first question where a widget is makes all
of it a second time: half of what a key cost that changes the width of a line.
"""

from __future__ import annotations

from textual._compositor import Compositor, CompositorMap, ReflowResult
from textual.geometry import Size
from textual.widget import Widget


class OneMap(Compositor):
    """Textual's compositor, but for the above."""

    def __init__(self) -> None:
        super().__init__()
        self._map_of_layout: CompositorMap = {}
        """What the widgets were told."""

    def clear(self) -> None:
        super().clear()
        self._map_of_layout = {}

    def reflow(self, parent: Widget, size: Size) -> ReflowResult:
        self._full_map = self._map_of_layout
        result = super().reflow(parent, size)
        self._map_of_layout = self._full_map
        self._full_map_invalidated = False
        return result

    def update_widgets(self, widgets: set[Widget]) -> None:
        is_valid = not self._full_map_invalidated
        super().update_widgets(widgets)
        if is_valid and self._full_map_invalidated:
            self._full_map_invalidated = not all(map(self._has_its_place, widgets))

    def _has_its_place(self, widget: Widget) -> bool:
        """Whether the map says of a widget where it is, or it has no place."""
        return widget in self._full_map or not all(each.display for each in widget.ancestors_with_self)
