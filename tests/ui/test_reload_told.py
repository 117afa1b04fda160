"""hosts.toml is changed while the screen is open: the screen follows, and says what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.config.load import load
from atp_tui.drivers.sources import FileSource
from atp_tui.executor.folding import fold_names, parts_of
from atp_tui.model.connection import ConnectionState as S
from atp_tui.model.message import text
from atp_tui.model.problem import Problem
from atp_tui.model.reload import Reload
from atp_tui.ui.reload_words import reload_sign, reload_told
from atp_tui.ui.told import SaidLine
from atp_tui.ui.views.messages.view import MessageList

from .conftest import open_app
from .fleet_services import FleetServices, rack
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
        await seen.until(lambda: "hosts.toml: 2 added (kvm[03-04]), 1 removed (kvm01)" in seen.text)
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


def test_names_stand_folded_and_those_without_room_are_counted() -> None:
    changed = [f"kvm{number:02}" for number in range(1, 60)] + [f"db{number}x{7 * number}" for number in range(20)]
    reload = Reload(4, 2, 1, len(changed), ("web[8-9]", "old", fold_names(changed)), later=("[ui]",))
    whole = reload_told(reload, "hosts.toml")
    assert whole.startswith("hosts.toml: 2 added (web[8-9]), 1 removed (old), 79 changed (") and "kvm[01-59]" in whole
    assert whole.endswith("); [ui] from the next start on")
    for room in range(10, len(whole) + 3):
        shown = reload_told(reload, "hosts.toml", room)
        assert len(shown) <= max(room, len("hosts.toml: 2 added, 1 removed, 79 changed; [ui] from the next start on"))
        assert "2 added" in shown and "1 removed" in shown and "79 changed" in shown
        left = re.search(r"79 changed \((.*) \+(\d+)\)", shown)
        if left is not None:
            assert sum(number for _, number in parts_of(left[1])) + int(left[2]) == len(changed)
    assert shown == whole
    assert "(old)" in reload_told(reload, "hosts.toml", 110), "a short name has its room beside long ones"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_line_counts_what_it_has_no_room_for_and_messages_have_it_whole(size: tuple[int, int]) -> None:
    names = fold_names(f"db{number}x{7 * number}" for number in range(300))
    async with open_app(FleetServices(rack(2)), size) as opened:
        reload = Reload(1, added=300, names=(names, "", ""))
        opened.screen.tell(
            reload_told(reload, "hosts.toml"), fitted=lambda room: reload_told(reload, "hosts.toml", room)
        )
        await opened.until(lambda: opened.has("hosts.toml: 300 added (db"))
        (line,) = [line for line in opened.lines() if "300 added" in line]
        assert re.search(r"300 added \(db[^ ]* \+2\d\d\)", line), line
        await opened.press("m")
        await opened.until(lambda: opened.has(" Messages "))
        lines = opened.screen.query_one(MessageList).lines
        parts = [each.text for each in lines if isinstance(each, SaidLine)]
        assert "".join(parts).replace(" ", "") == reload_told(reload, "hosts.toml").replace(" ", "")
