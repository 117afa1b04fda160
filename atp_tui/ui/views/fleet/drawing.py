"""How a line of the host tree looks in a given width. Pure: a line and a moment in, spans out.

    ▾ rack1                     18 ●  1 ◐  1 ✕
      ✕ kvm03   failed · libvirt: key CHANGED · press K
    * ● kvm01    12 %  61 %   1.2 ms ▁▂▃▂▁▂▃▅

Columns depend on the width and the widths of the ids alone, so that no figure ever moves another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ....model.causes import LONGEST_SHORT
from ....model.connection import ConnectionState
from ....model.data_class import dataclass
from ....monitor import metrics
from ....monitor.fleet import HostRow
from ....monitor.metrics import Form, Metric
from ....monitor.query import HostLine
from ...format import age
from ...glyphs import Glyphs
from ...text import cut, cut_middle, fit, safe, width_of
from ...widgets.host_words import brief_of, channel_of, next_step, silence
from ...widgets.lines import Spans, drawn
from ...words import state_word
from .figures import FigureColumn, draw_figures

_S = ConnectionState

INDENT = 5
WORD = max(width_of(state_word(state)) for state in ConnectionState)
_LOST = (_S.FAILED, _S.RECONNECTING)
LONGEST_ID = 24
USUAL_ID = 12
"""Cells that ids have at least where one of them needs so many: rtt, cpu, mem and VMs fit beside them in 54 columns."""
MARGINS = 3
"""Cells between an id and the words of a trouble, and between those and the frame."""
LEAST_RIGHT = LONGEST_SHORT + MARGINS
"""Cells right of the ids that a cause needs."""
LEAST_SPARK = 9
LONGEST_SPARK = 40

WIDTHS = {Form.SHARE: 7, Form.DURATION: 10, Form.RATE: 7, Form.COUNT: 7, Form.AVERAGE: 7, Form.DOMAINS: 9}
"""Cells of a column of figures, with what parts it from the one before."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells of the columns of host lines, 0 where there is no room for it, and the columns of figures."""

    id: int
    word: int
    figures: tuple[FigureColumn, ...]
    spark: int

    def heads(self) -> tuple[tuple[int, str], ...]:
        """The name of each column of figures, with the cell after its last one."""
        place, found = INDENT + self.id + self.word, []
        for figure in self.figures:
            place += figure.width
            found.append((place, figure.metric.head))
        if self.spark:
            found.append((place + self.spark - 1, "cpu history" if self.spark > 14 else "cpu"))
        return tuple(found)


def columns(width: int, id_width: int, usual: int | None = None, chosen: tuple[Metric, ...] | None = None) -> Columns:
    """Share `width` cells out among the columns, what is worth most first: rtt, cpu, mem, VMs, req/s; or those that a
    person has `chosen`, in their order, the first of them first.

    `id_width` is the width of the widest id, `usual` one that most ids have room in: no column gives way to ids that
    are wider than that, which are cut in their middle. What is left goes to the ids, then to the chart, then to the
    word of the state.
    """
    return _columns(width, id_width, id_width if usual is None else usual, metrics.METRICS, chosen)


@lru_cache(maxsize=256)
def _columns(
    width: int, id_width: int, usual: int, table: tuple[Metric, ...], chosen: tuple[Metric, ...] | None
) -> Columns:
    table = chosen or tuple([metric for metric in table if metric.worth is not None])
    by_worth = chosen or sorted(table, key=lambda metric: metric.worth or 0)
    longest = min(id_width, LONGEST_ID)
    id_room = min(longest, max(usual, USUAL_ID), max(8, width - INDENT - LEAST_RIGHT))
    left = (
        width - INDENT - id_room - 2
    )  # the last head of a column needs a cell behind it, and the frame is not touched
    fitting: set[Metric] = set()
    for metric in by_worth:
        if (size := WIDTHS[metric.form]) > left:
            break
        fitting.add(metric)
        left -= size
    more = max(0, min(longest - id_room, left))
    left -= more
    word = spark = 0
    if left >= LEAST_SPARK and len(fitting) == len(table):
        word = WORD + 2 if left >= LEAST_SPARK + WORD + 2 else 0
        spark = min(left - word, LONGEST_SPARK)
    shown = tuple([FigureColumn(metric, WIDTHS[metric.form]) for metric in table if metric in fitting])
    return Columns(id_room + more, word, shown, spark)


def draw_host(line: HostLine, width: int, at: Columns, now: float, glyphs: Glyphs) -> Spans:
    """One host: sign and id, then its figures while connected, else its cause and what happens next."""
    row, role = line.row, line.row.shown_state.value
    mark = (" * " if line.marked else "   ", "mark")
    sign = (glyphs.state(row.shown_state) + " ", role)
    name = safe(row.id)
    shown = cut_middle(name, at.id, glyphs.ellipsis)
    if row.state is _S.CONNECTED:
        word_role = "dim" if row.shown_state is _S.CONNECTED else role  # green words would hide the one red one
        word = (f"  {silence(row, now) or state_word(row.shown_state):<{WORD}}", word_role) if at.word else ("", role)
        left = width - INDENT - at.id - at.word
        return drawn(mark, sign, (fit(shown, at.id), "text"), word, *draw_figures(row, at, now, glyphs, left))
    text_role = "text" if row.state in _LOST else "dim"
    name_role = "dim" if row.state is _S.DISABLED else "text"
    text = _whole_trouble(row, now, width - INDENT - at.id, glyphs)
    if text is not None:
        return drawn(mark, sign, (fit(shown, at.id), name_role), (text, text_role))
    # the words matter more here than that they stand under the figures, and the cause more than the whole id
    room = width - INDENT - MARGINS - width_of(brief_of(row, glyphs.ellipsis))
    shown = cut_middle(name, min(at.id, max(8, room)), glyphs.ellipsis)
    trouble = _trouble(row, now, width - INDENT - width_of(shown), glyphs)
    return drawn(mark, sign, (shown, name_role), (trouble, text_role))


def _whole_trouble(row: HostRow, now: float, width: int, glyphs: Glyphs) -> str | None:
    """`word · channel: cause · since · next`, at least the cause and the next step; None where these have no room."""
    word, cause, step = state_word(row.state), brief_of(row, glyphs.ellipsis), next_step(row, now, glyphs.keys)
    channel = channel_of(row)
    named = f"{channel}: {cause}" if channel and cause else cause
    lasted = f"down {age(now - row.since)}" if row.state in _LOST else ""
    other = "SSH is up" if row.answers_ssh else ""
    for parts in (
        (word, named, other, lasted, step.long),
        (word, named, other, step.long),
        ("" if named else word, named, other, step.long),
        ("" if named else word, named, other, step.short),
        ("" if cause else word, cause, other, step.short),
        (named, step.short),
        ("" if cause else word, cause, step.long),
        ("" if cause else word, cause, step.short),
    ):
        text = _joined(parts, glyphs)
        if width_of(text) <= width - MARGINS:
            return "  " + text
    return None


def _trouble(row: HostRow, now: float, width: int, glyphs: Glyphs) -> str:
    """As above, cut where it must be: the cause, and the next step where that has room."""
    whole = _whole_trouble(row, now, width, glyphs)
    if whole is not None:
        return whole
    room = max(width - MARGINS, 0)
    words = brief_of(row, glyphs.ellipsis) or safe(next_step(row, now, glyphs.keys).short)
    return "  " + cut(words, room, glyphs.ellipsis)


def _joined(parts: Iterable[str], glyphs: Glyphs) -> str:
    return f" {glyphs.separator} ".join(part for part in parts if part)
