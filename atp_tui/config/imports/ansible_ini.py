"""An Ansible inventory in its INI form."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from ...model.errors import ConfigError
from .ansible_groups import ALL, UNGROUPED, Inventory
from .ansible_ranges import expanded, without_port
from .found import Given
from .gathering import TooManyHosts, too_many
from .node_sets import TooManyNames

_SECTION = re.compile(r"\[(?P<group>[^:\]\s]+)(?::(?P<kind>\w+))?\]\s*(?:[#;].*)?")
_PLAIN = re.compile(r"""[^"'\\#]*""").fullmatch
"""A line that shlex parts as any blank does. It takes a microsecond for each sign."""

_LONGEST = 64 << 10
"""Signs of a line of a host: taking it apart costs time for each."""


def read_ini(given: Given, inventory: Inventory) -> None:
    """Read the text into the inventory. What is wrong with a line leaves that line out. Raises TooManyHosts."""
    reading = _Reading(given, inventory)
    for number, raw in enumerate(given.text.split("\n"), 1):
        text = raw.strip()
        if text and text[0] not in "#;":
            reading.take(text, number)


class _Reading:
    """One file being read: the section that its lines stand in."""

    def __init__(self, given: Given, inventory: Inventory) -> None:
        self._given = given
        self._inventory = inventory
        self._group = UNGROUPED
        self._line: Callable[[str, int], None] = self._host

    def take(self, text: str, line: int) -> None:
        try:
            if text.startswith("["):
                self._section(text, line)
            else:
                self._line(text, line)
        except TooManyNames as error:
            raise too_many(error, self._given, line) from error
        except TooManyHosts:
            raise
        except ConfigError as error:
            name = text.split(None, 1)[0]  # what follows may be a password
            self._inventory.gathering.wrong(name, error, self._given, line)

    def _section(self, text: str, line: int) -> None:
        found = _SECTION.fullmatch(text)
        kinds = {None: self._host, "children": self._child, "vars": self._variable}
        if found is None or found["kind"] not in kinds:
            self._line = self._nothing
            raise ConfigError(
                "is no section: its lines are left out", hint="write [group], [group:children] or [group:vars]"
            )
        self._line, self._group = kinds[found["kind"]], found["group"]
        self._inventory.group(self._group, self._given, line)

    def _nothing(self, text: str, line: int) -> None:
        """A line of a section that is none."""

    def _host(self, text: str, line: int) -> None:
        first, *words = _words(text)
        if not all("=" in word for word in words):
            raise ConfigError("has a word behind it that is no key=value", hint="write a host a line")
        pattern, port = without_port(first)
        for name in expanded(pattern):
            variables = self._inventory.add_host(name, self._group, self._given, line)
            if port is not None:
                variables["port"] = port
            for word in words:
                key, _, value = word.partition("=")
                self._inventory.keep(variables, first, key, value, self._given, line)

    def _child(self, text: str, line: int) -> None:
        name = _words(text)[0]
        self._inventory.group(name, self._given, line)
        parent = self._inventory.group(self._group, self._given, line)
        if name == ALL:
            raise ConfigError("holds all groups, and is in none")
        parent.children[name] = None

    def _variable(self, text: str, line: int) -> None:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals:
            raise ConfigError("is no key = value")
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        group = self._inventory.group(self._group, self._given, line)
        self._inventory.keep(group.variables, f"group {group.name}", key, value, self._given, line)


def _words(text: str) -> list[str]:
    """The words of a line, as Ansible has them: shell quotes, and a comment behind a #. Raises ConfigError."""
    if len(text) > _LONGEST:
        raise ConfigError("is too long a line")
    if _PLAIN(text):
        return text.split()
    try:
        words = shlex.split(text, comments=True)
    except ValueError as error:
        raise ConfigError("has a quote that is not closed") from error
    if not words:
        raise ConfigError("names no host")
    return words
