"""What is made of a host's /proc: this machine's own text, and texts that nothing should be made of."""

from __future__ import annotations

import math
import os
import subprocess
from dataclasses import astuple
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.node import SystemReading
from atp_tui.monitor.border import LARGEST, Nonsense
from atp_tui.monitor.system import BEGIN, END, FIGURES_COMMAND, parse

ANSWER = """\
cpus 4
load 0.25 1.50 12.00 2/300 4242
uptime 90061.50 300000.00
cpu  100 20 30 4000 50 6 7 8 0 0
MemTotal:       16000000 kB
MemFree:         1000000 kB
MemAvailable:    9000000 kB
SwapTotal:       2000000 kB
SwapFree:        1500000 kB
Filesystem     1024-blocks     Used Available Capacity Mounted on
/dev/my disk      20000000  5000000  14000000      27% /
"""


def without(*starts: str) -> str:
    return "".join(line for line in ANSWER.splitlines(keepends=True) if not line.startswith(starts))


def ask(shell: list[str], lines: bytes = b"\n\n") -> list[str]:
    """The answers of this machine, between their marks, to two empty lines."""
    run = subprocess.run([*shell, FIGURES_COMMAND], input=lines, capture_output=True, check=True, timeout=30)
    assert run.stderr == b""
    return [part.partition(f"{END}\n")[0] for part in run.stdout.decode().split(f"{BEGIN}\n")[1:]]


def test_every_figure_of_an_answer() -> None:
    assert parse(ANSWER) == SystemReading(
        load=(0.25, 1.5, 12.0),
        uptime=90061.5,
        cpus=4,
        cpu_busy=1_710_000_000,
        cpu_idle=40_500_000_000,
        memory_kib=16_000_000,
        memory_free_kib=9_000_000,
        swap_kib=2_000_000,
        swap_free_kib=1_500_000,
        root_kib=20_000_000,
        root_used_kib=5_000_000,
        root_free_kib=14_000_000,
    )


@pytest.mark.daemons  # for the shells, which ./atp test installs with them
@pytest.mark.parametrize("shell", [["sh", "-c"], ["bash", "-c"], ["fish", "-c"], ["tcsh", "-c"]])
def test_this_machine_answers_each_line_once(shell: list[str]) -> None:
    first, second = map(parse, ask(shell))
    total = int(Path("/proc/meminfo").read_text().split()[1])
    root = os.statvfs("/")
    assert (first.cpus, first.memory_kib) == (os.sysconf("SC_NPROCESSORS_ONLN"), total)
    assert first.root_kib is not None
    assert first.root_free_kib is not None
    assert first.root_used_kib is not None
    assert first.root_used_kib + first.root_free_kib <= first.root_kib <= root.f_blocks * root.f_frsize // 1024
    assert first.uptime <= second.uptime < math.inf
    assert first.cpu_busy <= second.cpu_busy


def test_a_kernel_without_memavailable_and_a_host_without_swap_or_df() -> None:
    reading = parse(without("MemAvailable", "Swap", "Filesystem", "/dev"))
    assert (reading.memory_free_kib, reading.swap_kib, reading.root_kib) == (1_000_000, 0, None)


def test_in_a_chroot_df_tells_another_mount_point_of_the_root_file_system() -> None:
    reading = parse(ANSWER.replace("% /\n", "% /opt\n"))
    assert reading == parse(ANSWER)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", "the load is missing"),
        (without("cpu "), "the CPU time is missing"),
        (without("MemTotal"), "MemTotal is missing"),
        (without("uptime"), "the uptime is no number"),
        (ANSWER.replace("16000000", "16000000000000000000"), "MemTotal is no whole number"),
        (ANSWER.replace("16000000", "9999999999999999999"), "MemTotal is too large"),
        (ANSWER.replace("16000000", "١٦"), "MemTotal is no whole number"),
        (ANSWER.replace("0.25", "nan"), "the load is no number"),
        (ANSWER.replace("0.25", "9" * 11), "the load is no number"),
        (ANSWER.replace("0.25", "-1"), "the load is no number"),
        (ANSWER.replace("0.25", "1e400"), "the load is no number"),
        (ANSWER.replace("4000 ", "9000000000000000000 "), "the CPU time is too large"),
        (ANSWER.replace("14000000", "\x1b]0;owned\x07"), "the root file system is no whole number"),
    ],
)
def test_what_cannot_be_is_named_and_not_repeated(answer: str, words: str) -> None:
    with pytest.raises(Nonsense) as raised:
        parse(answer)
    assert words in raised.value.message
    assert "\x1b" not in raised.value.message


@given(st.text() | st.lists(st.sampled_from([*ANSWER.splitlines(), "cpu", "load", "MemTotal: x"])).map("\n".join))
def test_any_text_is_a_reading_in_range_or_nonsense(answer: str) -> None:
    try:
        reading = parse(answer)
    except Nonsense:
        return
    figures = [figure for part in astuple(reading) for figure in (part if isinstance(part, tuple) else (part,))]
    assert all(figure is None or 0 <= figure <= LARGEST for figure in figures)
    assert all(math.isfinite(figure) for figure in reading.load)
