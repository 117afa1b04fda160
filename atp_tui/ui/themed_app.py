"""What the fleet's application and the guide of the first start share: the terminal, the themes, and the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from textual import events, on
from textual.app import App, ScreenStackError
from textual.css.query import NoMatches
from textual.filter import LineFilter, NoColor
from textual.screen import Screen

from ..model.errors import ConfigError
from .ascii import AsciiFilter
from .driver import Driver
from .leaving import FAILED, Leaving
from .strips import keep_no_cycles
from .theme import AUTO, FIRST_THEME, ColorTheme, following, in_16_colours, register_themes, variable_defaults
from .theme_folders import ThemeFolders
from .type_ahead import TypeAheadApp

LOOK_AT_THEMES = 1.0
"""Seconds between two looks at the files of a person's themes."""


class ThemedApp(TypeAheadApp):
    """In the program's own themes and those of `theme_folders`; `ascii_only` where the terminal shows no more.

    `theme` is the one that is shown first; where there is none of that name, FIRST_THEME is.
    """

    def __init__(self, theme_folders: Iterable[Path], *, theme: str | None = None, ascii_only: bool) -> None:
        keep_no_cycles()
        colourless = os.environ.get("NO_COLOR")
        super().__init__(driver_class=Driver)
        self._colourless = (NoColor(),) if colourless is not None else ()
        if colourless is not None:
            os.environ["NO_COLOR"] = colourless  # Textual takes it out, and what this program starts should see it too
        self._ground_is_dark = True
        self._theme_files = ThemeFolders(theme_folders)
        self._theme_problems = self._theme_files.problems
        self._themes = self._with_auto()
        self._first_theme = theme if theme in self._themes else FIRST_THEME
        self._ascii = (AsciiFilter(),) if ascii_only else ()
        self.theme_chosen: Callable[[str], object] = lambda name: None
        """Hears of each theme that a person chooses while the application runs."""
        self.leaving = Leaving(self)
        self._ends = False

    def exit(self, *arguments: Any, **named: Any) -> None:
        """As App.exit; the terminal is given back and the program ends in time, whatever hangs."""
        super().exit(*arguments, **named)
        self.leaving.begin()

    async def _shutdown(self) -> None:
        self._ends = True
        await super()._shutdown()

    def _handle_exception(self, error: Exception) -> None:
        """As Textual's. A widget that is made while the application ends hears that it is mounted, and has no parts; a
        key that is pressed then finds no screen: these are no defects."""
        if not ((self._exit or self._ends) and isinstance(error, NoMatches | ScreenStackError)):
            super()._handle_exception(error)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    def get_line_filters(self) -> Sequence[LineFilter]:
        # Textual's own filter for this paints greys, and all black where the theme has only the terminal's own colours
        return (*(self._colourless or super().get_line_filters()), *self._ascii)

    # Themes

    def get_default_screen(self) -> Screen[Any]:
        """The screen below all others. Textual asks for it once the terminal is known and before any style is read."""
        self._begin_with_theme()
        return self.first_screen()

    def first_screen(self) -> Screen[Any]:
        """The screen below all others; one of the application's own widgets where it has no other."""
        return Screen(id="_default")

    def _begin_with_theme(self) -> None:
        """Show the first theme. To choose it as a person does later would have all styles read a second time."""
        register_themes(self, self._as_shown())
        self.set_reactive(App.theme, self._first_theme)
        theme = self.current_theme
        self.set_class(theme.dark, "-dark-mode", update=False)
        self.set_class(not theme.dark, "-light-mode", update=False)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet.set_variables(self.get_css_variables())

    @on(events.Mount)
    def _look_after_themes(self) -> None:
        """The terminal's ground is heard of, and the files of the themes are looked at."""
        if isinstance(self._driver, Driver):
            self._driver.ground_is = self.ground_is
        self.set_interval(LOOK_AT_THEMES, self.look_at_themes)
        self._follow_ground()

    def watch_theme(self, before: str, name: str) -> None:
        """Another theme was chosen, or the one that is shown has other colours now."""
        if before != name:
            self._follow_ground()
            self.theme_chosen(name)

    def _follow_ground(self) -> None:
        if self.theme == AUTO and isinstance(self._driver, Driver):
            self._driver.follow_ground()

    def ground_is(self, dark: bool) -> None:
        """The terminal's ground is dark, or light: the theme that follows it does so."""
        if dark != self._ground_is_dark:
            self._ground_is_dark = dark
            self._take_themes()

    def look_at_themes(self) -> None:
        """Take over what has changed in the files of the themes, while the terminal has the focus."""
        before = set(map(str, self._theme_files.problems))
        if self.app_focus and self._theme_files.look_again():
            self._take_themes()
            for problem in self._theme_files.problems:
                if str(problem) not in before:
                    self.warn(f"the colours stay as they were: {_short(problem)}")

    def warn(self, text: str) -> None:
        """Say what went wrong without stopping anything."""
        self.refuse(text)

    def _take_themes(self) -> None:
        """Show the themes as they are now; the one in use stays as it was where its file has gone."""
        shown = self.get_theme(self.theme)
        self._themes = self._with_auto()
        register_themes(self, self._as_shown())
        if self.get_theme(self.theme) != shown:
            self.mutate_reactive(App.theme)

    def _with_auto(self) -> dict[str, ColorTheme]:
        themes = self._theme_files.themes
        return {**themes, AUTO: following(themes, dark=self._ground_is_dark)}

    def _as_shown(self) -> dict[str, ColorTheme]:
        if self.is_headless or self.console.color_system != "standard":
            return self._themes
        return {name: in_16_colours(theme, self._themes) for name, theme in self._themes.items()}

    def _fatal_error(self) -> None:
        """Textual's own report prints local variables, secrets with them: the caller of the application hears of it."""
        self.leaving.begin(FAILED)
        self._close_messages_no_wait()


def _short(problem: ConfigError) -> str:
    """What is wrong with a file of a theme, in one line: a person who edits one knows the folder."""
    file = None if problem.file is None else Path(problem.file.name)
    return str(ConfigError(problem.message, key=problem.key, file=file, line=problem.line, hint=problem.hint))
