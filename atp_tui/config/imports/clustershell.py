"""Hosts of ClusterShell's group files: groups.d/*.yaml, and the old `group: node set` lines. Groups become tags.

Its own resolver is not used: it runs the commands that groups.conf names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import partial

from ...model.data_class import dataclass
from ...model.errors import ConfigError
from ...model.host import ALL
from ...model.quoting import quoted
from .found import Given, Imported
from .gathering import Gathering, TooManyHosts, too_many
from .node_sets import Names, TooManyNames, Work, expanded
from .yaml_tree import Node, Steps, read_yaml

DEEPEST = 100
"""Groups that refer to one another in a row."""

LOCAL = "local"
"""The source of groups that are written in the old form."""

_YAML = re.compile(r"(?:[ \t]*(?:#.*)?\r?\n)*(?:---|[^\s#:]+:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*[ \t]+\S)")
_OWN = re.compile(r"(?P<source>[^:]+):(?P<group>.+)")


@dataclass(frozen=True, slots=True)
class _Group:
    source: str
    name: str
    nodes: str
    given: Given
    line: int


class _Groups:
    """All groups of the texts. Each is resolved once."""

    def __init__(self, groups: Iterable[_Group], gathering: Gathering) -> None:
        self._groups: dict[tuple[str, str], _Group] = {}
        for group in groups:
            if self._groups.setdefault((group.source, group.name), group) is not group:
                gathering.leave_out(f"group {group.name}", "stands there a second time", group.given, group.line)
        self._resolved: dict[tuple[str, str], Names] = {}
        self._open: dict[tuple[str, str], None] = {}
        self._work = Work()

    def each(self) -> Iterator[_Group]:
        """All groups, each once."""
        yield from self._groups.values()

    def names(self, group: _Group) -> Names:
        """The hosts of a group. Raises ConfigError, with its line, for a cycle, too many, and what cannot be read."""
        key = (group.source, group.name)
        if key in self._resolved:
            return self._resolved[key]
        if key in self._open or len(self._open) >= DEEPEST:
            names = [name for _, name in list(self._open)[list(self._open).index(key) :]] if key in self._open else []
            told = " > ".join([*names, group.name])
            words = f"the groups {told} hold one another" if names else f"more than {DEEPEST} groups hold one another"
            raise _Endless(words, file=group.given.file, line=group.line)
        self._open[key] = None
        try:
            found = expanded(group.nodes, self._work, partial(self._of_name, source=group.source))
        except TooManyNames as error:
            raise too_many(error, group.given, group.line) from error
        finally:
            del self._open[key]
        self._resolved[key] = found
        return found

    def _of_name(self, name: str, source: str) -> Collection[str]:
        """The hosts of `@name`, `@source:name` or `@*`, as a group of `source` writes it."""
        if (source, name) not in self._groups and (other := _OWN.fullmatch(name)):
            source, name = other["source"], other["group"]
        if name == "*":
            whole = [group for group in self._groups.values() if group.source == source and group.name != ALL]
            return {name: None for group in whole for name in self.names(group)}
        group = self._groups.get((source, name))
        if group is None:
            what = f"there is no group {quoted(name)} in the source {quoted(source)}"
            raise ConfigError(what, hint="write the names of its hosts")
        return self.names(group)


class _Endless(ConfigError):
    """Groups that hold one another: the whole file is refused for it."""


def read(texts: Iterable[Given]) -> Imported:
    """The hosts of all groups, each with its groups as tags (`all` is none).

    Raises ConfigError for a file that cannot be read, for groups that hold one another, with their names, and for
    groups of too many hosts.
    """
    gathering = Gathering()
    known = _Groups((group for given in texts for group in _groups(given, gathering)), gathering)
    for group in known.each():
        try:
            names = known.names(group)
        except (_Endless, TooManyHosts):
            raise
        except ConfigError as error:
            gathering.wrong(f"group {group.name}", error, group.given, group.line)
            continue
        is_tag = group.name != ALL and gathering.is_tag(group.name, group.given, group.line)
        for name in names:
            if not gathering.refused_name(name, group.given, group.line):
                entry = gathering.entry(name, group.given, group.line)
                entry.tags |= {group.name: None} if is_tag else {}
    return gathering.imported()


def _groups(given: Given, gathering: Gathering) -> Iterator[_Group]:
    suffix = "" if given.file is None else given.file.suffix
    if suffix in (".yaml", ".yml") or (suffix != ".cfg" and _YAML.match(given.text)):
        return _of_yaml(given, gathering)
    return _of_lines(given, gathering)


def _of_lines(given: Given, gathering: Gathering) -> Iterator[_Group]:
    for number, raw in enumerate(given.text.split("\n"), 1):
        text = raw.partition("#")[0]
        name, colon, nodes = (part.strip() for part in text.partition(":"))
        if colon and name:
            yield _Group(LOCAL, name, nodes, given, number)
        elif text.strip():
            gathering.leave_out(text.strip(), "is no group", given, number, "write group: node[1-9]")


def _of_yaml(given: Given, gathering: Gathering) -> Iterator[_Group]:
    try:
        root, steps = read_yaml(given.text), Steps()
        if root.kind != "mapping" and not root.is_null:
            raise ConfigError("holds no groups", line=root.line, hint="write source:, below it group: node[1-9]")
        for source, key, groups in steps.pairs(root):
            if groups.kind != "mapping":
                gathering.leave_out(source, "is no table of groups", given, key.line)
                continue
            for name, at, nodes in steps.pairs(groups):
                yield _Group(source, name, _nodes(nodes), given, at.line)
    except ConfigError as error:
        raise ConfigError(error.message, file=given.file, line=error.line, hint=error.hint) from error


def _nodes(node: Node) -> str:
    """The node set of a group, which may be a list of them; that of null is empty."""
    return ",".join(item.text or "" for item in node.items) if node.kind == "sequence" else node.text or ""
