"""What an Ansible inventory says, in whichever form it is written: hosts, groups of hosts and of groups, variables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from ...model.data_class import dataclass
from ...model.errors import ConfigError
from .found import MOST_HOSTS, Given
from .gathering import Entry, Gathering, too_many_hosts
from .node_sets import Work

ALL, UNGROUPED = "all", "ungrouped"
"""Groups that Ansible makes itself: they are no tags."""

MOST_LEVELS = 1_000_000
"""Groups above groups, counted for each group: 1,000 groups in 1,000 others, once more."""

VARIABLES = {
    "ansible_host": "host",
    "ansible_ssh_host": "host",
    "ansible_user": "user",
    "ansible_ssh_user": "user",
    "ansible_port": "port",
    "ansible_ssh_port": "port",
    "ansible_ssh_private_key_file": "identity_file",
    "ansible_private_key_file": "identity_file",
    "ansible_connection": "connection",
}
"""The variables that are read. All others stay where they are: some are passwords."""

OVER_SSH = ("", "ssh", "smart", "paramiko", "paramiko_ssh", "ansible.builtin.ssh", "ansible.builtin.paramiko_ssh")
"""Values of ansible_connection for hosts that are reached over SSH."""

_SHOWN = 20
"""Groups of a cycle that a message names."""

_TEMPLATE = ("{{", "{%")


@dataclass(slots=True)
class Group:
    """One group: names of hosts and of groups, and the variables that are read. `line` is where it is named first."""

    name: str
    given: Given
    line: int
    hosts: dict[str, None] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Host:
    given: Given
    line: int
    groups: dict[str, None] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)


class Inventory:
    """All that the files of an inventory say. What is left out of it goes to `gathering`."""

    def __init__(self, gathering: Gathering) -> None:
        self.gathering = gathering
        self._groups: dict[str, Group] = {}
        self._hosts: dict[str, _Host] = {}
        self._work = Work()

    def group(self, name: str, given: Given, line: int) -> Group:
        """The group of that name, made where it is new."""
        return self._groups.setdefault(name, Group(name, given, line))

    def add_host(self, name: str, group: str, given: Given, line: int) -> dict[str, str]:
        """A host in a group; its variables.

        Raises TooManyHosts, and TooManyNames where hosts come again too often.
        """
        self.group(group, given, line).hosts[name] = None
        self._work.add(1)
        host = self._hosts.get(name)
        if host is None:
            if len(self._hosts) >= 2 * MOST_HOSTS:  # some may be this machine, or patterns
                raise too_many_hosts(2 * MOST_HOSTS, file=given.file, line=line, least=True)
            host = self._hosts[name] = _Host(given, line)
        host.groups[group] = None
        return host.variables

    def variables_of(self, host: str) -> dict[str, str] | None:
        """The variables of a host that is in a group; None for another."""
        found = self._hosts.get(host)
        return None if found is None else found.variables

    def keep(self, variables: dict[str, str], owner: str, name: str, value: str, given: Given, line: int) -> None:
        """Keep a variable that is read, for a host or group called `owner`. A template has no value before a play."""
        key = VARIABLES.get(name)
        if key is None:
            return
        told = f"{name} of {owner}"
        if any(sign in value for sign in _TEMPLATE):
            reason, hint = "is a template, of which Ansible alone makes a value", "ansible-inventory --list shows some"
        elif key == "identity_file" and value and not value.startswith(("/", "~")):
            reason, hint = "is a path that begins where Ansible is started", "write a path from / or ~ on"
        else:
            variables[key] = value
            return
        self.gathering.leave_out(told, reason, given, line, hint)

    def gather(self) -> None:
        """Put the hosts into `gathering`, their groups as tags. Raises ConfigError for groups that hold each other."""
        above = self._above()
        known: dict[tuple[str, ...], tuple[list[str], dict[str, str]]] = {}
        tags_left = MOST_LEVELS
        for name, host in self._hosts.items():
            direct = tuple(host.groups)
            if direct not in known:
                known[direct] = self._inherited(direct, above)
            tags, variables = known[direct]
            tags_left -= len(tags)
            if tags_left < 0:
                raise ConfigError(
                    f"puts its hosts into groups more than {MOST_LEVELS:,} times", file=host.given.file, line=host.line
                )
            self._gather(name, host, tags, {**variables, **host.variables})

    def _gather(self, name: str, host: _Host, tags: list[str], variables: dict[str, str]) -> None:
        way = variables.pop("connection", "")
        if way not in OVER_SSH:
            reason = "is this machine" if way in ("local", "ansible.builtin.local") else "is not reached over SSH"
            self.gathering.leave_out(name, f"{reason} (ansible_connection={way})", host.given, host.line)
        elif not self.gathering.refused_name(name, host.given, host.line):
            entry: Entry = self.gathering.entry(name, host.given, host.line)
            entry.host, entry.user = variables.get("host"), variables.get("user")
            entry.port, entry.identity_file = variables.get("port"), variables.get("identity_file")
            entry.tags = dict.fromkeys(tags)

    def _inherited(self, direct: tuple[str, ...], above: dict[str, frozenset[str]]) -> tuple[list[str], dict[str, str]]:
        """The tags of hosts in these groups, and what the groups set: parents first, so that the nearest counts."""
        names = set(direct).union(*(above[name] for name in direct))
        ordered = sorted(names - {ALL, UNGROUPED}, key=lambda name: (len(above[name]), name))
        variables: dict[str, str] = {}
        for name in (ALL, *ordered):
            if name in self._groups:
                variables |= self._groups[name].variables
        groups = (self._groups[name] for name in ordered)
        return [each.name for each in groups if self.gathering.is_tag(each.name, each.given, each.line)], variables

    def _above(self) -> dict[str, frozenset[str]]:
        """The groups that each group is in, at any level. Raises ConfigError for a cycle, with the names in it."""
        parents: dict[str, set[str]] = {name: set() for name in self._groups}
        for group in self._groups.values():
            for child in group.children:
                parents[child].add(group.name)
        waiting = {name: len(each) for name, each in parents.items()}
        ready = [name for name, number in waiting.items() if not number]
        above: dict[str, frozenset[str]] = {}
        left = MOST_LEVELS
        while ready:
            name = ready.pop()
            above[name] = frozenset(parents[name]).union(*(above[parent] for parent in parents[name]))
            left -= len(above[name])
            if left < 0:
                raise ConfigError("has too many groups in groups", file=self._groups[name].given.file)
            for child in self._groups[name].children:
                waiting[child] -= 1
                if not waiting[child]:
                    ready.append(child)
        if len(above) < len(self._groups):
            raise self._cycle({name for name in self._groups if name not in above}, parents)
        return above

    def _cycle(self, stuck: set[str], parents: dict[str, set[str]]) -> ConfigError:
        """The error of groups of which each is below another one of them."""
        way = list(self._upwards(stuck, parents))
        way = way[way.index(way[-1]) :][::-1]
        told = [*way[:_SHOWN], f"… ({len(way) - 1:,} groups)"] if len(way) > _SHOWN else way
        first = min((self._groups[name] for name in way), key=lambda group: group.line)
        return ConfigError(
            f"the groups {' > '.join(told)} hold one another",
            file=first.given.file,
            line=first.line,
            hint="a group cannot be among its own children",
        )

    def _upwards(self, stuck: set[str], parents: dict[str, set[str]]) -> Iterator[str]:
        """From one of the groups to parents among them, up to the first that comes again."""
        seen: set[str] = set()
        name = min(stuck)
        while name not in seen:
            yield name
            seen.add(name)
            name = min(parents[name] & stuck)
        yield name
