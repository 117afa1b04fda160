"""What headless verbs say: the one place where their sentences about hosts, jobs and refusals are made of messages.

A line stands here where a verb says it otherwise than the log does. JSON has these sentences too: remote text in them
is as it came, and whoever prints one makes it safe.
"""

from __future__ import annotations

from ..executor.fold import Part
from ..model.catalogue import ENGLISH
from ..model.errors import AtpError, ConfigError
from ..model.message import Message, told
from ..model.node import Oddity
from ..model.outcome import CommandResult, Outcome
from ..model.problem import Problem
from ..model.say import Say

WORDS = ENGLISH.with_sentences({})


def sentence(message: Message) -> str:
    """A message in one line. Remote text in it is not yet safe for a terminal."""
    return WORDS.sentence(message)


def nonsense(odd: Oddity) -> str:
    """What a host has answered that is no figure, and how often."""
    return f"{sentence(told(Say.ANSWERS_NONSENSE, what=odd.what))} ({odd.times})"


def whole(problem: Problem) -> str:
    """A problem in one line, with the file and line of a setting. Not safe for a terminal either."""
    hint = f"; {problem.hint}" if problem.hint else ""
    return f"{problem.where}{sentence(problem.reason)}{problem.place}{hint}"


def words_of(error: AtpError) -> str:
    """An error in one line; one of settings has its file and line in it. Not safe for a terminal either."""
    return str(error) if isinstance(error, ConfigError) else sentence(error.reason)


def ending(ended: CommandResult | Part) -> str:
    """How a host ended, or the hosts of a group."""
    if ended.signal is not None:
        return f"killed by SIG{ended.signal}"
    if ended.outcome is Outcome.FAILED and (ended.exit_status is not None or ended.error is None):
        return f"exit status {ended.exit_status}" + (f": {sentence(ended.error)}" if ended.error is not None else "")
    word = WORDS.outcome(ended.outcome)
    if ended.error is None or ended.error.id is Say.CANCELLED:
        return word
    if ended.error.id is Say.NOT_CONFIRMED:
        return sentence(ended.error)
    return f"{word}: {sentence(ended.error)}"
