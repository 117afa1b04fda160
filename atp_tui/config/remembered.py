"""How each fleet was last looked at: a small JSON file in the state directory, which may be lost at any time."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..model.data_class import dataclass
from .files import read_regular
from .replace import PRIVATE, replace_file

VERSION = 1
"""Of the file's form. A later form that this program would misread gets another number."""

MOST_FLEETS = 100
"""Fleets that are kept, those looked at last."""

LONGEST, MOST = 500, 2000
"""Characters of a text, and texts of a list, that are read; what is longer was not written by this program."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a person chose on screen for one fleet; None: nothing was chosen, so what hosts.toml says counts.

    `sort` and `columns` are names of figures, `group` the fields by which hosts stand together, `folds` the groups that
    are folded, `view` the view that was open last. `split` is the part of the width that the list has beside the panel,
    in percent, `panel` and `pane` (the command line and the answers) "off" where they are hidden.
    """

    theme: str | None = None
    sort: str | None = None
    columns: tuple[str, ...] | None = None
    folds: tuple[str, ...] | None = None
    view: str | None = None
    group: str | None = None
    split: str | None = None
    panel: str | None = None
    pane: str | None = None


class ScreenMemory:
    """What is remembered of one fleet, read once and written at each change.

    `fleet` is the path of its hosts.toml, or a name such as "demo". `file` None keeps all in memory. A file that cannot
    be read, understood or written costs what it remembers and no more: `tell` is called once with the reason.
    Other fleets in the file stay, those that another program has written meanwhile too.
    """

    def __init__(
        self, file: Path | None = None, fleet: str = "", *, tell: Callable[[str], object] = lambda words: None
    ) -> None:
        self._file = file
        self._fleet = fleet
        self._tell = tell
        self._now = _remembered(self._fleets().get(fleet))

    @property
    def now(self) -> Remembered:
        """What is remembered by now."""
        return self._now

    def keep(self, **changes: Any) -> None:
        """Remember other values of these fields of Remembered; None forgets one. Never raises for the file's sake."""
        now = replace(self._now, **changes)
        if now == self._now:
            return
        self._now = now
        fleets = self._fleets()
        entry = fleets.pop(self._fleet, None)
        fleets[self._fleet] = {**(entry if isinstance(entry, dict) else {}), **changes}
        self._write(dict(list(fleets.items())[-MOST_FLEETS:]))

    def _fleets(self) -> dict[str, Any]:
        """What the file holds by fleet, the one looked at last at the end; nothing where it cannot be used."""
        if self._file is None:
            return {}
        try:
            data = read_regular(self._file)
            return _parsed(data) if data.strip() else {}  # /dev/null, or not yet on the disk when the power failed
        except FileNotFoundError:
            return {}
        except OSError as error:
            self._give_up(error.strerror or str(error))
        except (ValueError, RecursionError) as error:
            self._set_aside(self._file, "is nested too deeply" if isinstance(error, RecursionError) else str(error))
        return {}

    def _write(self, fleets: dict[str, Any]) -> None:
        if self._file is None or _is_device(self._file):
            return
        text = json.dumps({"version": VERSION, "fleets": fleets}, indent=1, ensure_ascii=True) + "\n"
        try:
            replace_file(self._file, text.encode(), mode=PRIVATE, durable=False)
        except OSError as error:
            self._give_up(error.strerror or str(error))

    def _set_aside(self, file: Path, why: str) -> None:
        """Rename a file of another form: a person, or the newer program that wrote it, may still want it."""
        aside = file.with_name(f"{file.name}.{time.strftime('%Y%m%d-%H%M%S')}")
        try:
            os.rename(file, aside)
        except OSError as error:
            self._give_up(f"{why}, and cannot be set aside: {error.strerror or error}")
        else:
            self._tell(f"what was remembered of the screen is in {aside}: {why}; it begins anew")

    def _give_up(self, why: str) -> None:
        self._tell(f"how the screen is set up is not remembered: {self._file}: {why}")
        self._file = None


def _is_device(file: Path) -> bool:
    """Whether there is something that must not be replaced: a link to /dev/null has nothing remembered."""
    try:
        return not stat.S_ISREG(file.stat().st_mode)
    except OSError:
        return False  # there is none yet; writing says what is wrong


def _parsed(data: bytes) -> dict[str, Any]:
    """The fleets of a file. Raises ValueError, with what is wrong, for one that is not of this form."""
    try:
        found = json.loads(data.decode("utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8 text") from error
    version = found.get("version") if isinstance(found, dict) else None
    if not isinstance(version, int):
        raise ValueError("is no file of this program")
    if version != VERSION:
        raise ValueError(f"is of version {version}, and this program reads version {VERSION}")
    fleets = found.get("fleets")
    return fleets if isinstance(fleets, dict) else {}


def _remembered(entry: object) -> Remembered:
    """What an entry says; a value of another kind is as one that is not there."""
    if not isinstance(entry, dict):
        return Remembered()
    text: dict[str, str] = {name: value for name, value in entry.items() if _is_text(value)}
    texts: dict[str, tuple[str, ...]] = {name: tuple(value) for name, value in entry.items() if _are_texts(value)}
    return Remembered(
        theme=text.get("theme"),
        sort=text.get("sort"),
        group=text.get("group"),
        columns=texts.get("columns"),
        folds=texts.get("folds"),
        view=text.get("view"),
        split=text.get("split"),
        panel=text.get("panel"),
        pane=text.get("pane"),
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and len(values) <= MOST and all(map(_is_text, values))
