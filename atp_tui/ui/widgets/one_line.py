"""An input of one line whose place on the screen does not depend on what is typed."""

from __future__ import annotations

from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input


class OneLine(Input):
    """Textual's input, as wide as its place: what is typed moves within it.

    Textual's own has the whole screen laid out anew with each key.
    """

    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False)
