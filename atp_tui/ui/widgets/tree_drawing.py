"""How a line of the host tree looks in a given width. Pure: a line and a moment in, spans out.

    ▾ rack1                     18 ●  1 ◐  1 ✕
      ✕ kvm03   host key changed · press K
    * ● kvm01    12 %  61 %   1.2 ms ▁▂▃▂▁▂▃▅

Columns depend on the width and the widest id alone, so that no figure ever moves another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ...model.connection import ConnectionState
from ...monitor.fleet import HostRow
from ..format import age
from ..glyphs import STATE_ORDER, Glyphs
from ..text import cut, fit, safe, width_of
from .host_words import cause_of, next_step, silence
from .lines import Spans
from .row_figures import draw_figures
from .tree_model import GroupLine, HostLine

_S = ConnectionState

INDENT = 5
WORD = max(len(state) for state in ConnectionState)
_LOST = (_S.FAILED, _S.RECONNECTING)
LONGEST_ID = 28
LONGEST_SPARK = 40

USUAL = (_S.CONNECTED, _S.RECONNECTING, _S.FAILED)
COUNT_ORDER = (_S.DRAINING, _S.DISCONNECTED, _S.CONNECTING, *USUAL)
"""The counts of a group from left to right."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells of the columns of host lines; 0: there is no room for that one."""

    id: int
    word: int
    cpu: int
    memory: int
    rtt: int
    domains: int
    requests: int
    spark: int

    def heads(self) -> tuple[tuple[int, str], ...]:
        """The name of each column of figures, with the cell after its last one."""
        place, found = INDENT + self.id + self.word, []
        for name, width in (
            ("cpu", self.cpu),
            ("mem", self.memory),
            ("rtt", self.rtt),
            ("VMs", self.domains),
            ("req/s", self.requests),
        ):
            place += width
            if width:
                found.append((place, name))
        if self.spark:
            found.append((place + self.spark - 1, "cpu history" if self.spark > 14 else "cpu"))
        return tuple(found)


@lru_cache(maxsize=256)
def columns(width: int, id_width: int) -> Columns:
    """Share `width` cells out: what matters most gets its column first, the sparkline what is left."""
    id_room = min(id_width, LONGEST_ID, max(8, width // 3))
    left = width - INDENT - id_room - 1
    sizes = dict.fromkeys(("cpu", "memory", "spark", "rtt", "word", "domains", "requests"), 0)
    for name, size in (
        ("cpu", 7),
        ("memory", 7),
        ("spark", 9),
        ("rtt", 10),
        ("word", WORD + 2),
        ("domains", 9),
        ("requests", 7),
    ):
        if size <= left:
            sizes[name] = size
            left -= size
    if sizes["spark"]:
        sizes["spark"] += max(0, min(left, LONGEST_SPARK - sizes["spark"]))
    return Columns(id=id_room, **sizes)


def draw_host(line: HostLine, width: int, at: Columns, now: float, glyphs: Glyphs) -> Spans:
    """One host: sign and id, then its figures while connected, else its cause and what happens next."""
    row, role = line.row, line.row.shown_state.value
    mark = (" * " if line.marked else "   ", "mark")
    sign = (glyphs.state(row.shown_state) + " ", role)
    name = fit(safe(row.id), at.id, glyphs.ellipsis)
    word_role = "dim" if row.shown_state is _S.CONNECTED else role  # green words all over would hide the one red one
    word = (f"  {silence(row, now) or role:<{WORD}}", word_role) if at.word else ("", role)
    left = width - INDENT - at.id - at.word
    if row.state is _S.CONNECTED:
        return (mark, sign, (name, "text"), word, *draw_figures(row, at, now, glyphs, left))
    text = _whole_trouble(row, now, left, glyphs, with_word=False) if at.word else None
    if text is None:  # the words matter more here than that they stand under the figures
        name, word = name.rstrip(), ("", role)
        text = _trouble(row, now, width - INDENT - width_of(name), glyphs)
    return (mark, sign, (name, "text"), word, (text, "text" if row.state in _LOST else "dim"))


def draw_group(line: GroupLine, width: int, glyphs: Glyphs) -> Spans:
    """The line over a group: its name, the marks in it, how many hosts are in which state; folded, its main cause."""
    mark = "*" if line.marked == len(line.hosts) else f"*{line.marked}" if line.marked else ""
    counts = _counts(line.counts, glyphs)
    while counts and 10 + sum(width_of(text) for text, _ in counts) > width:
        counts.pop(0)
    room = max(0, width - 3 - sum(width_of(text) for text, _ in counts) - 1)
    name = cut(line.name, room, glyphs.ellipsis)
    extra = f" {mark}" if mark else ""
    extra = extra if width_of(name) + width_of(extra) <= room else ""
    cause, left = "", room - width_of(name) - width_of(extra)
    if line.cause is not None and left > 16:
        number, text = line.cause
        cause = cut(f"  {number} {glyphs.separator} {text}", left - 1, glyphs.ellipsis)
    padding = " " * (left - width_of(cause))
    fold = glyphs.folded if line.folded else glyphs.unfolded
    return (
        (f" {fold} ", "title"),
        (name, "strong"),
        (extra, "mark"),
        (cause, "dim"),
        (padding, "text"),
        *counts,
    )


def _counts(counts: tuple[int, ...], glyphs: Glyphs) -> list[tuple[str, str]]:
    """The usual three states always have their place, at the right edge; the rare ones come before them."""
    digits = max(2, len(str(sum(counts))))
    by_state = dict(zip(STATE_ORDER, counts, strict=True))
    spans = []
    for state in COUNT_ORDER:
        number = by_state[state]
        if number:
            spans.append((f"{number:>{digits + 1}} {glyphs.state(state)} ", state.value))
        elif state in USUAL:
            spans.append((" " * (digits + 4), "text"))
    return spans


def _whole_trouble(row: HostRow, now: float, width: int, glyphs: Glyphs, *, with_word: bool) -> str | None:
    """`word · cause · since · next`, at least the cause and the next step; None where these have no room."""
    word, cause, following = row.state.value if with_word else "", cause_of(row), next_step(row, now)
    lasted = f"down {age(now - row.since)}" if row.state in _LOST else ""
    for parts in (
        (word, cause, lasted, following),
        ("", cause, lasted, following),
        (word if not cause else "", cause, "", following),
        ("", cause, "", following),
        ("", cause, "", _short(following)),
    ):
        text = f" {glyphs.separator} ".join(part for part in parts if part)
        if width_of(text) <= width - 2:
            return "  " + text
    return None


def _trouble(row: HostRow, now: float, width: int, glyphs: Glyphs) -> str:
    """As above, cut where it must be: the next step always stands there, then as much of the cause as fits."""
    whole = _whole_trouble(row, now, width, glyphs, with_word=True)
    if whole is not None:
        return whole
    between = f" {glyphs.separator} "
    cause, short = cause_of(row), _short(next_step(row, now))
    room = width - 2
    cause_room = room - width_of(short) - len(between)
    words = cut(cause, cause_room, glyphs.ellipsis) + between + short if cause and cause_room >= 4 else short
    return "  " + cut(words, max(room, 0), glyphs.ellipsis)


def _short(following: str) -> str:
    """The next step in fewer words."""
    return following.removeprefix("next try ").removesuffix(" to retry").removesuffix(" to connect")
