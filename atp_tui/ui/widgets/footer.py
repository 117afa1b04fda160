"""The line at the bottom: the keys of the region that has the focus, or for a while what has just happened."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from ..text import cut, safe

NOTICE_SECONDS = 8.0

Keys = tuple[tuple[str, str], ...]

ALWAYS = 2
"""So many of the last pairs are shown at any width."""


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
        shown = _fitting(self.keys, width - 1)
        pairs = (
            Content("").join([Content.styled(key, "bold"), Content.styled(f" {meaning}   ", "$dim")])
            for key, meaning in shown
        )
        return Content("").join([Content(" "), *pairs]).truncate(width)


def _fitting(keys: Keys, width: int) -> Keys:
    """As many as fit, without some from the middle where it is narrow: the first ones are what the region is for, and
    the last two say how to find all others and how to leave."""
    kept, last = list(keys[:-ALWAYS]), keys[-ALWAYS:]
    while kept and sum(len(key) + 1 + len(meaning) + 3 for key, meaning in (*kept, *last)) - 3 > width:
        kept.pop()
    return (*kept, *last)
