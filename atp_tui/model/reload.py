"""What became of a file of hosts that was changed while the program runs."""

from __future__ import annotations

from .data_class import dataclass
from .named import NamedCommand
from .problem import Problem


@dataclass(frozen=True, slots=True)
class Reload:
    """The newest change of the file. `number` rises with each; 0: it is as it was at the start.

    So many hosts were `added`, `removed` and `changed` by it; `names` are their ids, folded, in that order. `later`
    names what of it counts from the next start on. `problem` says why the file cannot be used: then all goes on as it
    was at the moment `good_since`, an instant of the program's clock, when the file was last read well. `files` are the
    names of the files that hosts stand in: the configuration's own, then those that it includes. `remarks` are about
    the programs that name hosts, and `failing` are the names of those that do not answer: the hosts of their last
    answers stay. `commands` are those that the file names.
    """

    number: int = 0
    added: int = 0
    removed: int = 0
    changed: int = 0
    names: tuple[str, str, str] = ("", "", "")
    later: tuple[str, ...] = ()
    problem: Problem | None = None
    good_since: float = 0.0
    files: tuple[str, ...] = ()
    remarks: tuple[Problem, ...] = ()
    failing: tuple[str, ...] = ()
    commands: tuple[NamedCommand, ...] = ()

    @property
    def wrong(self) -> bool:
        """Whether a person has something to mend."""
        return self.problem is not None or bool(self.failing)
