"""Hosts of an OpenSSH client configuration: its plain names. What it says of them stays there, for ssh to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..ssh_import import host_words, lines_below
from ..ssh_lines import Line, lines_of
from .found import Given, Imported
from .gathering import Gathering

_NOWHERE = Path("standard input")


def read(texts: Iterable[Given]) -> Imported:
    """The hosts of Host lines without wildcards, files that are included among them.

    Standard input includes nothing: it may come from another machine. Raises ConfigError for an included file that
    cannot be read, and for Includes without an end.
    """
    gathering = Gathering()
    for given in texts:
        _read(given, gathering)
    return gathering.imported()


def _read(given: Given, gathering: Gathering) -> None:
    if given.file is not None:
        lines: Iterable[Line] = lines_below(given.file, given.text)
    else:
        lines = _without_includes(lines_of(given.text, _NOWHERE), given, gathering)
    for name, is_name, line in host_words(lines):
        at = Given("", None if line.file is _NOWHERE else line.file)
        if not is_name:
            gathering.leave_out(name, "is a pattern, and no host", at, line.number)
        elif not gathering.refused_name(name, at, line.number):
            gathering.entry(name, at, line.number)


def _without_includes(lines: Iterable[Line], given: Given, gathering: Gathering) -> Iterator[Line]:
    for line in lines:
        if line.keyword == "include":
            reason = "is not included: the text came from standard input"
            gathering.leave_out(line.rest, reason, given, line.number, "name the file instead")
        yield line
