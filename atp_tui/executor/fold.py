"""Answers that are the same, kept and shown once: results folded into groups while they come."""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import Generator
from dataclasses import field

from ..model.data_class import dataclass
from ..model.message import Message
from ..model.order import NaturalKey, natural
from ..model.outcome import CommandResult, Outcome
from ..model.target import TargetId
from .folding import SLICE, folding
from .texts import Text, Texts

FIRST_NAMES = 3
"""Names that a group tells while all of them are not folded yet."""


@dataclass(frozen=True, slots=True)
class Part:
    """One group of targets that ended alike, as it is now: plain data.

    `group` names it within its fold for good. `number` is that of its last change. `digest` is the one under which
    `Fold.output` has what they said. `count` is of its targets, `first` has the first of them in natural order, `names`
    all of them, folded: None until `Fold.name` has been there. `cut` counts those that said more than is kept.
    `variants` is how many outputs it has joined: more than one where what they differ in is masked. `clipped`: of what
    is shown of these more was said.
    """

    group: int
    number: int
    outcome: Outcome
    exit_status: int | None
    signal: str | None
    error: Message | None
    digest: bytes
    count: int
    first: tuple[TargetId, ...]
    names: str | None
    cut: int
    variants: int = 1
    clipped: bool = False

    @property
    def label(self) -> str:
        """Its names, or the first of them and how many more there are."""
        if self.names is not None:
            return self.names
        more = self.count - len(self.first)
        return ",".join(map(str, self.first)) + (f" and {more} more" if more else "")


_Kind = tuple[Outcome, int | None, str | None, Message | None]


@dataclass(slots=True, eq=False)
class _Group:
    id: int
    kind: _Kind
    text: Text
    number: int = 0
    members: set[TargetId] = field(default_factory=set)
    first: list[tuple[NaturalKey, TargetId]] = field(default_factory=list)
    names: str | None = None
    cut: int = 0

    def add(self, target: TargetId, *, cut: bool) -> None:
        self.members.add(target)
        self.cut += cut
        place = natural(str(target))
        if len(self.first) < FIRST_NAMES or place < self.first[-1][0]:
            insort(self.first, (place, target))
            del self.first[FIRST_NAMES:]
        self.names = str(target) if len(self.members) == 1 else None

    def part(self) -> Part:
        first = tuple([target for _, target in self.first])
        return Part(self.id, self.number, *self.kind, self.text.digest, len(self.members), first, self.names, self.cut)


class Fold:
    """Groups of targets with the same outcome, exit status, signal, error and output.

    Adding costs the hashing of the output and a few microseconds, so nothing is left to do at the end. A last line
    without its line feed is the same line. Memberships are sets of ids: those are joined and subtracted, folded names
    never. Nothing is kept twice: a text once, whatever the number of groups and targets that have it.
    """

    def __init__(self) -> None:
        self.texts = Texts()
        self.number = 0
        """The number of the last change."""
        self._groups: list[_Group] = []
        self._by_kind: dict[tuple[_Kind, bytes], _Group] = {}
        self._changed: dict[int, None] = {}  # ids of groups, the one that changed last at the end

    def add(self, *results: CommandResult) -> tuple[int, ...]:
        """Take results of targets that have none yet; the ids of the groups that have changed."""
        return tuple(dict.fromkeys(map(self._add, results)))

    def _add(self, result: CommandResult) -> int:
        text, _ = self.texts.keep(result.stdout, result.stderr)
        return self.take(result.target, result, text)

    def take(self, target: TargetId, result: CommandResult, text: Text) -> int:
        """As `add`, for the result of `target`, whose output is `text` of `texts`; the id of its group."""
        kind = (result.outcome, result.exit_status, result.signal, result.error)
        group = self._by_kind.get((kind, text.said))
        if group is None:
            group = self._by_kind[kind, text.said] = _Group(len(self._groups), kind, text)
            self._groups.append(group)
        group.add(target, cut=result.truncated)
        self._note(group)
        return group.id

    def parts(self, since: int = 0) -> tuple[Part, ...]:
        """The groups that have changed after number `since`, in the order of their last change."""
        found: list[Part] = []
        for group in reversed(self._changed):
            if self._groups[group].number <= since:
                break
            found.append(self._groups[group].part())
        return tuple(reversed(found))

    def part(self, group: int) -> Part:
        """One group as it is now."""
        return self._groups[group].part()

    def members(self, group: int) -> frozenset[TargetId]:
        """The targets of a group."""
        return frozenset(self._groups[group].members)

    def output(self, digest: bytes) -> bytes:
        """What the targets of a group said: standard output, then the errors."""
        return self.texts[digest].output

    async def name(self) -> bool:
        """Fold the names of every group that wants it, a slice at a time; whether there was one.

        The loop goes on between two slices. Where it is cancelled, what is not folded yet stays for another time.
        """
        found = False
        for _ in self._naming():
            found = True
            await asyncio.sleep(0)
        return found

    def name_at_once(self, most: int) -> None:
        """Fold names now, as long as those of no more than `most` targets are worked through."""
        for group in list(self._groups):
            if group.names is None:
                most -= len(group.members)
                if most < 0:
                    return
                for _ in self._naming_of(group):
                    pass

    def _naming(self) -> Generator[None, None, None]:
        worked = 0
        for group in list(self._groups):
            if group.names is None:
                yield from self._naming_of(group)
                worked += len(group.members)
                if worked >= SLICE:  # small groups share a slice
                    worked = 0
                    yield
        if worked:
            yield

    def _naming_of(self, group: _Group) -> Generator[None, None, None]:
        count = len(group.members)
        names = yield from folding(map(str, tuple(group.members)))
        if count == len(group.members):  # else there was news meanwhile
            group.names = names
            self._note(group)

    def _note(self, group: _Group) -> None:
        self.number += 1
        group.number = self.number
        self._changed.pop(group.id, None)
        self._changed[group.id] = None
