"""Hosts that are disabled stand in the tree, dimmed and last, and a key enables them."""

from __future__ import annotations

from pathlib import Path

from atp_tui.config.load import load
from atp_tui.model.connection import ConnectionState as S
from atp_tui.ui.glyphs import UNICODE
from atp_tui.ui.keymap import OWN
from atp_tui.ui.widgets.host_words import next_step

from .rows import host_row
from .test_host_form import source_of, text_of
from .test_host_tree import drawn
from .test_real_engine import opened

OFF = "enabled = false\n"


def test_its_line_has_a_word_a_sign_and_the_key() -> None:
    line = drawn(host_row("kvm07", state=S.DISABLED, sampled_at=None))
    assert f"{UNICODE.state(S.DISABLED)} kvm07" in line and "disabled · press E to enable" in line
    assert next_step(host_row("kvm07", state=S.DISABLED), 0.0, OWN).short == "press E"


async def test_a_host_is_enabled_and_disabled_by_keys(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    source = source_of(file, text_of("kvm01") + OFF + text_of("kvm02", "kvm03").removeprefix(text_of()))
    async with opened(source) as seen:
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm02", "kvm03"})
        await seen.until(lambda: "disabled · press E" in seen.text)
        counts = [f"{UNICODE.state(state)} {number} " for state, number in ((S.DISABLED, 1), (S.CONNECTED, 2))]
        await seen.until(lambda: all(count in seen.text.splitlines()[0] for count in counts))
        await seen.pilot.press("end")
        await seen.until(lambda: seen.hosts.cursor_hosts == ("kvm01",))
        assert "Press r to connect" not in seen.text
        await seen.pilot.press("r")
        await seen.until(lambda: "these hosts are disabled" in seen.text)
        await seen.pilot.press("E")
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm01", "kvm02", "kvm03"})
        assert load(file).disabled == ()
        await seen.until(lambda: UNICODE.state(S.DISABLED) not in seen.text)
        await seen.pilot.press("E")
        await seen.until(lambda: "no disabled host is marked" in seen.text)
        await seen.pilot.press("a", "X")
        await seen.until(lambda: seen.ids(S.DISABLED) == {"kvm01", "kvm02", "kvm03"})
        await seen.pilot.press("E")
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm01", "kvm02", "kvm03"})
        assert load(file).disabled == ()
