"""The figures in a host's line of the tree, and what stands in their place. Pure.

How old the figures are is the row's own verdict (`freshness`): old ones are dim, each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ....model.connection import ConnectionState
from ....monitor.freshness import Freshness
from ....monitor.metrics import Form, Metric
from ....monitor.rows import HostRow
from ...format import NOT_KNOWN, WRITE, age
from ...glyphs import Glyphs
from ...spark import spark
from ...text import cut, safe, width_of
from ...widgets.host_words import answers_errors, silence
from ...widgets.lines import Piece

_S = ConnectionState


class FigureColumn:
    """The column of one metric. `width` is in cells."""

    __slots__ = ("metric", "read", "width", "write")

    def __init__(self, metric: Metric, width: int) -> None:
        self.metric = metric
        self.width = width
        # looked up here once, since a thousand rows are drawn by them
        self.read = metric.read
        self.write = WRITE[metric.form] if metric.form is not Form.DOMAINS else None


class FigureColumns(Protocol):
    """The columns right of the ids. Widths in cells; 0: there is no room for that one."""

    @property
    def word(self) -> int: ...
    @property
    def figures(self) -> tuple[FigureColumn, ...]: ...
    @property
    def spark(self) -> int: ...


def draw_figures(row: HostRow, at: FigureColumns, now: float, glyphs: Glyphs, width: int) -> Sequence[Piece]:
    """The figures of a connected host, its silence or its error where these are what there is to say."""
    silent = silence(row, now)
    words = _instead(row, now)
    if row.sample_error is not None and not row.fresh:
        return ((cut(safe(f"  {answers_errors(row)}"), width, glyphs.ellipsis), "failed"),)
    if words:
        told = f"{silent} {glyphs.separator} " if silent and not at.word else ""
        room = max(0, width - 2 - width_of(told))
        return ("  " + told, "reconnecting"), (cut(safe(words), room, glyphs.ellipsis), "dim")
    role = "text" if row.fresh else "dim"
    first, rest = "", at.figures
    while rest and rest[0].metric.form is Form.SHARE and rest[0].write is not None:
        first, rest = first + rest[0].write(rest[0].read(row)).rjust(rest[0].width), rest[1:]
    if silent and not at.word and len(silent) >= len(first):
        return ((cut(safe(f"  {silent}"), width, glyphs.ellipsis), "reconnecting"),)
    # where there is no column for the word, it stands in that of the first figures
    spans: list[Piece] = [(silent.rjust(len(first)), "reconnecting") if silent and not at.word else (first, role)]
    for column in rest:
        if column.write is None:
            spans += _domains(row, column.width, role, glyphs)
        else:
            spans.append((column.write(column.read(row)).rjust(column.width), role))
    chart = spark(row.history, at.spark - 1, high=1.0, ascii_only=glyphs.ascii_only) if at.spark else ""
    return *spans, (f" {chart}", "chart" if row.fresh else "dim")


def _instead(row: HostRow, now: float) -> str:
    """What stands in place of figures that there are not yet, or that are too old to be of use."""
    if row.sampled_at is None:
        return "no figures yet" if row.has_virt else "SSH only"
    return f"figures are {age(now - row.sampled_at)} old" if row.freshness is Freshness.LAPSED else ""


def _domains(row: HostRow, width: int, role: str, glyphs: Glyphs) -> Sequence[Piece]:
    """`◐1 3/6`: those that are up, of all; before them the paused and the crashed, where there are any and room."""
    if row.vms is None:
        return ((NOT_KNOWN.rjust(width), role),)
    up, paused, crashed, *_ = row.vms
    whole, short = f"{up}/{row.vms.all}", str(up)
    signs = ((paused, _S.RECONNECTING), (crashed, _S.FAILED))  # the worst last: it outlives the other
    signed = [(f"{glyphs.state(state)}{number} ", state.value) for number, state in signs if number]
    for shown, figure in ((signed, whole), (signed, short), (signed[-1:], whole), (signed[-1:], short), ([], whole)):
        extra = sum(len(text) for text, _ in shown)
        if extra + len(figure) < width:
            break
    return (
        (" " * max(0, width - extra - len(figure)), role),
        *((text, name if role == "text" else role) for text, name in shown),
        (figure, role),
    )
