"""The causes of trouble on top of the tree, and the groups below them."""

from __future__ import annotations

import re

import pytest

from atp_tui.model.causes import Cause, Remedy, Trouble
from atp_tui.model.connection import ConnectionState
from atp_tui.monitor.query import CauseLine, TroubleLine
from atp_tui.monitor.rows import HostRow
from atp_tui.ui.glyphs import ASCII, UNICODE, Glyphs
from atp_tui.ui.text import safe, width_of
from atp_tui.ui.views.fleet.headings import draw_cause, draw_group, draw_trouble

from .rows import NOW, host_row, screen_of, text_of
from .shown import group_of, page_of, show
from .test_host_tree import HOSTILE
from .test_host_tree_keys import TreeApp

S = ConnectionState
LOGIN = Trouble(Cause.WANTS_PASSWORD, "", Remedy.LOG_IN)
NO_ROUTE = Trouble(Cause.NO_ROUTE, "", Remedy.RETRY)


def lost(number: int, trouble: Trouble | None = NO_ROUTE, **changes: object) -> HostRow:
    changes = {"cause": "lost", "address": f"host{number}.example", "tags": (f"rack{number % 7}",), **changes}
    return host_row(f"kvm{number:04}", state=S.FAILED, trouble=trouble, **changes)


def well(number: int, **changes: object) -> HostRow:
    return host_row(f"kvm{number:04}", **{"tags": (f"rack{number % 7}",), **changes})


def causes(rows: list[HostRow], width: int = 70) -> list[str]:
    lines = page_of(rows).lines
    return [text_of(draw_cause(line, width, UNICODE)).strip() for line in lines if isinstance(line, CauseLine)]


def test_a_cause_tells_its_hosts_their_groups_and_the_key_that_helps() -> None:
    rows = [lost(number, LOGIN) for number in range(12)] + [lost(20)]
    assert causes(rows) == [
        "▸ ✕ 12 hosts: wants a password · rack0, rack1, rack2 … · press P",
        "▸ ✕ kvm0020: no route · rack6",
    ]
    assert causes(rows, 46)[0] == "▸ ✕ 12 hosts: wants a password · press P"
    assert causes(rows, 30)[0].startswith("▸ ✕ 12 hosts: wants a pa")


def test_hosts_behind_one_jump_host_are_told_by_it() -> None:
    rows = [lost(number, jump="jump-2") for number in range(41)]
    assert causes(rows)[0].startswith("▸ ✕ 41 hosts behind jump-2: no route · rack0, rack1")
    (line,) = (each for each in page_of(rows).lines if isinstance(each, TroubleLine))
    assert text_of(draw_trouble(line, 60, UNICODE)).strip() == "▾ trouble  41 hosts · 1 cause"


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("width", [20, 40, 80, 160])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_hostile_words_stay_in_the_lines_of_trouble(name: str, width: int, glyphs: Glyphs) -> None:
    rows = [lost(number, None, cause=name, jump=name, tags=(name,)) for number in range(4)]
    for line in page_of(rows).lines:
        if isinstance(line, CauseLine | TroubleLine):
            draw = draw_cause(line, width, glyphs) if isinstance(line, CauseLine) else draw_trouble(line, width, glyphs)
            text = text_of(draw)
            assert width_of(text) <= width and safe(text) == text


def test_a_group_tells_its_means_where_there_is_room_and_of_fresh_hosts_alone() -> None:
    rows = [well(1, cpu=0.2, memory=0.5), well(8, cpu=0.4, memory=0.7), well(15, cpu=1.0, sampled_at=NOW - 9)]
    assert re.search(r"rack1 +cpu 30 %   mem 60 %  +6 VMs +3 ● ", text_of(draw_group(group_of(rows), 90, UNICODE)))
    assert re.search(r"rack1 +cpu 30 % +3 ● ", text_of(draw_group(group_of(rows), 54, UNICODE)))
    assert "cpu" not in text_of(draw_group(group_of(rows), 40, UNICODE))
    stale = [well(1, sampled_at=NOW - 9)]
    assert "cpu  n/a" in text_of(draw_group(group_of(stale), 90, UNICODE)), "no figure is made up"


@pytest.mark.parametrize("width", [54, 70, 90, 140])
def test_the_figures_of_groups_stand_still_whatever_they_are(width: int) -> None:
    few = group_of([well(1, cpu=0.0, memory=None, vms=None)])
    many = group_of([well(1, cpu=1.0, memory=1.0)])
    one, other = text_of(draw_group(few, width, UNICODE)), text_of(draw_group(many, width, UNICODE))
    assert len(one) == len(other) and one.index("cpu") == other.index("cpu")


async def test_with_a_thousand_hosts_and_27_lost_all_causes_are_in_sight() -> None:
    rows = [well(number) for number in range(1000)]
    for place, number in enumerate(range(3, 1000, 37)):
        rows[number] = lost(number, (LOGIN, NO_ROUTE)[place % 2]) if place < 25 else lost(number, LOGIN, jump="jump-2")
    app = TreeApp()
    async with app.run_test(size=(54, 30)) as pilot:
        show(app.hosts, rows)
        await pilot.pause()
        text = "\n".join(screen_of(app))
        assert "trouble  27 hosts · 2 causes" in text
        assert "15 hosts: wants a password" in text and "12 hosts: no route" in text
        assert app.hosts.cursor_hosts == ("kvm0077",), "on the first host of the worst group"


