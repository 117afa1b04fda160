"""A session that a person types into: what is asked for, and what it is of this side."""

from __future__ import annotations

from .data_class import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a terminal in characters and in pixels, each 0 where it is not known."""

    columns: int
    rows: int
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Pty:
    """A terminal that the far side is to make: its `type` ("xterm-256color") and its `modes` at the beginning, as
    numbers of RFC 4254, section 8, with their values."""

    type: str
    size: Size
    modes: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Shell:
    """A session: of the login shell, or of a command `line`; without a terminal where `pty` is None."""

    line: str = ""
    pty: Pty | None = None
