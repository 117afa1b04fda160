"""The help page, made from what can be pressed and typed: nothing in it is written twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
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
                yield Static(_columns(rows))


def _columns(rows: tuple[tuple[str, str], ...]) -> Table:
    """Keys and what they do, which goes on below itself and not below the key.

    One widget for all of a section: a widget a row took a fifth of a second to open.
    """
    table = Table.grid(padding=(0, 3, 0, 2))
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for left, right in rows:
        table.add_row(Text(left), Text(safe(right)))
    table.add_row()
    return table
