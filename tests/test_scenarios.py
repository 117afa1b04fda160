"""What people do with jobs of a fleet, from the first word to the last: 60 hosts, each with an address of its own."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd, running_sshd
from tests.test_headless import HANG, atp, command_line, environment, results_of, written

pytestmark = pytest.mark.daemons

NUMBER = 60
NAMES = [f"kvm{number:02}" for number in range(1, NUMBER + 1)]
ADDRESSES = {name: f"127.0.8.{number}" for number, name in enumerate(NAMES, 1)}
OTHERS = {"kvm07", "kvm31", "kvm58"}

MY_ADDRESS = "set -- $SSH_CONNECTION; "
"""The address at which sshd was reached is the third word of that variable: see sshd(8)."""

KERNEL = (
    f"{MY_ADDRESS}case $3 in {'|'.join(ADDRESSES[name] for name in sorted(OTHERS))}) echo 6.1.9;; *) echo 6.1.0;; esac"
)


AT_ONE_SSHD = 15
"""Addresses that one sshd listens at; it takes 16 at most (MAX_LISTEN_SOCKS of OpenSSH)."""


@pytest.fixture(scope="module")
def daemons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[PrivateSshd]]:
    addresses = list(ADDRESSES.values())
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                running_sshd(tmp_path_factory.mktemp("sshd"), addresses=addresses[first : first + AT_ONE_SSHD])
            )
            for first in range(0, NUMBER, AT_ONE_SSHD)
        ]


@pytest.fixture
def config(tmp_path: Path, daemons: list[PrivateSshd]) -> str:
    hosts = [
        host_table(name, None, ssh_table(daemons[place // AT_ONE_SSHD]), ("lab",), host=ADDRESSES[name])
        for place, name in enumerate(NAMES)
    ]
    return written(tmp_path / "hosts.toml", "[guard]\npreview_above = 100\ncount_above = 100\n", *hosts)


def test_the_hosts_with_another_kernel_are_found_and_alone_get_a_second_command(config: str) -> None:
    looked = atp("--config", config, "run", "-w", "@lab", "--gather", "--", KERNEL)
    assert (looked.returncode, looked.stderr) == (0, "")
    groups = dict(re.findall(r"(\S+) \(\d+\):\n  (\S+)\n", looked.stdout))
    assert sorted(groups.values()) == ["6.1.0", "6.1.9"]
    (odd,) = [names for names, kernel in groups.items() if kernel == "6.1.9"]
    second = atp("--config", config, "run", "-w", odd, "--json", "--", f"{MY_ADDRESS}echo $3")
    assert second.returncode == 0
    assert {host: result["stdout"] for host, result in results_of(second).items()} == {
        name: f"{ADDRESSES[name]}\n" for name in OTHERS
    }


def test_a_test_of_the_kernel_makes_the_same_hosts_a_target(config: str) -> None:
    looked = atp("--config", config, "run", "-w", "@lab", "--json", "--", f'test "$({KERNEL})" = 6.1.0')
    assert looked.returncode == 1
    second = atp("--config", config, "run", "-w", "@last.failed", "--json", "--", "true")
    assert (second.returncode, set(results_of(second))) == (0, OTHERS)


def test_two_people_run_jobs_from_two_terminals_at_once_and_nothing_of_either_is_lost(config: str) -> None:
    # each agrees beforehand to work on hosts on which another job runs
    both = [
        subprocess.Popen(
            command_line(
                "--config",
                config,
                "run",
                "-w",
                "@lab",
                "--json",
                "--yes",
                "--",
                f"{MY_ADDRESS}sleep 0.2; echo {word} $3",
            ),
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for word in ("first", "second")
    ]
    said = [process.communicate(timeout=HANG) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    jobs = json.loads(atp("jobs", "--json").stdout)["jobs"]
    assert [(job["number"], job["state"], job["counts"]) for job in jobs] == [
        (number, "ended", {"ok": NUMBER}) for number in (2, 1)
    ]
    for job in jobs:
        word = "first" if "echo first" in job["command"] else "second"
        kept = results_of(atp("jobs", "show", str(job["number"]), "--json"))
        assert {host: result["stdout"] for host, result in kept.items()} == {
            name: f"{word} {address}\n" for name, address in ADDRESSES.items()
        }
    assert {job["command"] for job in jobs} == {
        f"{MY_ADDRESS}sleep 0.2; echo {word} $3" for word in ("first", "second")
    }
    checked = atp("audit", "verify")
    assert (checked.returncode, checked.stderr) == (0, "")
    records = json.loads(atp("audit", "--json").stdout)["records"]
    ended = [record["of"] for record in records if record["kind"] == "job ended"]
    assert sorted(ended) == sorted(record["n"] for record in records if record["kind"] == "asked")
    assert len(ended) == 2
