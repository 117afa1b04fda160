"""The first start, with no hosts.toml anywhere: three ways on, and what each of them does."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.filter import LineFilter, NoColor
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from ..ascii import AsciiFilter
from ..driver import Driver
from ..text import safe
from ..theme import load_theme, themes_folder, variable_defaults


class GuideChoice(StrEnum):
    """What a person chose at the first start."""

    IMPORT = "import"
    DEMO = "demo"
    EXAMPLE = "example"
    QUIT = "quit"


class GuideApp(App[GuideChoice]):
    """Asks, and exits with the choice: whoever runs it does what was chosen.

    `candidates` is the number of hosts found in ssh_config, `path` where hosts.toml would be written. Leaving it in any
    other way than by a choice gives None.
    """

    CSS_PATH = "../app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "choose('import')", "Import"),
        Binding("2", "choose('demo')", "Demo"),
        Binding("3", "choose('example')", "Example"),
        Binding("q,escape,ctrl+c", "choose('quit')", "Quit"),
    ]

    def __init__(self, candidates: int, path: Path, *, ascii_only: bool = False) -> None:
        colourless = os.environ.get("NO_COLOR")
        super().__init__(driver_class=Driver)
        self._colourless = (NoColor(),) if colourless is not None else ()
        if colourless is not None:
            os.environ["NO_COLOR"] = colourless
        self._candidates = candidates
        self._path = safe(str(path))
        self._ascii = (AsciiFilter(),) if ascii_only else ()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    def get_line_filters(self) -> Sequence[LineFilter]:
        # Textual's own filter for this paints greys, and all black where the theme has only the terminal's own colours
        return (*(self._colourless or super().get_line_filters()), *self._ascii)

    def compose(self) -> ComposeResult:
        found = self._candidates
        hosts = f"{found} host{'s' * (found != 1)} found" if found else "none found there"
        with Vertical(id="guide") as page:
            page.border_title = "welcome"
            yield Static(Content.styled("No hosts are known yet.", "bold"))
            yield Static(Content(f"They live in {self._path}"))
            yield Static(Content("one entry a host. How to begin?"))
            yield Static("")
            yield OptionList(
                Option(Content(f"1  import from ~/.ssh/config   {hosts}"), id="import", disabled=not found),
                Option(Content("2  open the demo               a fleet inside the program, nothing real"), id="demo"),
                Option(Content("3  write an example            to edit by hand, every key explained"), id="example"),
                compact=True,
            )
            yield Static("")
            yield Static(Content.styled("↑ ↓ and Enter, or 1 2 3     q quit", "$dim"))

    def on_mount(self) -> None:
        dark = load_theme(themes_folder() / "dark.toml")
        self.register_theme(dark.textual)
        self.theme = dark.name
        options = self.query_one(OptionList)
        options.highlighted = 0 if self._candidates else 1
        options.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.action_choose(event.option.id or GuideChoice.QUIT)

    def action_choose(self, choice: str) -> None:
        if choice != GuideChoice.IMPORT or self._candidates:
            self.exit(GuideChoice(choice))

    def _fatal_error(self) -> None:
        # as in AtpApp
        self._close_messages_no_wait()
