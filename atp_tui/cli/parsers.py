"""The parsers of the command line as a tree: the help, the completions and the manual page are made from it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from ..model.data_class import dataclass

PROGRAM = "atp-tui"


@dataclass(frozen=True, slots=True)
class Command:
    """One parser. `name` is what stands behind the program's own name: "" for the program, "run", "hosts list".

    `what` says in a line what it does.
    """

    name: str
    what: str
    parser: argparse.ArgumentParser


def commands(parser: argparse.ArgumentParser, what: str = "") -> Iterator[Command]:
    """A parser and those of its verbs, each before its own; a verb without a help text is not for people."""
    yield Command(parser.prog.removeprefix(PROGRAM).strip(), parser.description or what, parser)
    for action in parser._actions:  # argparse has no public list of what a parser takes
        if isinstance(action, argparse._SubParsersAction):
            for shown in action._get_subactions():
                yield from commands(action.choices[shown.dest], shown.help or "")


def has_verbs(parser: argparse.ArgumentParser) -> bool:
    """Whether a verb stands behind this parser's own words."""
    return any(isinstance(action, argparse._SubParsersAction) for action in parser._actions)
