"""Where the history of commands of each fleet is: what was typed for one is no help, and a risk, in another."""

from __future__ import annotations

import contextlib
from pathlib import Path

from .files import read_regular
from .paths import histories_dir, history_file, private_dir
from .replace import PRIVATE, replace_file
from .undo import digest


def history_of(fleet: Path) -> Path:
    """The history of the fleet of that hosts.toml. The first time, it is made of the history of all fleets that there
    was before. Raises ConfigError where there is no home.
    """
    file = histories_dir() / digest(str(fleet.absolute()).encode())[:16]
    if not file.exists():
        with contextlib.suppress(OSError, ValueError):  # none, or no place to write: then it begins empty
            former = read_regular(history_file())
            private_dir(file.parent)
            replace_file(file, former, mode=PRIVATE, durable=False)
    return file
