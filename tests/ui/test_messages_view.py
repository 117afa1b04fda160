"""What was said in the line at the bottom can be read again."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.monitor.happening import DayLine
from atp_tui.ui.text import width_of
from atp_tui.ui.told import LONGEST, SaidLine, Told
from atp_tui.ui.views.messages.view import MessageList

from .conftest import open_app
from .fleet_services import FleetServices

NOON = time.mktime((2026, 11, 28, 12, 0, 0, 0, 0, -1))
LONG = "the hosts of rack2 could not be reached since the way there goes through a jump host that is down for now " * 2


def test_the_newest_stands_first_and_so_many_are_kept() -> None:
    told = Told(most=3)
    for number in range(5):
        told.add(f"message {number}", NOON + number, wrong=number == 3)
    lines = told.lines(80, NOON + 10)
    assert [(line.text, line.said.wrong) for line in lines if isinstance(line, SaidLine)] == [
        ("message 4", False),
        ("message 3", True),
        ("message 2", False),
    ]
    assert (len(told), told.number) == (3, 5)


def test_a_line_says_where_another_day_begins() -> None:
    told = Told()
    told.add("yesterday", NOON - 86_400, wrong=False)
    told.add("today", NOON, wrong=False)
    assert [type(line) for line in told.lines(80, NOON)] == [SaidLine, DayLine, SaidLine]
    assert [type(line) for line in told.lines(80, NOON + 86_400)] == [DayLine, SaidLine, DayLine, SaidLine]


def test_all_words_of_the_filter_stand_in_what_is_shown() -> None:
    told = Told()
    for text in ("no host kvm01", "theme dark", "No host web"):
        told.add(text, NOON, wrong=False)
    assert [line.said.text for line in told.lines(80, NOON, "HOST no") if isinstance(line, SaidLine)] == [
        "No host web",
        "no host kvm01",
    ]


@given(st.lists(st.text(max_size=300), max_size=20), st.integers(1, 60))
def test_each_message_is_there_in_lines_that_fit(texts: list[str], width: int) -> None:
    told = Told()
    for text in texts:
        told.add(text, NOON, wrong=False)
    lines = [line for line in told.lines(width, NOON) if isinstance(line, SaidLine)]
    assert all(width_of(line.text) <= max(width, 2) for line in lines)
    assert len({line.key for line in lines}) == len(lines)
    assert [line.said.number for line in lines if line.first] == list(range(len(texts), 0, -1))
    assert all(sum(line.said is each.said for line in lines) <= LONGEST for each in lines)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_what_was_told_is_read_again(fakes: FleetServices, size: tuple[int, int]) -> None:
    async with open_app(fakes, size) as opened:
        opened.screen.tell(LONG, wrong=True)
        opened.screen.tell("theme [dark]\x1b[31m")
        await opened.press("m")
        await opened.until(lambda: opened.screen.query(MessageList) and opened.has("a jump host that is"))
        assert opened.has(" Messages ") and opened.has("✕ the hosts of rack2")
        assert opened.has("theme [dark]") and "\x1b" not in opened.text()
        shown = " ".join(" ".join(line.partition("│")[0][12:].split()) for line in opened.lines()[2:12])
        assert " ".join(LONG.split()) in shown, "all of it, in as many lines as it takes"
        opened.screen.tell("one more")
        await opened.until(lambda: any("one more" in line for line in opened.lines()[:4]))
        assert opened.app.focused is opened.screen.query_one(MessageList)


async def test_there_is_a_place_for_it_before_anything_was_told(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("colon")
        await opened.type("messages")
        await opened.press("enter")
        await opened.until(lambda: opened.has("Nothing was said yet."))
        opened.screen.tell("said at last")
        await opened.until(lambda: any("said at last" in line for line in opened.lines()[:3]))
        await opened.press("slash")
        await opened.type("nothing")
        await opened.until(lambda: opened.has("No message has all of nothing in it."))
        await opened.press("escape", "escape")
        assert opened.hosts.has_focus
