"""Keys that come in one go: what dialogues and pastes make of them. The files test_bursts_… have random ones."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from textual.widgets import Input

from atp_tui.ui.app import AtpApp
from atp_tui.ui.early_keys import EarlyKeys, HearsNothingAtFirst
from atp_tui.ui.screens.ask import TypedAskScreen

from .conftest import open_app
from .fleet_services import FleetServices, rack
from .keyboard import CHANGED_KEY as KEY
from .keyboard import WANTED, Keyboard


@pytest.mark.parametrize("more", ["\r", "\r" * 40, "25\r", "y\r", "25\r25\r"])
async def test_the_burst_that_asks_about_many_hosts_never_answers(more: str) -> None:
    fakes = FleetServices(rack(25))
    async with open_app(fakes) as opened:
        keyboard = Keyboard(opened.app)
        keyboard.send(f"!@all id\r{more}".encode())
        await keyboard.done()
        assert isinstance(opened.app.screen, TypedAskScreen)
        assert opened.app.screen.query_one(Input).value == "" and not fakes.jobs.started
        await opened.read()
        keyboard.send(b"25\r")
        await keyboard.done()
        assert [len(job.hosts) for job in fakes.jobs.started] == [25]


@pytest.mark.parametrize("key", ["K", "P", "q"])
async def test_no_dialogue_hears_the_burst_that_opens_it(fakes: FleetServices, key: str) -> None:
    fakes.questions["kvm01"] = replace(KEY, changed=False)
    fakes.wanted["kvm01"] = WANTED
    async with open_app(fakes) as opened:
        keyboard = Keyboard(opened.app)
        keyboard.send(b"!id\r\t")  # a job runs, so that q asks
        await keyboard.done()
        opened.hosts.focus()
        await opened.until(lambda: opened.hosts.has_focus)
        keyboard.send(f"{key}y\r\x03\x1b[200~y\x1b[201~yy\r".encode())
        await keyboard.done()
        assert isinstance(opened.app.screen, HearsNothingAtFirst)
        assert not fakes.door.passed and opened.app.is_running
        assert all(line.value in ("", "admin") for line in opened.app.screen.query(Input))


def test_a_dialogue_listens_after_a_pause_and_to_no_key_that_is_held() -> None:
    early = EarlyKeys(opened_by="K")
    assert early.is_early("y", 100.0), "it has not been drawn"
    early.appeared(101.0)
    assert early.is_early("y", 100.9) and early.is_early("y", 101.29)
    assert early.is_early("y", 101.5), "the key at 101.29 began the wait anew"
    assert not early.is_early("y", 101.81)
    early = EarlyKeys(opened_by="enter")
    early.appeared(10.0)
    held = [10.0 + 0.66 + number / 30 for number in range(300)]
    assert all(early.is_early("enter", at) for at in held)
    assert early.is_early("enter", held[-1] + 0.9)
    assert not early.is_early("2", held[-1] + 1.3) and not early.is_early("enter", held[-1] + 1.4)


async def test_a_handler_that_never_ends_does_not_take_the_keyboard_away(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        hung = asyncio.Event()
        opened.panel.call_later(hung.wait)
        keyboard = Keyboard(opened.app)
        keyboard.send(b"!id")
        await keyboard.done()
        assert opened.screen.pane.line.value == "id"
        hung.set()


@pytest.mark.parametrize(
    ("pasted", "line", "words"),
    [
        ("echo a\necho b", "", "2 lines were pasted"), ("echo a\r\necho b\r\n", "", "2 lines were pasted"),
        ("echo a\recho b", "", "2 lines were pasted"), ("echo a\n", "echo a", ""), ("\n", "", ""),
        ("a\tb", "", "a tab or another control character"), ("a\u2028b", "", "2 lines"),
        ("rm \u202ex/pmt/", "", "U+202E"), ("a\u2066b", "", "U+2066"), ("سلام x", "سلام x", ""),
    ],
)  # fmt: skip
async def test_a_paste_of_several_lines_is_refused_with_words(
    fakes: FleetServices, pasted: str, line: str, words: str
) -> None:
    fakes.wanted["kvm01"] = WANTED
    async with open_app(fakes) as opened:
        keyboard = Keyboard(opened.app)
        for opener in ("!", "P"):
            if opener == "P":
                opened.hosts.focus()
                await opened.pilot.pause()
            keyboard.send(opener.encode())
            await keyboard.done()
            if opener == "P":
                await opened.read()
            opened.app.clear_notifications()
            keyboard.send(f"\x1b[200~{pasted}\x1b[201~".encode())
            await keyboard.done()
            assert isinstance(opened.app.focused, Input) and opened.app.focused.value == line
            await opened.until(lambda: not words or opened.has(words))
            assert bool(words) == bool(opened.app._notifications)


async def test_pastes_that_are_refused_one_after_the_other_leave_one_message(
    fakes: FleetServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AtpApp, "NOTIFICATION_TIMEOUT", 600)
    async with open_app(fakes) as opened:
        keyboard = Keyboard(opened.app)
        keyboard.send(b"!" + b"\x1b[200~a\nb\x1b[201~" * 5 + b"\x1b[200~a\nb\nc\x1b[201~")
        await keyboard.done()
        await opened.until(lambda: opened.has("3 lines were pasted") and not opened.has("2 lines were pasted"))
