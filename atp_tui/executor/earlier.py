"""Hosts by how they ended in a job that was kept: `@job.17.failed`, `@last.exit=3`. Pure: the jobs were read before."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field

from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.near import nearest
from ..model.outcome import CommandResult, Outcome
from .kept import GROUPS
from .target_words import wrong

_NAME = re.compile(r"@(?:job\.(?P<job>[0-9a-z]+)|(?P<last>last))(?:\.(?P<how>[^,!&^\[\]\s]*))?(?=$|[,!&^\[\]\s])")
"""As it stands in an expression; a tag of that very name goes before it."""

_EXIT = re.compile(r"exit=([0-9]{1,10})", re.ASCII)


WAITING = "waiting"
"""The hosts that were away, and for which the command of a job still waits, see away."""

WAYS = ("failed", "ok", "notrun", "unknown", "timeout", "unreachable", "auth", "cancelled", WAITING, "exit=")
"""What may stand behind a job, as completion offers it."""


class StillReading(ConfigError):
    """What an expression needs of earlier jobs is being read: it can be asked again in a moment."""


@dataclass(frozen=True, slots=True)
class EarlierJob:
    """A job and how it ended on each of its hosts: the outcome, and the exit status where there was one.

    `waiting` are the hosts that were away, for which its command still waits.
    """

    number: int
    ends: tuple[tuple[str, Outcome, int | None], ...]
    waiting: frozenset[str] = frozenset()

    @classmethod
    def of(cls, number: int, results: Iterable[CommandResult], waiting: Iterable[str] = ()) -> EarlierJob:
        """The same of results."""
        ends = tuple([(each.host, each.outcome, each.exit_status) for each in results])
        return cls(number, ends, frozenset(waiting))


@dataclass(frozen=True, slots=True)
class Earlier:
    """The jobs that expressions name, by these names: `17`, `last`; those that there are not are missing.

    `newest` is the number of the newest job; None: no job was kept. `kept`: whether jobs are kept at all.
    """

    jobs: Mapping[str, EarlierJob] = field(default_factory=dict)
    newest: int | None = None
    kept: bool = True

    def hosts(self, text: str) -> frozenset[str] | None:
        """The hosts that `@job.17.failed` means, also those that are in hosts.toml no more; None for another text.

        Raises ConfigError (key "targets") with a hint for a job that is not there, and for no way to end.
        """
        name = _NAME.fullmatch(text)
        if name is None:
            return None
        job = self.jobs.get(name["job"] or "last")
        if job is None:
            raise wrong(*self._missing(name["job"] or "last"))
        how = name["how"]
        if how is None:
            return frozenset([host for host, _, _ in job.ends])
        if exit_ := _EXIT.fullmatch(how):
            return frozenset([host for host, _, status in job.ends if status == int(exit_[1])])
        if how == WAITING:
            return job.waiting
        if how not in GROUPS:
            raise wrong(f"no host ends so: {how[:60]!r}", _hint(text.removesuffix(how), how))
        return frozenset([host for host, outcome, _ in job.ends if outcome in GROUPS[how]])

    def gone(self, expressions: Iterable[str], ids: Collection[str]) -> tuple[str, ...]:
        """The hosts that expressions mean by earlier jobs, and that are none of `ids` any more."""
        meant: dict[str, None] = {}
        for expression in expressions:
            for found in _NAME.finditer(expression):
                meant.update(dict.fromkeys(sorted(self.hosts(found[0]) or ())))
        return tuple([host for host in meant if host not in ids])

    def _missing(self, name: str) -> tuple[str, str]:
        what = "there is no job yet" if name == "last" else f"there is no job {name[:40]}"
        if not self.kept:
            return what, "no job is kept here"
        return what, "none is kept" if self.newest is None else f"the newest is {self.newest}"


def names_in(expressions: Iterable[str]) -> tuple[str, ...]:
    """The names of the jobs that have to be read before: `17`, `last`."""
    found = (each for expression in expressions for each in _named(expression))
    return tuple(dict.fromkeys(found))


def _named(expression: str) -> Iterator[str]:
    for found in _NAME.finditer(expression):
        yield found["job"] or "last"


def _hint(start: str, how: str) -> str:
    near = nearest(how, (*GROUPS, WAITING))
    if near:
        return "did you mean " + " or ".join(start + each for each in near) + "?"
    return f"write {start}failed, ok, notrun, unknown, timeout, unreachable, auth, waiting or exit=3"
