"""The help page, made from what can be pressed and typed: nothing in it is written twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from ..commands import ScreenCommand, key_shown
from ..widgets.help_page import HelpPage, Section


def command_section(commands: Sequence[ScreenCommand]) -> Section:
    """Every command with its key and how it is typed."""
    rows = []
    for command in commands:
        rows.append((f"{key_shown(command.key):>5}   :{command.name}", command.help))
    return "commands", tuple(rows)


class HelpScreen(ModalScreen[None]):
    """Any of the usual keys closes it.

    One list on a ground that nothing shines through: the fleet behind would have to be drawn and dimmed again with
    every change of it. Whoever opens it keeps it, since what a new screen costs is its widgets' styles and layout.
    """

    AUTO_FOCUS = "#help"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,ctrl+c", "app.pop_screen", "Close"),
    ]

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self._sections = sections

    def compose(self) -> ComposeResult:
        yield HelpPage(self._sections, id="help")
