"""The panel's line about a host's own system."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atp_tui.model.node import SystemReading
from atp_tui.ui.glyphs import UNICODE
from atp_tui.ui.widgets.panel_head import head_lines
from atp_tui.ui.widgets.system_words import system_words

from .rows import NOW, detail, host_row, text_of

READING = SystemReading(
    load=(0.25, 1.5, 12.0),
    uptime=41.5 * 86400,
    cpus=16,
    cpu_busy=1,
    cpu_idle=1,
    memory_kib=64 << 20,
    memory_free_kib=32 << 20,
    swap_kib=2 << 20,
    swap_free_kib=1 << 20,
    root_kib=100 << 20,
    root_used_kib=40 << 20,
    root_free_kib=53 << 20,
)


def test_all_of_it() -> None:
    words = ("load 0.25 1.50 12.00", "16 cpu", "64 GiB", "swap 50 % of 2.0 GiB", "/ 43 % of 100 GiB", "up 41 d")
    assert system_words(READING, with_size=True) == words


def test_a_host_with_libvirt_has_its_size_from_there() -> None:
    assert system_words(READING, with_size=False)[:2] == ("load 0.25 1.50 12.00", "swap 50 % of 2.0 GiB")


def test_what_there_is_not_is_said() -> None:
    bare = replace(READING, swap_kib=0, swap_free_kib=0, root_kib=None, root_used_kib=None, root_free_kib=None)
    assert system_words(bare, with_size=False)[1:3] == ("no swap", "/ n/a")


@pytest.mark.parametrize("fresh", [True, False])
def test_the_panel_of_a_host_with_ssh_alone_has_its_system_and_charts(fresh: bool) -> None:
    sampled_at = NOW - 1 if fresh else NOW - 30
    row = host_row("bastion", has_virt=False, sampled_at=sampled_at)
    lines = head_lines(detail(row, system=READING), None, 100, 1, NOW, UNICODE)
    (line,) = [line.spans for line in lines if "load 0.25" in text_of(line.spans)]
    assert "16 cpu · 64 GiB · swap 50 % of 2.0 GiB · / 43 % of 100 GiB · up 41 d" in text_of(line)
    assert [role for _, role in line] == ["text" if fresh else "dim"]
    assert any("CPU" in text_of(line.spans) and "43 %" in text_of(line.spans) for line in lines)


def test_a_host_that_has_no_proc_says_so() -> None:
    row = host_row("switch", has_virt=False, sampled_at=NOW - 1)
    text = "\n".join(text_of(line.spans) for line in head_lines(detail(row), None, 100, 1, NOW, UNICODE))
    assert "uptime n/a" in text
    assert "n/a" not in "\n".join(
        text_of(line.spans) for line in head_lines(detail(host_row("kvm01")), None, 100, 1, NOW, UNICODE)
    )
