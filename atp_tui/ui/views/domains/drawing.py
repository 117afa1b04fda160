"""How a line of the list of all domains looks in a given width. Pure: a line and a moment in, spans out.

    ▾ rack1                                            18 ●  1 ◐  1 ✕  2 ○
    * ● web-01   kvm01  running           12 %   61 %   1.2 MB/s   4.0 MB/s    4     2 s

Columns depend on the width, on the widths of the names and on those of what the metadata say, so that no figure ever
moves another one.
"""

from __future__ import annotations

from ....model.connection import ConnectionState
from ....monitor.domain_query import DomainGroupLine, DomainLine
from ....monitor.rows import OFF, DomainRow
from ...format import age, byte_rate, memory, percent
from ...glyphs import Glyphs
from ...spark import spark
from ...text import cut, cut_middle, fit, safe, width_of
from ...widgets.domain_list import SIGNS, state_words
from ...widgets.lines import Piece, Spans, drawn
from .columns import RATE, DomainColumns

_S = ConnectionState

UNTAGGED = "untagged"
"""The name over the domains whose hosts have no tag."""

_COUNTS = (("up", _S.CONNECTED), ("paused", _S.RECONNECTING), ("crashed", _S.FAILED), ("off", _S.DISCONNECTED))
_RUNNING = frozenset({_S.CONNECTED, _S.DRAINING})


def draw_domain_line(line: DomainLine, width: int, at: DomainColumns, now: float, glyphs: Glyphs) -> Spans:
    """One domain: sign, name, host, state, and its figures where it is up; dim where they are not those of now."""
    row, reading = line.row, line.row.reading
    sign = SIGNS[reading.state]
    colour = sign.value if line.fresh else "dim"
    role = "text" if line.fresh and sign in _RUNNING else "dim"
    word = safe("gone") if row.gone else state_words(reading)
    return drawn(
        (" * " if line.marked else "   ", "mark"),
        (glyphs.state(_S.DISCONNECTED if row.gone else sign) + " ", colour),
        (fit(cut_middle(safe(reading.name), at.name, glyphs.ellipsis), at.name), "text" if line.fresh else "dim"),
        (f"  {fit(cut_middle(safe(line.host), at.host - 2, glyphs.ellipsis), at.host - 2)}" if at.host else "", "dim"),
        (f"  {fit(word, at.state - 2, glyphs.ellipsis)}" if at.state else "", "dim" if sign in _RUNNING else colour),
        *_figures(line, at, role),
        (f"{reading.vcpus:>{at.vcpus}}" if at.vcpus else "", role),
        (age(now - row.oldest).rjust(at.age) if at.age else "", "dim"),
        *_said(line, at, role, glyphs),
        *_chart(line, at, glyphs),
    )


def _figures(line: DomainLine, at: DomainColumns, role: str) -> list[Piece]:
    row = line.row
    off = row.reading.state in OFF

    def of(name: str) -> str:
        return "dim" if name in row.kept else role

    cpu = "" if off else percent(row.cpu)
    disk, net = ("", "") if off else (_rates(row.read_rate, row.write_rate, at), _rates(row.rx_rate, row.tx_rate, at))
    return [
        (cpu.rjust(at.cpu) if at.cpu else "", of("cpu")),
        (_memory(row, at).rjust(at.memory) if at.memory else "", role),
        (disk.rjust(at.disk) if at.disk else "", of("disk")),
        (net.rjust(at.net) if at.net else "", of("net")),
    ]


def _rates(one: float | None, other: float | None, at: DomainColumns) -> str:
    if at.both:
        return byte_rate(one).rjust(RATE) + byte_rate(other).rjust(RATE)
    return byte_rate(None if one is None or other is None else one + other)


def _memory(row: DomainRow, at: DomainColumns) -> str:
    share, most = row.memory, memory(row.reading.memory_max_kib)
    if share is None:
        return most if at.amounts else ""
    return f"{memory(row.reading.memory_kib)} of {most}{percent(share):>7}" if at.amounts else percent(share)


def _said(line: DomainLine, at: DomainColumns, role: str, glyphs: Glyphs) -> list[Piece]:
    about = line.row.about
    return [
        (f"  {fit(safe(text), width - 2, glyphs.ellipsis)}", role)
        for width, text in (
            (at.os, about.os), (at.address, about.address), (at.tags, " ".join(about.tags)), (at.title, about.title)
        ) if width
    ]  # fmt: skip


def _chart(line: DomainLine, at: DomainColumns, glyphs: Glyphs) -> list[Piece]:
    if not at.spark:
        return []
    history = () if line.row.reading.state in OFF else line.row.history
    chart = spark(history, at.spark - 1, high=1.0, ascii_only=glyphs.ascii_only)
    return [(" " + chart, "chart" if line.fresh else "dim")]


def draw_group_line(line: DomainGroupLine, width: int, glyphs: Glyphs) -> Spans:
    """The line over a group: its name, the marks in it, and how many of its domains are in which state."""
    counts = _counts(line, glyphs)
    while counts and 10 + sum(width_of(text) for text, _ in counts) > width:
        counts.pop(0)
    room = max(0, width - 3 - sum(width_of(text) for text, _ in counts) - 1)
    mark = "" if not line.marked else " *" if line.marked == line.domains else f" *{line.marked}"
    name = cut(safe(line.name or UNTAGGED), max(0, room - width_of(mark)), glyphs.ellipsis)
    fold = glyphs.folded if line.folded else glyphs.unfolded
    padding = " " * max(0, room - width_of(name) - width_of(mark))
    return drawn((f" {fold} ", "title"), (name, "strong"), (mark, "mark"), (padding, "text"), *counts)


def _counts(line: DomainGroupLine, glyphs: Glyphs) -> list[Piece]:
    """Each state has its place, at the right edge; what libvirt does not know comes before them."""
    digits = max(2, len(str(line.domains)))
    found: list[Piece] = []
    if line.counts.unknown:
        found.append((f"{line.counts.unknown:>{digits + 1}} ? ", "dim"))
    for name, state in _COUNTS:
        number = getattr(line.counts, name)
        told = f"{number:>{digits + 1}} {glyphs.state(state)} "
        found.append((told, state.value) if number else (" " * (digits + 4), "text"))
    return found
