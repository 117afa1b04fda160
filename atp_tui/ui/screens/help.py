"""The help page, made from what can be pressed and typed: nothing in it is written twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ..commands import ScreenCommand, key_shown
from ..text import safe

Section = tuple[str, tuple[tuple[str, str], ...]]


def command_section(commands: Sequence[ScreenCommand]) -> Section:
    """Every command with its key and how it is typed."""
    rows = []
    for command in commands:
        rows.append((f"{key_shown(command.key):>5}   :{command.name}", command.help))
    return "commands", tuple(rows)


class HelpScreen(ModalScreen[None]):
    """Scrolls; any of the usual keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,ctrl+c", "app.pop_screen", "Close"),
    ]

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self._sections = sections

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as page:
            page.border_title = "help · Esc closes"
            for title, rows in self._sections:
                yield Static(Content.styled(title, "bold $title-focus"))
                width = max((len(left) for left, _ in rows), default=0) + 5
                for left, right in rows:
                    with Horizontal():  # two columns: what a key does goes on below itself, not below the key
                        key = Static(Content.styled(f"  {left}", "bold"))
                        key.styles.width = width
                        yield key
                        yield Static(Content(safe(right)), classes="meaning")
                yield Static("")
