"""The figures in a host's line of the tree, and what stands in their place. Pure.

How old the figures are is the row's own verdict (`freshness`): old ones are dim, each of them.
"""

from __future__ import annotations

from typing import Protocol

from ...model.connection import ConnectionState
from ...monitor.freshness import Freshness
from ...monitor.rows import HostRow
from ..format import NOT_KNOWN, age, milliseconds, percent, rate
from ..glyphs import Glyphs
from ..spark import spark
from ..text import cut, safe, width_of
from .host_words import silence
from .lines import Spans

_S = ConnectionState


class FigureColumns(Protocol):
    """Widths in cells; 0: there is no room for that one."""

    @property
    def word(self) -> int: ...
    @property
    def cpu(self) -> int: ...
    @property
    def memory(self) -> int: ...
    @property
    def rtt(self) -> int: ...
    @property
    def domains(self) -> int: ...
    @property
    def requests(self) -> int: ...
    @property
    def spark(self) -> int: ...


def draw_figures(row: HostRow, at: FigureColumns, now: float, glyphs: Glyphs, width: int) -> Spans:
    """The figures of a connected host, its silence or its error where these are what there is to say."""
    silent = silence(row, now)
    words = _instead(row, now)
    if row.sample_error is not None and not row.fresh:
        told = f"answers errors: {safe(row.sample_error)}"
        return ((cut(f"  {told}", width, glyphs.ellipsis), "failed"),)
    if words:
        told = f"{silent} {glyphs.separator} " if silent and not at.word else ""
        room = max(0, width - 2 - width_of(told))
        return (("  " + told, "reconnecting"), (cut(words, room, glyphs.ellipsis), "dim"))
    role = "text" if row.fresh else "dim"
    first = "".join(
        figure.rjust(column) if column else ""
        for column, figure in ((at.cpu, percent(row.cpu)), (at.memory, percent(row.memory)))
    )
    if silent and not at.word and len(silent) >= len(first):
        return ((cut(f"  {silent}", width, glyphs.ellipsis), "reconnecting"),)
    # where there is no column for the word, it stands in that of the first figures
    begin = (silent.rjust(len(first)), "reconnecting") if silent and not at.word else (first, role)
    chart = spark(row.history, at.spark - 1, high=1.0, ascii_only=glyphs.ascii_only) if at.spark else ""
    return (
        begin,
        (milliseconds(row.rtt).rjust(at.rtt) if at.rtt else "", role),
        *_domains(row, at.domains, role, glyphs),
        (rate(row.requests_per_second).rjust(at.requests) if at.requests else "", role),
        (f" {chart}", "chart" if row.fresh else "dim"),
    )


def _instead(row: HostRow, now: float) -> str:
    """What stands in place of figures that there are not yet, or that are too old to be of use."""
    if row.sampled_at is None:
        return "no figures yet" if row.has_virt else "SSH only"
    return f"figures are {age(now - row.sampled_at)} old" if row.freshness is Freshness.LAPSED else ""


def _domains(row: HostRow, width: int, role: str, glyphs: Glyphs) -> Spans:
    """`◐1 3/6`: those that are up, of all; before them the paused and the crashed, where there are any and room."""
    if not width:
        return ()
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
