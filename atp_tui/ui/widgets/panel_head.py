"""The head of the host panel: what the host is, and charts of its figures. Pure: a detail in, lines out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...model.causes import Remedy
from ...model.connection import ConnectionState
from ...monitor import metrics
from ...monitor.fleet import HostDetail, HostRow
from ...monitor.freshness import Freshness
from ..format import WRITE, age, memory, version
from ..glyphs import Glyphs
from ..keymap import OWN, Keymap
from ..spark import area
from ..text import Safe, cut, fit, safe, width_of, wrap
from ..words import state_word
from .host_words import answers_errors, cause_of, channel_of, figures_unmade, mended, next_step, nonsense, silence
from .lines import Spans, drawn
from .system_words import NO_SYSTEM, system_words

_GAP = drawn((" ", "text"))

LABEL = 12
WIDE_LABEL = 17
"""Cells left of a chart: its name with the newest figure below it; in a chart of one row, beside it."""

CAUSE_LINES = 4
LONGEST_STEP = len(mended(OWN))
"""A cause gets lines of its own by its own length alone: a countdown that loses a digit must not move the charts."""

TWO_CHARTS = 56
"""Panels at least this wide show two charts side by side."""


class HeadLine(NamedTuple):
    """One line of the head, drawn already."""

    key: str
    spans: Spans


class Chart(NamedTuple):
    """One metric over time: its name, its values oldest first, how a value is written, its top (None: the largest)."""

    name: str
    values: Sequence[float]
    write: Callable[[float | None], str]
    top: float | None


def head_lines(
    detail: HostDetail,
    uri: str | None,
    width: int,
    chart_height: int,
    now: float,
    glyphs: Glyphs,
) -> tuple[HeadLine, ...]:
    """All lines of the head. Charts are `chart_height` rows high; grey, and their age told, where they are old."""
    stale = not detail.row.fresh
    spans = [*_standing(detail, width, now, glyphs), *_facts(detail, uri, width, chart_height, now, glyphs)]
    spans += _system(detail, width, glyphs, stale=stale)
    if detail.row.has_virt or detail.row.sampled_at is not None:
        spans += _chart_rows(_charts(detail), width, chart_height, glyphs, stale=stale)
    return tuple(HeadLine(str(number), line) for number, line in enumerate(spans))


def _standing(detail: HostDetail, width: int, now: float, glyphs: Glyphs) -> list[Spans]:
    """Sign and state; while connected since when, else what comes next and why not: all of it, this is the place."""
    row = detail.row
    between = f" {glyphs.separator} "
    cause, following = _cause(row), _following(row, now, glyphs.keys)
    silent = silence(row, now)
    sign = f" {glyphs.state(row.shown_state)} {silent or state_word(row.state)}"
    room = width - width_of(sign)
    rest: list[Safe] = []
    if row.state is ConnectionState.CONNECTED:
        lasted = f"for {age(now - row.since)}"
        words = [f"{state_word(row.state)} {lasted}" if silent else lasted, safe(row.address)]
        if row.sample_error is not None:
            rest = wrap(answers_errors(row), max(1, width - 4), CAUSE_LINES, glyphs.ellipsis)
        for words_of in (nonsense, figures_unmade):
            rest += wrap(words_of(row), max(1, width - 4), 2, glyphs.ellipsis)
    elif width_of(cause) + len(between) + LONGEST_STEP + 2 <= room:
        words = [cause, following]
    else:
        words, rest = [following], wrap(cause, max(1, width - 4), CAUSE_LINES, glyphs.ellipsis)
    text = between.join(word for word in words if word)
    first = drawn((sign, row.shown_state.value), (cut(safe(f"  {text}"), max(0, room), glyphs.ellipsis), "text"))
    role = "failed" if row.state is ConnectionState.CONNECTED else "text"
    return [first, *(((cut(safe(f"   {line}"), width, glyphs.ellipsis), role),) for line in rest)]


def _cause(row: HostRow) -> Safe:
    """The channel and all of the cause; and where libvirt alone is lost, that SSH is not."""
    channel, cause = channel_of(row), cause_of(row)
    named = f"{channel}: {cause}" if channel and cause else cause
    return safe(f"{named} (SSH is up: commands run)" if named and row.answers_ssh and row.takes_commands else named)


def _following(row: HostRow, now: float, keys: Keymap) -> str:
    idle = row.state in (ConnectionState.FAILED, ConnectionState.DISCONNECTED) and row.next_attempt_at is None
    if idle and row.trouble is not None and row.trouble.remedy is Remedy.MEND:
        return mended(keys)
    return next_step(row, now, keys).long


def _facts(
    detail: HostDetail, uri: str | None, width: int, chart_height: int, now: float, glyphs: Glyphs
) -> list[Spans]:
    """How long it has been down, how old the figures are, and what kind of host it is: in two lines where one is too
    short and charts have rows to give away."""
    row, node, words = detail.row, detail.node, []
    if row.state not in (ConnectionState.CONNECTED, ConnectionState.DISABLED):  # of the file's past nothing is known
        words.append(f"{state_word(row.state)} for {age(now - row.since)}")
    if row.freshness is not Freshness.FRESH and row.sampled_at is not None:
        words.append(f"figures are {age(now - row.sampled_at)} old")
    if uri is not None:
        words.append(safe(uri))
    elif not row.has_virt:
        words.append("SSH only")
    if node is not None:
        hypervisor = safe(node.hypervisor)
        if node.hypervisor_version is not None:
            hypervisor = safe(f"{hypervisor} {version(node.hypervisor_version)}")
        words += [
            hypervisor,
            f"libvirt {version(node.libvirt_version)}",
            f"{node.cpus} cpu",
            memory(node.memory_kib).strip(),
        ]
    text = safe(f" {glyphs.separator} ".join(words))
    lines = wrap(text, max(1, width - 4), 1 if chart_height == 1 else 2, glyphs.ellipsis)
    return [((cut(safe(f"   {line}"), width, glyphs.ellipsis), "dim"),) for line in lines]


def _system(detail: HostDetail, width: int, glyphs: Glyphs, *, stale: bool) -> list[Spans]:
    """What the host's /proc says: nothing where no SSH connection was open to ask it, or nobody was asked yet."""
    if detail.system is not None:
        words = system_words(detail.system, with_size=detail.node is None)
    elif detail.row.sampled_at is not None and not detail.row.has_virt:
        words = (NO_SYSTEM,)
    else:
        return []
    text = cut(safe("   " + f" {glyphs.separator} ".join(words)), width, glyphs.ellipsis)
    return [((text, "dim" if stale or detail.system is None else "text"),)]


