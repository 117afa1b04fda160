"""Answers that are the same, shown once: hosts folded by outcome, exit status and output."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import unified_diff

from ..model.order import natural
from ..model.outcome import CommandResult, Outcome
from .targets import fold

_Kind = tuple[Outcome, int | None, str | None, str | None]

DIFF_LINES = 12
"""A difference longer than this is no longer read at a glance."""

_DIFFED_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Group:
    """Hosts that ended alike. `nodes` is their folded names, `output` their standard output and then their errors."""

    nodes: str
    hosts: tuple[str, ...]
    outcome: Outcome
    exit_status: int | None
    output: bytes
    error: str | None
    signal: str | None = None


def fold_results(results: Iterable[CommandResult]) -> list[Group]:
    """Groups of hosts with the same outcome, exit status, error and output, the largest first.

    Output is compared by lines with ClusterShell's MsgTree: a last line without its line feed is the same line.
    """
    from ClusterShell.MsgTree import MsgTree

    # a tree for each way of ending: equal output must not hide that one of the hosts failed
    trees: defaultdict[_Kind, MsgTree] = defaultdict(MsgTree)
    silent: defaultdict[_Kind, list[str]] = defaultdict(list)
    for result in results:
        kind = (result.outcome, result.exit_status, result.signal, result.error)
        lines = _lines(result.stdout) + _lines(result.stderr)
        for line in lines:
            trees[kind].add(result.host, line)
        if not lines:
            silent[kind].append(result.host)
    groups = [_group(kind, hosts, b"") for kind, hosts in silent.items()]
    groups += [_group(kind, hosts, bytes(said)) for kind, tree in trees.items() for said, hosts in tree.walk()]
    return sorted(groups, key=lambda group: (-len(group.hosts), natural(group.hosts[0])))


def diff(group: Group, reference: Group) -> list[bytes]:
    """How a group's output differs from another's: lines with `+ ` or `- ` before them, DIFF_LINES at most.

    Empty where nothing differs, and where one of the outputs is too long to compare at a glance.
    """
    if max(len(group.output), len(reference.output)) > _DIFFED_BYTES:
        return []
    # latin-1 maps each byte to one character and back: nothing is lost and nothing can fail
    old, new = (_text(one.output) for one in (reference, group))
    changes = [line for line in unified_diff(old, new, n=0, lineterm="") if line[:1] in "+-"]
    # the first two are the file headers
    return [f"{line[0]} {line[1:]}".encode("latin-1") for line in changes[2 : 2 + DIFF_LINES]]


def _group(kind: _Kind, hosts: Iterable[str], output: bytes) -> Group:
    outcome, exit_status, signal, error = kind
    names = tuple(sorted(hosts, key=natural))
    return Group(fold(names), names, outcome, exit_status, output, error, signal)


def _lines(output: bytes) -> list[bytes]:
    return output.removesuffix(b"\n").split(b"\n") if output else []


def _text(output: bytes) -> Sequence[str]:
    return output.decode("latin-1").split("\n")
