"""The options of a job on the command line: those of `actions.job_words` that `run` does not have by itself."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any

from ..actions.action import Value
from ..actions.job_word import JobWord
from ..actions.job_words import ALL_WORDS

_OWN = frozenset({"--timeout", "--fanout"})
"""What `run` had before, with fields of their own in Arguments."""

_WORDS = tuple(word for word in ALL_WORDS if word.flag not in _OWN)


def add_job_words(parser: argparse.ArgumentParser, words: Iterable[JobWord] = _WORDS) -> None:
    """Give a parser the options of a job, or these of them."""
    for word in words:
        if word.kind is bool:
            parser.add_argument(word.flag, dest=f"job_{word.name}", action="store_true", help=_help(word))
        elif word.bare:  # a value stands behind `=` alone: the next word may be the command
            parser.add_argument(
                word.flag, dest=f"job_{word.name}", type=_reader(word), nargs="?", const=word.bare,
                metavar=word.metavar, help=_help(word),
            )  # fmt: skip
        else:
            parser.add_argument(
                word.flag, dest=f"job_{word.name}", type=_reader(word), metavar=word.metavar, help=_help(word)
            )


def job_words_of(found: argparse.Namespace, words: Iterable[JobWord] = _WORDS) -> tuple[tuple[str, Value], ...]:
    """The options that were given of these, by their names in JobOptions."""
    given: dict[str, Any] = {word.name: getattr(found, f"job_{word.name}", None) for word in words}
    return tuple((name, value) for name, value in given.items() if value is not None and value is not False)


def _help(word: JobWord) -> str:
    return word.help.replace("%", "%%")  # argparse would take it for a place of its own


def _reader(word: JobWord) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        try:
            return word.read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text[:60]!r} is not {error}") from None

    return read
