"""The words of `shell`. Light: --help loads what stands here."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any


def add_shell(shell: argparse.ArgumentParser) -> None:
    """Add the words of the verb to its parser."""
    shell.add_argument("targets", nargs=1, metavar="HOST", help="a host of hosts.toml, or what means one alone")
    shell.add_argument("--yes", action="store_true", help="agree beforehand to what would be asked at a terminal")
    # for the help alone: the command's words are taken away before argparse sees them
    shell.add_argument("words", nargs="*", metavar="-- COMMAND", help="a command line in the place of the login shell")


def shell_values(found: argparse.Namespace, command: Sequence[str], wrong: Callable[[str], Any]) -> dict[str, Any]:
    """The fields of Arguments. `wrong` ends the program with what is wrong."""
    if found.words:
        wrong("a command stands behind --: shell HOST -- COMMAND")
    line = " ".join(command)
    if command and (line == "--" or not line.strip()):
        wrong("a command is needed behind --; leave both out for a login shell")
    try:
        line.encode()
    except UnicodeEncodeError:
        wrong("the command is not UTF-8 text")
    return {"command": line}
