"""What is told of one domain: its state, where it is, its size, and charts of its figures. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ....model.connection import ConnectionState
from ....monitor.domain_history import DOMAIN_HISTORY
from ....monitor.domain_query import DomainDetail
from ....monitor.rows import OFF
from ...format import age, byte_rate, memory, percent
from ...glyphs import Glyphs
from ...text import Safe, cut, width_of
from ...widgets.charts import Chart, chart_rows
from ...widgets.domain_list import SIGNS
from ...widgets.lines import Piece, Spans, drawn
from ...words import state_word

FACTS = 3
"""Lines over the charts, without those of what the metadata say."""

_S = ConnectionState


def head_spans(detail: DomainDetail, width: int, chart_height: int, now: float, glyphs: Glyphs) -> list[Spans]:
    """All lines: state and reason, host and uuid, size and rates, what the metadata say, then the charts; 0 rows high:
    without these."""
    lines = [
        clipped(_standing(detail, now, glyphs), width, glyphs),
        clipped(_place(detail, now, glyphs), width, glyphs),
        clipped(_size(detail, width, glyphs), width, glyphs),
        *(clipped(pieces, width, glyphs) for pieces in _said(detail, glyphs)),
    ]
    if chart_height > 0:
        lines += chart_rows(charts_of(detail), width, chart_height, DOMAIN_HISTORY, glyphs, stale=not detail.fresh)
    return lines


def facts_of(detail: DomainDetail) -> int:
    """Lines over the charts."""
    about = detail.row.about
    return FACTS + any((about.title, about.os, about.address, about.tags)) + bool(about.description)


def charts_of(detail: DomainDetail) -> tuple[Chart, ...]:
    """CPU and memory up to all that the domain has, disk and network up to the largest rate that is shown."""
    series = dict(detail.series)
    most = detail.row.reading.memory_max_kib
    return (
        Chart("CPU", series.get("cpu", ()), percent, 1.0),
        Chart("memory", series.get("memory", ()), _memory, float(most) if most > 0 else None),
        Chart("disk", series.get("disk", ()), byte_rate),
        Chart("network", series.get("net", ()), byte_rate),
    )


def _memory(kib: float | None) -> str:
    return memory(None if kib is None else round(kib))


def clipped(pieces: Sequence[Piece], width: int, glyphs: Glyphs) -> Spans:
    """The pieces as far as they go."""
    found: list[tuple[Safe, str]] = []
    left = width
    for text, role in drawn(*pieces):
        shown = cut(text, left, glyphs.ellipsis)
        found.append((shown, role))
        left -= width_of(shown)
        if shown != text or left <= 0:
            break
    return tuple(found)


def _standing(detail: DomainDetail, now: float, glyphs: Glyphs) -> list[Piece]:
    """Sign and state with its reason; what makes the figures other than those of now."""
    row, reading = detail.row, detail.row.reading
    sign = SIGNS[reading.state]
    between = f" {glyphs.separator} "
    if row.gone:
        told = f" {glyphs.state(_S.DISCONNECTED)} gone"
        return [(told, "dim"), (f"{between}last seen {age(now - row.at)} ago, {reading.state.value} then", "dim")]
    words = f" {glyphs.state(sign)} {reading.state.value}"
    pieces: list[Piece] = [(words, sign.value if detail.fresh else "dim")]
    if reading.reason is not None:
        pieces.append((f"{between}{reading.reason}", "text" if detail.fresh else "dim"))
    if not detail.fresh:
        pieces.append((f"{between}figures are {age(now - row.at)} old", "dim"))
    elif row.kept and row.kept_at is not None:
        pieces.append((f"{between}{' and '.join(row.kept)} of {age(now - row.kept_at)} ago", "dim"))
    return pieces


def _place(detail: DomainDetail, now: float, glyphs: Glyphs) -> list[Piece]:
    host, between = detail.host, f" {glyphs.separator} "
    state = host.shown_state
    pieces: list[Piece] = [("   on ", "dim"), (host.id, "text"), (f" {glyphs.state(state)}", state.value)]
    if state is not _S.CONNECTED:
        pieces.append((f" {state_word(state)} for {age(now - host.since)}", "dim"))
    if host.tags:
        pieces.append((f"{between}{', '.join(host.tags)}", "dim"))
    return [*pieces, (f"{between}{detail.row.reading.uuid}", "dim")]


def _said(detail: DomainDetail, glyphs: Glyphs) -> list[list[Piece]]:
    """What the metadata say: title, operating system, address and tags in a line, the description in another one."""
    about, between = detail.row.about, f" {glyphs.separator} "
    pieces: list[Piece] = []
    for text, role in (
        (about.title, "strong"), (about.os, "text"), (about.address, "text"), (", ".join(about.tags), "dim")
    ):  # fmt: skip
        if text:
            pieces += [(between if pieces else "   ", "dim"), (text, role)]
    lines = [pieces] if pieces else []
    if about.description:
        lines.append([(f"   {about.description}", "dim")])
    return lines


def _size(detail: DomainDetail, width: int, glyphs: Glyphs) -> list[Piece]:
    """What it has, and its rates: in short words where the long ones have no room."""
    row, reading = detail.row, detail.row.reading
    role = "text" if detail.fresh else "dim"
    between = f" {glyphs.separator} "
    most = memory(reading.memory_max_kib).strip()
    off = reading.state in OFF
    of_memory = most if off else f"{memory(reading.memory_kib).strip()} of {most}"
    pieces: list[Piece] = [(f"   {reading.vcpus} vcpu{between}{of_memory}", role)]
    if off:
        return pieces
    figures = ((row.read_rate, "disk"), (row.write_rate, "disk"), (row.rx_rate, "net"), (row.tx_rate, "net"))
    for words in _rate_words(glyphs):
        written = [byte_rate(figure) for figure, _ in figures]
        if words.tight:
            written = [each.strip() for each in written]
        roles = ["dim" if kind in row.kept else role for _, kind in figures]
        rates = [(name + rate, role) for name, rate, role in zip(words.before, written, roles, strict=True)]
        if sum(width_of(text) for text, _ in drawn(*pieces, *rates)) <= width:
            break
    return [*pieces, *rates]


class _RateWords(NamedTuple):
    """What stands before each of the four rates. `tight`: these are as wide as their digits, not always as wide."""

    before: tuple[str, str, str, str]
    tight: bool = False


def _rate_words(glyphs: Glyphs) -> tuple[_RateWords, ...]:
    """The longest first."""
    between = f" {glyphs.separator} "
    received, sent = glyphs.received, glyphs.sent
    return (
        _RateWords((f"{between}disk reads ", "  writes ", f"{between}net {received} ", f"  {sent} ")),
        _RateWords((f"{between}disk r ", " w ", f"{between}net {received} ", f" {sent} ")),
        _RateWords((f"{between}r ", " w ", f"{between}{received} ", f" {sent} "), tight=True),
        _RateWords((" r ", " w ", f" {received} ", f" {sent} "), tight=True),
    )
