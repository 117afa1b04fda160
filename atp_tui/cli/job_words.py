"""The options of a job on the command line: those of `actions.job_words` that `run` does not have by itself."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from ..actions.action import Value
from ..actions.job_words import JOB_WORDS, JobWord

_OWN = frozenset({"--timeout", "--fanout"})
"""What `run` had before, with fields of their own in Arguments."""

_WORDS = tuple(word for word in JOB_WORDS if word.flag not in _OWN)


def add_job_words(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of a job."""
    for word in _WORDS:
        if word.kind is bool:
            parser.add_argument(word.flag, dest=f"job_{word.name}", action="store_true", help=word.help)
        else:
            parser.add_argument(
                word.flag, dest=f"job_{word.name}", type=_reader(word), metavar=word.metavar, help=word.help
            )


def job_words_of(found: argparse.Namespace) -> tuple[tuple[str, Value], ...]:
    """The options that were given, by their names in JobOptions."""
    given: dict[str, Any] = {word.name: getattr(found, f"job_{word.name}", None) for word in _WORDS}
    return tuple((name, value) for name, value in given.items() if value is not None and value is not False)


def _reader(word: JobWord) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        try:
            return word.read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text[:60]!r} is not {error}") from None

    return read
