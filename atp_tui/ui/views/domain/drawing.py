"""What is told of one domain: its state, where it is, its size, and charts of its figures. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
        clipped(_size(detail, glyphs), width, glyphs),
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


def _size(detail: DomainDetail, glyphs: Glyphs) -> list[Piece]:
    row, reading = detail.row, detail.row.reading
    role = "text" if detail.fresh else "dim"
    between = f" {glyphs.separator} "
    most = memory(reading.memory_max_kib).strip()
    off = reading.state in OFF
    of_memory = most if off else f"{memory(reading.memory_kib).strip()} of {most}"
    pieces: list[Piece] = [(f"   {reading.vcpus} vcpu{between}{of_memory}", role)]
    if not off:
        rates: tuple[tuple[str, Callable[[float | None], str], float | None, str], ...] = (
            ("disk reads", byte_rate, row.read_rate, "disk"), ("writes", byte_rate, row.write_rate, "disk"),
            (f"net {glyphs.received}", byte_rate, row.rx_rate, "net"), (glyphs.sent, byte_rate, row.tx_rate, "net"),
        )  # fmt: skip
        for name, write, figure, kind in rates:
            own = between if name.startswith(("disk", "net")) else "  "
            pieces.append((f"{own}{name} {write(figure)}", "dim" if kind in row.kept else role))
    return pieces
