"""How a line of the list of all domains looks in a given width. Pure: a line and a moment in, spans out.

    ▾ rack1                                            18 ●  1 ◐  1 ✕  2 ○
    * ● web-01   kvm01  running           12 %   61 %   1.2 MB/s   4.0 MB/s    4     2 s

Columns depend on the width, on the widths of the names and on those of what the metadata say, so that no figure ever
moves another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ....model.connection import ConnectionState
from ....model.node import DomainState
from ....monitor.domain_query import NO_WIDTHS, AboutWidths, DomainGroupLine, DomainGroups, DomainLine
from ....monitor.rows import OFF, DomainRow
from ...format import age, byte_rate, memory, percent
from ...glyphs import Glyphs
from ...spark import spark
from ...text import cut, cut_middle, fit, safe, width_of
from ...widgets.domain_list import SIGNS, state_words
from ...widgets.lines import Piece, Spans, drawn

_S = ConnectionState

INDENT = 5
USUAL_NAME = 12
"""Cells that names have at least where one of them needs so many."""
LONGEST_NAME = 40
LONGEST_HOST = 20
STATE = max(len(state) for state in DomainState)
LONGEST_STATE = 28
"""Cells of a state with its reason, `paused (post-copy migration failed)` cut."""
LEAST_SPARK = 10
LONGEST_SPARK = 33
UNTAGGED = "untagged"
"""The name over the domains whose hosts have no tag."""

ABOUT = {"title": 16, "os": 14, "address": 15, "tags": 16}
"""What metadata say, in the order of its worth, with the cells that each has at most while others have none."""
LONGEST_ABOUT = 40
"""Cells that a title and tags have at most."""

_RATE = 11
_AMOUNTS = 22
"""Cells of ` 4.0 GiB of  8.0 GiB` before the share, and what parts it from the column before."""

_COUNTS = (("up", _S.CONNECTED), ("paused", _S.RECONNECTING), ("crashed", _S.FAILED), ("off", _S.DISCONNECTED))
_RUNNING = frozenset({_S.CONNECTED, _S.DRAINING})


@dataclass(frozen=True, slots=True)
class DomainColumns:
    """Widths in cells, the space before each included; 0: there is no room for it. With `both` the rates of reading and
    writing, of receiving and sending, stand apart; with `amounts` the memory is told in bytes as well. `os`, `address`,
    `tags` and `title` are of the metadata."""

    name: int
    host: int = 0
    state: int = 0
    cpu: int = 0
    memory: int = 0
    disk: int = 0
    net: int = 0
    vcpus: int = 0
    age: int = 0
    os: int = 0
    address: int = 0
    tags: int = 0
    title: int = 0
    spark: int = 0
    both: bool = False
    amounts: bool = False

    def heads(self) -> tuple[tuple[int, str], ...]:
        """The name of each column of figures, with the cell after its last one."""
        place, found = INDENT + self.name + self.host + self.state, []
        disk, net = ("disk read, written", "net in, out") if self.both else ("disk", "net")
        for width, name in (
            (self.cpu, "cpu"), (self.memory, "memory" if self.amounts else "mem"), (self.disk, disk), (self.net, net),
            (self.vcpus, "vcpu"), (self.age, "age"),
        ):  # fmt: skip
            place += width
            if width:
                found.append((place, name))
        for width, name in ((self.os, "os"), (self.address, "address"), (self.tags, "tags"), (self.title, "title")):
            if width:  # texts begin where their heads do
                found.append((place + 2 + len(name), name))
            place += width
        if self.spark:
            found.append((place + self.spark, "cpu history" if self.spark > 14 else "cpu"))
        return tuple(found)


@lru_cache(maxsize=256)
def domain_columns(
    width: int, names: int, usual: int, hosts: int, groups: DomainGroups, about: AboutWidths = NO_WIDTHS
) -> DomainColumns:
    """Share `width` cells out, what is worth most first. `names`, `usual` and `hosts` are the widths of the longest
    name, of nine names of ten, and of the longest host, whose column goes where the groups are the hosts; `about` those
    of what the metadata say, where nothing is said of any domain there is no column."""
    longest = min(names, LONGEST_NAME)
    name = min(longest, max(min(usual, width // 3), USUAL_NAME))
    left = width - INDENT - name - 2  # the last head needs a cell behind it, and the frame is not touched
    sizes = dict.fromkeys(("cpu", "host", "memory", "state", "disk", "net", "age", "vcpus"), 0)
    wanted = {"cpu": 7, "host": min(hosts, LONGEST_HOST) + 2, "memory": 7, "state": STATE + 2, "disk": _RATE,
              "net": _RATE, "age": 8, "vcpus": 6}  # fmt: skip
    if groups is DomainGroups.HOST:
        del wanted["host"]
    for column, size in wanted.items():
        if size > left:
            break
        sizes[column] = size
        left -= size
    whole = all(sizes[column] for column in wanted)
    said = _about_columns(about, left) if whole else {}
    left -= sum(said.values())
    more = min(longest - name, left)
    name, left = name + more, left - more
    both = whole and left >= 2 * _RATE
    if both:
        sizes["disk"] += _RATE
        sizes["net"] += _RATE
        left -= 2 * _RATE
    amounts = both and left >= _AMOUNTS
    if amounts:
        sizes["memory"] += _AMOUNTS
        left -= _AMOUNTS
    reason = min(LONGEST_STATE - STATE, left) if both else 0
    sizes["state"] += reason
    left -= reason
    chart = min(left, LONGEST_SPARK) if both and left >= LEAST_SPARK else 0
    return DomainColumns(name, spark=chart, both=both, amounts=amounts, **sizes, **said)


def _about_columns(about: AboutWidths, room: int) -> dict[str, int]:
    """The columns of what the metadata say, in `room` cells."""
    longest, sizes = about._asdict(), dict[str, int]()
    for column, usual in ABOUT.items():
        if longest[column]:
            size = max(min(longest[column], usual), len(column) + 1) + 2
            if size > room:
                break
            sizes[column] = size
            room -= size
    for column in ("title", "tags"):  # what others have left over
        if column in sizes:
            more = max(0, min(longest[column], LONGEST_ABOUT) + 2 - sizes[column])
            sizes[column] += min(more, room)
            room -= min(more, room)
    return sizes


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
        return byte_rate(one).rjust(_RATE) + byte_rate(other).rjust(_RATE)
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
