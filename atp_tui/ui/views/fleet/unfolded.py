"""The domains below the hosts that a person has unfolded: lines that are put between those of the fleet's pages.

They are read of the hosts that are unfolded alone, and again where such a host has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ....engine.fleet import Detail
from ....model.connection import ConnectionState
from ....model.data_class import dataclass
from ....monitor.query import HostLine
from ....monitor.rows import OFF, DomainRow, HostRow
from ...format import memory, percent
from ...glyphs import Glyphs
from ...text import fit, safe
from ...widgets.domain_list import SIGNS, domain_lines, state_words
from ...widgets.lines import Spans, drawn

MOST_DOMAINS = 2000
"""Lines of domains at most, below all hosts together."""

INDENT = 7
"""Cells before the sign of a domain."""
STATE_WIDTH = 10


@dataclass(frozen=True, slots=True)
class DomainBelow:
    """The line of a domain below its host; `domain` None: the last one, for `more` that have no line. `fresh` is
    whether its figures are those of now."""

    key: str
    host: str
    domain: DomainRow | None
    fresh: bool
    more: int = 0


def domain_key(host_id: str, uuid: str) -> str:
    """The key of a domain's line."""
    return f"domain {host_id}/{uuid}"


class Below(NamedTuple):
    """The domains of one host: its line is number `place` of the pages, and `number` lines stand below it."""

    place: int
    row: HostRow
    number: int


class Domains:
    """The lines of the domains of hosts, kept as long as their rows are the same ones."""

    def __init__(self, detail: Callable[[str], Detail | None]) -> None:
        self._detail = detail
        self._kept: dict[str, tuple[HostRow, tuple[DomainBelow, ...]]] = {}

    def of(self, row: HostRow) -> tuple[DomainBelow, ...]:
        """The lines of a host's domains, in the order of its panel."""
        kept = self._kept.get(row.id)
        if kept is None or kept[0] is not row:
            detail = self._detail(row.id)
            domains = domain_lines(detail.host.domains if detail is not None else ())
            lines = tuple(
                [DomainBelow(domain_key(row.id, each.key), row.id, each.domain, row.fresh) for each in domains]
            )
            kept = self._kept[row.id] = row, lines
        return kept[1]

    def keep(self, hosts: frozenset[str]) -> None:
        """Forget those of all other hosts."""
        for gone in self._kept.keys() - hosts:
            del self._kept[gone]


class Inserted:
    """Which number a line has once those of domains stand between the others, and the other way round."""

    def __init__(self, hosts: Sequence[tuple[int, HostLine]], domains: Domains) -> None:
        """`hosts` are the unfolded ones with the numbers of their lines, as they come in the pages."""
        self._domains = domains
        self._below: list[Below] = []
        left = MOST_DOMAINS
        for place, line in hosts:
            number = min(line.row.domains or 0, left)
            left -= number
            if number:
                self._below.append(Below(place, line.row, number))
        self.total = sum(each.number for each in self._below)

    def shown_at(self, place: int) -> int:
        """The number of the line that has this one in the pages."""
        return place + sum(each.number for each in self._below if each.place < place)

    def find(self, index: int) -> int | DomainBelow:
        """What stands in line number `index`: the number of a line of the pages, or a domain."""
        before = 0
        for each in self._below:
            first = each.place + before + 1
            if index < first:
                break
            if index < first + each.number:
                return self._line(each, index - first)
            before += each.number
        return index - before

    def place_of(self, key: str) -> int | None:
        """The number of the line of a domain."""
        for each in self._below:
            if key.startswith(domain_key(each.row.id, "")):
                keys = [line.key for line in self._domains.of(each.row)[: each.number]]
                return self.shown_at(each.place) + 1 + keys.index(key) if key in keys else None
        return None

    def _line(self, below: Below, number: int) -> DomainBelow:
        lines = self._domains.of(below.row)
        rest = (below.row.domains or 0) - below.number
        if number >= len(lines) or (rest and number == below.number - 1):
            more = domain_key(below.row.id, f"more {number}")
            return DomainBelow(more, below.row.id, None, below.row.fresh, rest + 1 if rest else 0)
        return lines[number]


def draw_domain(line: DomainBelow, width: int, name_width: int, glyphs: Glyphs) -> Spans:
    """One domain: sign, name, processors, CPU and memory in columns of their own; its state where there is room."""
    if line.domain is None:
        words = f"and {line.more} more VMs" if line.more else ""
        return drawn((" " * INDENT, "text"), (fit(safe(words), max(0, width - INDENT), glyphs.ellipsis), "dim"))
    row, reading = line.domain, line.domain.reading
    sign = SIGNS[reading.state]
    running = sign is ConnectionState.CONNECTED
    role = "text" if running and line.fresh else "dim"
    left = width - INDENT - 2 - name_width
    parts = [
        (" " * INDENT, "text"),
        (f"{glyphs.state(sign)} ", sign.value if line.fresh else "dim"),
        (fit(safe(reading.name), max(1, min(name_width, width - INDENT - 2)), glyphs.ellipsis), role),
    ]
    used = memory(reading.memory_max_kib if reading.state in OFF else reading.memory_kib)
    for text in (
        (percent(row.cpu) if running else "").rjust(7),
        used.rjust(10),
        f"{reading.vcpus:>5} vcpu",
        f"  {fit(state_words(reading), STATE_WIDTH, glyphs.ellipsis)}",
    ):
        if left < len(text):
            break
        parts.append((text, role))
        left -= len(text)
    return drawn(*parts)
