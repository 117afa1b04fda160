"""Colour themes from TOML files, one a file: Textual's colours, and ours for states and figures.

A theme's own colours reach the style sheets as variables: `$connected`, `$dim`, … (ROLES below). An application must
return `variable_defaults()` from `get_theme_variable_defaults`, else a theme that is not ours breaks its style sheet.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from textual.app import App
from textual.color import Color, ColorParseError
from textual.theme import Theme

from ..config.files import read_regular, strangers_may_write
from ..config.paths import shipped_themes
from ..model.data_class import dataclass
from ..model.errors import ConfigError
from .text import safe

FIRST_THEME = "dark"

AUTO = "auto"
"""The theme that is dark or light as the terminal is. No file has this name."""

_BY_GROUND = {True: "dark", False: "light"}
_OF_16_COLOURS = "terminal-16"

BASE_COLORS = ("primary", "secondary", "accent", "foreground", "background", "surface", "panel")
"""Keys of `[colors]`; Textual's own names. All but primary may be left out."""

STATES = ("connected", "connecting", "reconnecting", "failed", "disconnected", "draining")
"""Keys of `[states]`, all needed: the colour of a host or connection in that state."""

ROLES = ("dim", "mark", "chart", "title", "title-focus", "rule", "cursor", "cursor-blurred")
"""Keys of `[roles]`, all needed: grey figures, the mark of a chosen host, charts and sparklines, titles of regions
without and with the focus, lines between regions, the line under the cursor (its background) with and without focus."""

TEXT_STYLES = ("dim-style", "cursor-style", "cursor-blurred-style")
"""Optional keys of `[roles]`: a text style ("dim", "reverse", …) beside the colour, for terminals of 16 colours."""

DISABLED = "disabled"
"""The colour of a host that is disabled: no key of a theme, since it is that of grey figures."""

_DEFAULTS = {
    **dict(zip(STATES, ("#3f9f5f", "#3b9cb0", "#b98524", "#d2544f", "#848a94", "#9c78bf"), strict=True)),
    **dict.fromkeys(ROLES, "#848a94"),
    DISABLED: "#848a94",
    "mark": "#b98524",
    "chart": "#4f86c6",
    "title-focus": "#4f86c6",
    "cursor": "#848a94 30%",
    "cursor-blurred": "#848a94 15%",
    **dict.fromkeys(TEXT_STYLES, "none"),
}
"""Middle tones, readable on Textual's own dark and light themes alike."""


_ANSI_VARIABLES = {
    "ansi-background": "ansi_default",
    "ansi-foreground": "ansi_default",
    "block-cursor-foreground": "ansi_default",
    "block-cursor-background": "ansi_default",
    "block-cursor-text-style": "reverse",
    "border": "ansi_default",
    "border-blurred": "ansi_bright_black",
    "scrollbar": "ansi_bright_black",
    "scrollbar-hover": "ansi_bright_black",
    "scrollbar-active": "ansi_default",
    "scrollbar-background": "ansi_default",
    "scrollbar-background-hover": "ansi_default",
    "scrollbar-background-active": "ansi_default",
    "footer-key-foreground": "ansi_cyan",
}
"""Textual's style sheets need the first two in a theme with `ansi`, and would draw the rest with colours of its own."""


@dataclass(frozen=True, slots=True)
class ColorTheme:
    """One theme file: what Textual takes, the colours of our own roles and states, and where it was read from."""

    textual: Theme
    colors: Mapping[str, str]
    file: Path

    @property
    def name(self) -> str:
        return self.textual.name


def following(themes: Mapping[str, ColorTheme], *, dark: bool) -> ColorTheme:
    """What AUTO is on such a ground: a person's own "dark" or "light", where there is one, else the program's."""
    return _named(AUTO, themes[_BY_GROUND[dark]])


def in_16_colours(theme: ColorTheme, themes: Mapping[str, ColorTheme]) -> ColorTheme:
    """A theme as a terminal of 16 colours shows it: in the terminal's own. The nearest ones to the colours of a theme
    would make all states one grey, and red text under the cursor could not be read on its ground."""
    return theme if theme.textual.ansi else _named(theme.name, themes[_OF_16_COLOURS])


def _named(name: str, theme: ColorTheme) -> ColorTheme:
    return replace(theme, textual=replace(theme.textual, name=name))


def variable_defaults() -> dict[str, str]:
    """What our style variables are under a theme that says nothing about them, as Textual's own themes do."""
    return dict(_DEFAULTS)


def themes_folder() -> Path:
    """The folder of the themes that come with the program. Raises ConfigError where there is none."""
    return shipped_themes()


def load_themes(folders: Iterable[Path]) -> tuple[dict[str, ColorTheme], tuple[ConfigError, ...]]:
    """Read every `*.toml` of the folders; a later folder's theme replaces an earlier one of the same name.

    A file that cannot be used is left out and told about; the others are there. A missing folder is an empty one.
    """
    themes: dict[str, ColorTheme] = {}
    problems: list[ConfigError] = []
    for folder in folders:
        for file in sorted(folder.glob("*.toml")):
            try:
                _require_own(file)
                theme = load_theme(file)
            except ConfigError as error:
                problems.append(error)
            else:
                themes[theme.name] = theme
    return themes, tuple(problems)


