"""The view of what has happened: what it shows at each size, where Enter leads, and how it follows the newest."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from atp_tui.model.host import HostInfo
from atp_tui.model.settings import SshSettings
from atp_tui.monitor.happening import GatheredLine, HappeningLine
from atp_tui.ui.glyphs import ASCII, UNICODE
from atp_tui.ui.views.events.drawing import draw_line
from atp_tui.ui.views.events.log import EventLog
from atp_tui.ui.widgets.panel_events import PanelEvents
from atp_tui.ui.widgets.panel_room import USUAL_EVENTS

from .conftest import Opened, open_app
from .fleet_services import FleetServices, S, rack


def behind_jump(count: int) -> list[HostInfo]:
    return [replace(host, ssh=SshSettings(proxy_jump="jump-2")) for host in rack(count)]


def log_of(opened: Opened) -> EventLog:
    return opened.screen.query_one(EventLog)


def shown(opened: Opened) -> list[str]:
    """The lines of the list, with their times told by letters alone."""
    lines = [re.sub(r"\d\d:\d\d:\d\d", "hh:mm:ss", line.partition("│")[0]).rstrip() for line in opened.lines()]
    return [line for line in lines if "hh:mm:ss" in line][1:]  # the first one has the clock


async def has_lines(opened: Opened, count: int) -> None:
    await opened.until(lambda: opened.screen.query(EventLog) and len(log_of(opened).lines) == count)


async def open_events(opened: Opened) -> EventLog:
    await opened.press("4")
    await opened.until(lambda: opened.screen.query(EventLog) and log_of(opened).lines)
    return log_of(opened)


WIDE = [
    "▌hh:mm:ss   kvm03          ◐ reconnecting   silent for 9 s · was connected for under 1 s · attempt 2",
    " hh:mm:ss ▸ 4 hosts        ● connected      behind jump-2 · kvm01, kvm02, kvm03, kvm04",
]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (
            (80, 24),
            [
                "▌hh:mm:ss   kvm03            ◐ reconnecting   silent for 9 s",
                " hh:mm:ss ▸ 4 hosts          ● connected      behind jump-2 · kvm01, kvm02, kvm03, k…",
            ],
        ),
        ((120, 40), WIDE),
        ((200, 60), WIDE),
    ],
)
async def test_the_list_as_it_is_seen(size: tuple[int, int], expected: list[str]) -> None:
    fakes = FleetServices(behind_jump(4))
    async with open_app(fakes, size) as opened:
        fakes.transport.change("kvm03", S.RECONNECTING, "silent for 9 s", attempt=2)
        await open_events(opened)
        await has_lines(opened, 2)
        assert [re.sub(" +", " ", line) for line in shown(opened)] == [re.sub(" +", " ", line) for line in expected]
        assert shown(opened)[0].index("◐") == shown(opened)[1].index("●"), "signs stand below each other"
        assert opened.has(" Events ") and opened.has("▸ events")


async def test_a_line_of_many_unfolds_and_folds(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        log = await open_events(opened)
        await opened.press("enter")
        await has_lines(opened, 5)
        assert [line.strip().split()[1] for line in shown(opened)[1:]] == ["kvm04", "kvm03", "kvm02", "kvm01"]
        await opened.press("down", "down", "left")
        assert len(log.lines) == 1 and isinstance(log.cursor_line, GatheredLine)
        await opened.press("right")
        assert len(log.lines) == 5


async def test_enter_goes_to_the_host_and_escape_comes_back_to_the_line(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        fakes.transport.change("kvm02", S.FAILED, "refused")
        fakes.transport.change("kvm03", S.FAILED, "refused")
        log = await open_events(opened)
        await has_lines(opened, 3)
        await opened.press("down", "enter")
        await opened.until(lambda: opened.hosts.has_focus)
        assert opened.hosts.cursor_hosts == ("kvm02",)
        await opened.press("escape")
        await opened.until(lambda: log.has_focus)
        assert isinstance(log.cursor_line, HappeningLine) and log.cursor_line.happening.host == "kvm02"


async def test_a_host_that_has_gone_is_no_place_to_go_to(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        fakes.transport.remove("kvm02")
        await open_events(opened)
        await has_lines(opened, 2)
        await opened.press("enter")
        await opened.until(lambda: opened.has("kvm02 is not there any more"))
        assert log_of(opened).has_focus


async def test_a_host_that_the_filter_hides_is_told(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("slash")
        await opened.type("kvm01")
        await opened.press("enter")
        fakes.transport.change("kvm02", S.FAILED, "refused")
        await open_events(opened)
        await has_lines(opened, 2)
        await opened.press("enter")
        await opened.until(lambda: opened.has("the filter may hide it"))


async def test_it_follows_the_newest_or_stays_and_counts(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        log = await open_events(opened)
        fakes.transport.change("kvm01", S.FAILED, "refused")
        await has_lines(opened, 2)
        assert isinstance(log.cursor_line, HappeningLine), "on the newest it follows"
        await opened.press("down")
        below = log.cursor_line
        for host in ("kvm02", "kvm03"):
            fakes.transport.change(host, S.FAILED, host)
        await opened.until(lambda: opened.has("2 newer ↑"))
        assert log.cursor_line is not None and below is not None and log.cursor_line.key == below.key
        await opened.press("home")
        assert not opened.has("newer")
        fakes.transport.change("kvm04", S.FAILED, "refused")
        await opened.until(
            lambda: isinstance(line := log.cursor_line, HappeningLine) and line.happening.host == "kvm04"
        )


async def test_the_line_that_is_read_keeps_its_place_on_the_screen(fakes: FleetServices) -> None:
    async with open_app(fakes, (80, 24)) as opened:
        for number in range(60):
            fakes.transport.change("kvm01" if number % 2 else "kvm02", S.FAILED if number % 4 < 2 else S.CONNECTED)
            fakes.transport.clock.ahead += 70
        log = await open_events(opened)
        await opened.until(lambda: len(log.lines) > 50)
        await opened.press("pagedown", "up", "up")
        before = log.cursor_line
        assert before is not None and isinstance(before, HappeningLine)
        row = log._cursor - log.scroll_offset.y
        for host in ("kvm03", "kvm04"):
            fakes.transport.change(host, S.RECONNECTING, "lost")
        await opened.until(lambda: opened.has("2 newer ↑"))
        assert log.cursor_line is not None and log.cursor_line.key == before.key
        assert log._cursor - log.scroll_offset.y == row


async def test_the_order_turns_and_the_end_is_followed_then(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        fakes.transport.change("kvm02", S.FAILED, "refused")
        log = await open_events(opened)
        await has_lines(opened, 2)
        await opened.press("s")
        assert opened.has("oldest first") and isinstance(log.lines[0], GatheredLine)
        fakes.transport.change("kvm03", S.FAILED, "refused")
        await has_lines(opened, 3)
        assert isinstance(log.cursor_line, HappeningLine) and log.cursor_line.happening.host == "kvm03"
        await opened.press("up")
        fakes.transport.change("kvm04", S.FAILED, "elsewhere")
        await opened.until(lambda: opened.has("1 newer ↓"))


async def test_the_filter_is_of_this_view_and_says_what_is_wrong(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        fakes.transport.change("kvm02", S.FAILED, "refused")
        log = await open_events(opened)
        await has_lines(opened, 2)
        await opened.press("slash")
        await opened.type("kvm02 refu")
        await has_lines(opened, 1)
        assert opened.has("Events / kvm02 refu")
        await opened.type(" x")
        await opened.until(lambda: opened.has("None of 5 events match /kvm02 refu x"))
        await opened.press("escape", "slash")
        await opened.type("kind:wm")
        await opened.until(lambda: opened.has("the kinds are state, silence, refusal, vm"))
        await opened.press("escape")
        await has_lines(opened, 2)
        assert log.has_focus and opened.hosts.asked.filter == ""


async def test_commands_go_to_the_hosts_of_the_line(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        fakes.transport.change("kvm02", S.FAILED, "refused")
        await open_events(opened)
        await has_lines(opened, 2)
        assert opened.has("no host (0)"), "the newest line is nobody's choice: another one takes its place"
        await opened.press("up")
        await opened.until(lambda: opened.has("kvm02 (1)"))
        fakes.transport.change("kvm03", S.FAILED, "elsewhere")
        await opened.until(lambda: opened.has("1 newer ↑"))
        assert opened.has("kvm02 (1)"), "a line that was chosen stays under the cursor"
        await opened.press("home")
        await opened.until(lambda: opened.has("no host (0)"))
        await opened.press("down", "down")
        await opened.until(lambda: opened.has("(4)"))


async def test_names_that_are_hostile_are_drawn_safely() -> None:
    fakes = FleetServices(rack(1))
    async with open_app(fakes) as opened:
        fakes.transport.sample("kvm01", busy=1, domains=1)
        fakes.transport.change("kvm01", S.FAILED, "[red]\x1b[31mlost\x07")
        await open_events(opened)
        await opened.until(lambda: opened.has("[red]"))
        assert "\x1b" not in opened.text() and "\x07" not in opened.text()


async def test_of_a_thousand_events_only_what_is_seen_is_read(fakes: FleetServices) -> None:
    async with open_app(fakes, (200, 60)) as opened:
        for number in range(1_200):
            fakes.transport.clock.ahead += 70
            fakes.transport.change("kvm01", S.FAILED if number % 2 else S.CONNECTED)
        log = await open_events(opened)
        await opened.until(lambda: len(log.lines) >= 1_200)
        await opened.press("end")
        assert isinstance(log.cursor_line, GatheredLine), "the oldest is that all were connected"
        await opened.press("home")
        assert isinstance(log.cursor_line, HappeningLine)


@pytest.mark.parametrize(("size", "there"), [((120, 40), True), ((120, 30), False)])
async def test_the_panel_has_the_last_events_of_its_host_where_there_is_room(
    fakes: FleetServices, size: tuple[int, int], there: bool
) -> None:
    async with open_app(fakes, size) as opened:
        for number in range(8):
            fakes.transport.change("kvm01", S.FAILED if number % 2 else S.CONNECTED, f"cause {number}")
        events = opened.panel.query_one(PanelEvents)
        await opened.until(lambda: len(events.lines) == 8)
        await opened.pilot.pause(0.1)
        assert events.display is there and opened.has("─ events ─") is there
        assert [line.happening.host for line in events.lines] == ["kvm01"] * 8
        if there:
            assert 1 + USUAL_EVENTS <= events.size.height <= 8, "its charts have the rows that nothing else needs"
            await opened.press("down")
            await opened.until(lambda: len(events.lines) == 1)
            assert "cause 7" not in "".join(line[60:] for line in opened.lines())


def test_lines_are_cut_to_any_width_in_ascii_too() -> None:
    fakes = FleetServices(behind_jump(4))
    for host in ("kvm01", "kvm02", "kvm03"):
        fakes.transport.change(host, S.FAILED, "lost")
    fakes.follower.listen(lambda _: None)
    from atp_tui.monitor.happening import HappeningQuery

    (line,) = fakes.fleet.happened(HappeningQuery()).lines
    (whole, *_) = fakes.fleet.happened(HappeningQuery(unfolded=frozenset({line.key}))).lines[1:]
    for each in (line, whole):
        for width in range(1, 130):
            for glyphs in (UNICODE, ASCII):
                text = "".join(text for text, _ in draw_line(each, width, 5, glyphs))
                assert len(text) <= width
                assert glyphs is UNICODE or text.isascii()
