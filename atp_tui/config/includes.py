"""Files of hosts that a hosts.toml includes: which ones its patterns name. Their contents are read by `load`."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from glob import has_magic, iglob
from itertools import islice
from pathlib import Path
from typing import Any

from ..model.quoting import quoted
from .fleet import Included
from .problems import Problems
from .tables import describe

MOST = 1_000
"""Files that one hosts.toml includes."""

_EXAMPLE = 'write an array of names, such as include = ["hosts.d/*.toml"]'


def read_patterns(document: dict[str, Any], problems: Problems) -> tuple[str, ...]:
    """The patterns of a document, relative to its folder. What is wrong with them is noted."""
    written = document.get("include", [])
    if not isinstance(written, list):
        problems.add(("include",), f"is {describe(written)}", _EXAMPLE)
        return ()
    for index, pattern in enumerate(written):
        if not isinstance(pattern, str) or not pattern or "\0" in pattern:
            wrong = describe(pattern) if pattern != "" else "empty"
            problems.add(("include", index), f"is {wrong}", _EXAMPLE)
    return tuple(pattern for pattern in written if isinstance(pattern, str) and pattern and "\0" not in pattern)


def included_by(patterns: Iterable[str], path: Path) -> tuple[Included, ...]:
    """The files that the patterns of the hosts.toml at `path` name now: by pattern, then by name, each once.

    Blocks for the disk.
    """
    found: dict[str, Included] = {}
    own = os.path.realpath(path)
    for pattern in patterns:
        for name in sorted(_names(pattern, path.parent)):
            file = path.parent / name
            if (real := os.path.realpath(file)) != own and os.path.lexists(file):
                found.setdefault(real, Included(file, name))
    return tuple(islice(found.values(), MOST))


def note_wrong(patterns: Iterable[str], path: Path, problems: Problems) -> None:
    """Note each pattern that names the file itself, a file that is not there, too many, or a folder without a look in.

    A folder that is not there has no files, which is no error.
    """
    own, count = os.path.realpath(path), 0
    for index, pattern in enumerate(patterns):
        place = ("include", index)
        names = list(_names(pattern, path.parent))
        count += len(names)
        if any(os.path.realpath(path.parent / name) == own for name in names):
            hint = "have it name a folder of its own, such as hosts.d/*.toml"
            problems.add(place, f"{quoted(pattern)} names this file itself, which would include itself", hint)
        elif not has_magic(pattern) and not os.path.lexists(path.parent / names[0]):
            hint = "write that file (it may be empty), or take the name out; a pattern such as *.toml may match none"
            problems.add(place, f"there is no file {quoted(pattern)}", hint)
        elif (why := _unreadable(pattern, path.parent)) is not None:
            problems.add(place, f"the folder of {quoted(pattern)} cannot be read: {why}", "mend it, or take it out")
        elif count > MOST:
            problems.add(place, f"there are more than {MOST:,} files to include", "write several hosts into each file")


def _names(pattern: str, folder: Path) -> Iterator[str]:
    name = os.path.expanduser(pattern)
    if has_magic(name):
        return islice(iglob(name, root_dir=folder), MOST + 1)
    return iter([os.path.normpath(name)])


def _unreadable(pattern: str, folder: Path) -> str | None:
    """Why the folder of a pattern cannot be looked into: glob says nothing of it, and all of its hosts would go."""
    parts = Path(os.path.expanduser(pattern)).parts[:-1]
    at = folder.joinpath(*itertools.takewhile(lambda part: not has_magic(part), parts))
    try:
        os.scandir(at).close()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return error.strerror or str(error)
    return None
