"""How the lines look under which hosts stand: groups, the line over the trouble, and its causes. Pure.

▾ trouble   27 hosts · 3 causes
  ▸ ✕ 12 hosts: login refused · rack2, rack6 · press P
▾ rack1          cpu  12 %  mem  61 %    340 VMs   18 ●  1 ◐  1 ✕
"""

from __future__ import annotations

from collections.abc import Sequence

from ....model.causes import Remedy
from ....model.connection import ConnectionState
from ....monitor.query import TAG, CauseLine, GroupLine, RollUp, TroubleLine
from ...format import percent, tally
from ...glyphs import Glyphs
from ...text import cut, safe, width_of
from ...widgets.host_words import PRESSED, brief_of
from ...widgets.lines import Spans, drawn
from ...words import state_word

_S = ConnectionState

UNTAGGED = "untagged"
"""The name over the hosts that have no tag."""
USUAL = (_S.CONNECTED, _S.RECONNECTING, _S.FAILED)
COUNT_ORDER = (_S.DISABLED, _S.DRAINING, _S.DISCONNECTED, _S.CONNECTING, *USUAL)
"""The counts of a group from left to right."""

LEAST_NAME = 16
"""Cells of a group's name that no figure takes."""
FIGURE = 11
"""Cells of one figure of a group, with what parts it from the one before."""
LEAST_CAUSE = 16


def group_name(by: str, name: str | None) -> str:
    """What stands over a group; it may hold anything."""
    if name is not None:
        return name
    return UNTAGGED if by == TAG else f"no {by}"


def draw_group(line: GroupLine, width: int, glyphs: Glyphs) -> Spans:
    """The line over a group: its name, the marks in it, its figures where there is room, how many hosts are in which
    state; folded, its main cause."""
    counts = _counts(line.counts, glyphs)
    while counts and 10 + sum(width_of(text) for text, _ in counts) > width:
        counts.pop(0)
    indent = 2 * line.depth
    room = max(0, width - 3 - indent - sum(width_of(text) for text, _ in counts) - 1)
    figures = _figures(line.figures, max(0, room - LEAST_NAME) // FIGURE)
    cause = "" if line.cause is None else f"  {line.cause.number} {glyphs.separator} {brief_of(line.cause)}"
    while figures and cause and room - LEAST_NAME - FIGURE * len(figures) < LEAST_CAUSE:
        figures.pop()  # why hosts are lost is worth more
    room -= FIGURE * len(figures)
    name = cut(safe(group_name(line.by, line.name)), room, glyphs.ellipsis)
    extra = _marked(line.marked, line.hosts)
    extra = extra if width_of(name) + width_of(extra) <= room else ""
    left = room - width_of(name) - width_of(extra)
    cause = cut(safe(cause), left - 1, glyphs.ellipsis) if left > LEAST_CAUSE else ""
    return drawn(
        (f" {' ' * indent}{_fold(line.folded, glyphs)} ", "title"),
        (name, "strong"),
        (extra, "mark"),
        (cause, "dim"),
        (" " * (left - width_of(cause)), "text"),
        *figures,
        *counts,
    )


def draw_trouble(line: TroubleLine, width: int, glyphs: Glyphs) -> Spans:
    """The line over the causes of trouble."""
    words = f"  {_number(line.hosts, 'host')} {glyphs.separator} {_number(line.causes, 'cause')}"
    head, extra = f" {_fold(line.folded, glyphs)} ", _marked(line.marked, line.hosts)
    room = max(0, width - width_of(head) - width_of("trouble") - width_of(extra))
    return drawn(
        (head, "title"), ("trouble", "strong"), (extra, "mark"), (cut(safe(words), room, glyphs.ellipsis), "dim")
    )


def draw_cause(line: CauseLine, width: int, glyphs: Glyphs) -> Spans:
    """One cause: how many hosts have it and where they are, what it is, their groups, and the key that helps."""
    head, sign = f"   {_fold(line.folded, glyphs)} ", f"{glyphs.state(line.state)} "
    extra = _marked(line.marked, line.hosts)
    room = max(0, width - width_of(head) - width_of(sign) - width_of(extra) - 1)
    between = f" {glyphs.separator} "
    subject = safe(line.first) if line.hosts == 1 else f"{line.hosts:,} hosts{_place(line)}"
    what = f"{line.causes} other causes" if line.causes > 1 else brief_of(line) or state_word(line.state)
    step = "" if line.trouble is None or line.causes > 1 else _step(line.trouble.remedy, glyphs)
    told = safe(f"{subject}: {what}")
    left = room - width_of(told) - len(between) - (width_of(step) + len(between)) * bool(step)
    groups = _names(line.groups, left, glyphs)
    parts = [part for part in (told, groups, step) if part]
    if width_of(safe(between.join(parts))) > room:
        parts = [told]
    return drawn(
        (head, "title"),
        (sign, line.state.value),
        (cut(safe(between.join(parts)), room, glyphs.ellipsis), "text"),
        (extra, "mark"),
    )


def _step(remedy: Remedy, glyphs: Glyphs) -> str:
    """The key that helps all of them. An attempt may help, too, but most of these hosts are tried by themselves."""
    key = glyphs.keys.sign(PRESSED[remedy]) if remedy in (Remedy.TRUST_KEY, Remedy.LOG_IN) else ""
    return f"press {key}" if key else ""


def _place(line: CauseLine) -> str:
    if line.jump is not None:
        return f" behind {line.jump}"
    return f" in {line.subnet}" if line.subnet is not None else ""


def _names(groups: Sequence[str | None], room: int, glyphs: Glyphs) -> str:
    """As many names of groups as there is room for."""
    names = [safe(name) for name in groups if name is not None]
    for number in range(len(names), 0, -1):
        more = "" if number == len(groups) else f" {glyphs.ellipsis}"
        text = ", ".join(names[:number]) + more
        if width_of(safe(text)) <= room:
            return text
    return ""


def _marked(marked: int, hosts: int) -> str:
    return " *" if marked == hosts and marked else f" *{marked}" if marked else ""


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _fold(folded: bool, glyphs: Glyphs) -> str:
    return glyphs.folded if folded else glyphs.unfolded


def _figures(of: RollUp, number: int) -> list[tuple[str, str]]:
    """The first `number` figures of a group, each FIGURE cells wide."""
    known = [(f"  cpu{percent(of.cpu)} ", of.cpu), (f"  mem{percent(of.memory)} ", of.memory)]
    vms = None if of.vms is None else float(of.vms.up)
    known.append((f" {'n/a' if of.vms is None else tally(of.vms.up, 5):>5} VMs ", vms))
    return [(text, "dim" if figure is None else "text") for text, figure in known[:number]]


def _counts(counts: tuple[tuple[ConnectionState, int], ...], glyphs: Glyphs) -> list[tuple[str, str]]:
    """The usual three states always have their place, at the right edge; the rare ones come before them."""
    by_state = dict(counts)
    digits = max(2, len(str(sum(by_state.values()))))
    spans = []
    for state in COUNT_ORDER:
        number = by_state.get(state, 0)
        if number:
            spans.append((f"{number:>{digits + 1}} {glyphs.state(state)} ", state.value))
        elif state in USUAL:
            spans.append((" " * (digits + 4), "text"))
    return spans
