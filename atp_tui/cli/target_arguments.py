"""The words by which a verb is told its hosts: `-w`, and lists of names from files or standard input."""

from __future__ import annotations

import argparse
from typing import Any

STDIN = "-"
"""Stands for standard input in the place of a file, and behind -w."""

REMOTE = {"run": "uname -r", "follow": "journalctl -f"}
"""The verbs that take a command line, with one that a message shows."""

NEEDED = "hosts are needed: -w TARGETS, or --hosts-file FILE"


def add_targets(parser: argparse.ArgumentParser, help: str, metavar: str = "TARGETS") -> None:
    """Give a parser the words. `targets_of` has what was written."""
    parser.add_argument(
        "-w", dest="targets", action="append", default=argparse.SUPPRESS, metavar=metavar, help=f"{help}; -: as a list"
    )
    parser.add_argument(
        "--hosts-file",
        dest="lists",
        action="append",
        default=argparse.SUPPRESS,
        type=_list,
        metavar="FILE",
        help="and these: names and node sets, with blanks, commas or lines between them; -: standard input",
    )


def targets_of(found: argparse.Namespace) -> dict[str, Any]:
    """The fields of Arguments that the words come to."""
    written = found.__dict__.get("targets") or ()
    lists = [*(found.__dict__.get("lists") or ()), *(each for each in written if each == STDIN)]
    return {"targets": tuple(each for each in written if each != STDIN), "lists": tuple(dict.fromkeys(lists))}


def _list(text: str) -> str:
    if not text:  # a variable that is not set
        raise argparse.ArgumentTypeError("no file is named")
    return text
