"""The roles that pieces of a drawn line have, and the style of each under the theme of the moment."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rich.style import Style
from textual.app import App
from textual.color import Color

_VARIABLES = {
    "text": "",
    "strong": "",
    "dim": "dim",
    "mark": "mark",
    "chart": "chart",
    "title": "title",
    "heading": "title-focus",
    "rule": "rule",
    "bar": "title-focus",
    "cell": "",
    "connected": "connected",
    "connecting": "connecting",
    "reconnecting": "reconnecting",
    "failed": "failed",
    "disconnected": "disconnected",
    "draining": "draining",
    "disabled": "dim",
}
"""The roles, each with the theme's variable of its colour; none where the text has the colour of its widget. They are
no component classes: Textual would match some 15 more nodes against all style sheets for each list, whenever the list
gains or loses the focus, and several times at the start."""

_BOLD = ("strong", "heading")

_OUTPUT = {
    "": "",
    "black": "dim",
    "red": "failed",
    "green": "connected",
    "yellow": "reconnecting",
    "blue": "chart",
    "magenta": "draining",
    "cyan": "connecting",
    "white": "",
}
"""The eight colours of commands' output, each with the variable that looks most like it: what the theme's ground can
carry."""


def output_role(colour: str, *, bold: bool, underline: bool, reverse: bool) -> str:
    """The role of a piece of a command's output; `colour` is one of the eight, or none."""
    return f"output:{colour}:{'b' * bold}{'u' * underline}{'r' * reverse}"


def role_style(app: App[Any], role: str) -> Style:
    """What a role adds to the style of its widget. Raises KeyError where there is no such role."""
    if role.startswith("output:"):
        return _output_style(app, *role.split(":")[1:])
    variables, name = app.theme_variables, _VARIABLES[role]
    if role == "cell":
        return Style(reverse=True, bold=True)
    style = Style(bold=True) if role in _BOLD else Style(dim=True) if name == "dim" and app.no_color else Style()
    if name:
        style += _coloured(variables[name])
    if name == "dim" and not app.no_color:
        style += Style.parse(variables["dim-style"])
    return style


def _output_style(app: App[Any], colour: str, attributes: str) -> Style:
    name = _OUTPUT[colour]
    style = _coloured(app.theme_variables[name]) if name else Style()
    return style + Style(
        bold="b" in attributes or None, underline="u" in attributes or None, reverse="r" in attributes or None
    )


@lru_cache(maxsize=256)
def _coloured(color: str) -> Style:
    return Style.from_color(Color.parse(color).rich_color)
