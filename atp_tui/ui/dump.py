"""The screen in files: what somebody else should see of it, or a report of a fault."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from textual.app import App

from ..model.data_class import dataclass
from ..model.text import safe


@dataclass(frozen=True, slots=True)
class Picture:
    """What is shown, as SVG and as text."""

    svg: str
    text: str


def picture(app: App[Any]) -> Picture:
    """The screen as it is now."""
    return Picture(app.export_screenshot(), "\n".join(lines_of(app)) + "\n")


def write(taken: Picture, folder: Callable[[], Path]) -> Path:
    """Write it as SVG and, beside it, as text; the path of the SVG. It waits for the disk. Raises OSError, as `folder`
    may.

    The files are their owner's alone: a screen has host names and answers.
    """
    name = datetime.now().strftime("atp-%Y%m%d-%H%M%S-%f")
    where = folder()
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = where / f"{name}.svg"
    _write(file, taken.svg)
    _write(where / f"{name}.txt", taken.text)
    return file


def lines_of(app: App[Any]) -> list[str]:
    """What stands on the screen, line by line."""
    strips = app.screen._compositor.render_strips()
    return [safe("".join(segment.text for segment in strip)).rstrip() for strip in strips]


def _write(path: Path, text: str) -> None:
    with open(path, "x", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
