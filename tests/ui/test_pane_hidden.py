"""Command line and answers can be hidden: typing brings the line back, answers bring both, and it is remembered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.config.remembered import ScreenMemory
from atp_tui.model.outcome import Outcome

from .conftest import Opened, open_app
from .fleet_services import FleetServices, rack
from .keyboard import Keyboard
from .test_jobs_view import started

SIZES = [(80, 24), (120, 40), (200, 60)]


def sees_line(opened: Opened) -> bool:
    return opened.screen.is_in_sight(opened.screen.pane)


def sees_answers(opened: Opened) -> bool:
    return opened.screen.is_in_sight(opened.screen.answers)


@pytest.mark.parametrize("size", SIZES)
async def test_both_go_and_come_back_by_the_key(size: tuple[int, int]) -> None:
    async with open_app(FleetServices(rack(4)), size) as opened:
        await started(opened, "id", "kvm01")
        await opened.until(lambda: sees_line(opened) and sees_answers(opened))
        before = opened.hosts.size
        await opened.press("H")
        await opened.until(lambda: not sees_line(opened) and not sees_answers(opened))
        assert opened.has("command line hidden: H shows it again")
        assert opened.hosts.size.height == size[1] - 3 and opened.hosts.has_focus
        await opened.press("H")
        await opened.until(lambda: opened.hosts.size == before and sees_line(opened) and sees_answers(opened))


@pytest.mark.parametrize("key", ["colon", "exclamation_mark", "slash"])
async def test_what_is_typed_brings_the_line_back_for_so_long(key: str, fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("H", key, *"kvm")
        assert opened.screen.pane.line.has_focus and opened.screen.pane.line.value == "kvm"
        await opened.until(lambda: sees_line(opened))
        await opened.press("escape")
        await opened.until(lambda: not sees_line(opened) and opened.hosts.has_focus)


async def test_keys_that_come_in_one_go_are_typed_into_it(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        keyboard = Keyboard(opened.app)
        keyboard.send(b"H!uptime\r")
        await keyboard.done()
        await opened.until(lambda: fakes.jobs.started and sees_answers(opened))
        assert fakes.jobs.started[0].title == "uptime"
        await opened.press("escape")
        await opened.until(lambda: opened.hosts.has_focus and sees_line(opened))
        keyboard.send(b":pane off\r")
        await keyboard.done()
        await opened.until(lambda: not sees_line(opened) and not sees_answers(opened) and opened.hosts.has_focus)
        keyboard.send(b":pane no\r")
        await opened.until(lambda: opened.has("write pane, pane on or pane off"))
        keyboard.send(b":pane on\r")
        await opened.until(lambda: sees_line(opened) and sees_answers(opened))


async def test_a_line_that_is_shown_again_keeps_the_focus_until_it_is_laid_out(
    fakes: FleetServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is typed meanwhile would be commands for the view; a frame may come before the layout."""
    async with open_app(fakes) as opened:
        await opened.press("H")
        await opened.until(lambda: not sees_line(opened))
        screen = opened.screen
        screen.pane.display = True
        screen.set_focus(screen.pane.line)
        assert not sees_line(opened), "it was not laid out yet"
        moved: list[object] = []
        monkeypatch.setattr(screen, "place_focus", lambda: moved.append(screen.focused))
        screen.keep_focus()
        assert screen.focused is screen.pane.line and not moved


async def test_each_end_of_a_job_is_told_while_no_answers_are_in_sight(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        first, second = await started(opened, "true", "kvm01"), await started(opened, "false", "kvm02")
        await opened.press("H")
        first.end("kvm01")
        await opened.until(lambda: opened.has("#1 true: 1/1 done · 1 ok"))
        second.end("kvm02", Outcome.FAILED, 1)
        await opened.until(lambda: opened.has("#2 false: 1/1 done · 1 failed"))
        await opened.press("6")
        await opened.until(lambda: sees_answers(opened) and not sees_line(opened))
        await opened.press("1", "less_than_sign")
        await opened.until(lambda: sees_answers(opened) and sees_line(opened))


async def test_it_is_remembered_for_the_fleet(tmp_path: Path) -> None:
    def fleet() -> FleetServices:
        fakes = FleetServices(rack(4))
        fakes.services = replace(fakes.services, memory=ScreenMemory(tmp_path / "screen.json", "demo"))
        return fakes

    async with open_app(fleet()) as opened:
        await opened.press("H")
        await opened.until(lambda: not sees_line(opened))
    async with open_app(fleet()) as opened:
        await opened.until(lambda: not sees_line(opened) and opened.hosts.has_focus)
        await opened.press("H")
        await opened.until(lambda: sees_line(opened))
    assert ScreenMemory(tmp_path / "screen.json", "demo").now.pane is None
