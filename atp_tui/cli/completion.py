"""`atp-tui completion`: what completes a command line in bash, zsh and fish, made by shtab from the parser.

Hosts, tags, themes and jobs are asked for while a person types, by `atp-tui complete-words`, which contacts no host.
Shtab's functions for a shell take a word for a word. A set of targets is several, with signs between them, and bash
takes words apart at `@` and `=` besides: `complete.bash`, `complete.zsh` and `complete.fish` see to that.
"""

from __future__ import annotations

import argparse
from importlib.resources import files
from typing import Any

from ..model.text import printed, safe
from .arguments import Arguments
from .output import emit
from .parsers import commands
from .setup_verbs import SHELLS
from .verbs import whole_parser

_TARGETS = {"bash": "_atp_tui_targets", "zsh": "_atp_tui_targets", "fish": "(_atp_tui_targets)"}
_THEMES = {"bash": "_atp_tui_themes", "zsh": "_atp_tui_themes", "fish": "(_atp_tui_themes)"}

_JOBS = {"bash": "_atp_tui_jobs", "zsh": "_atp_tui_jobs", "fish": "(_atp_tui_jobs)"}

_COMMANDS = {"bash": "_atp_tui_commands", "zsh": "_atp_tui_commands", "fish": "(_atp_tui_commands)"}
_PARAMETERS = {"bash": "_atp_tui_parameters", "zsh": "_atp_tui_parameters", "fish": "(_atp_tui_parameters)"}
"""Behind `run --command NAME`; before any other command there is nothing to offer."""

_BY_PLACEHOLDER: dict[str, Any] = {
    "TARGETS": _TARGETS,
    "SET": _TARGETS,
    "JOB": _JOBS,
    "FILE": "file",
    "PLACE": "file",
    "COMMAND": _PARAMETERS,
}
"""What completes a value, by the word that stands for it in the help."""

_BY_DESTINATION: dict[str, Any] = {"theme": _THEMES, "named": _COMMANDS}
"""By its place among the arguments, where several have the same word."""


def completion(arguments: Arguments) -> int:
    """Print the completion of a shell; the exit status."""
    emit(printed(map(safe, script(arguments.given).splitlines())))
    return 0


def script(shell: str) -> str:
    """What a shell reads: functions that complete every verb and option of the program, as text."""
    import shtab

    parser = whole_parser()
    for command in commands(parser):
        _say_what_completes(command.parser)
    assert shell in SHELLS
    own = (files(__package__) / f"complete.{shell}").read_text(encoding="utf-8")
    if shell != "bash":
        return str(shtab.complete(parser, shell, preamble=own))
    return f"{shtab.complete(parser, shell)}\n\n{own}"  # its own registration comes last


def _say_what_completes(parser: argparse.ArgumentParser) -> None:
    for action in parser._actions:  # argparse has no public list of them
        how = _BY_DESTINATION.get(action.dest) or _BY_PLACEHOLDER.get(str(action.metavar))
        if (action.dest, action.metavar) == ("targets", "HOST"):
            how = _TARGETS
        if how is not None:
            action.complete = how  # type: ignore[attr-defined]  # where shtab looks
