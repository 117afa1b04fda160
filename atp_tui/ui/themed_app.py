"""What the fleet's application and the guide of the first start share: the terminal, the themes, and the end."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from textual.filter import LineFilter, NoColor

from .ascii import AsciiFilter
from .driver import Driver
from .leaving import FAILED, Leaving
from .strips import keep_no_cycles
from .theme import FIRST_THEME, load_themes, register_themes, themes_folder, variable_defaults
from .type_ahead import TypeAheadApp


class ThemedApp(TypeAheadApp):
    """In the program's own themes and those of `theme_folders`; `ascii_only` where the terminal shows no more."""

    def __init__(self, theme_folders: Iterable[Path], *, ascii_only: bool) -> None:
        keep_no_cycles()
        colourless = os.environ.get("NO_COLOR")
        super().__init__(driver_class=Driver)
        self._colourless = (NoColor(),) if colourless is not None else ()
        if colourless is not None:
            os.environ["NO_COLOR"] = colourless  # Textual takes it out, and what this program starts should see it too
        self._themes, self._theme_problems = load_themes((themes_folder(), *theme_folders))
        self._ascii = (AsciiFilter(),) if ascii_only else ()
        self.leaving = Leaving(self)

    def exit(self, *arguments: Any, **named: Any) -> None:
        """As App.exit; the terminal is given back and the program ends in time, whatever hangs."""
        super().exit(*arguments, **named)
        self.leaving.begin()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    def get_line_filters(self) -> Sequence[LineFilter]:
        # Textual's own filter for this paints greys, and all black where the theme has only the terminal's own colours
        return (*(self._colourless or super().get_line_filters()), *self._ascii)

    def begin_with_theme(self, wanted: str | None) -> None:
        """Show the theme of that name, the first one where there is none."""
        register_themes(self, self._themes)
        self.theme = wanted if wanted in self._themes else FIRST_THEME

    def _fatal_error(self) -> None:
        """Textual's own report prints local variables, secrets with them: the caller of the application hears of it."""
        self.leaving.begin(FAILED)
        self._close_messages_no_wait()
