"""What is told, apart from how it is said: the id of a message with its parameters. Plain data.

Sentences are made of it where a person reads them: see model.catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Union

from .data_class import dataclass
from .english import SENTENCES
from .say import Say

Parameter = Union[str, int, float, "Message", tuple["Message", ...]]
"""A name, a figure, words of a peer or of the system, or a message within the message; several stand one after the
other. Words of a peer are hostile: whoever shows a sentence makes it safe for a terminal."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that is told. `parameters` by name, in the order of their names; `str` of it is the English sentence,
    for the log and the library."""

    id: Say
    parameters: tuple[tuple[str, Parameter], ...] = ()

    def __str__(self) -> str:
        return sentence(self, SENTENCES)

    def get(self, name: str) -> Parameter | None:
        """The parameter of that name; None where it has none."""
        return dict(self.parameters).get(name)


def told(id: Say, **parameters: Parameter) -> Message:
    """The message of that id."""
    return Message(id, tuple(sorted(parameters.items())))


def text(words: str) -> Message:
    """Words that have no id: a library's, the system's, or those of settings and targets."""
    return told(Say.TEXT, text=words)


def sentence(message: Message, table: Mapping[Say, str]) -> str:
    """The message in the words of a table. Remote text in it is not yet safe for a terminal."""
    fields = {name: _in_words(value, table) for name, value in message.parameters}
    return table[message.id].format_map(fields)


def _in_words(value: Parameter, table: Mapping[Say, str]) -> str | int | float:
    if isinstance(value, Message):
        return sentence(value, table)
    if isinstance(value, tuple):
        return "; ".join(sentence(each, table) for each in value)
    return value
