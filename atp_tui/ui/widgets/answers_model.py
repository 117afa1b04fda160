"""The answers to one command as lines: a block a host while it runs, then a block a group of equal answers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from ...executor.gather import Group, diff, fold_results
from ...executor.reader import JobEvent, TargetEnded, TargetOutput, TargetStarted
from ...model.connection import ConnectionState
from ...model.outcome import CommandResult, Outcome
from ..format import age, countdown
from ..glyphs import UNICODE, Glyphs
from ..services import Job
from ..text import fit, safe, safe_bytes
from .lines import Spans

LIVE_LINES = 200
"""Lines of a running host that are kept; the whole output comes with its result."""

LINE_BYTES = 2000
"""Longer lines are cut: nobody reads them here, and a host may send a gigabyte without a line end."""

MOST_LINES = 5000
"""Lines shown of one block."""

LABEL_WIDTH = 32
"""Cells for the node set of a group; its first line of output stands behind it."""

_WORST = (
    Outcome.ERROR, Outcome.AUTH, Outcome.UNKNOWN, Outcome.UNREACHABLE, Outcome.TIMEOUT, Outcome.FAILED,
    Outcome.CANCELLED, Outcome.NOTRUN, Outcome.OK,
)  # fmt: skip

_S = ConnectionState

_LIKE = {
    Outcome.OK: _S.CONNECTED,
    Outcome.TIMEOUT: _S.RECONNECTING,
    Outcome.CANCELLED: _S.DISCONNECTED,
    Outcome.NOTRUN: _S.DISCONNECTED,
}
"""Outcomes wear the glyphs and colours of states; those not named here that of a failed one."""


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One line: `block` names the block it belongs to; a head can be folded."""

    key: str
    block: str
    head: bool
    spans: Spans


class _Live:
    """The last lines of a running host, in bounded memory."""

    __slots__ = ("lines", "partial", "started")

    def __init__(self, *, started: bool = False) -> None:
        self.started = started
        self.lines: deque[tuple[str, str]] = deque(maxlen=LIVE_LINES)
        self.partial = {"stdout": b"", "stderr": b""}

    def take(self, event: TargetOutput) -> None:
        role = "text" if event.stream == "stdout" else "reconnecting"
        *whole, rest = (self.partial[event.stream] + event.data).split(b"\n")
        for line in whole[-LIVE_LINES:]:
            self.lines.append((_shown(line), role))
        self.partial[event.stream] = rest[: LINE_BYTES + 1]

    def rows(self) -> Iterator[tuple[str, str]]:
        yield from self.lines
        for stream, role in (("stdout", "text"), ("stderr", "reconnecting")):
            if self.partial[stream]:
                yield _shown(self.partial[stream]), role


