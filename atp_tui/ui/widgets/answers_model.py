"""The answers to one command as lines: a block a group of equal answers, ended or at work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from ...engine.fleet import JobTicket
from ...engine.fleet_jobs import Parts
from ...executor.fold import Part
from ...executor.live_groups import LiveGroup, LiveGroups
from ...executor.motion import Motion
from ...executor.reader import (
    JobEvent,
    TargetEnded,
    TargetLost,
    TargetMoved,
    TargetOutput,
    TargetStarted,
    TargetStopping,
    WaveTold,
)
from ...executor.waves import Phase, Progress
from ...model.outcome import CommandResult, Outcome
from ...model.target import TargetId
from ..format import age, countdown, moment
from ..glyphs import UNICODE, Glyphs
from ..text import safe
from ..words import outcome_count, outcome_word
from .answer_blocks import AnswerLines, Block
from .answer_filter import AnswerFilter
from .answer_heads import (
    IN_WORK,
    LABEL_WIDTH,
    WORST,
    filtered_block,
    filtered_live_block,
    group_block,
    group_key,
    live_block,
    live_label,
    sign_of,
    worst_first,
)
from .lines import Piece
from .live_filter import LiveFilter, Row
from .live_lines import Live

MOST_COMPARED = 20
"""Blocks that are compared with the largest one when all are unfolded: more are not read at a glance."""


class Answered(Protocol):
    """Where the groups of equal answers are read; the port to the fleet is one."""

    def now(self) -> float: ...
    def parts(self, job: str, since: int = 0, masked: bool = False) -> Parts: ...
    def output(self, job: str, digest: bytes) -> bytes: ...
    def spilled(self, job: str) -> str: ...
    def members(self, job: str, group: int, masked: bool = False) -> tuple[TargetId, ...]: ...


class AnswersModel:
    """What is known of one job, and which of its blocks are unfolded."""

    def __init__(self, job: JobTicket, fleet: Answered, glyphs: Glyphs = UNICODE) -> None:
        self.job = job
        self.place: str | None = None
        """Where a person had come to when other answers were shown; None for the end."""
        self._fleet = fleet
        self._ended_at: float | None = None
        self._glyphs = glyphs
        self._names = tuple(map(str, job.targets))
        self._places = {name: place for place, name in enumerate(self._names)}
        self._live = [Live() for _ in self._names]
        self._at_work = LiveGroups(len(self._names))
        self._results: dict[str, CommandResult] = {}  # without their outputs: these are the engine's to keep or drop
        self._counts: Counter[Outcome] = Counter()
        self._working: set[str] = set()
        self._signs: dict[str, object] = {}  # of the blocks that are made: what has made them so
        self._stopping: set[str] = set()  # their end was asked for, and is not known yet
        self._number = 0
        self._parts: dict[int, Part] = {}
        self._ordered: list[Part] = []
        self._compared: set[str] = set(self._names)
        self._open: set[str] = set(self._names) if len(self._names) == 1 else set()
        self.masked = False
        """Whether answers are joined that are equal but for what is masked."""
        self.paused = False
        """Whether no further host begins: a person has said so, or has to say something before the next wave."""
        self.progress: Progress | None = None
        """How its waves stood when that was told last."""
        self.filter: AnswerFilter | None = None
        """What lines have to match to be shown."""
        self._live_filter = LiveFilter()
        self.motion = Motion(len(job.targets))
        """How far it has come, where it moves files."""
        self._begun = False
        self._finished = False
        self._dropped = False
        self._lines: dict[str, Block] = {}
        self._hosts: dict[str, frozenset[str]] = {}  # of the blocks that were asked for

    @property
    def finished(self) -> bool:
        return self._finished

    @property
    def begun(self) -> bool:
        """Whether something has come of any host."""
        return self._begun

    @property
    def ended(self) -> int:
        """How many hosts have ended."""
        return len(self._results)

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many hosts ended in which way, worst first."""
        return {outcome: self._counts[outcome] for outcome in WORST if outcome in self._counts}

    @property
    def groups(self) -> Sequence[Part]:
        """The groups of those that have ended, in the order in which they are shown."""
        return tuple(self._ordered)

    @property
    def answered(self) -> int:
        """On how many hosts the command came to its end, well or not."""
        counts = self.counts
        return counts.get(Outcome.OK, 0) + counts.get(Outcome.FAILED, 0)

    @property
    def failed_hosts(self) -> tuple[str, ...]:
        """Hosts on which the command did not end well, in the order they were asked."""
        ended = self._results
        return tuple(name for name in self._names if name in ended and ended[name].outcome is not Outcome.OK)

    @property
    def left(self) -> tuple[str, ...]:
        """Hosts that have not ended, in the order they were asked."""
        return tuple(name for name in self._names if name not in self._results)

    def summary(self) -> str:
        """`17/18 done · 16 ok · 1 cancelling`; with the time since the job began, all of it when it is done."""
        parts = [f"{len(self._results)}/{len(self.job.targets)} done"]
        counts = self.counts
        ordered = [Outcome.OK, *(outcome for outcome in counts if outcome is not Outcome.OK)]
        parts += [outcome_count(counts[outcome], outcome) for outcome in ordered if outcome in counts]
        if self._stopping:
            parts.append(f"{len(self._stopping)} cancelling")
        if self.motion:
            parts.append(self.motion.told(self._fleet.now(), ended=self._finished))
        if self.progress is not None:
            stopped = self.progress.phase is Phase.STOPPED
            told = f"{self.progress.wave} of {self.progress.waves}"
            parts.append(f"stopped in wave {told}" if stopped else f"waves over: {told}")
        if self.paused and not self._finished:
            parts.append("paused")
        parts.append(self.lasted())
        if self.masked:
            parts.append("masked")
        if self.filter is not None:
            parts.append(f"lines with {self.filter.text}")
        return " · ".join(parts)

    def counts_told(self) -> tuple[Piece, ...]:
        """`16 ok`, `1 failed`, `1 running`: each with its role, what went well first, then the worst."""
        found = self.counts
        ended = sorted(found, key=lambda outcome: outcome is not Outcome.OK)
        told = [(f"{found[outcome]} {outcome_word(outcome)}", sign_of(outcome).value) for outcome in ended]
        told += [(f"{number} {word}", IN_WORK[word].value) for word, number in self.in_work.items()]
        if self.motion:
            told.append((self.motion.told(self._fleet.now(), ended=self._finished), IN_WORK["running"].value))
        return tuple(told)

    def began_told(self) -> str:
        """When it was started: the time of day, or the day, in 8 cells."""
        return moment(self.job.started_at, self._fleet.now())

    @property
    def in_work(self) -> dict[str, int]:
        """How many hosts have not ended, by what they are doing in a word."""
        stopping = len(self._stopping)
        running = len(self._working - self._stopping) if stopping else len(self._working)
        waiting = len(self._names) - len(self._results) - running - stopping
        found = {"running": running, "cancelling": stopping, "waiting": waiting}
        return {word: number for word, number in found.items() if number > 0}

    def hosts_of(self, block: str) -> frozenset[str]:
        """The hosts of a block; none where the engine has dropped the job."""
        found = self._hosts.get(block)
        if found is None:
            found = self._hosts[block] = frozenset(target.host for target in self._targets_of(block))
        return found

    def _targets_of(self, block: str) -> Iterable[TargetId]:
        group = next((part.group for part in self._ordered if group_key(part) == block), None)
        if group is not None:
            return self._fleet.members(self.job.id, group, self.masked)
        place = self._places.get(block)
        found = next((each for each in self._at_work.groups() if each.first == place), None)
        return () if found is None else [self.job.targets[each] for each in found.hosts]

    def lasted(self) -> str:
        """The job's own time, which is more than its slowest host's: not all hosts are worked on at once. Whole seconds
        while it runs, since the title is looked at once a second."""
        if self._ended_at is None:
            return age(self._fleet.now() - self.job.started_at)
        return countdown(self._ended_at - self.job.started_at)

    def apply(self, event: JobEvent) -> None:
        """Take one event of the job."""
        match event:
            case TargetStarted(target=target):
                name = str(target)
                self._working.add(name)
                self._live[self._places[name]] = Live()  # where it has been running before, that is void
                self._at_work.begin(self._places[name])
            case TargetOutput(target=target):
                place = self._places[str(target)]
                self._live[place].take(event)
                self._at_work.take(place, event.stream, event.data)
            case TargetMoved(target=target, moved=moved):
                self.motion.take(str(target), moved, self._fleet.now())
                return
            case WaveTold(progress=progress):
                self.progress, self.paused = progress, self.paused or progress.phase is Phase.ASKS
                return
            case TargetLost(target=target):
                self._working.discard(str(target))
            case TargetStopping(target=target):
                self._stopping.add(str(target))
                self._at_work.stop(self._places[str(target)])
            case TargetEnded(target=target, result=result):
                name = str(target)
                self._stopping.discard(name)
                self._working.discard(name)
                self._results[name] = replace(result, stdout=b"", stderr=b"")
                self._counts[result.outcome] += 1
                self._at_work.end(self._places[name])
                self._live[self._places[name]] = Live()
            case _:
                return
        self._begun = True
        self._hosts.clear()

    def finish(self) -> None:
        """The job has ended: from now on, equal answers are one block, the worst first."""
        self._ended_at = self._fleet.now()
        self._finished = True
        self._lines.clear()
        self._hosts.clear()
        self._live.clear()
        self.look()
        chosen = self._open & set(map(group_key, self._ordered))  # by a person, while others were at work
        # the head of a block holds its first line; where that is all there is, unfolding it would only say it again
        if len(self._parts) <= 2 and any(map(self._says_more, self._parts.values())):
            self._open = {group_key(part) for part in self._parts.values()}
            self._compared = set(self._open)
        else:
            self._open = chosen

    def look(self) -> None:
        """Take over the groups that have changed."""
        found = self._fleet.parts(self.job.id, self._number, self.masked)
        if found.number < self._number:
            self._dropped = True
            self._open.clear()
            self._lines.clear()
        if not found.parts:
            return
        for part in found.parts:
            self._parts[part.group] = part
        self._number = found.number
        self._ordered = sorted(self._parts.values(), key=worst_first)
        self._hosts.clear()

    def mask(self, on: bool) -> None:
        """Join answers that are equal but for what is masked, as far as that is known; or those that are equal."""
        self.masked = on
        self._parts.clear()
        self._number = 0
        self._open -= {group_key(part) for part in self._ordered}
        self._ordered = []
        self._lines.clear()
        self._hosts.clear()
        self.look()

    def take_filter(self, found: AnswerFilter | None) -> None:
        """Show only the lines that match; None: all."""
        self.filter, self._live_filter = found, LiveFilter()
        self._lines.clear()

    def filtering(self) -> Generator[None, None, None]:
        """Look for what matches in the outputs that were not looked through yet."""
        if self.filter is not None:
            digests = [part.digest for part in self._ordered]
            yield from self.filter.find(digests, partial(self._fleet.output, self.job.id))
            yield from self._live_filter.find(self.filter, self._at_work.groups(), self._live)

    def check(self) -> bool:
        """Whether the outputs of an ended job have just gone: the engine has dropped them for newer ones."""
        if not self._finished or self._dropped:
            return False
        self.look()
        return self._dropped

    def rest(self) -> None:
        """The answers are out of sight: hold no outputs for them."""
        self._lines.clear()

    def _output(self, part: Part) -> bytes:
        return self._fleet.output(self.job.id, part.digest)

    def _says_more(self, part: Part) -> bool:
        output = self._output(part)
        return b"\n" in output.rstrip(b"\n") or bool(part.error is not None and output)

    def toggle(self, block: str) -> None:
        """Fold or unfold a block; one whose output has gone has nothing to unfold."""
        if self._dropped:
            return
        self._open ^= {block}
        self._compared.add(block)
        self._lines.pop(block, None)

    def toggle_all(self) -> None:
        """Unfold every block, or fold all where all are open."""
        if self._dropped:
            return
        blocks = {group_key(part) for part in self._ordered}
        blocks |= {self._names[group.first] for group in self._at_work.groups()}
        self._open = set() if blocks <= self._open else blocks
        self._compared = set(blocks) if len(blocks) <= MOST_COMPARED else set()
        self._lines.clear()

    def lines(self) -> AnswerLines:
        """All lines as they are now. Blocks that did not change since the last call are not made again."""
        if not self._finished:
            self.look()
        blocks: list[Block] = []
        for key, sign, make in self._blocks():
            block = self._lines.get(key)
            if block is None or self._signs.get(key) != sign:
                block = self._lines[key] = make()
                self._signs[key] = sign
            blocks.append(block)
        return AnswerLines(blocks)

    def _blocks(self) -> Iterator[tuple[str, object, Callable[[], Block]]]:
        """Each block's name, what it depends on, and what makes it: those that have ended, then those at work."""
        parts, at_work = self._ordered, self._at_work.groups()
        well = [part for part in parts if part.outcome is Outcome.OK]
        largest = max(well, key=lambda part: part.count, default=None)
        width = min(max((len(part.label) for part in parts), default=0), LABEL_WIDTH)
        for group in at_work:
            width = max(width, LABEL_WIDTH if len(group.hosts) > 1 else len(self._names[group.first]))
        width = min(width, LABEL_WIDTH)
        said = self._output(largest) if largest is not None else b""
        for part in parts:
            reference = largest if part.outcome is Outcome.OK and part is not largest else None
            if self.filter is not None:
                if lines := self.filter.lines(part.digest):
                    told = self.filter.told(part.digest)
                    seen = (part.number, width, told, self.filter.text)
                    yield group_key(part), seen, partial(filtered_block, self._glyphs, part, lines, told, width)
                continue
            sign = (part.number, width, reference and reference.digest)
            yield group_key(part), sign, partial(self._group, part, reference, said, width)
        for live in at_work:
            key = self._names[live.first]
            if self.filter is None:
                yield key, (live, width), partial(self._running, live, width)
            elif rows := self._live_filter.rows(live):
                told = self._live_filter.told(live)
                yield key, (live, width, told, rows), partial(self._running_lines, live, rows, told, width)

    def _running(self, group: LiveGroup, width: int) -> Block:
        name = self._names[group.first]
        names = partial(live_label, [self._names[place] for place in group.hosts])
        return live_block(self._glyphs, name, names, group, self._live[group.first], width, unfolded=name in self._open)

    def _running_lines(self, group: LiveGroup, rows: tuple[Row, ...], told: str, width: int) -> Block:
        names = partial(live_label, [self._names[place] for place in group.hosts])
        return filtered_live_block(self._glyphs, self._names[group.first], names, group, rows, told, width)

    def _group(self, part: Part, reference: Part | None, reference_said: bytes, width: int) -> Block:
        key = group_key(part)
        against = safe(reference.label) if reference is not None and key in self._compared else None
        return group_block(
            self._glyphs, part, partial(self._output, part), width,
            unfolded=key in self._open, dropped=self._dropped,
            against=against, compared=None if reference is None else reference_said,
            spilled=self._fleet.spilled(self.job.id) if part.cut else "",
        )  # fmt: skip
