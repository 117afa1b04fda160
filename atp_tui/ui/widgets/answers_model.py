"""The answers to one command as lines: a block a host while it runs, then a block a group of equal answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Protocol

from ...engine.fleet import JobTicket
from ...engine.fleet_jobs import Parts
from ...executor.fold import Part
from ...executor.reader import JobEvent, TargetEnded, TargetOutput, TargetStarted, TargetStopping
from ...model.connection import ConnectionState
from ...model.outcome import CommandResult, Outcome
from ...model.target import TargetId
from ..format import age, countdown, moment
from ..glyphs import UNICODE, Glyphs
from ..text import safe
from ..words import outcome_count, outcome_word, sentence
from .answer_blocks import AnswerLines, Block
from .answer_heads import (
    IN_WORK,
    LABEL_WIDTH,
    WORST,
    group_block,
    group_key,
    head_of,
    sign_of,
    status_word,
    worst_first,
)
from .lines import Piece, Spans, drawn
from .live_lines import Live
from .output_line import shown_spans

MOST_COMPARED = 20
"""Blocks that are compared with the largest one when all are unfolded: more are not read at a glance."""


_S = ConnectionState


class Answered(Protocol):
    """Where the groups of equal answers are read; the port to the fleet is one."""

    def now(self) -> float: ...
    def parts(self, job: str, since: int = 0, masked: bool = False) -> Parts: ...
    def output(self, job: str, digest: bytes) -> bytes: ...
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
        self._live = {name: Live() for name in self._names}
        self._results: dict[str, CommandResult] = {}  # without their outputs: these are the engine's to keep or drop
        self._counts: Counter[Outcome] = Counter()
        self._working: set[str] = set()
        self._stopping: set[str] = set()  # their end was asked for, and is not known yet
        self._number = 0
        self._parts: dict[int, Part] = {}
        self._ordered: list[Part] = []
        self._compared: set[str] = set(self._names)
        self._open: set[str] = set(self._names) if len(self._names) == 1 else set()
        self.masked = False
        """Whether answers are joined that are equal but for what is masked."""
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
        parts.append(self.lasted())
        if self.masked:
            parts.append("masked")
        return " · ".join(parts)

    def counts_told(self) -> tuple[Piece, ...]:
        """`16 ok`, `1 failed`, `1 running`: each with its role, what went well first, then the worst."""
        found = self.counts
        ended = sorted(found, key=lambda outcome: outcome is not Outcome.OK)
        told = [(f"{found[outcome]} {outcome_word(outcome)}", sign_of(outcome).value) for outcome in ended]
        return (*told, *((f"{number} {word}", IN_WORK[word].value) for word, number in self.in_work.items()))

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
        if not self._finished:
            return (target for target in self.job.targets if str(target) == block)
        return next(
            (
                self._fleet.members(self.job.id, part.group, self.masked)
                for part in self._ordered
                if group_key(part) == block
            ),
            (),
        )

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
                self._working.add(str(target))
                self._live[str(target)] = Live(started=True)  # where it has been running before, that is void
            case TargetOutput(target=target):
                self._live[str(target)].take(event)
            case TargetStopping(target=target):
                self._stopping.add(str(target))
            case TargetEnded(target=target, result=result):
                self._stopping.discard(str(target))
                self._working.discard(str(target))
                self._results[str(target)] = replace(result, stdout=b"", stderr=b"")
                self._counts[result.outcome] += 1
            case _:
                return
        self._begun = True
        self._lines.pop(str(target), None)

    def finish(self) -> None:
        """The job has ended: from now on, equal answers are one block, the worst first."""
        self._ended_at = self._fleet.now()
        self._finished = True
        self._lines.clear()
        self._hosts.clear()
        self._live.clear()
        self.look()
        # the head of a block holds its first line; where that is all there is, unfolding it would only say it again
        if len(self._parts) <= 2 and any(map(self._says_more, self._parts.values())):
            self._open = {group_key(part) for part in self._parts.values()}
            self._compared = set(self._open)
        else:
            self._open = set()

    def look(self) -> None:
        """Take over the groups that have changed, of a job that has ended."""
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
        self._lines.clear()

    def mask(self, on: bool) -> None:
        """Join answers that are equal but for what is masked, as far as that is known; or those that are equal."""
        self.masked = on
        self._parts.clear()
        self._number = 0
        self._open -= {group_key(part) for part in self._ordered}
        self._ordered = []
        self._lines.clear()
        self._hosts.clear()
        if self._finished:
            self.look()

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
        blocks = set(map(group_key, self._ordered)) if self._finished else set(self._names)
        self._open = set() if blocks <= self._open else blocks
        self._compared = set(blocks) if len(blocks) <= MOST_COMPARED else set()
        self._lines.clear()

    def lines(self) -> AnswerLines:
        """All lines as they are now. Blocks that did not change since the last call are not made again."""
        blocks: list[Block] = []
        for key, make in self._blocks():
            block = self._lines.get(key)
            if block is None:
                block = self._lines[key] = make()
            blocks.append(block)
        return AnswerLines(blocks)

    def _blocks(self) -> Iterator[tuple[str, Callable[[], Block]]]:
        """Each block's name, and what makes it."""
        if not self._finished:
            width = max(map(len, self._names), default=0)
            for host in self._names:
                yield host, partial(self._host, host, width)
            return
        parts = self._ordered
        well = [part for part in parts if part.outcome is Outcome.OK]
        largest = max(well, key=lambda part: part.count, default=None)
        width = min(max((len(part.label) for part in parts), default=0), LABEL_WIDTH)
        said = self._output(largest) if largest is not None else b""
        for part in parts:
            reference = largest if part.outcome is Outcome.OK and part is not largest else None
            yield group_key(part), partial(self._group, part, reference, said, width)

    def _host(self, host: str, width: int) -> Block:
        live, result = self._live[host], self._results.get(host)
        rows = live.rows() if host in self._open else []
        error = sentence(result.error) if result is not None and result.error is not None else None

        def head() -> Spans:
            if result is None and host in self._stopping:
                state, word = _S.DRAINING, "cancelling"
            elif result is None:
                state, word = (_S.CONNECTING, "running") if live.started else (_S.DISCONNECTED, "waiting")
            else:
                state, word = sign_of(result.outcome), status_word(result.outcome, result.exit_status)
            last = live.last() if error is None else error
            duration = countdown(result.duration) if result is not None else ""
            return head_of(self._glyphs, state, host in self._open, host.ljust(width), word, duration.rjust(6), last)

        def body(number: int) -> Spans:
            if number == len(rows):
                return drawn((error or "", "failed"))
            line, role = rows[number]
            return shown_spans(line, role)

        count = len(rows) + (error is not None) if host in self._open else 0
        return Block(host, head, count, body)

    def _group(self, part: Part, reference: Part | None, reference_said: bytes, width: int) -> Block:
        key = group_key(part)
        against = safe(reference.label) if reference is not None and key in self._compared else None
        return group_block(
            self._glyphs, part, partial(self._output, part), width,
            unfolded=key in self._open, dropped=self._dropped,
            against=against, compared=None if reference is None else reference_said,
        )  # fmt: skip
