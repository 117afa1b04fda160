"""Hosts of a pasted list: names and node sets, parted by blanks, commas or line ends; `#` begins a comment."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...model.errors import ConfigError
from .found import Given, Imported
from .gathering import Gathering, too_many
from .node_sets import TooManyNames, Work, expanded

_WORD = re.compile(r"(?:\[[^\[\]\n]*+\]|[^\s;\[]++|\[)++")
"""A node set may have blanks nowhere but in its brackets, where they are its mistake."""


def read(texts: Iterable[Given]) -> Imported:
    """The hosts of a list. Raises TooManyHosts, with the line of a node set that stands for too many."""
    gathering, work = Gathering(), Work()
    for given in texts:
        for number, raw in enumerate(given.text.split("\n"), 1):
            for word in _WORD.findall(raw.partition("#")[0]):
                _take(word, given, number, gathering, work)
    return gathering.imported()


def _take(word: str, given: Given, line: int, gathering: Gathering, work: Work) -> None:
    try:
        names = expanded(word, work)
    except TooManyNames as error:
        raise too_many(error, given, line) from error
    except ConfigError as error:
        gathering.wrong(word, error, given, line)
        return
    for name in names:
        if not gathering.refused_name(name, given, line):
            gathering.entry(name, given, line)
