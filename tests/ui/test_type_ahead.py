"""Keys that come in one go: each acts in the order in which it came, in every input."""

from __future__ import annotations

import asyncio
import random
from codecs import getincrementaldecoder
from dataclasses import replace
from pathlib import Path

import pytest
from textual.app import App
from textual.message import Message
from textual.widgets import Input

from atp_tui.ui.app import AtpApp
from atp_tui.ui.driver import _Parser
from atp_tui.ui.early_keys import EarlyKeys, HearsNothingAtFirst
from atp_tui.ui.history import History
from atp_tui.ui.messages import CommandLineRequested, RunRequested
from atp_tui.ui.screens.ask import TypedAskScreen
from atp_tui.ui.services import KeyQuestion, PasswordQuestion
from atp_tui.ui.type_ahead import TypeAheadApp
from atp_tui.ui.widgets.command_pane import Mode

from .conftest import Opened, open_app
from .fleet_services import FleetServices, rack
from .line_editor import LineEditor, burst, chunks


class Keyboard:
    """Sends bytes to an application as its driver would: through the parser of the terminal's sequences."""

    def __init__(self, app: App[object]) -> None:
        self._app = app
        self._parser = _Parser()
        self._decode = getincrementaldecoder("utf-8")().decode

    def send(self, data: bytes) -> None:
        driver = self._app._driver
        assert driver is not None
        text = self._decode(data)
        for message in self._parser.feed(text) if text else ():
            driver.process_message(message)

    async def done(self) -> None:
        """Wait until all of it has been handled."""
        app = self._app
        assert isinstance(app, TypeAheadApp)
        async with asyncio.timeout(60):
            for _ in range(20):  # the driver's messages come by the loop: callback, task, the application's queue
                await asyncio.sleep(0)
            await app.all_keys_done()


@pytest.mark.parametrize("seed", range(8))
async def test_random_bursts_do_what_a_plain_line_editor_does(seed: int, tmp_path: Path) -> None:
    """250 bursts a seed, of which also what was run is compared, and the history on disk."""
    chance = random.Random(seed)
    ran: list[str] = []

    def hear(message: Message) -> None:
        if isinstance(message, RunRequested) and not any(message is other for other in heard):
            heard.append(message)
            ran.append(message.line)

    heard: list[RunRequested] = []
    fakes = FleetServices(rack(2), tmp_path / "history")
    app = AtpApp(fakes.services)
    editor = LineEditor()
    async with app.run_test(size=(100, 30), message_hook=hear) as pilot:
        opened = Opened(pilot, fakes)
        await opened.until(lambda: "started" in fakes.life)
        await opened.press("exclamation_mark")
        keyboard = Keyboard(app)
        for number in range(250):
            sent = burst(chance, editor, chance.choice((2, 4, 8, 8, 25)))
            for chunk in chunks(chance, sent.encode()):
                keyboard.send(chunk)
                for _ in range(chance.choice((0, 1, 2, 5))):
                    await asyncio.sleep(0)
            await keyboard.done()
            line = opened.screen.pane.line
            assert (line.value, line.cursor_position, ran) == (editor.text, editor.at, editor.ran), (number, sent)
            heard.clear()
            for host in fakes.jobs.started[-1].hosts if editor.busy else ():
                fakes.jobs.started[-1].end(host)
            await opened.until(lambda: not opened.screen.jobs.running)
            editor.busy = False
    assert list(History(tmp_path / "history").lines) == list(editor.history.lines)


LEADS_ELSEWHERE = ("enter", "older", "newer")

KEY = KeyQuestion("kvm01", "192.0.2.2", "SHA256:x", "ssh-rsa AAAA", changed=True)
WANTED = PasswordQuestion("kvm01", "192.0.2.2:16514", "admin", refused=False, uri="qemu+tls://192.0.2.2/system")


@pytest.mark.parametrize(
    ("opened_by", "without"),
    [("/", ()), (":", ("right",)), ("\x10", ()), ("K", ()), ("P", ())],  # in `:` the right one completes
    ids=["filter", "command", "palette", "changed key", "password"],
)
async def test_random_bursts_in_the_other_inputs(opened_by: str, without: tuple[str, ...]) -> None:
    fakes = FleetServices(rack(3))
    fakes.questions["kvm01"] = KEY
    fakes.wanted["kvm01"] = WANTED
    chance = random.Random(opened_by)
    async with open_app(fakes) as opened:
        keyboard = Keyboard(opened.app)
        keyboard.send(opened_by.encode())
        await keyboard.done()
        if opened_by in "KP":
            await opened.read()
        line = opened.app.focused
        assert isinstance(line, Input)
        editor = LineEditor(hidden=opened_by == "P")
        for number in range(60):
            sent = burst(chance, editor, chance.choice((4, 8, 20)), without=(*LEADS_ELSEWHERE, *without))
            for chunk in chunks(chance, sent.encode()):
                keyboard.send(chunk)
                await asyncio.sleep(0)
            await keyboard.done()
            assert opened.app.focused is line
            assert (line.value, line.cursor_position) == (editor.text, editor.at), (number, sent)


async def test_keys_follow_a_moving_focus_through_any_journey_in_one_burst(fakes: FleetServices) -> None:
    """Into the command line and out of it, filters and `:` commands, with text that is full of the tree's own keys."""
    chance = random.Random(7)
    entered: list[Message] = []

    def hear(message: Message) -> None:
        if isinstance(message, CommandLineRequested) and not any(message is other for other in entered):
            entered.append(message)

    app = AtpApp(fakes.services)
    async with app.run_test(size=(100, 30), message_hook=hear) as pilot:
        opened = Opened(pilot, fakes)
        await opened.until(lambda: "started" in fakes.life and opened.screen.hosts.has_focus)
        keyboard = Keyboard(app)
        draft, kept, names = "", "", list[str]()
        for _ in range(150):
            sent = ""
            for _ in range(chance.randint(1, 6)):
                text = "".join(chance.choices("qtr?aujkKP!s ", k=chance.randint(1, 8)))
                match chance.choice("rfcm"):
                    case "r":
                        draft = text
                        sent += f"!\x15{text}\x03"  # Ctrl+C leaves the line, and what stands in it is kept
                    case "f":
                        kept = text
                        sent += f"/\x15{text}\r"
                    case "c":
                        names.append("no" + text.replace(" ", ""))
                        sent += f":{names[-1]}\r"
                    case _:
                        sent += "jjkk"
            for chunk in chunks(chance, sent.encode()):
                keyboard.send(chunk)
                await asyncio.sleep(0)
            await keyboard.done()
            pane = opened.screen.pane
            assert opened.screen.hosts.has_focus and opened.screen.pane.line.value == draft
            assert (pane.mode, opened.screen._fleet.filter) == (Mode.RUN, kept)
            assert [each.name for each in entered if isinstance(each, CommandLineRequested)] == names


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
        opened.screen.hosts.focus()
        await opened.until(lambda: opened.screen.hosts.has_focus)
        keyboard.send(f"{key}y\r\x03\x1b[200~y\x1b[201~yy\r".encode())
        await keyboard.done()
        assert isinstance(opened.app.screen, HearsNothingAtFirst)
        assert not fakes.trusted and not fakes.logged_in and opened.app.is_running
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
        opened.screen.panel.call_later(hung.wait)
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
                opened.screen.hosts.focus()
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
