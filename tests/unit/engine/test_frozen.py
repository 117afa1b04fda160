"""What the engine makes of freezes: read anew before an act, and over once two clocks say so."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from atp_tui.actions.action import Invocation
from atp_tui.config.freeze_file import change_frozen, freeze_file, read_frozen
from atp_tui.model.freeze import ALL, Freeze
from atp_tui.model.target import on_hosts

from .test_following import described


def freeze(file: Path, seconds: float) -> Freeze:
    """Frozen by another program, for so many seconds from now on."""
    found = Freeze(ALL, (), time.time() + seconds, "the release", "ada", time.time())
    change_frozen(freeze_file(file), file, lambda _: (found,))
    return found


async def test_a_freeze_that_has_just_come_holds_back_and_one_that_is_over_does_not(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    engine, tagged = described(file), Invocation("tag-host", on_hosts("a"), {"tags": "+x"})
    freeze(file, 60)
    assert engine.fleet.admit(tagged).problem is None, "it was not read yet"
    before = file.read_bytes()
    problem = (await engine.fleet.perform(tagged)).problem
    assert problem is not None and "ada has frozen the whole fleet" in str(problem.reason)
    assert file.read_bytes() == before
    assert engine.fleet.admit(tagged).problem is not None and engine.fleet.frozen().freezes
    freeze(file, -1)
    assert (await engine.fleet.perform(tagged)).problem is None and file.read_bytes() != before
    assert not engine.fleet.frozen().freezes


async def test_a_clock_that_leaps_ends_no_freeze(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "hosts.toml"
    engine = described(file)
    found = freeze(file, 3_600)
    await engine.look()
    for leap in (-86_400.0, 86_400.0):
        monkeypatch.setattr(engine.manager.clock, "wall", lambda leap=leap: time.time() + leap, raising=False)
        assert engine.fleet.frozen().freezes == (found,), leap


async def test_a_clock_that_was_set_forward_takes_no_freeze_of_another_person_out_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "hosts.toml"
    engine = described(file)
    found = freeze(file, 3_600)
    monkeypatch.setattr(engine.manager.clock, "wall", lambda: time.time() + 86_400.0, raising=False)
    until = time.strftime("%Y-%m-%dT%H:%M", time.localtime(time.time() + 3 * 86_400.0))
    own = {"set": "a", "until": until, "reason": "mine"}
    assert (await engine.fleet.perform(Invocation("freeze", (), own, "bob"))).problem is None
    assert found in read_frozen(freeze_file(file)).freezes
    assert (await engine.fleet.perform(Invocation("thaw", (), {"set": "a"}, "bob"))).problem is None
    assert read_frozen(freeze_file(file)).freezes == (found,)


async def test_a_file_that_cannot_be_read_holds_back_until_it_is_mended(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    engine, tagged = described(file), Invocation("tag-host", on_hosts("a"), {"tags": "+x"})
    freeze_file(file).write_text("{")
    problem = (await engine.fleet.perform(tagged)).problem
    assert problem is not None and "what is frozen cannot be read" in str(problem.reason)
    freeze_file(file).unlink()
    assert (await engine.fleet.perform(tagged)).problem is None


async def test_a_look_that_fails_ends_no_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, looks = described(tmp_path / "hosts.toml"), asyncio.Queue[None]()

    async def broken() -> None:
        looks.put_nowait(None)
        raise RuntimeError("nobody foresaw that")

    monkeypatch.setattr("atp_tui.engine.engine.LOOK_EACH", 0.01)
    monkeypatch.setattr(engine, "look", broken)
    async with engine.running(watch=True):
        for _ in range(3):
            await asyncio.wait_for(looks.get(), 30)
