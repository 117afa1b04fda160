"""The domains below their host: lines between those of the fleet, read of the unfolded hosts alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.engine.fleet import Detail
from atp_tui.model.node import DomainState
from atp_tui.monitor.query import HostLine, Query, host_key
from atp_tui.monitor.rows import DomainCounts, HostRow
from atp_tui.ui.glyphs import UNICODE
from atp_tui.ui.places import Place
from atp_tui.ui.text import safe, width_of
from atp_tui.ui.views.fleet import unfolded
from atp_tui.ui.views.fleet.lines import TreeLines
from atp_tui.ui.views.fleet.unfolded import DomainBelow, draw_domain

from .conftest import open_app
from .fleet_services import FleetServices
from .rows import domain, host_row, screen_of, text_of
from .shown import ShownRows, show
from .test_host_tree import HOSTILE
from .test_host_tree_keys import TreeApp

QUERY = Query(sort="name")


def fleet_of(numbers: list[int]) -> ShownRows:
    """Hosts with so many domains each."""
    fleet = ShownRows(host_row(f"kvm{at:02}", vms=DomainCounts(up=number)) for at, number in enumerate(numbers))
    for at, number in enumerate(numbers):
        fleet.domains[f"kvm{at:02}"] = tuple(domain(f"web{each:04}") for each in range(number))
    return fleet


@given(st.lists(st.integers(0, 5), min_size=1, max_size=9), st.sets(st.integers(0, 8)), st.integers(0, 60))
def test_every_line_has_one_place_whatever_is_unfolded(numbers: list[int], opened: set[int], around: int) -> None:
    fleet = fleet_of(numbers)
    hosts = {f"kvm{at:02}" for at in opened}
    lines = TreeLines(fleet, QUERY, around, lambda: None, hosts)
    wanted = ["group "]
    for at, number in enumerate(numbers):
        wanted.append(host_key(f"kvm{at:02}"))
        if at in opened:
            wanted += [f"domain kvm{at:02}/uuid-web{each:04}" for each in range(number)]
    assert [line.key for line in lines] == wanted
    assert [lines.places[key] for key in wanted] == list(range(len(wanted)))


def test_only_unfolded_hosts_are_read_and_once_as_long_as_they_stay_the_same() -> None:
    asked: list[str] = []

    class Fleet(ShownRows):
        def detail(self, host_id: str) -> Detail | None:
            asked.append(host_id)
            return super().detail(host_id)

    fleet = Fleet([host_row("a"), host_row("b"), host_row("c")])
    fleet.domains = dict.fromkeys("abc", tuple(domain(name) for name in ("w", "x", "y", "z")))
    kept = unfolded.Domains(fleet.detail)
    for _ in range(3):
        lines = TreeLines(fleet, QUERY, 0, lambda: None, {"b"}, kept)
        assert len(list(lines)) == 8
    assert asked == ["b"]
    fleet.put([host_row("a"), host_row("b", cpu=0.9), host_row("c")])
    list(TreeLines(fleet, QUERY, 0, lambda: None, {"b"}, kept))
    assert asked == ["b", "b"]


def test_more_domains_than_lines_are_told_by_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfolded, "MOST_DOMAINS", 4)
    lines = list(TreeLines(fleet_of([9, 3]), QUERY, 0, lambda: None, {"kvm00", "kvm01"}))
    assert len(lines) == 3 + 4, "those of the second host have no room any more"
    last = lines[5]
    assert isinstance(last, DomainBelow) and "and 6 more VMs" in text_of(draw_domain(last, 40, 12, UNICODE))


async def test_a_host_is_unfolded_and_folded_by_the_keys_of_groups() -> None:
    app = TreeApp()
    async with app.run_test(size=(70, 16)) as pilot:
        app.hosts.focus()
        fleet = app.hosts._fleet
        assert isinstance(fleet, ShownRows)
        fleet.domains["kvm01"] = (domain("web"), domain("db", DomainState.PAUSED))
        rows: tuple[HostRow, ...] = tuple(
            host_row(name, tags=("rack1",), vms=DomainCounts(up=1, paused=1)) for name in ("kvm01", "kvm02")
        )
        show(app.hosts, rows)
        await pilot.press("l")
        await pilot.pause()
        shown = screen_of(app)
        assert "◐ db" in shown[3] and "● web" in shown[4] and "71 %" in shown[4] and "kvm02" in shown[5]
        await pilot.press("down")
        assert app.hosts.cursor_hosts == ("kvm01",), "what is run goes to its host"
        show(app.hosts, (host_row("kvm00", tags=("rack1",)), *rows))
        await pilot.pause()
        assert app.hosts.cursor_place == 3 and app.hosts.cursor_hosts == ("kvm01",), "the cursor keeps its domain"
        await pilot.press("h")
        await pilot.pause()
        assert app.hosts.cursor_place == 2 and "db" not in "\n".join(screen_of(app))
        await pilot.press("h")
        await pilot.pause()
        assert "▸ rack1" in screen_of(app)[1]


async def test_enter_on_a_domain_leads_to_its_view(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        fakes.transport.sample("kvm01", busy=1)
        await opened.until(lambda: isinstance(line := opened.hosts.cursor_line, HostLine) and line.row.domains)
        await opened.press("right", "down", "enter")
        await opened.until(lambda: opened.screen.view is not opened.fleet)
        assert opened.screen._views.stack.here == Place("domain", "kvm01/web0")


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("width", [5, 20, 60, 120])
def test_hostile_names_stay_in_their_line(name: str, width: int) -> None:
    line = DomainBelow("x", "kvm01", domain(name), fresh=True)
    text = text_of(draw_domain(line, width, 12, UNICODE))
    assert width_of(text) <= max(width, 10) and safe(text) == text


def test_figures_of_a_lost_host_are_grey_and_a_domain_that_is_off_has_none() -> None:
    old = draw_domain(DomainBelow("x", "kvm01", domain("web"), fresh=False), 70, 12, UNICODE)
    assert {role for text, role in old if text.strip()} == {"dim"}
    off = text_of(
        draw_domain(DomainBelow("x", "kvm01", domain("web", DomainState.SHUTOFF), fresh=True), 70, 12, UNICODE)
    )
    assert "%" not in off and "shut off" in off
