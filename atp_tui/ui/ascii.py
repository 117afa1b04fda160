"""Terminals that can show ASCII alone: how they are known, and what stands for everything else there."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import get_character_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_PLAIN = str.maketrans(
    "─│┌┐└┘├┤┬┴┼━┃▔▁▎▊▌▐█▂▃▄▅▆▇·…❯↑↓→←●◔◐✕○◌▸▾",
    "-|+++++++++=|-_|||||||||||-~>^v><+~!x-.>v",
)
"""Borders, scrollbars and signs, whoever has drawn them, each as one ASCII character."""

NOT_SHOWN = "?"


def needs_ascii(environment: Mapping[str, str], encoding: str | None) -> bool:
    """Whether only ASCII can be relied on: by the locale, or on the Linux console, whose fonts have few signs.

    `environment` is that of the program's start: Python itself turns a C locale into a UTF-8 one in its own.
    """
    locale = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or ""
    return (
        locale in ("C", "POSIX") or environment.get("TERM") == "linux" or "utf" not in (encoding or "").lower()
    )  # fmt: skip


class AsciiFilter(LineFilter):
    """Replaces what is not ASCII, cell by cell, in all that is painted: frames and remote text too."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            each if each.text.isascii() else Segment(plain(each.text), each.style, each.control) for each in segments
        ]


def plain(text: str) -> str:
    """`text` in ASCII, as wide as before."""
    return "".join(
        each if each.isascii() else NOT_SHOWN * get_character_cell_size(each) for each in text.translate(_PLAIN)
    )
