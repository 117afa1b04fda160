"""The line at the bottom: the keys of the region that has the focus, or for a while what has just happened."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from ..text import cut, safe

NOTICE_SECONDS = 8.0

Keys = tuple[tuple[str, str], ...]


class KeyLine(Widget):
    """Shows (key, meaning) pairs. A notice stands in their place until it has been read or its time is over."""

    keys: reactive[Keys] = reactive(())
    notice: reactive[tuple[str, bool]] = reactive(("", False))

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._since = 0.0

    def tell(self, text: str, now: float, *, wrong: bool = False) -> None:
        """Show a notice from moment `now` on."""
        self._since = now
        self.notice = (safe(text), wrong)

    def tick(self, now: float) -> None:
        """Take a notice away that has stood long enough."""
        if self.notice[0] and now - self._since > NOTICE_SECONDS:
            self.notice = ("", False)

    def render(self) -> Content:
        width = self.size.width
        text, wrong = self.notice
        if text:
            return Content.styled(cut(f" {text}", width), "$failed" if wrong else "$title-focus")
        line = Content(" ")
        for key, meaning in self.keys:
            pair = Content("").join([Content.styled(key, "bold"), Content.styled(f" {meaning}   ", "$dim")])
            if line.cell_length + len(key) + len(meaning) + 1 > width:
                break
            line = line.append(pair)
        return line
