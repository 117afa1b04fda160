"""The domains of a host: one line each, however many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from textual.message import Message

from ...model.connection import ConnectionState
from ...model.node import DomainMetadata, DomainReading, DomainState
from ...model.order import natural
from ...monitor.fleet import DomainRow, HostDetail
from ...monitor.rows import OFF
from ..format import byte_rate, memory, percent
from ..glyphs import UNICODE, Glyphs
from ..shown import assembled
from ..spark import spark
from ..text import Safe, fit, safe, width_of
from .lines import LinesView, Spans, drawn

_D, _S = DomainState, ConnectionState

SIGNS = {
    _D.RUNNING: _S.CONNECTED,
    _D.BLOCKED: _S.CONNECTED,
    _D.PAUSED: _S.RECONNECTING,
    _D.PMSUSPENDED: _S.RECONNECTING,
    _D.CRASHED: _S.FAILED,
    _D.SHUTDOWN: _S.DRAINING,
    _D.SHUTOFF: _S.DISCONNECTED,
    _D.NOSTATE: _S.DISCONNECTED,
}
"""The sign and the colour that a domain's state borrows from a connection's, so that there is one set to learn."""

_TROUBLE = {_D.CRASHED: 0, _D.PAUSED: 1, _D.SHUTOFF: 3, _D.NOSTATE: 3}
_EXPLAINED = frozenset({_D.PAUSED, _D.CRASHED, _D.PMSUSPENDED})
_WORD = max(len(state) for state in DomainState)
LONGEST_NAME = 32
LONGEST_SPARK = 30
LEAST_ABOUT = 12
"""Cells below which what the metadata say is left out."""


class DomainLine(NamedTuple):
    key: str
    domain: DomainRow


class DomainColumns(NamedTuple):
    """Widths in cells, the space before each included; 0: no room."""

    name: int
    state: int
    cpu: int
    memory: int
    spark: int
    vcpus: int
    rates: int
    disk: int
    about: int


@lru_cache(maxsize=256)
def domain_columns(width: int, name_width: int, state_width: int = _WORD, about_width: int = 0) -> DomainColumns:
    """Share the width out: what matters most gets its column first, name and sparkline what is left.

    The state has `state_width` cells where the other columns leave room for them: reasons make it longer. What the
    metadata say, `about_width` cells at most, comes last.
    """
    name = max(8, min(name_width, LONGEST_NAME, width * 3 // 10))
    left = width - 3 - name - 1
    sizes = dict.fromkeys(("state", "cpu", "memory", "spark", "vcpus", "rates", "disk", "about"), 0)
    for column, size in (
        ("cpu", 7),
        ("state", _WORD + 2),
        ("memory", 10),
        ("spark", 9),
        ("vcpus", 9),
        ("rates", 23),
        ("disk", 25),
    ):
        if size <= left:
            sizes[column] = size
            left -= size
    if sizes["state"]:
        longer = max(0, min(left, state_width - _WORD))
        sizes["state"] += longer
        left -= longer
    if sizes["spark"]:
        longer = max(0, min(left, LONGEST_SPARK - sizes["spark"]))
        sizes["spark"] += longer
        left -= longer
    if sizes["disk"] and left >= LEAST_ABOUT:
        sizes["about"] = min(left, about_width)
    return DomainColumns(name, **sizes)


def domain_lines(domains: Sequence[DomainRow]) -> tuple[DomainLine, ...]:
    """Crashed and paused ones first, then those that run, then those that are off; by name within."""
    ordered = sorted(domains, key=lambda row: (_TROUBLE.get(row.reading.state, 2), natural(row.reading.name)))
    return tuple(DomainLine(row.reading.uuid, row) for row in ordered)


@lru_cache(maxsize=256)
def _state_words(state: DomainState, reason: str | None) -> Safe:
    told = reason is not None and (state in _EXPLAINED or reason in ("crashed", "failed"))
    return safe(f"{state.value} ({reason})" if told else state.value)


def state_words(reading: DomainReading) -> Safe:
    """`paused (I/O error)`: the state, and why where that is what a person asks next."""
    return _state_words(reading.state, reading.reason)


def about_words(about: DomainMetadata, separator: str) -> Safe:
    """`192.0.2.7 · debian12 · web, prod · Shop front`: what the metadata say, in the order of its worth."""
    told = (about.address, about.os, ", ".join(about.tags), about.title)
    return safe(f" {separator} ".join(each for each in told if each))


def draw_domain(
    line: DomainLine,
    width: int,
    name_width: int,
    glyphs: Glyphs,
    *,
    stale: bool = False,
    state_width: int = _WORD,
    about_width: int = 0,
) -> Spans:
    """One domain: sign, name, state with its reason, and while it runs its figures; all grey where they are `stale`."""
    row, reading = line.domain, line.domain.reading
    at = domain_columns(width, name_width, state_width, about_width)
    sign = SIGNS[reading.state]
    running = sign is _S.CONNECTED
    role = "text" if running and not stale else "dim"
    colour = "dim" if stale else sign.value
    spans = [
        (f" {glyphs.state(sign)} ", colour),
        (fit(safe(reading.name), at.name, glyphs.ellipsis), role),
        (
            f"  {fit(state_words(reading), at.state - 2, glyphs.ellipsis)}" if at.state else "",
            "dim" if running else colour,
        ),
        ((f"{reading.vcpus:>{at.vcpus - 5}} vcpu" if at.vcpus else ""), role),
        ((percent(row.cpu) if running else "").rjust(at.cpu), "dim" if "cpu" in row.kept else role),
    ]
    if at.spark:
        history = row.history if running else ()
        spans.append(
            (" " + spark(history, at.spark - 1, high=1.0, ascii_only=glyphs.ascii_only), "dim" if stale else "chart")
        )
    if at.memory:
        spans.append(
            (memory(reading.memory_max_kib if reading.state in OFF else reading.memory_kib).rjust(at.memory), role)
        )
    if at.rates and running:
        rates = f"  {glyphs.received}{byte_rate(row.rx_rate)} {glyphs.sent}{byte_rate(row.tx_rate)}"
        spans.append((rates, "dim" if "net" in row.kept else role))
    if at.disk and running:
        rates = f"  r {byte_rate(row.read_rate)} w {byte_rate(row.write_rate)}"
        spans.append((rates, "dim" if "disk" in row.kept else role))
    if at.about:
        gap = "" if running else " " * (at.rates + at.disk)
        words = about_words(row.about, glyphs.separator)
        spans.append((f"{gap}  {fit(words, at.about - 2, glyphs.ellipsis)}", "dim"))
    return drawn(*spans)


class DomainList(LinesView[DomainLine]):
    """The list; `update` takes the host's newest detail."""

    class DomainHighlighted(Message):
        """The cursor has come to another domain (its UUID), or there is none (None)."""

        def __init__(self, uuid: str | None) -> None:
            super().__init__()
            self.uuid = uuid

    class DomainOpened(Message):
        """Enter on a domain of a host, or a double click."""

        def __init__(self, host: str, uuid: str, name: str) -> None:
            super().__init__()
            self.host, self.uuid, self.name = host, uuid, name

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._name_width = 0
        self._detail: HostDetail | None = None
        self._state_width = _WORD
        self._about_width = 0

    def update(self, detail: HostDetail | None) -> None:
        """Show these domains; grey where the sample that they come from is old, or their host is lost."""
        self._detail = detail
        lines = domain_lines(detail.domains) if detail is not None else ()
        self._name_width = max((width_of(safe(line.domain.reading.name)) for line in lines), default=0)
        self._state_width = max([_WORD, *(width_of(state_words(line.domain.reading)) for line in lines)])
        said = (about_words(line.domain.about, self._glyphs.separator) for line in lines)
        self._about_width = max((2 + width_of(words) for words in said if words), default=0)
        self.set_lines(lines)
        self.set_title(assembled(" VMs ", *self._counts(lines)))

    def draw(self, line: DomainLine, width: int) -> Spans:
        stale = self._detail is None or not self._detail.row.fresh
        return draw_domain(
            line, width, self._name_width, self._glyphs,
            stale=stale, state_width=self._state_width, about_width=self._about_width,
        )  # fmt: skip

    def placeholder(self) -> Sequence[str]:
        if self._detail is None:
            return ()
        row = self._detail.row
        if not row.has_virt:
            return ("This host takes commands over SSH only.", "Give it a uri in hosts.toml to see its VMs.")
        if row.state is not _S.CONNECTED:
            return ("Its VMs are shown once it is connected.",)
        return ("No VMs on this host." if row.sampled_at is not None else "Asking for its VMs …",)

    def line_highlighted(self, line: DomainLine | None) -> None:
        self.post_message(self.DomainHighlighted(line.key if line is not None else None))

    def line_opened(self, line: DomainLine) -> None:
        if self._detail is not None:
            self.post_message(self.DomainOpened(self._detail.row.id, line.key, line.domain.reading.name))

    def _counts(self, lines: Sequence[DomainLine]) -> list[tuple[str, str]]:
        if not lines:
            return []
        counts = Counter(line.domain.reading.state for line in lines)
        words = [f"{counts[state]} {state}" for state in DomainState if counts[state]]
        return [
            (self._glyphs.rule * 2, "not bold $rule"),
            (f" {f' {self._glyphs.separator} '.join(words)} ", "not bold $dim"),
        ]
