"""What went wrong, as plain data: where an error has to cross to another process, or only to be shown."""

from __future__ import annotations

from .data_class import dataclass
from .errors import AtpError, ConfigError, FailedOnHosts, PoolError, TransportError
from .message import Message


@dataclass(frozen=True, slots=True)
class Problem:
    """An error that was told instead of raised.

    `reason` is what is told, of which each surface makes its sentence. `hint` says what would be right, `column` is the
    place in the text that was typed, counted from 1; `where` names the file, the line and the key of a setting, as
    `file:line: key: `. `unreached`: the host was not reached, so that nothing was done there. `hosts` has the problem
    of each host by its id, where they differ.
    """

    reason: Message
    hint: str = ""
    column: int | None = None
    where: str = ""
    unreached: bool = False
    hosts: tuple[tuple[str, Problem], ...] = ()

    @property
    def message(self) -> str:
        """The reason in one line of English; remote text in it is not yet safe for a terminal."""
        return str(self.reason)

    @property
    def place(self) -> str:
        """` (column 7)`, to stand behind the reason: the first column needs no finding and is not told."""
        return f" (column {self.column})" if self.column is not None and self.column > 1 else ""

    @property
    def sentence(self) -> str:
        """`what is wrong (column 7); what would be right`, in English."""
        return f"{self.message}{self.place}" + (f"; {self.hint}" if self.hint else "")


def problem_of(error: AtpError) -> Problem:
    """The error as data."""
    hosts = error.errors.items() if isinstance(error, FailedOnHosts) else ()
    setting = error if isinstance(error, ConfigError) else None
    return Problem(
        reason=error.reason,
        hint="" if setting is None else setting.hint or "",
        column=None if setting is None else setting.column,
        where="" if setting is None else setting.where,
        unreached=isinstance(error, TransportError | PoolError),
        hosts=tuple((host, problem_of(each)) for host, each in hosts),
    )
