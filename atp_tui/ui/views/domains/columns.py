"""The columns of the list of all domains: which there are in a given width, and which a person has chosen. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from ....model.data_class import dataclass
from ....model.near import nearest
from ....model.node import DomainState
from ....model.quoting import redacted
from ....monitor.domain_query import NO_WIDTHS, AboutWidths, DomainGroups
from ...text import Safe, safe

NAMES: Mapping[str, str] = {
    "host": "host", "state": "state", "cpu": "cpu", "mem": "memory", "disk": "disk", "net": "net", "vcpus": "vcpus",
    "age": "age", "title": "title", "os": "os", "ip": "address", "tags": "tags",
}  # fmt: skip
"""The columns as a person writes them, and as they are called here."""

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
ABOUT = {"title": 16, "os": 14, "address": 15, "tags": 16}
"""What metadata say, in the order of its worth, with the cells that each has at most while others have none."""
LONGEST_ABOUT = 40
"""Cells that a title and tags have at most."""

RATE = 11
"""Cells of a rate."""
AMOUNTS = 22
"""Cells of ` 4.0 GiB of  8.0 GiB` before the share, and what parts it from the column before."""


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
    width: int,
    names: int,
    usual: int,
    hosts: int,
    groups: DomainGroups,
    about: AboutWidths = NO_WIDTHS,
    chosen: Sequence[str] = (),
) -> DomainColumns:
    """Share `width` cells out, what is worth most first. `names`, `usual` and `hosts` are the widths of the longest
    name, of nine names of ten, and of the longest host, whose column goes where the groups are the hosts; `about` those
    of what the metadata say, where nothing is said of any domain there is no column. `chosen`: these
    of NAMES alone, the first ones first."""
    longest = min(names, LONGEST_NAME)
    name = min(longest, max(min(usual, width // 3), USUAL_NAME))
    left = width - INDENT - name - 2  # the last head needs a cell behind it, and the frame is not touched
    sizes = dict.fromkeys(("cpu", "host", "memory", "state", "disk", "net", "age", "vcpus"), 0)
    wanted = {"cpu": 7, "host": min(hosts, LONGEST_HOST) + 2, "memory": 7, "state": STATE + 2, "disk": RATE,
              "net": RATE, "age": 8, "vcpus": 6}  # fmt: skip
    if groups is DomainGroups.HOST:
        del wanted["host"]
    if chosen:
        return _chosen_columns(wanted, chosen, name, longest, left, about)
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
    both = whole and left >= 2 * RATE
    if both:
        sizes["disk"] += RATE
        sizes["net"] += RATE
        left -= 2 * RATE
    amounts = both and left >= AMOUNTS
    if amounts:
        sizes["memory"] += AMOUNTS
        left -= AMOUNTS
    reason = min(LONGEST_STATE - STATE, left) if both else 0
    sizes["state"] += reason
    left -= reason
    chart = min(left, LONGEST_SPARK) if both and left >= LEAST_SPARK else 0
    return DomainColumns(name, spark=chart, both=both, amounts=amounts, **sizes, **said)


def _chosen_columns(
    wanted: Mapping[str, int], chosen: Sequence[str], name: int, longest: int, left: int, about: AboutWidths
) -> DomainColumns:
    said, sizes = about._asdict(), dict[str, int]()
    for column in chosen:
        size = wanted.get(column, 0)
        if column in ABOUT:  # also where nothing is said of any: it was asked for
            size = max(min(said[column], ABOUT[column]), len(column) + 1) + 2
        if size > left:
            break
        sizes[column] = size
        left -= size
    left = _widened(sizes, said, left)
    return DomainColumns(name + min(longest - name, left), both=False, amounts=False, **sizes)


def columns_named(names: str) -> tuple[str, ...]:
    """The columns of `cpu,title,ip`, each once; none of an empty text. Raises ValueError with what is wrong, safe for a
    terminal."""
    found: dict[str, None] = {}
    for name in filter(None, map(str.strip, names.casefold().split(","))):
        known = NAMES.get(name) or (name if name in NAMES.values() else None)
        if known is None:
            raise ValueError(_unclear(name))
        found[known] = None
    return tuple(found)


def _unclear(name: str) -> Safe:
    near = nearest(name, [*NAMES], 1)
    meant = f"did you mean {near[0]}? " if near else ""
    return safe(f"no column {redacted(name)}: {meant}there are {', '.join(NAMES)}")


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
    _widened(sizes, longest, room)
    return sizes


def _widened(sizes: dict[str, int], longest: Mapping[str, int], room: int) -> int:
    """Give titles and tags what others have left over. What is left then."""
    for column in ("title", "tags"):
        if column in sizes:
            more = min(max(0, min(longest[column], LONGEST_ABOUT) + 2 - sizes[column]), room)
            sizes[column] += more
            room -= more
    return room
