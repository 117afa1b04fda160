"""What went wrong, as plain data: where an error has to cross to another process, or only to be shown."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import AtpError, ConfigError, FailedOnHosts, PoolError, TransportError


@dataclass(frozen=True, slots=True)
class Problem:
    """An error that was told instead of raised.

    `message` is one line for a person, in which remote text is not yet safe for a terminal. `hint` says what would be
    right, `column` is the place in the text that was typed, counted from 1. `unreached`: the host was not reached, so
    that nothing was done there. `hosts` has the problem of each host by its id, where they differ.
    """

    message: str
    hint: str = ""
    column: int | None = None
    unreached: bool = False
    hosts: tuple[tuple[str, Problem], ...] = ()

    @property
    def sentence(self) -> str:
        """`what is wrong (column 7); what would be right`: the first column needs no finding and is not told."""
        place = f" (column {self.column})" if self.column is not None and self.column > 1 else ""
        return f"{self.message}{place}" + (f"; {self.hint}" if self.hint else "")


def problem_of(error: AtpError) -> Problem:
    """The error as data."""
    hint, column = (error.hint or "", error.column) if isinstance(error, ConfigError) else ("", None)
    hosts = error.errors.items() if isinstance(error, FailedOnHosts) else ()
    return Problem(
        error.message,
        hint,
        column,
        isinstance(error, TransportError | PoolError),
        tuple((host, problem_of(each)) for host, each in hosts),
    )
