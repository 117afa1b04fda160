"""The verbs that make the program at home on a machine: `doctor`, `completion`, `man`, and what completion asks."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

SHELLS = ("bash", "zsh", "fish")

WORDS = ("hosts", "tags", "targets", "themes", "jobs", "commands", "parameters")
"""What a shell may ask for while a line is typed. Targets are the hosts, each tag and set as `@tag`, `@all`, and
earlier jobs where what is typed, which stands behind it, begins one; jobs are the numbers of the newest ones,
parameters the `NAME=VALUE` words of the command that is named behind it."""


def add_setup_verbs(
    verb: Callable[..., argparse.ArgumentParser],
    added: argparse._SubParsersAction[Any],
    shared: argparse.ArgumentParser,
    as_json: argparse.ArgumentParser,
) -> None:
    """Add them to the verbs of the program; `verb` makes one that the help lists."""
    doctor = verb("doctor", "check what the program needs on this machine; no host is contacted", shared, as_json)
    doctor.add_argument(
        "given", nargs="?", default="", metavar="SET", help="the hosts whose SSH keys are looked at (default: all)"
    )
    completion = verb("completion", "print what completes command lines of atp-tui in a shell")
    completion.add_argument("given", choices=SHELLS, metavar="SHELL", help="bash, zsh or fish")
    verb("man", "print the manual page: atp-tui man | man -l -")
    words = added.add_parser("complete-words", parents=[shared], allow_abbrev=False)  # no help: it is not listed
    words.add_argument("given", choices=WORDS)
    words.add_argument("given_with", nargs="?", default="")
