"""What the screen says: the one place where its words about hosts, connections, jobs and refusals are made of facts.

A sentence stands here where the screen says it otherwise than the log does, since a key does here what a file or a verb
does elsewhere. Another language for the screen is another catalogue in the place of WORDS. All that these functions
give is safe for a terminal.
"""

from __future__ import annotations

from ..model.catalogue import ENGLISH
from ..model.causes import Trouble
from ..model.connection import ConnectionState
from ..model.message import Message, told
from ..model.outcome import Outcome
from ..model.say import Say
from .text import Safe, safe

WORDS = ENGLISH.with_sentences(
    {
        # the person may have given log-in another key, which stands beside the sentence
        Say.WRITE_OR_TYPE_IT: "write it to {file} (mode 0600), or type it here",
    }
)


def sentence(message: Message) -> Safe:
    """A message in one line."""
    return safe(WORDS.sentence(message))


def short(trouble: Trouble) -> Safe:
    """A cause in LONGEST_SHORT cells at most."""
    return safe(WORDS.short(trouble))


def state_word(state: ConnectionState) -> Safe:
    """The state of a host or connection."""
    return safe(WORDS.state(state))


def outcome_word(outcome: Outcome) -> Safe:
    """How work on a target ended."""
    return safe(WORDS.outcome(outcome))


def outcome_count(number: int, outcome: Outcome) -> Safe:
    """On how many targets work ended so, for a sum: `16 ok`. What may still run is said in full there."""
    word = sentence(told(Say.NOT_CONFIRMED)) if outcome is Outcome.UNCONFIRMED else outcome_word(outcome)
    return safe(f"{number} {word}")
