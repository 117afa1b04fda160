"""Which hosts a command goes to: the marked ones, else those under the cursor, else what the line itself names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..model.errors import ConfigError
from ..model.quoting import redacted
from ..monitor.fleet import HostRow
from .services import Targets
from .text import safe

_OPENS_THE_LINE = re.compile(r"![@\w]")
"""`!` as the key that opens the line, pressed where the line was open already: `!@all cd /x; rm *` would go to the host
under the cursor, and remove what is in another directory. A shell's own `! command` has a blank behind it."""

NO_HOST = "no host"
"""Stands before the prompt where nothing is marked or under the cursor."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The hosts of one command line. `label` is how a person reads them, `command` the line without its `@…` word.

    `left_out` take no commands. `problem` says why there is nothing to run on.
    """

    label: str
    ids: tuple[str, ...]
    command: str
    left_out: tuple[str, ...] = ()
    problem: str | None = None


def split_line(line: str) -> tuple[str | None, str]:
    """`@rack1&@prod uname -r` as ("@rack1&@prod", "uname -r"); a line without `@…` as (None, line)."""
    text = line.strip()
    if not text.startswith("@"):
        return None, text
    expression, _, command = text.partition(" ")
    return expression, command.strip()


class Targeting:
    """Holds what is marked and what the cursor is on, and answers which hosts a line would run on."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._marked: tuple[str, ...] = ()
        self._cursor: tuple[str, ...] = ()
        self._with_commands: frozenset[str] = frozenset()
        self._without_commands: frozenset[str] = frozenset()
        self._label = NO_HOST

    @property
    def hosts(self) -> tuple[str, ...]:
        """The marked hosts, else those under the cursor."""
        return self._marked or self._cursor

    def point(self, marked: tuple[str, ...], cursor: tuple[str, ...]) -> bool:
        """Take over what is marked and what the cursor is on (a group: all its hosts); False where nothing changed."""
        if (marked, cursor) == (self._marked, self._cursor):
            return False
        self._marked, self._cursor = marked, cursor
        hosts = self.hosts
        self._label = self._targets.fold(hosts) if len(hosts) > 1 else "".join(hosts) or NO_HOST
        return True

    def named(self, expression: str) -> tuple[str, ...]:
        """The hosts that `expression` names, of all kinds; those pointed at where it is empty. Raises ConfigError."""
        return self._resolve(expression) if expression else self.hosts

    def look_at(self, rows: Sequence[HostRow]) -> None:
        """Take over from the fleet which hosts take commands, and which do not."""
        self._with_commands = frozenset(row.id for row in rows if row.takes_commands)
        self._without_commands = frozenset(row.id for row in rows if not row.takes_commands)

    def can_run_on(self, hosts: Sequence[str]) -> bool:
        """Whether all of these are still there, and take commands."""
        return self._with_commands.issuperset(hosts)

    def select(self, line: str) -> Selection:
        """The hosts that `line` would run on now. Never raises: what is wrong is in `problem`."""
        expression, command = split_line(line)
        label, ids = self._label, self.hosts
        if _OPENS_THE_LINE.match(command):
            return Selection(safe(label), (), command, problem=f"leave out the !: write {safe(command[1:])}")
        if expression is not None:
            label = expression
            try:
                ids = self._resolve(expression)
            except ConfigError as error:
                return Selection(
                    safe(redacted(label) if ":" in label else label), (), command, problem=safe(error.sentence)
                )
        left_out = tuple(host for host in ids if host in self._without_commands)
        ids = tuple(host for host in ids if host not in self._without_commands)
        problem = None
        if not ids:
            problem = "no host of these takes commands" if left_out else "no host is marked or under the cursor"
        return Selection(safe(label), ids, command, left_out, problem)

    def _resolve(self, expression: str) -> tuple[str, ...]:
        """Read `@rack1` as a tag, else `@kvm[01-04]` as names. Of two errors that of the longer reading is told."""
        try:
            return self._targets.resolve(expression)
        except ConfigError as as_tag:
            if as_tag.column != 1:
                raise  # its beginning can be read as a tag
            try:
                return self._targets.resolve(expression.removeprefix("@"))
            except ConfigError as as_name:
                if as_name.column in (None, 1):
                    raise as_tag from as_tag.__cause__
                as_name.column += 1
                raise
