"""All words that are made of facts, for one surface in one language: sentences, causes in short, outcomes, states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .causes import Cause, Trouble, fitted
from .connection import ConnectionState
from .data_class import dataclass
from .english import SENTENCES
from .message import Message, sentence
from .outcome import Outcome
from .say import Say


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Each table has a line for every id. `causes` are the short forms: at most LONGEST_SHORT cells, `{}` for a detail.

    Nothing else in the program puts these facts into words, and nothing reads a fact out of them.
    """

    sentences: Mapping[Say, str]
    causes: Mapping[Cause, str]
    outcomes: Mapping[Outcome, str]
    states: Mapping[ConnectionState, str]

    def sentence(self, message: Message) -> str:
        """The message in one line. Remote text in it is not yet safe for a terminal."""
        return sentence(message, self.sentences)

    def short(self, trouble: Trouble) -> str:
        """The cause in short, in at most LONGEST_SHORT characters; not yet safe for a terminal either."""
        return fitted(self.causes[trouble.cause], trouble.detail)

    def outcome(self, outcome: Outcome) -> str:
        """How work on a target ended, in a word."""
        return self.outcomes[outcome]

    def state(self, state: ConnectionState) -> str:
        """The state of a connection in a word."""
        return self.states[state]

    def with_sentences(self, sentences: Mapping[Say, str]) -> Catalogue:
        """The same, but for these sentences."""
        return replace(self, sentences={**self.sentences, **sentences})


ENGLISH = Catalogue(
    sentences=SENTENCES,
    # the ids that JSON has are English words too; in another language they are not those that a person reads
    causes={cause: cause.value for cause in Cause},
    outcomes={outcome: outcome.value for outcome in Outcome},
    states={state: state.value for state in ConnectionState},
)
