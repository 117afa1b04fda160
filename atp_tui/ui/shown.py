"""What Textual lays out by itself: titles, bars, dialogues. The one place where its text is made, of safe text alone.

Textual reads a plain `str` as markup (`[@click=…]` is a link), and lets control characters pass. A `Content` is taken
as it is, so nothing but a Content of this module is handed over; `tests/test_architecture.py` sees to it.
"""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from .text import Safe, safe


def styled(text: str, style: str = "") -> Content:
    """One line of text, made safe, in a style such as `bold $failed`."""
    return _content(safe(text), style)


def lines_shown(*lines: str) -> Content:
    """Lines of text, each made safe, one below the other."""
    return Content("\n").join([styled(line) for line in lines])


def below(*parts: Content) -> Content:
    """One below the other."""
    return Content("\n").join(parts)


def together(*parts: Content) -> Content:
    """Side by side."""
    return NOTHING.join(parts)


def assembled(*parts: str | tuple[str, str]) -> Content:
    """As `together`, of texts and of texts with a style."""
    return together(*[styled(part) if isinstance(part, str) else styled(*part) for part in parts])


def _content(text: Safe, style: str) -> Content:
    return Content.styled(text, style) if style else Content(text)


NOTHING = Content("")


class Words(Static):
    """Some lines that stand there. Static itself would take a str, and read it as markup."""

    def __init__(self, words: Content = NOTHING, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(words, id=id, classes=classes, markup=False)

    def say(self, words: Content, *, layout: bool = True) -> None:
        """Show others in their place."""
        self.update(words, layout=layout)
