"""What stands below the charts of a domain: what its guest says, or its XML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from ...glyphs import Glyphs
from ...widgets.lines import LinesView, Spans
from .guest import GuestLine, draw_guest
from .keys import DOMAIN
from .xml import XmlLine, draw_xml


class DomainBelow(LinesView[XmlLine | GuestLine]):
    """Lines of either kind; `instead` is said where there are none."""

    BINDINGS: ClassVar[list[BindingType]] = [*DOMAIN]
    DEFAULT_CSS = """
    DomainBelow { width: 1fr; height: 1fr; }
    """

    class XmlRequested(Message):
        """The key of the XML was pressed."""

    class GuestRequested(Message):
        """The key that asks the guest again was pressed."""

    def __init__(self, glyphs: Glyphs, id: str) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self.instead: tuple[str, ...] = ()

    def draw(self, line: XmlLine | GuestLine, width: int) -> Spans:
        return draw_guest(line, width, self._glyphs) if isinstance(line, GuestLine) else draw_xml(line, width)

    def placeholder(self) -> Sequence[str]:
        return self.instead

    def action_xml(self) -> None:
        self.post_message(self.XmlRequested())

    def action_ask_guest(self) -> None:
        self.post_message(self.GuestRequested())
