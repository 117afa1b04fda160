"""A short soak on real daemons, and the proof that a soak's verdict can be a bad one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..daemons.sshd import require_sshd
from ..soak.gauges import Gauges, leaks
from ..soak.recoveries import Recoveries

MINUTES = float(os.environ.get("ATP_SOAK_MINUTES", "0.5"))
"""How long the soak breaks and heals its daemons; three in CI, where ATP_SOAK_MINUTES says so."""
HANG = 60 * MINUTES + 120
ROOT = Path(__file__).parents[2]

CALM = Gauges(60.0, 12, 2, 1)


@pytest.mark.daemons
@pytest.mark.alone
@pytest.mark.timeout(HANG + 10)
def test_a_short_soak_leaks_nothing_and_every_host_comes_back(libvirtd: object, tmp_path: Path) -> None:
    require_sshd()
    run = subprocess.run(
        [sys.executable, "-m", "tests.soak", "--minutes", str(MINUTES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "passed" in run.stdout
    assert "Task was destroyed" not in run.stderr, run.stderr


@pytest.mark.parametrize(
    ("after", "word"),
    [
        (Gauges(60.0, 13, 2, 1), "descriptors"),
        (Gauges(60.0, 12, 3, 1), "threads"),
        (Gauges(60.0, 12, 2, 2), "tasks"),
    ],
)
def test_whatever_is_left_is_a_leak(after: Gauges, word: str) -> None:
    assert leaks(CALM, CALM, [CALM] * 10) == []
    (found,) = leaks(CALM, after, [CALM] * 10)
    assert found.startswith(word)


def test_memory_that_grows_through_the_run_is_a_leak_and_a_peak_is_none() -> None:
    growing = [Gauges(60.0 + second, 12, 2, 1) for second in range(50)]
    (found,) = leaks(CALM, CALM, growing)
    assert found.startswith("memory")
    peak = [CALM] * 20 + [Gauges(120.0, 12, 2, 1)] * 5 + [CALM] * 25
    assert leaks(CALM, CALM, peak) == []


def test_a_host_has_recovered_when_work_begun_after_the_fault_succeeds() -> None:
    recoveries = Recoveries({"libvirtd0": ["a", "both"], "sshd0": ["both"]}, limit=20)
    recoveries.broken("libvirtd0", "kill")
    recoveries.broken("sshd0", "stop")
    recoveries.healed("libvirtd0", 10)
    assert recoveries.missing == 1, "`both` still needs the sshd"
    recoveries.answered("a", begun=9, now=11)
    assert recoveries.missing == 1, "an answer to a question of before proves nothing"
    recoveries.answered("a", begun=11, now=12)
    recoveries.healed("sshd0", 20)
    assert recoveries.times == [2]
    recoveries.check(39)
    assert not recoveries.overdue
    recoveries.check(41)
    assert recoveries.overdue == {"both": 21}
    assert recoveries.faults == {"kill libvirtd": 1, "stop sshd": 1}
