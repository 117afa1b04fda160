"""What happens around a form while it is open: other screens over it, keys that are held, and other programs."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import Mock

import pytest
from textual.widgets import Input

from atp_tui.config.load import load
from atp_tui.config.undo import Versions
from atp_tui.ui.screens.ask import AskScreen
from atp_tui.ui.screens.host_form import HostForm
from atp_tui.ui.screens.main import MainScreen

from .test_host_form import fill, fleet, form, text_of


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Another program of ours edits a file of that directory."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


async def test_a_form_is_written_while_the_palette_lies_over_it_and_goes_once_it_is_on_top(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    async with fleet(file, "kvm01") as seen:
        await form(seen, "e")
        await fill(seen, "tags", "prod lab")
        with held(tmp_path):
            await seen.pilot.press("ctrl+s", "ctrl+p")
            await seen.until(lambda: not isinstance(seen.pilot.app.screen, HostForm))
            assert load(file).hosts[0].tags == ("prod",)
        await seen.until(lambda: load(file).hosts[0].tags == ("prod", "lab"))
        await seen.pilot.pause(0.2)
        await seen.pilot.press("escape")
        await seen.until(lambda: isinstance(seen.pilot.app.screen, MainScreen) and "saved: kvm01" in seen.text)


async def test_a_form_that_is_being_written_cannot_be_left_unsaid(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    async with fleet(file, "kvm01") as seen:
        await form(seen, "e")
        await fill(seen, "tags", "prod lab")
        with held(tmp_path):
            await seen.pilot.press("ctrl+s", "escape", "escape", "escape")
            await seen.pilot.pause(0.2)
            assert isinstance(seen.pilot.app.screen, HostForm)
        await seen.until(lambda: "saved: kvm01" in seen.text)


async def test_a_key_that_is_held_opens_one_form(tmp_path: Path) -> None:
    async with fleet(tmp_path / "hosts.toml", "kvm01") as seen:
        await seen.pilot.press("e", "e", "e")
        await seen.until(lambda: isinstance(seen.pilot.app.screen, HostForm))
        await seen.pilot.pause(0.3)
        assert [type(screen) for screen in seen.pilot.app.screen_stack].count(HostForm) == 1


async def test_a_list_that_somebody_else_has_added_to_is_not_written_over_unseen(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    async with fleet(file, "kvm01", "kvm02") as seen:
        await form(seen, "e")
        await fill(seen, "tags", "prod lab")
        theirs = text_of("kvm01", "kvm02").replace('tags = ["prod"]', 'tags = ["prod", "rack9"]')
        file.write_text(theirs)
        await seen.pilot.press("ctrl+s")
        await seen.until(lambda: "tags was changed meanwhile, to 'prod rack9'" in seen.text)
        assert isinstance(seen.pilot.app.screen, HostForm) and file.read_text() == theirs
        await seen.pilot.press("ctrl+s")
        await seen.until(lambda: "saved: kvm01" in seen.text)
        assert [host.tags for host in load(file).hosts] == [("prod", "lab"), ("prod", "rack9")]


async def test_what_cannot_be_typed_reaches_no_terminal_and_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    async with fleet(file, "kvm01") as seen:
        odd = r'metadata = { note = "one\ntwo\u001b[31m\u202e" }'
        file.write_text(f"{text_of('kvm01')}{odd}\n")
        await seen.until(lambda: seen.engine.manager.host("kvm01").metadata)
        await form(seen, "e")
        assert "cannot be typed" in seen.text and "Nothing differs" in seen.text
        assert not any(sign in seen.text.replace("\n", "") for sign in "\x1b\u202e"), seen.text
        assert len(seen.text.splitlines()) == 40
        await fill(seen, "tags", "prod lab")
        await seen.pilot.press("ctrl+s")
        await seen.until(lambda: "saved: kvm01" in seen.text)
        assert odd in file.read_text() and load(file).hosts[0].tags == ("prod", "lab")


async def test_what_the_second_esc_forgets_stays_told_while_the_file_is_looked_at(tmp_path: Path) -> None:
    async with fleet(tmp_path / "hosts.toml", "kvm01") as seen:
        await form(seen, "e")
        await fill(seen, "tags", "lab")
        await seen.pilot.press("escape")
        await seen.until(lambda: '+tags = ["lab"]' in seen.text)
        assert "again forgets what was typed" in seen.text


async def test_a_command_chosen_over_a_form_forgets_what_was_typed_only_when_asked_twice(tmp_path: Path) -> None:
    async with fleet(tmp_path / "hosts.toml", "kvm01") as seen:
        app = seen.pilot.app
        found = await form(seen, "e")
        await fill(seen, "tags", "lab")
        await seen.pilot.press("ctrl+p")
        await seen.until(lambda: app.screen is not found)
        app.type_command("retry")  # type: ignore[attr-defined]
        await seen.until(lambda: app.screen is found and "again forgets what was typed" in seen.text)
        app.type_command("retry")  # type: ignore[attr-defined]
        await seen.until(lambda: isinstance(app.screen, MainScreen))


async def test_what_cannot_be_undone_says_so_and_an_undo_says_what_it_undid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "hosts.toml"
    async with fleet(file, "kvm01") as seen:
        app = seen.pilot.app
        app.type_command("tag-host +one")  # type: ignore[attr-defined]
        await seen.until(lambda: "tag-host kvm01" in seen.text)
        app.type_command("undo")  # type: ignore[attr-defined]
        await seen.until(lambda: "undone: tag-host kvm01" in seen.text)
        full = OSError(errno.ENOSPC, "No space left on device")
        monkeypatch.setattr(Versions, "keep", Mock(side_effect=full))
        await form(seen, "e")
        await fill(seen, "tags", "prod lab")
        await seen.pilot.press("ctrl+s")
        await seen.until(lambda: "saved: kvm01: it cannot be undone" in seen.text)
        assert "z undoes" not in seen.text


async def test_a_blank_behind_the_hosts_spares_no_question(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    async with fleet(file, "kvm01", "kvm02") as seen:
        seen.pilot.app.type_command("remove-host @all ")  # type: ignore[attr-defined]
        await seen.until(lambda: isinstance(seen.pilot.app.screen, AskScreen))
        assert file.read_text() == text_of("kvm01", "kvm02")


async def test_in_a_small_terminal_the_arrows_lead_from_field_to_field_too(tmp_path: Path) -> None:
    async with fleet(tmp_path / "hosts.toml", "kvm01") as seen:
        await seen.pilot.resize_terminal(60, 15)
        found = await form(seen, "e")
        keys = [field.id for field in found.query(Input)]
        for key in keys[1:]:
            await seen.pilot.press("down")
            await seen.until(lambda key=key: found.focused is not None and found.focused.id == key)  # type: ignore[misc]
            await seen.until(lambda: found.focused is not None and found.is_in_sight(found.focused))
        await seen.pilot.press("up")
        await seen.until(lambda: found.focused is not None and found.focused.id == keys[-2])
