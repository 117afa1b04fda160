"""The last good answers of programs that name hosts, kept in the program's own state: one file for each."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ..model.errors import ConfigError
from .files import read_regular
from .fleet import HostProgram
from .host_programs import Answer
from .paths import sources_dir
from .replace import PRIVATE, replace_file
from .undo import digest, folder_of


class KeptAnswers:
    """Those of one hosts.toml. Its methods block for the disk and raise nothing: what cannot be kept is asked again."""

    def __init__(self, path: Path) -> None:
        try:
            self._folder: Path | None = folder_of(path, sources_dir())
        except ConfigError:  # no home
            self._folder = None

    def answer(self, program: HostProgram) -> Answer:
        """The last good answer of this very command, if there is one."""
        if self._folder is None:
            return Answer()
        try:
            kept = json.loads(read_regular(self._folder / f"{program.name}.json"))
            if kept["command"] == _sign(program):
                return Answer(str(kept["output"]), float(kept["taken"]))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            pass
        return Answer()

    def keep(self, program: HostProgram, answer: Answer) -> str:
        """Keep a good answer. Gives why it cannot be kept; "" where it is."""
        if self._folder is None:
            return "there is no home directory"
        kept = {"command": _sign(program), "taken": answer.taken, "output": answer.output}
        try:
            replace_file(self._folder / f"{program.name}.json", json.dumps(kept).encode(), mode=PRIVATE)
        except OSError as error:
            return error.strerror or os.strerror(error.errno or 0)
        return ""


def _sign(program: HostProgram) -> str:
    """What tells one command from another. Its words are not kept: they may hold a secret."""
    return digest(json.dumps(program.command).encode())
