"""Which hosts a command goes to: the marked ones, else those under the cursor, else what the line itself names."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from ..config.accents import Accent, Accents, accent_of
from ..engine.resolved import Resolved, TargetWords
from ..executor.earlier import WAYS
from ..executor.folding import fold_names
from ..model.data_class import dataclass
from ..model.host import ALL
from ..model.problem import Problem
from ..model.quoting import redacted
from ..monitor.rows import HostRow
from ..monitor.vm_terms import FIELDS, PREFIX
from .text import safe

_OPENS_THE_LINE = re.compile(r"![@\w]")
"""`!` as the key that opens the line, pressed where the line was open already: `!@all cd /x; rm *` would go to the host
under the cursor, and remove what is in another directory. A shell's own `! command` has a blank behind it."""

_LAST_OPERAND = re.compile(r"@(?:\S*[,!&^])?(@?[^\s,!&^@]*)")
_FIELDS = (*(f"{PREFIX}{field}:" for field in FIELDS), "state:")
"""What is offered once it is begun. `@st` may be a tag all the same: what is typed on counts."""

_JOB = re.compile(r"(?:job\.[0-9a-z]+|last)\.")

MOST_FOLDED = 2000
"""Hosts whose names are folded before the prompt. It is done anew with each mark: of 10,000 it takes 0.1 to 0.4 s."""

NO_HOST = "no host"
"""Stands before the prompt where nothing is marked or under the cursor."""


class Hosts(Protocol):
    """Where hosts are looked up; the port to the fleet is one."""

    def resolve(self, expression: str) -> Resolved: ...
    def runnable(self, ids: Collection[str]) -> tuple[str, ...]: ...
    def rows(self, ids: Collection[str]) -> tuple[HostRow, ...]: ...


@dataclass(frozen=True, slots=True)
class Selection:
    """The hosts of one command line. `label` is how a person reads them, `command` the line without its `@…` word.

    `left_out` take no commands, `gone` are hosts of earlier jobs that are not there any more. `problem` says why there
    is nothing to run on; `waits`: only for a moment. `accent` is that of the hosts' tags.
    """

    label: str
    ids: tuple[str, ...]
    command: str
    left_out: tuple[str, ...] = ()
    problem: str | None = None
    accent: Accent | None = None
    gone: int = 0
    waits: bool = False


def split_line(line: str) -> tuple[str | None, str]:
    """`@rack1&@prod uname -r` as ("@rack1&@prod", "uname -r"); a line without `@…` as (None, line)."""
    text = line.strip()
    if not text.startswith("@"):
        return None, text
    expression, _, command = text.partition(" ")
    return expression, command.strip()


def completed(line: str, words: Callable[[], TargetWords] = TargetWords) -> str | None:
    """The line with what is begun in its `@…` word: the field of a condition, so that `@rack1&vm.t` becomes
    `@rack1&vm.tag:`, or behind an @ a tag, a set, an earlier job, and how hosts ended in it (`@job.17.fa`)."""
    found = _LAST_OPERAND.fullmatch(line)
    begun = "" if found is None else found[1].removeprefix("@")
    if found is None or not begun:
        return None
    named = found[1] != begun or found.start(1) == 1  # or it is the @ of the whole word that stands before it
    offered = (*(_named(begun, words()) if named else ()), *_FIELDS)
    whole = next((each for each in offered if each.startswith(begun) and each != begun), None)
    return None if whole is None else line + whole[len(begun) :]


def _named(begun: str, words: TargetWords) -> Iterable[str]:
    """What may stand behind an @ that begins so."""
    job = _JOB.match(begun)
    if job is not None:
        return [f"{job[0]}{way}" for way in WAYS]
    return (*words.groups, ALL, "last", *(f"job.{number}" for number in words.jobs))


class Targeting:
    """Holds what is marked and what the cursor is on, and answers which hosts a line would run on.

    `accents` are those of `[ui.accents]`.
    """

    def __init__(self, fleet: Hosts, accents: Accents = ()) -> None:
        self._fleet = fleet
        self._accents = accents
        self._marked: tuple[str, ...] = ()
        self._cursor: tuple[str, ...] = ()
        self._label = NO_HOST

    @property
    def hosts(self) -> tuple[str, ...]:
        """The marked hosts, else those under the cursor."""
        return self._marked or self._cursor

    @property
    def cursor(self) -> tuple[str, ...]:
        """The hosts under the cursor: one, or all of a group."""
        return self._cursor

    def point(self, marked: tuple[str, ...], cursor: tuple[str, ...]) -> bool:
        """Take over what is marked and what the cursor is on (a group: all its hosts); False where nothing changed."""
        if (marked, cursor) == (self._marked, self._cursor):
            return False
        self._marked, self._cursor = marked, cursor
        self._label = label_of(self.hosts)
        return True

    def named(self, expression: str) -> Resolved:
        """The hosts that `expression` names, of all kinds; those pointed at where it is empty."""
        return self._resolve(expression) if expression else Resolved(self.hosts)

    def can_run_on(self, hosts: Sequence[str]) -> bool:
        """Whether all of these are still there, and take commands."""
        return len(self._fleet.runnable(hosts)) == len(hosts)

    def select(self, line: str) -> Selection:
        """The hosts that `line` would run on now. Never raises: what is wrong is in `problem`."""
        expression, command = split_line(line)
        label, ids, gone = self._label, self.hosts, 0
        if _OPENS_THE_LINE.match(command):
            return Selection(safe(label), (), command, problem=f"leave out the !: write {safe(command[1:])}")
        if expression is not None:
            found = self._resolve(expression)
            label, ids = expression, found.ids
            if found.problem is not None:
                shown = redacted(label) if ":" in label else label
                return Selection(safe(shown), (), command, problem=safe(found.problem.sentence), waits=found.waits)
            gone = len(found.gone)
        run_on = self._fleet.runnable(ids)
        takes = set(run_on)
        left_out = tuple(host for host in ids if host not in takes)
        problem = None
        if not run_on:
            problem = "no host of these takes commands" if left_out else "no host is marked or under the cursor"
        return Selection(safe(label), run_on, command, left_out, problem, self._accent(ids), gone)

    def _accent(self, hosts: Sequence[str]) -> Accent | None:
        """That of the tags that any of these hosts has."""
        if not self._accents:
            return None
        return accent_of({tag for row in self._fleet.rows(hosts) for tag in row.tags}, self._accents)

    def _resolve(self, expression: str) -> Resolved:
        """Read `@rack1` as a tag, else `@kvm[01-04]` as names. Of two mistakes that of the longer reading is told."""
        as_tag = self._fleet.resolve(expression)
        if as_tag.problem is None or as_tag.waits or as_tag.problem.column != 1:
            return as_tag  # it is one, or its beginning can be read as one
        as_name = self._fleet.resolve(expression.removeprefix("@"))
        wrong = as_name.problem
        if wrong is None:
            return as_name
        if wrong.column in (None, 1):
            return as_tag
        return Resolved(problem=_moved(wrong))


def label_of(hosts: tuple[str, ...]) -> str:
    """Hosts as a line names them: folded, or the first where that would take long."""
    if len(hosts) > MOST_FOLDED:
        return f"{hosts[0]} and others"
    return fold_names(hosts) if len(hosts) > 1 else "".join(hosts) or NO_HOST


def _moved(problem: Problem) -> Problem:
    """The same of a line with one character more at its beginning."""
    return replace(problem, column=None if problem.column is None else problem.column + 1)
