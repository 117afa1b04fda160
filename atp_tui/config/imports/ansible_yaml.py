"""An Ansible inventory in its YAML form, and the JSON of `ansible-inventory --list`."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.errors import ConfigError
from .ansible_groups import ALL, VARIABLES, Group, Inventory
from .ansible_ranges import expanded, without_port
from .found import Given
from .gathering import TooManyHosts, too_many
from .node_sets import TooManyNames
from .yaml_tree import Endless, Node, Steps, read_yaml

META = "_meta"
"""The key of `ansible-inventory --list` below which the variables of hosts are."""

_HINT = "write all:, below it hosts: or children:"


def read_inventory_yaml(given: Given, inventory: Inventory) -> None:
    """Read the text into the inventory. What is wrong with an entry leaves that one out.

    Raises ConfigError for what is no YAML, or no inventory (a playbook, say), and TooManyHosts.
    """
    try:
        root = read_yaml(given.text)
        if root.kind != "mapping" and not root.is_null:
            raise ConfigError("is no inventory", line=root.line, hint=_HINT)
        _Reading(given, inventory).read(root)
    except ConfigError as error:
        if error.file is not None or given.file is None:
            raise
        raise ConfigError(error.message, file=given.file, line=error.line, hint=error.hint) from error


class _Reading:
    """One document. Groups in groups are worked through one after the other, without recursion."""

    def __init__(self, given: Given, inventory: Inventory) -> None:
        self._given = given
        self._inventory = inventory
        self._steps = Steps()
        self._waiting: list[tuple[Group, Node]] = []

    def read(self, root: Node) -> None:
        meta: list[Node] = []
        for name, key, node in self._steps.pairs(root):
            if name == META:
                meta.append(node)
            else:
                self._waiting.append((self._inventory.group(name, self._given, key.line), node))
        while self._waiting:
            self._group(*self._waiting.pop())
        for node in meta:
            self._meta(node)

    def _group(self, group: Group, node: Node) -> None:
        if node.is_null:
            return
        if node.kind != "mapping":
            self._wrong(f"group {group.name}", "is no table", node, _HINT)
            return
        for name, _, below in self._steps.pairs(node):
            if name == "hosts":
                self._hosts(group, below)
            elif name == "children":
                self._children(group, below)
            elif name == "vars":
                self._variables(group.variables, f"group {group.name}", below)

    def _hosts(self, group: Group, node: Node) -> None:
        for pattern, key, values in self._named(node, f"hosts of {group.name}"):
            try:
                name, port = without_port(pattern)
                for each in expanded(name):
                    variables = self._inventory.add_host(each, group.name, self._given, key.line)
                    if port is not None:
                        variables["port"] = port
                    self._variables(variables, pattern, values)
            except TooManyNames as error:
                raise too_many(error, self._given, key.line) from error
            except (TooManyHosts, Endless):
                raise
            except ConfigError as error:
                self._inventory.gathering.wrong(pattern, error, self._given, key.line)

    def _children(self, group: Group, node: Node) -> None:
        for name, key, below in self._named(node, f"children of {group.name}"):
            if name == ALL:
                self._wrong(f"children of {group.name}", "hold all groups, and are below all", key)
                continue
            child = self._inventory.group(name, self._given, key.line)
            group.children[name] = None
            self._waiting.append((child, below))

    def _named(self, node: Node, what: str) -> Iterator[tuple[str, Node, Node]]:
        """Names with what stands below them. A list of names, as ansible-inventory prints, has nothing below."""
        if node.kind == "mapping":
            yield from self._steps.pairs(node)
        elif node.kind == "sequence":
            for item in node.items:
                self._steps.take(item)
                if item.text:
                    yield item.text, item, Node(item.line, "scalar")
        elif not node.is_null:
            self._wrong(what, "is no table of names", node, "write each name with a colon, on a line of its own")

    def _variables(self, variables: dict[str, str], owner: str, node: Node) -> None:
        if node.is_null:
            return
        if node.kind != "mapping":
            self._wrong(f"variables of {owner}", "are no table", node)
            return
        for name, key, value in self._steps.pairs(node):
            if value.kind == "scalar" and value.text is not None:
                self._inventory.keep(variables, owner, name, value.text, self._given, key.line)
            elif value.skipped and name in VARIABLES:
                self._wrong(f"{name} of {owner}", f"has the tag {value.skipped}, which Ansible alone reads", key)

    def _meta(self, node: Node) -> None:
        """Variables of hosts by their names. A host that is in no group is none of the inventory's."""
        for name, _, hostvars in self._steps.pairs(node) if node.kind == "mapping" else ():
            if name != "hostvars" or hostvars.kind != "mapping":
                continue
            for host, _, values in self._steps.pairs(hostvars):
                variables = self._inventory.variables_of(host)
                if variables is not None:
                    self._variables(variables, host, values)

    def _wrong(self, name: str, reason: str, node: Node, hint: str = "") -> None:
        self._inventory.gathering.leave_out(name, reason, self._given, node.line, hint)
