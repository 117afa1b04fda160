"""A name and a password, kept out of everything that is printed."""

from __future__ import annotations

from collections.abc import Iterable

from .data_class import dataclass


class Secret:
    """A text that shows itself only to who calls `reveal`: no repr, no message and no traceback has it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")


@dataclass(frozen=True, slots=True)
class Credential:
    """Who somebody is, and what proves it."""

    name: str
    password: Secret


def joined(answers: Iterable[str]) -> Secret:
    """Several texts as one secret; none of them has a zero in it."""
    return Secret("\0".join(answers))


def parted(secret: Secret) -> tuple[str, ...]:
    """The texts that `joined` has put together."""
    return tuple(secret.reveal().split("\0"))