def _charts(detail: HostDetail) -> tuple[Chart, ...]:
    return tuple(
        Chart(metric.title, detail.series[metric.name], WRITE[metric.form], metric.form.top)
        for metric in metrics.METRICS
        if metric.series
    )


def _chart_rows(charts: Sequence[Chart], width: int, height: int, glyphs: Glyphs, *, stale: bool) -> list[Spans]:
    abreast = 2 if width >= TWO_CHARTS else 1
    each = (width - 1) // abreast
    rows: list[Spans] = []
    for start in range(0, len(charts), abreast):
        drawn = [_chart(chart, each, height, glyphs, stale=stale) for chart in charts[start : start + abreast]]
        rows += [tuple(span for chart in drawn for span in chart[row]) for row in range(height)]
    return rows


def _chart(chart: Chart, width: int, height: int, glyphs: Glyphs, *, stale: bool) -> list[Spans]:
    """Name and newest figure at the left, the chart beside them; where it is high enough its scale as well."""
    newest = next((value for value in reversed(chart.values) if not math.isnan(value)), None)
    known = [value for value in chart.values if not math.isnan(value)]
    figure = safe(chart.write(newest).strip())
    role = "dim" if stale else "strong"
    if height == 1:
        room = WIDE_LABEL - len(chart.name) - 2
        labels = [drawn((f" {chart.name}", "dim"), (fit(figure, room, right=True), role), (" ", "text"))]
    else:
        labels = [((fit(safe(f" {chart.name}"), LABEL), "dim"),), ((fit(safe(f" {figure}"), LABEL), role),)]
        if height > 2 and chart.top is None and known:
            labels.append(((fit(safe(f" max {chart.write(max(known)).strip()}"), LABEL), "dim"),))
        labels += [drawn((" " * LABEL, "text"))] * (height - len(labels))
    room = width - (WIDE_LABEL if height == 1 else LABEL) - 1
    plot = area(chart.values, max(1, room), height, high=chart.top, ascii_only=glyphs.ascii_only)
    return [(*label, (row, "dim" if stale else "chart"), *_GAP) for label, row in zip(labels, plot, strict=True)]