def _require_own(file: Path) -> None:
    """Raises ConfigError for a theme of a person that others may write: it could hide what the screen says. Those that
    come with the program are as it is."""
    try:
        strange = strangers_may_write(file.stat())
    except OSError:
        return  # its reading says so
    if strange and file.parent != themes_folder():
        raise ConfigError("somebody else may write it", file=file, hint="have it be yours or root's, and chmod go-w")


def register_themes(app: App[Any], themes: Mapping[str, ColorTheme]) -> None:
    """Make the themes choosable by name in `app`."""
    for theme in themes.values():
        app.register_theme(theme.textual)


def no_such_theme(name: str, themes: Iterable[str]) -> str:
    """What is said of a theme that is not there, in safe text."""
    return f"no theme {safe(name)}: there are {', '.join(sorted(themes))}"


def load_theme(file: Path) -> ColorTheme:
    """Read one theme file. Raises ConfigError naming the file, the line and the key."""
    data = b""
    try:
        data = read_regular(file)
        text = data.decode("utf-8")
        return _Reader(file, text, tomllib.loads(text)).theme()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", file=file) from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        line = int(place[1]) if place else len(text.splitlines())  # else it says "at end of document"
        raise ConfigError(f"not TOML: {error}", file=file, line=line) from error
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        raise ConfigError("is not UTF-8 text", file=file, line=line, hint="save the file as UTF-8") from error
    except RecursionError as error:
        raise ConfigError("is nested too deeply", file=file) from error
    except ValueError as error:  # too large, no regular file, a number of which no text can be made
        raise ConfigError(f"cannot be read: {error}", file=file) from error


class _Reader:
    """Checks one theme file key by key."""

    def __init__(self, file: Path, text: str, data: dict[str, object]) -> None:
        self._file = file
        self._text = text
        self._data = data

    def theme(self) -> ColorTheme:
        self._no_more("", self._data, ("name", "dark", "ansi", "colors", "states", "roles"))
        name = self._data.get("name", self._file.stem)
        if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
            raise self._wrong("name", f"{name!r} is not a theme name", "use small letters, digits and '-'")
        if name == AUTO:
            hint = "choose another; what it is on a dark and on a light ground are the themes dark and light"
            raise self._wrong("name", f"{name!r} is the theme that follows the terminal", hint)
        dark, ansi = self._flag("dark", True), self._flag("ansi", False)
        base = self._table("colors", BASE_COLORS, needed=("primary",))
        states = self._table("states", STATES, needed=STATES)
        roles = self._table("roles", (*ROLES, *TEXT_STYLES), needed=ROLES)
        ours = {**dict.fromkeys(TEXT_STYLES, "none"), **states, **roles, DISABLED: roles["dim"]}
        unset = "ansi_default" if ansi else None
        textual = Theme(
            name=name,
            primary=base["primary"],
            secondary=base.get("secondary"),
            accent=base.get("accent"),
            foreground=base.get("foreground", unset),
            background=base.get("background", unset),
            surface=base.get("surface", unset),
            panel=base.get("panel", unset),
            success=states["connected"],
            warning=states["reconnecting"],
            error=states["failed"],
            dark=dark,
            ansi=ansi,
            variables={**_ANSI_VARIABLES, **ours} if ansi else ours,
        )
        return ColorTheme(textual, MappingProxyType(ours), self._file)

    def _flag(self, key: str, default: bool) -> bool:
        value = self._data.get(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, f"{value!r} is neither true nor false", "write true or false")
        return value

    def _table(self, name: str, known: tuple[str, ...], *, needed: tuple[str, ...]) -> dict[str, str]:
        table = self._data.get(name, {})
        if not isinstance(table, dict):
            raise self._wrong(name, "not a table", f"write [{name}] and its keys below it")
        self._no_more(name + ".", table, known)
        for key in needed:
            if key not in table:
                raise self._wrong(f"{name}.{key}", "is missing", f'write {key} = "#rrggbb" under [{name}]')
        return {key: self._value(f"{name}.{key}", value) for key, value in table.items()}

    def _value(self, key: str, value: object) -> str:
        if key.removeprefix("roles.") in TEXT_STYLES:
            if value not in ("none", "dim", "bold", "reverse", "underline"):
                raise self._wrong(key, f"{value!r} is not a text style", "use none, dim, bold, reverse or underline")
            return str(value)
        try:
            Color.parse(value if isinstance(value, str) else "")
        except ColorParseError as error:
            hint = 'write "#rrggbb", a CSS colour name, or a terminal colour such as "ansi_bright_red"'
            raise self._wrong(key, f"{value!r} is not a colour", hint) from error
        return str(value)

    def _no_more(self, prefix: str, table: Mapping[str, object], known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                raise self._wrong(prefix + key, "unknown key", "the keys are " + ", ".join(known))

    def _wrong(self, key: str, message: str, hint: str) -> ConfigError:
        table, _, last = key.rpartition(".")
        line = self._line(last) or self._line(table)  # of what is missing: that of its table
        return ConfigError(message, key=key, file=self._file, line=line, hint=hint)

    def _line(self, key: str) -> int | None:
        found = re.search(rf"^\s*\[?{re.escape(key)}\]?\s*(=|$)", self._text, re.MULTILINE) if key else None
        return self._text.count("\n", 0, found.end()) + 1 if found else None
