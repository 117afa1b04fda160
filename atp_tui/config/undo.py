"""The last versions of a hosts.toml, and the way back and forth between them.

They lie in a directory of the program's own state, one a file with the time in its name, beside `steps.json`, which has
the changes between them. A step is taken back only where the file is still what the step has made of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from ..model.data_class import dataclass
from .files import read_regular
from .replace import PRIVATE, replace_file

KEPT = 20
"""Versions that are kept of one file."""

_STEPS = "steps.json"


@dataclass(frozen=True, slots=True)
class StepOfFile:
    """The names of the versions of one file before and after a step. `file` is the absolute path of one that hosts.toml
    includes; "": hosts.toml itself."""

    before: str
    after: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One change: `what` was done in words, and to which files, in the order in which they were written."""

    what: str
    files: tuple[StepOfFile, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """All changes in their order; the first `done` of them are in the file, the others were taken back."""

    steps: tuple[Step, ...] = ()
    done: int = 0

    @property
    def last(self) -> Step | None:
        """What would be undone."""
        return self.steps[self.done - 1] if self.done else None

    @property
    def next(self) -> Step | None:
        """What would be done again."""
        return self.steps[self.done] if self.done < len(self.steps) else None

    def with_step(self, step: Step) -> Steps:
        """With one more change: those that were taken back are lost by it."""
        steps = (*self.steps[: self.done], step)
        while len(set(_names(steps))) > KEPT and len(steps) > 1:
            steps = steps[1:]
        return Steps(steps, len(steps))

    def moved(self, by: int) -> Steps:
        """After an undo (-1), or after what was undone was done again (+1)."""
        return replace(self, done=self.done + by)


def digest(data: bytes) -> str:
    """What tells one version from another."""
    return hashlib.sha256(data).hexdigest()


class Versions:
    """The versions of one file. `folder` need not be there yet. Its methods raise OSError, and block for the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def steps(self) -> Steps:
        """The changes that are known; none where the list is not there, or is damaged."""
        try:
            read = json.loads(read_regular(self.folder / _STEPS))
            steps = tuple(
                Step(
                    str(step["what"]),
                    tuple(
                        StepOfFile(str(each["before"]), str(each["after"]), str(each["file"])) for each in step["files"]
                    ),
                )
                for step in read["steps"]
            )
            done = int(read["done"])
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return Steps()
        return Steps(steps, done) if 0 <= done <= len(steps) else Steps()

    def data(self, name: str) -> bytes | None:
        """A version; None where it is gone, or is not what it was."""
        if os.path.basename(name) != name:
            return None
        try:
            found = read_regular(self.folder / name)
        except (FileNotFoundError, ValueError):
            return None
        return found if digest(found)[:16] == name.rpartition("-")[2].partition(".")[0] else None

    def keep(self, what: str, changes: Sequence[tuple[str, bytes, bytes]], now: datetime) -> Steps:
        """Keep both versions of each file that changes: its name as of StepOfFile, its bytes before and after.

        Gives the steps as they are once `note` is told of them.
        """
        known = self.steps()
        files = tuple(
            StepOfFile(self._keep(before, now, known), self._keep(after, now, known), file)
            for file, before, after in changes
        )
        return known.with_step(Step(what, files))

    def note(self, steps: Steps) -> None:
        """These are the steps from now on; versions that are in none of them are removed."""
        entry = {"done": steps.done, "steps": [asdict(step) for step in steps.steps]}
        replace_file(self.folder / _STEPS, json.dumps(entry, indent=1).encode(), mode=PRIVATE)
        named = {_STEPS, *_names(steps.steps)}
        for path in self.folder.glob("*.toml"):
            if path.name not in named:
                path.unlink(missing_ok=True)

    def _keep(self, data: bytes, now: datetime, known: Steps) -> str:
        ending = f"-{digest(data)[:16]}.toml"
        there = next((name for name in reversed(_names(known.steps)) if name.endswith(ending)), None)
        if there is not None and self.data(there) is not None:
            return there
        name = f"{now:%Y-%m-%dT%H-%M-%S.%f}{ending}"
        replace_file(self.folder / name, data, mode=PRIVATE)
        return name


def is_version(name: str, data: bytes) -> bool:
    """Whether `data` is the version of that name."""
    return name.endswith(f"-{digest(data)[:16]}.toml")


def folder_of(path: Path, versions: Path) -> Path:
    """Where the versions of one file are kept below the directory of all of them."""
    real = os.path.realpath(path)
    return versions / f"{os.path.basename(real)}-{digest(os.fsencode(real))[:16]}"


def _names(steps: Sequence[Step]) -> list[str]:
    return [name for step in steps for each in step.files for name in (each.before, each.after)]
