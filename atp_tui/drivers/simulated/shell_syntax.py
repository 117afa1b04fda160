"""The part of a shell's grammar that the demo understands: words, quotes, `;`, `&&`, `||` and pipes.

Everything that a shell would expand, substitute or redirect is refused instead of being taken literally, so that
nobody mistakes the demo for a shell that did it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ...model.data_class import dataclass

LONGEST_LINE = 4096

Joint = Literal[";", "&&", "||"]

_REFUSED = "`$<>&(){}*?[]"
_REFUSED_FIRST = "!#~"
_OPERATORS: tuple[Joint | Literal["|"], ...] = ("&&", "||", "|", ";")


class SyntaxNotKnown(Exception):
    """The demo does not understand that; its message names the part."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands whose output feeds the next one; each is a name and its arguments. `joint` tells when it runs:
    always (";"), after success ("&&"), after failure ("||") of what stands before it.
    """

    joint: Joint
    commands: tuple[tuple[str, ...], ...]


def parse(line: str) -> tuple[Pipeline, ...]:
    """A command line taken apart. Raises SyntaxNotKnown."""
    if len(line) > LONGEST_LINE:
        raise SyntaxNotKnown("a line as long as this")
    pipelines: list[Pipeline] = []
    joint: Joint = ";"
    commands: list[tuple[str, ...]] = []
    words: list[str] = []

    def end_command(before: str) -> None:
        if not words:
            raise SyntaxNotKnown(f"nothing before {before!r}")
        commands.append(tuple(words))
        words.clear()

    for token, is_operator in _tokens(line.strip()):
        if not is_operator:
            words.append(token)
            continue
        end_command(token)
        if token != "|":
            pipelines.append(Pipeline(joint, tuple(commands)))
            commands.clear()
            joint = "&&" if token == "&&" else "||" if token == "||" else ";"
    if words or commands or joint != ";":
        end_command("the end")
        pipelines.append(Pipeline(joint, tuple(commands)))
    return tuple(pipelines)


def _tokens(line: str) -> Iterator[tuple[str, bool]]:
    """(word, False) and (operator, True), in order."""
    at = 0
    while at < len(line):
        character = line[at]
        operator = next((each for each in _OPERATORS if line.startswith(each, at)), None)
        if character in " \t":
            at += 1
        elif character == "\n":
            yield ";", True
            at += 1
        elif operator is not None:
            yield operator, True
            at += len(operator)
        else:
            word, at = _word(line, at)
            yield word, False


def _word(line: str, at: int) -> tuple[str, int]:
    """The word that begins at `at`, without its quotes, and where it ends."""
    word = ""
    while at < len(line) and line[at] not in " \t\n|;&":
        character = line[at]
        if character in "'\"":
            quoted, at = _quoted(line, at)
            word += quoted
        elif character == "\\":
            if at + 1 == len(line):
                raise SyntaxNotKnown("a backslash at the end")
            word += line[at + 1]
            at += 2
        elif character in _REFUSED or (not word and character in _REFUSED_FIRST):
            raise SyntaxNotKnown(repr(character))
        else:
            word += character
            at += 1
    if at < len(line) and line[at] == "&" and not line.startswith("&&", at):
        raise SyntaxNotKnown("'&'")
    return word, at


def _quoted(line: str, at: int) -> tuple[str, int]:
    """What stands between the quotes that begin at `at`, and where the next character is."""
    quote = line[at]
    end = line.find(quote, at + 1)
    if end < 0:
        raise SyntaxNotKnown(f"a quote {quote} that does not end")
    text = line[at + 1 : end]
    if quote == '"':
        for character in "$`\\":
            if character in text:
                raise SyntaxNotKnown(f"{character!r} between double quotes")
    return text, end + 1
