"""The head of the host panel: what the host is, and charts of its figures. Pure: a detail in, lines out."""

from __future__ import annotations

from typing import NamedTuple

from ...model.causes import Remedy
from ...model.connection import ConnectionState
from ...monitor import metrics
from ...monitor.fleet import HostDetail, HostRow
from ...monitor.freshness import Freshness
from ...monitor.series import HISTORY
from ..format import WRITE, age, memory, version
from ..glyphs import Glyphs
from ..keymap import OWN, Keymap
from ..text import Safe, cut, safe, width_of, wrap
from ..words import state_word
from .charts import Chart, chart_rows
from .host_words import answers_errors, cause_of, channel_of, figures_unmade, mended, next_step, nonsense, silence
from .lines import Spans, drawn
from .system_words import NO_SYSTEM, system_words

CAUSE_LINES = 4
LONGEST_STEP = len(mended(OWN))
"""A cause gets lines of its own by its own length alone: a countdown that loses a digit must not move the charts."""


class HeadLine(NamedTuple):
    """One line of the head, drawn already."""

    key: str
    spans: Spans


def head_lines(
    detail: HostDetail,
    uri: str | None,
    width: int,
    chart_height: int,
    now: float,
    glyphs: Glyphs,
    *,
    brief: bool = False,
) -> tuple[HeadLine, ...]:
    """All lines of the head. Charts are `chart_height` rows high; grey, and their age told, where they are old.

    `brief`: what kind of host it is has one line, where it may have two.
    """
    stale = not detail.row.fresh
    spans = [*_standing(detail, width, now, glyphs), *_facts(detail, uri, width, 1 if brief else 2, now, glyphs)]
    spans += _system(detail, width, glyphs, stale=stale)
    if chart_height > 0:
        spans += chart_rows(charts_of(detail), width, chart_height, HISTORY, glyphs, stale=stale)
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


def _facts(detail: HostDetail, uri: str | None, width: int, most: int, now: float, glyphs: Glyphs) -> list[Spans]:
    """How long it has been down, how old the figures are, and what kind of host it is: in `most` lines at most."""
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
    lines = wrap(text, max(1, width - 4), most, glyphs.ellipsis)
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


def charts_of(detail: HostDetail) -> tuple[Chart, ...]:
    """A chart of each figure whose last values are kept; none before the host's first answer where it has SSH alone."""
    if not detail.row.has_virt and detail.row.sampled_at is None:
        return ()
    return tuple(
        Chart(metric.title, detail.series[metric.name], WRITE[metric.form], metric.form.top)
        for metric in metrics.METRICS
        if metric.series
    )
