"""Conditions behind `-w`, as a person writes them: real hosts are asked before the command runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.daemons.sshd import PrivateSshd, free_port

from .daemons.hosts_toml import host_table, ssh_table
from .test_headless import atp, results_of, written

pytestmark = pytest.mark.daemons


@pytest.fixture
def fleet(tmp_path: Path, sshd: PrivateSshd) -> str:
    """Two hosts that are well, one whose sshd alone answers, one that nobody reaches, and one without a hypervisor."""
    nowhere = f"test+tcp://127.0.0.1:{free_port()}/default"
    metadata = 'metadata = { site = "north" }\n'
    return written(
        tmp_path / "hosts.toml",
        host_table("web1", "test:///default", metadata + ssh_table(sshd), ("prod",)),
        host_table("web2", "test:///default", 'metadata = { site = "south" }\n' + ssh_table(sshd), ("prod",)),
        host_table("sick", nowhere, metadata + ssh_table(sshd), ("prod",)),
        host_table("gone", nowhere, ssh_table(sshd, port=free_port())),
        host_table("bare", None, ssh_table(sshd), ("shell",)),
    )


@pytest.mark.parametrize(
    ("expression", "hosts"),
    [
        ("site:north", "sick web1"),
        ("@prod!site:north", "web2"),
        ("@prod&state:connected", "web1 web2"),
        ("@prod!state:connected", "sick"),
        ("vms>0&site:south", "web2"),
        ("@shell&cpu>=0", "bare"),
        ("site:south,tag:pro&id:web", "web1 web2"),
    ],
)
def test_a_command_runs_where_the_condition_holds(fleet: str, expression: str, hosts: str) -> None:
    done = atp("--config", fleet, "run", "-w", expression, "--json", "--", "true")
    assert (done.returncode, done.stderr) == (0, "")
    assert list(results_of(done)) == hosts.split()


@pytest.mark.parametrize("expression", ["@prod&vms>0", "@prod!vms>90"])
def test_a_host_that_cannot_be_asked_is_told_and_left_out(fleet: str, expression: str) -> None:
    done = atp("--config", fleet, "run", "-w", expression, "--json", "--", "true")
    assert done.returncode == 3
    assert list(results_of(done)) == ["web1", "web2"]
    (line,) = done.stderr.splitlines()
    assert line.startswith("atp-tui: sick: left out: ")
    assert "connection refused" in line


def test_hosts_on_which_nothing_depends_are_not_asked(fleet: str) -> None:
    done = atp("--config", fleet, "run", "-w", "vms>0&@prod!sick", "--json", "--", "true")
    assert list(results_of(done)) == ["web1", "web2"]
    assert done.stderr == "", "neither the host that is taken away nor the one without the tag"


def test_several_targets_add_up(fleet: str) -> None:
    done = atp("--config", fleet, "run", "-w", "bare", "-w", "@prod&site:south", "--json", "--", "true")
    assert list(results_of(done)) == ["bare", "web2"]


def test_where_no_host_is_left_nothing_runs(fleet: str) -> None:
    done = atp("--config", fleet, "run", "-w", "sick,gone&vms>0", "--", "true")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "no host is left by 'sick,gone&vms>0'; not known, and so left out: gone, sick" in done.stderr


def test_a_mistake_has_its_column_and_nobody_is_asked(fleet: str) -> None:
    done = atp("--config", fleet, "run", "-w", "@prod!stat:failed", "--", "true")
    assert (done.returncode, done.stdout) == (2, "")
    assert "unknown field stat (column 7); did you mean state?" in done.stderr


def test_the_other_verbs_on_hosts_take_conditions_too(fleet: str) -> None:
    done = atp("--config", fleet, "connect", "-w", "@prod&vms>0")
    assert done.returncode == 3
    assert done.stdout == "web1: connect: done\nweb2: connect: done\n"
    assert done.stderr.startswith("atp-tui: sick: left out: ")
