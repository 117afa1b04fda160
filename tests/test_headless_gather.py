"""`run --gather`: equal answers once, the odd ones and the failed ones by themselves, on a real sshd."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd
from tests.test_headless import atp, written

pytestmark = pytest.mark.daemons


@pytest.fixture
def config(tmp_path: Path, sshd: PrivateSshd) -> str:
    hosts = [host_table(f"kvm{number:02}", None, ssh_table(sshd)) for number in range(1, 5)]
    return written(tmp_path / "hosts.toml", *hosts)


def test_equal_answers_are_one_group(config: str) -> None:
    done = atp("--config", config, "run", "-w", "@all", "--gather", "--", "echo 6.1.0; echo more")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "kvm[01-04] (4):\n  6.1.0\n  more\n"


def test_other_answers_and_ends_stand_apart_the_failed_ones_last(config: str, tmp_path: Path) -> None:
    turn = tmp_path / "turn"
    # all four run on one machine: each takes the next number
    command = f"flock {turn} sh -c 'echo x >> {turn}.n; n=$(wc -l < {turn}.n); " + (
        'if [ "$n" -eq 4 ]; then printf "\\033[31mbad" >&2; exit 3; fi; echo $((n > 2))\''
    )
    done = atp("--config", config, "run", "-w", "@all", "--gather", "--", command)
    assert (done.returncode, done.stderr) == (1, "")
    first, zeros, second, ones, failed, bad = done.stdout.splitlines()
    assert first.endswith(" (2):") and zeros == "  0"
    assert second.endswith(" (1):") and ones == "  1"
    assert failed.endswith(" (1): exit status 3") and bad == "  ␛[31mbad"


def test_what_is_cut_is_told(config: str) -> None:
    done = atp("--config", config, "run", "-w", "kvm01", "--gather", "--", "head -c 1100000 /dev/zero | tr '\\0' a")
    assert done.returncode == 4
    assert done.stderr == "atp-tui: output was cut on kvm01: without --gather all of it comes\n"
    assert len(done.stdout) == len("kvm01 (1):\n  \n") + (1 << 20)


def test_it_is_no_form_of_json(config: str) -> None:
    done = atp("--config", config, "run", "-w", "kvm01", "--gather", "--json", "--", "id")
    assert done.returncode == 2 and "leave one out" in done.stderr


def test_answers_that_differ_in_what_is_masked_are_one_group(tmp_path: Path, sshd: PrivateSshd) -> None:
    hosts = [host_table(f"kvm{number:02}", None, ssh_table(sshd)) for number in range(1, 4)]
    config = written(tmp_path / "hosts.toml", "[answers]\nmask = ['turn \\d+']\n", *hosts)
    turn = tmp_path / "turn"
    command = f"flock {turn} sh -c 'echo x >> {turn}.n; echo turn $(wc -l < {turn}.n) of 3, pid $$'"
    done = atp("--config", config, "run", "-w", "@all", "--gather", "--mask", "--", command)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "kvm[01-03] (3, masked: 3 answers):\n  <own> of 3, pid <pid>\n"
    turned = atp("--config", config, "run", "-w", "@all", "--mask", "--", "id")
    assert turned.returncode == 2 and "add --gather" in turned.stderr
