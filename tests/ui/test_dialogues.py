"""Dialogues on small terminals: their answers stay in sight, and nothing is agreed to that could not be read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from .conftest import Opened, open_app
from .fleet_services import FleetServices, rack
from .keyboard import CHANGED_KEY, WANTED

KEYS_ON_FILE = ("ssh-ed25519 SHA256:" + "o" * 43, "ssh-rsa SHA256:" + "p" * 43)


async def opened_by(opened: Opened, key: str) -> str:
    """What the screen shows once the dialogue of that key has been laid out."""
    await opened.press(key)
    await opened.read()
    for _ in range(3):
        await opened.pilot.pause()
    return opened.text()


def asking(**changes: object) -> FleetServices:
    fakes = FleetServices(rack(2))
    question = replace(CHANGED_KEY, fingerprint="SHA256:" + "n" * 43, on_file=KEYS_ON_FILE)
    fakes.questions["kvm01"] = replace(question, **changes)  # type: ignore[arg-type]  # fields of a question
    fakes.wanted["kvm01"] = replace(WANTED, refused=True)
    return fakes


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (100, 30), (160, 50)])
async def test_how_a_dialogue_is_answered_is_in_sight_at_any_size(size: tuple[int, int]) -> None:
    async with open_app(asking(), size) as opened:
        text = await opened_by(opened, "K")
        assert "type it" in text and "kvm01 and enter: replace the key on file    esc" in text
        assert "host key changed" in text
        places = [opened.app.screen.query_one(part).region for part in ("#ask", "#choices")]
        for smaller in ((50, 9), size):
            await opened.pilot.resize_terminal(*smaller)
            for _ in range(3):
                await opened.pilot.pause()
        assert places == [opened.app.screen.query_one(part).region for part in ("#ask", "#choices")]
        await opened.press("escape")
        text = await opened_by(opened, "P")
        assert "password  " in text and "name      admin" in text and "enter log in    esc leave it" in text


@pytest.mark.parametrize("changed", [True, False])
async def test_a_key_is_trusted_only_where_all_of_the_question_was_in_view(changed: bool) -> None:
    fakes = asking(changed=changed)
    async with open_app(fakes, (60, 15)) as opened:
        await opened_by(opened, "K")
        await opened.pilot.resize_terminal(50, 9)
        for _ in range(3):
            await opened.pilot.pause()
        agree = ("k", "v", "m", "0", "1", "enter") if changed else ("y",)
        await opened.press(*agree)
        assert not fakes.passed("trust-key") and opened.has("to read it to its")
        await opened.press(*["pagedown"] * 15)
        await opened.press(agree[-1])
        await opened.until(lambda: fakes.passed("trust-key"))


async def test_a_long_command_leaves_the_number_in_sight() -> None:
    fakes = FleetServices(rack(25))
    async with open_app(fakes, (60, 15)) as opened:
        opened.app.type_command("run @all echo " + "abcdefg " * 60)
        await opened.pilot.pause()
        text = await opened_by(opened, "enter")
        assert "25 and enter: run it" in text and "type it" in text
        await opened.press("2", "5", "enter")
        assert not fakes.jobs.started and opened.has("to read it to its end first")
        await opened.press("pagedown", "pagedown", "pagedown", "enter")
        await opened.until(lambda: fakes.jobs.started)
