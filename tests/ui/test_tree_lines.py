"""The lines of the host tree as they are read: a page at a time, of a fleet that moves meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from atp_tui.monitor.query import PAGE, HostLine, Page, Query, host_key
from atp_tui.monitor.rows import HostRow
from atp_tui.ui.views.fleet.lines import TreeLines

from .rows import host_row
from .shown import ShownRows

QUERY = Query(sort="name")


class Moving(ShownRows):
    """Hosts by their numbers."""

    def __init__(self, hosts: int) -> None:
        super().__init__()
        self.become(range(hosts))

    def become(self, hosts: Iterable[int]) -> None:
        self.put([row(number) for number in hosts])


def row(number: int) -> HostRow:
    return host_row(f"kvm{number:04}")


def read(fleet: Moving, around: int = 0) -> tuple[TreeLines, list[None]]:
    stale: list[None] = []
    return TreeLines(fleet, QUERY, around, lambda: stale.append(None)), stale


def test_every_line_is_that_of_its_place_and_nothing_is_stale_while_nothing_moves() -> None:
    fleet = Moving(3 * PAGE)
    lines, stale = read(fleet, 2 * PAGE)
    assert len(lines) == 3 * PAGE + 1
    assert [line.key for line in lines] == [line.key for line in whole(fleet).lines]
    assert lines[-1].key == lines[len(lines) - 1].key and lines.places[lines[100].key] == 100
    assert not stale


def whole(fleet: Moving) -> Page:
    return fleet.page(replace(QUERY, count=100_000))


def test_a_page_that_has_another_version_says_that_it_is_time_to_look_again() -> None:
    fleet = Moving(3 * PAGE)
    lines, stale = read(fleet)
    fleet.become(range(1, 3 * PAGE))
    assert lines[0] and not stale, "what was read stays"
    assert lines[2 * PAGE] and stale == [None]


@pytest.mark.parametrize("left", [1, 5, PAGE - 1, PAGE, 2 * PAGE])
def test_a_look_beyond_the_end_of_what_is_left_shows_the_last_lines(left: int) -> None:
    fleet = Moving(left)
    lines, stale = read(fleet, 10 * PAGE)
    assert lines.head.lines and lines.head.lines[-1].key == host_key(f"kvm{left - 1:04}")
    assert lines[-1].key == host_key(f"kvm{left - 1:04}")
    assert not stale


@pytest.mark.parametrize("left", [PAGE + 9, 2 * PAGE - 1])
def test_where_the_last_page_has_gone_meanwhile_the_last_line_is_the_last_that_is_left(left: int) -> None:
    """Whoever goes to the end is not to come out in the middle."""
    fleet = Moving(3 * PAGE)
    lines, stale = read(fleet)
    fleet.become(range(left))
    assert lines[-1].key == host_key(f"kvm{left - 1:04}")
    assert stale == [None]


@pytest.mark.parametrize("left", [0, 1, 70])
def test_lines_that_go_while_they_are_read_raise_nothing(left: int) -> None:
    fleet = Moving(3 * PAGE)
    lines, stale = read(fleet)
    fleet.become(range(left))
    for number in range(len(lines)):
        assert lines[number] is not None
    assert stale


def test_a_place_beyond_the_lines_that_were_there_is_none() -> None:
    fleet = Moving(2)
    lines, _ = read(fleet)
    fleet.become(range(4))
    assert host_key("kvm0003") not in lines.places
    assert lines.places[host_key("kvm0001")] == 2
    with pytest.raises(IndexError):
        lines[3]
    assert isinstance(lines[2], HostLine) and lines[1:] == [lines[1], lines[2]]
