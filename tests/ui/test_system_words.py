"""The panel's line about a host's own system."""

from __future__ import annotations

from dataclasses import replace

from atp_tui.model.node import SystemReading
from atp_tui.ui.widgets.system_words import system_words

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
    root_free_kib=57 << 20,
)


def test_all_of_it() -> None:
    words = ("load 0.25 1.50 12.00", "16 cpu", "64 GiB", "swap 50 % of 2.0 GiB", "/ 43 % of 100 GiB", "up 41 d")
    assert system_words(READING, with_size=True) == words


def test_a_host_with_libvirt_has_its_size_from_there() -> None:
    assert system_words(READING, with_size=False)[:2] == ("load 0.25 1.50 12.00", "swap 50 % of 2.0 GiB")


def test_what_there_is_not_is_said() -> None:
    bare = replace(READING, swap_kib=0, swap_free_kib=0, root_kib=None, root_free_kib=None)
    assert system_words(bare, with_size=False)[1:3] == ("no swap", "/ n/a")
