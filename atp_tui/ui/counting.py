"""A count before a movement, as in vi. Digits alone open views here, so a count begins with a key of its own."""

from __future__ import annotations

LONGEST = 6
"""Digits of a count: no list is longer than a million lines."""


class Count:
    """What is being typed of a count, and what the next movement takes of it.

    `begin` opens it, `digit` adds to it, `ended` says that another key has come. The movement of that key takes the
    count by `take`. A movement that comes later, by another key, finds none.
    """

    def __init__(self) -> None:
        self._typed: str | None = None
        self._ready: int | None = None

    @property
    def typed(self) -> str | None:
        """The digits so far; None while no count is being typed."""
        return self._typed

    def begin(self) -> None:
        """Take the digits that follow as a count."""
        self._typed, self._ready = "", None

    def digit(self, character: str | None) -> bool:
        """Whether the key is a digit of the count. A digit too many is taken and changes nothing."""
        if self._typed is None or character is None or not (character.isascii() and character.isdigit()):
            return False
        if len(self._typed) < LONGEST:
            self._typed += character
        return True

    def ended(self) -> None:
        """Another key has come: the count is for what that key does, and for nothing after it."""
        self._ready = int(self._typed) if self._typed else None
        self._typed = None

    def take(self) -> int | None:
        """The count for the movement that happens now; None where none was typed. 0 counts as none, as in vi."""
        ready, self._ready = self._ready, None
        return ready or None
