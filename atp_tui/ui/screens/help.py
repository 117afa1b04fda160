"""The help page, made from what can be pressed and typed: nothing in it is written twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from .. import bindings
from ..keymap import Keymap
from ..pace import Paced
from ..text import width_of
from ..widgets.help_page import HelpPage, Section


def command_section(keys: Keymap) -> Section:
    """Every command with its key and how it is typed."""
    signs = [(keys.signs(command.id), command) for command in keys.commands]
    width = max((width_of(sign) for sign, _ in signs), default=0)
    return "commands", tuple((f"{sign:>{max(width, 5)}}   :{command.name}", command.help) for sign, command in signs)


class HelpScreen(Paced, ModalScreen[None]):
    """Any of the usual keys closes it.

    One list on a ground that nothing shines through: the fleet behind would have to be drawn and dimmed again with
    every change of it. Whoever opens it keeps it, since what a new screen costs is its widgets' styles and layout.
    """

    AUTO_FOCUS = "#help"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.HELP]

    def __init__(self, sections: Sequence[Section], keys: Keymap) -> None:
        super().__init__()
        self._sections = sections
        self._keys = f"{keys.sign('lines.up', 'lines.down')} scroll   {keys.sign('help.close')} closes"

    def compose(self) -> ComposeResult:
        yield HelpPage(self._sections, self._keys, id="help")
