"""YAML as a tree of texts with their lines: bounded, and without any of the objects that YAML can make.

Events are read one by one, so that nothing is built beyond the bounds. An alias stands for the same node again, which
copies nothing; whoever walks the tree counts his steps (`Steps`), since a few lines of aliases of aliases stand for
millions of values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Any, Literal

from ...model.data_class import dataclass
from ...model.errors import ConfigError

MOST_NODES = 500_000
"""Values in a file: 10,000 hosts with ten values each and their keys, twice over."""

DEEPEST = 100
"""Levels: libyaml takes time by the square of them."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(slots=True)
class Node:
    """A scalar (`text`), a mapping (`pairs`) or a sequence (`items`). `line` counts from 1.

    `text` is None for null, and for a value with a tag of its own, such as !vault: `skipped` names the tag.
    """

    line: int
    kind: Literal["scalar", "mapping", "sequence"]
    text: str | None = None
    skipped: str = ""
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)

    @property
    def is_null(self) -> bool:
        return self.kind == "scalar" and self.text is None


class Endless(ConfigError):
    """A text of which aliases make more than MOST_NODES values."""


class Steps:
    """Counts what is walked through. Raises Endless at more than MOST_NODES."""

    def __init__(self) -> None:
        self._left = MOST_NODES

    def take(self, node: Node) -> None:
        self._left -= 1
        if self._left < 0:
            what = f"stands for more than {MOST_NODES:,} values, by aliases of aliases"
            raise Endless(what, line=node.line, hint="write them out")

    def pairs(self, node: Node, depth: int = 0) -> Iterator[tuple[str, Node, Node]]:
        """The keys of a mapping with their nodes and values; those that `<<` merges in come last, once each."""
        seen: set[str] = set()
        merged: list[Node] = []
        for key, value in node.pairs:
            self.take(key)
            if key.text == "<<":
                merged += value.items if value.kind == "sequence" else [value]
            elif key.kind == "scalar":
                seen.add(key.text or "")
                yield key.text or "", key, value
        for other in merged if depth < DEEPEST else []:
            for name, key, value in self.pairs(other, depth + 1):
                if name not in seen:
                    seen.add(name)
                    yield name, key, value


def read_yaml(text: str) -> Node:
    """The first document of a text. Raises ConfigError, with the line, for what is no YAML or beyond the bounds."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Composer().composed(yaml.parse(text, Loader=loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "cannot be read"
        line = mark.line + 1 if mark is not None else None
        if isinstance(error, yaml.reader.ReaderError):
            line = 1 + text.count("\n", 0, error.position) if isinstance(error.position, int) else None
            problem = "a control character"
        raise ConfigError(f"is not YAML: {problem}", line=line, hint="see yaml.org for the format") from error


class _Composer:
    """Makes nodes of events, without recursion."""

    def __init__(self) -> None:
        self._anchors: dict[str, Node] = {}
        self._open: list[Node] = []
        self._keys: list[Node | None] = []
        self._root: Node | None = None
        self._number = 0

    def composed(self, events: Iterator[Any]) -> Node:
        import yaml

        for event in events:
            if isinstance(event, yaml.DocumentEndEvent):
                break
            if isinstance(event, yaml.CollectionEndEvent):
                self._open.pop()
                self._keys.pop()
            elif isinstance(event, yaml.NodeEvent):
                self._take(event)
        return self._root or Node(1, "scalar")

    def _take(self, event: Any) -> None:
        import yaml

        line = event.start_mark.line + 1
        self._number += 1
        if self._number > MOST_NODES or len(self._open) > DEEPEST:
            what = f"has more than {MOST_NODES:,} values" if self._number > MOST_NODES else "is nested too deeply"
            raise ConfigError(what, line=line, hint="give a part of it")
        if isinstance(event, yaml.AliasEvent):
            self._place(self._aliased(event.anchor, line))
            return
        node = self._node(event, line)
        if event.anchor:
            self._anchors[event.anchor] = node
        self._place(node)
        if node.kind != "scalar":
            self._open.append(node)
            self._keys.append(None)

    def _node(self, event: Any, line: int) -> Node:
        import yaml

        tag = event.tag or ""
        own = bool(tag) and not tag.startswith("tag:yaml.org,2002:")
        own = own or tag.startswith("tag:yaml.org,2002:python")
        if isinstance(event, yaml.ScalarEvent):
            plain = not event.style and not tag
            text = None if own or (plain and event.value in _NULLS) else event.value
            return Node(line, "scalar", text, tag if own else "")
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        return Node(line, "mapping" if is_mapping else "sequence", skipped=tag if own else "")

    def _aliased(self, anchor: str, line: int) -> Node:
        node = self._anchors.get(anchor)
        if node is None or any(node is each for each in self._open):
            what = "holds itself" if node is not None else "is defined nowhere"
            raise ConfigError(f"*{anchor} {what}", line=line, hint=f"an alias stands behind its own &{anchor}")
        return node

    def _place(self, node: Node) -> None:
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        if parent.kind == "sequence":
            parent.items.append(node)
        elif (key := self._keys[-1]) is None:
            self._keys[-1] = node
        else:
            parent.pairs.append((key, node))
            self._keys[-1] = None