async def test_what_is_in_view_stays_where_it_is_as_trouble_comes_and_goes() -> None:
    rows = [well(number) for number in range(100)]
    app = TreeApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.hosts.focus()
        show(app.hosts, rows)
        await pilot.press("pagedown", "pagedown", "down")
        await pilot.pause()
        before, at = screen_of(app)[1:], app.hosts.cursor_hosts
        broken = [*rows]
        broken[8] = lost(8, tags=("rack1",))  # rack1 comes first anyway, but for its place above the other groups
        for _ in range(2):
            for shown in (broken, rows):
                top = app.hosts.scroll_offset.y
                show(app.hosts, shown)
                await pilot.pause()
                assert app.hosts.cursor_hosts == at
                assert app.hosts.scroll_offset.y - top in (2, -2)
        assert screen_of(app)[1:] == before


async def test_at_the_very_top_trouble_comes_into_sight_and_the_cursor_keeps_its_host() -> None:
    rows = [well(number) for number in range(30)]
    app = TreeApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.hosts.focus()
        show(app.hosts, rows)
        await pilot.press("down", "down")
        at = app.hosts.cursor_hosts
        show(app.hosts, [*rows[:-1], lost(29)])
        await pilot.pause()
        assert "trouble  1 host · 1 cause" in screen_of(app)[1] and app.hosts.cursor_hosts == at
        show(app.hosts, rows)
        await pilot.pause()
        assert "trouble" not in "\n".join(screen_of(app)) and app.hosts.cursor_hosts == at


async def test_a_host_that_moves_up_under_the_cursor_brings_the_causes_into_sight() -> None:
    """As at the start, where one host after the other is found to be lost."""
    rows = [well(number, tags=()) for number in range(60)]
    app = TreeApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.hosts.focus()
        show(app.hosts, rows)
        await pilot.press("end")
        assert app.hosts.cursor_hosts == ("kvm0059",) and app.hosts.scroll_offset.y > 0
        show(app.hosts, [*rows[:-1], lost(59, tags=())])
        await pilot.pause()
        assert "trouble  1 host" in screen_of(app)[1] and app.hosts.cursor_hosts == ("kvm0059",)
        assert app.hosts.cursor_place == 3


async def test_a_cause_unfolds_to_its_hosts_and_is_marked_as_a_whole() -> None:
    rows = [well(1), *(lost(number, LOGIN) for number in (2, 3)), lost(4)]
    app = TreeApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.hosts.focus()
        show(app.hosts, rows)
        await pilot.press("home", "down")
        assert set(app.hosts.cursor_hosts) == {"kvm0002", "kvm0003"}
        await pilot.press("space")
        assert app.marks[-1] == {"kvm0002", "kvm0003"}
        await pilot.press("enter", "down")
        await pilot.pause()
        assert app.hosts.cursor_hosts == ("kvm0002",) and app.highlighted[-1] == "kvm0002"
        assert app.hosts.cursor_place == 2
        await pilot.press("left")
        await pilot.pause()
        assert set(app.hosts.cursor_hosts) == {"kvm0002", "kvm0003"}, "folded, and the cursor on the cause"
        await pilot.press("left")
        await pilot.pause()
        assert len(app.hosts.cursor_hosts) == 3 and "▸ trouble" in screen_of(app)[1]
        show(app.hosts, rows, filter="kvm")
        await pilot.pause()
        assert "▸ trouble" in screen_of(app)[1], "nothing that is searched for is hidden there"


async def test_steps_lead_to_problems_and_with_a_filter_to_matches() -> None:
    rows = [well(number) for number in range(40)]
    rows[20], rows[33] = lost(20), lost(33)
    app = TreeApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.hosts.focus()
        app.hosts.sort = "name"
        show(app.hosts, rows)
        seen = []
        for key in ("n", "n", "n", "N"):
            await pilot.press(key)
            seen.append(app.hosts.cursor_hosts[0])
        assert seen == ["kvm0033", "kvm0020", "kvm0033", "kvm0020"], "round and round, rack5 before rack6"
        await pilot.press("left", "home", "n", "n")
        assert len(app.hosts.cursor_hosts) > 1 and "kvm0020" in app.hosts.cursor_hosts, "the folded group that has one"
        show(app.hosts, rows, filter="kvm000")
        await pilot.press("n")
        found = app.hosts.cursor_hosts
        await pilot.press("n")
        assert len(found) == 1 and app.hosts.cursor_hosts != found


async def test_no_step_without_a_problem() -> None:
    app = TreeApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.hosts.focus()
        show(app.hosts, [well(1), well(2)])
        at = app.hosts.cursor_hosts
        await pilot.press("n", "N")
        assert app.hosts.cursor_hosts == at