class AnswersModel:
    """What is known of one job, and which of its blocks are unfolded."""

    def __init__(self, job: Job, glyphs: Glyphs = UNICODE, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` must be the one that the job's beginning is of."""
        self.job = job
        self._clock = clock
        self._ended_at: float | None = None
        self._glyphs = glyphs
        self._names = tuple(map(str, job.targets))
        self._live = {name: _Live() for name in self._names}
        self._results: dict[str, CommandResult] = {}
        self._groups: list[Group] = []
        self._open: set[str] = set(self._names) if len(self._names) == 1 else set()
        self._finished = False
        self._lines: dict[str, tuple[AnswerLine, ...]] = {}

    @property
    def finished(self) -> bool:
        return self._finished

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many hosts ended in which way, worst first."""
        found = [result.outcome for result in self._results.values()]
        return {outcome: found.count(outcome) for outcome in _WORST if outcome in found}

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

    def summary(self) -> str:
        """`17/18 done · 16 ok · 1 failed`; with the time since the job began, all of it when it is done."""
        parts = [f"{len(self._results)}/{len(self.job.targets)} done"]
        counts = self.counts
        ordered = [Outcome.OK, *(outcome for outcome in counts if outcome is not Outcome.OK)]
        parts += [f"{counts[outcome]} {outcome.value}" for outcome in ordered if outcome in counts]
        parts.append(self._lasted())
        return " · ".join(parts)

    def _lasted(self) -> str:
        """The job's own time, which is more than its slowest host's: not all hosts are worked on at once. Whole seconds
        while it runs, since the title is looked at once a second."""
        if self._ended_at is None:
            return age(self._clock() - self.job.started_at)
        return countdown(self._ended_at - self.job.started_at)

    def apply(self, event: JobEvent) -> None:
        """Take one event of the job."""
        match event:
            case TargetStarted(target=target):
                self._live[str(target)] = _Live(started=True)  # where it has been running before, that is void
            case TargetOutput(target=target):
                self._live[str(target)].take(event)
            case TargetEnded(target=target, result=result):
                self._results[str(target)] = result
            case _:
                return
        self._lines.pop(str(target), None)

    def finish(self) -> None:
        """The job has ended: from now on, equal answers are one block, the worst first."""
        self._ended_at = self._clock()
        self._finished = True
        self._lines.clear()
        self._live.clear()
        groups = fold_results(self._results.values())
        self._groups = sorted(
            groups, key=lambda group: _WORST.index(group.outcome)
        )  # stable: the largest first in each
        # the head of a block holds its first line; where that is all there is, unfolding it would only say it again
        more = any(b"\n" in group.output.rstrip(b"\n") or (group.error and group.output) for group in self._groups)
        self._open = {_group_key(group) for group in self._groups} if more and len(self._groups) <= 2 else set()

    def toggle(self, block: str) -> None:
        """Fold or unfold a block."""
        self._open ^= {block}
        self._lines.pop(block, None)

    def toggle_all(self) -> None:
        """Unfold every block, or fold all where all are open."""
        blocks = {line.block for line in self.lines() if line.head}
        self._open = set() if blocks <= self._open else blocks
        self._lines.clear()

    def lines(self) -> list[AnswerLine]:
        """All lines as they are now. Blocks that did not change since the last call are not made again."""
        shown: list[AnswerLine] = []
        for block, make in self._blocks():
            if block not in self._lines:
                self._lines[block] = tuple(self._block(block, *make()))
            shown.extend(self._lines[block])
        return shown

    def _blocks(self) -> Iterator[tuple[str, Callable[[], tuple[Spans, Iterable[Spans]]]]]:
        """Each block's name, and what makes its head and its body."""
        if not self._finished:
            width = max(map(len, self._names), default=0)
            for host in self._names:
                yield host, partial(self._host, host, width)
            return
        well = [group for group in self._groups if group.outcome is Outcome.OK]
        largest = max(well, key=lambda group: len(group.hosts), default=None)
        width = min(max((len(group.nodes) for group in self._groups), default=0), LABEL_WIDTH)
        for group in self._groups:
            yield (
                _group_key(group),
                partial(self._group, group, largest if group in well and group is not largest else None, width),
            )

    def _block(self, block: str, head: Spans, body: Iterable[Spans]) -> Iterator[AnswerLine]:
        is_open = block in self._open
        fold = self._glyphs.unfolded if is_open else self._glyphs.folded
        yield AnswerLine(block, block, True, ((f"{fold} ", "dim"), *head))
        if is_open:
            for number, spans in enumerate(body):
                yield AnswerLine(f"{block}\n{number}", block, False, (("    ", "text"), *spans))

    def _host(self, host: str, width: int) -> tuple[Spans, Iterable[Spans]]:
        live, result = self._live[host], self._results.get(host)
        rows = list(live.rows())
        if result is None:
            state, word = (_S.CONNECTING, "running") if live.started else (_S.DISCONNECTED, "waiting")
        else:
            state, word = _LIKE.get(result.outcome, _S.FAILED), _status(result.outcome, result.exit_status)
        last = rows[-1][0] if rows else ""
        if result is not None and result.error:
            last = safe(result.error)
            rows.append((last, "failed"))
        duration = countdown(result.duration) if result is not None else ""
        head = self._head(state, host.ljust(width), word, duration.rjust(6), last)
        return head, ((row,) for row in rows)

    def _group(self, group: Group, largest: Group | None, width: int) -> tuple[Spans, Iterable[Spans]]:
        state = _LIKE.get(group.outcome, _S.FAILED)
        word = _status(group.outcome, group.exit_status)
        output = group.output.rstrip(b"\n")
        first, _, rest = output.partition(b"\n")
        text = safe(group.error) if group.error and not output else _shown(first)
        others = rest.count(b"\n") + 1 if rest else 0
        more = f"  … {others} more line{'s' * (others > 1)}" if others else ""
        head = self._head(state, fit(safe(group.nodes), width), word, f"{len(group.hosts):>5}", text)
        return (*head, (more, "dim"), *_change(group, largest)), self._body(group, largest)

    def _head(self, state: ConnectionState, label: str, word: str, figure: str, text: str) -> Spans:
        glyph, role = self._glyphs.state(state), state.value
        return (
            (f"{glyph} ", role), (label, "strong"), (f" {figure}  ", "dim"), (f"{word:<12}", role), (text, "text"),
        )  # fmt: skip

    def _body(self, group: Group, largest: Group | None) -> Iterator[Spans]:
        if group.error:
            yield ((safe(group.error), "failed"),)
        lines = group.output.rstrip(b"\n").split(b"\n", MOST_LINES) if group.output else []
        for line in lines[:MOST_LINES]:
            yield ((_shown(line), "text"),)
        if len(lines) > MOST_LINES:
            yield ((f"… only the first {MOST_LINES} lines are shown here", "dim"),)
        if any(self._results[host].truncated for host in group.hosts):
            yield (("… there was more output than is kept", "dim"),)
        if largest is not None and largest.output and group.output:
            for number, line in enumerate(diff(group, largest)):
                if number == 0:
                    yield ((f"against {safe(largest.nodes)}:", "dim"),)
                yield ((_shown(line), "connected" if line.startswith(b"+") else "failed"),)


def _change(group: Group, largest: Group | None) -> Iterator[tuple[str, str]]:
    """The difference of two one-line answers, short enough for the head."""
    if largest is not None and largest.output and group.output and b"\n" not in group.output + largest.output:
        for line in diff(group, largest):
            yield f"   {_shown(line)}", "connected" if line.startswith(b"+") else "failed"


def _group_key(group: Group) -> str:
    return f"{group.outcome} {group.hosts[0]}"


def _status(outcome: Outcome, exit_status: int | None) -> str:
    return f"exit {exit_status}" if exit_status is not None else outcome.value


def _shown(line: bytes) -> str:
    """A line of output as safe text, cut where it is longer than anyone reads."""
    line = line.removesuffix(b"\r")
    return safe_bytes(line[:LINE_BYTES]) + ("…" if len(line) > LINE_BYTES else "")
