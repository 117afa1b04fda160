"""hosts.toml is changed while the screen is open: the screen follows, and says what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.config.load import load
from atp_tui.drivers.sources import FileSource
from atp_tui.model.connection import ConnectionState as S
from atp_tui.model.message import text
from atp_tui.model.problem import Problem
from atp_tui.model.reload import Reload
from atp_tui.ui.reload_words import reload_sign, reload_told

from .test_real_engine import opened


def text_of(*hosts: str) -> str:
    return "".join(
        f'[[hosts]]\nid = "{host}"\nhost = "127.0.0.1"\nuri = "sim://{host}/"\nssh = false\n' for host in hosts
    )


async def test_the_screen_follows_the_file_and_says_what_is_wrong_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atp_tui.drivers.watched_file.LOOK_EACH", 0.05)
    file = tmp_path / "hosts.toml"
    file.write_text(text_of("kvm01", "kvm02"))
    async with opened(FileSource(load(file))) as seen:
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm01", "kvm02"})
        seen.hosts.show_host("kvm02")
        await seen.until(lambda: seen.hosts.cursor_hosts == ("kvm02",) and seen.hosts.has_focus)
        await seen.pilot.press("space")
        file.write_text(text_of("kvm02", "kvm03", "kvm04"))
        await seen.until(lambda: "hosts.toml: 2 added, 1 removed" in seen.text)
        await seen.until(lambda: "kvm04" in seen.text and "kvm01" not in seen.text)
        assert seen.hosts.asked.marked == {"kvm02"}, "marks survive"
        file.write_text(text_of("kvm02") + "[[hosts]\n")
        await seen.until(lambda: "hosts.toml is wrong" in seen.text)
        await seen.until(lambda: "kvm04" in seen.text and ":6: is not TOML" in seen.text)
        file.write_text(text_of("kvm02", "kvm03", "kvm04"))
        await seen.until(lambda: "hosts.toml: right again" in seen.text)
        assert "is wrong" not in seen.text


def test_a_program_that_fails_is_told_beside_what_changed() -> None:
    remark = Problem(text("fails: no route"), where="/x/hosts.toml:3: sources[netbox]: ")
    failing = Reload(2, removed=1, remarks=(remark,), failing=("netbox",))
    assert reload_told(failing, "hosts.toml") == (
        "hosts.toml: 1 removed; /x/hosts.toml:3: sources[netbox]: fails: no route"
    )
    assert reload_sign(failing, "hosts.toml") == "netbox fails  "
    both = replace(failing, problem=remark, failing=("netbox", "other"))
    assert reload_sign(both, "hosts.toml") == "hosts.toml is wrong  netbox, other fail  "
    assert reload_told(replace(failing, removed=0), "hosts.toml").startswith("/x/hosts.toml:3: ")
    assert reload_told(Reload(3), "hosts.toml") == "hosts.toml: right again"
