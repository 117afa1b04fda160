"""A real sshd with a real sudo: the account USER of `pam_sshd`, and a sudoers that no other program sees."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .pam_sshd import SERVICE, asking_sshd
from .sshd import PrivateSshd

SUDOERS = """\
Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", !syslog
Defaults logfile="{place}/sudo.log", timestampdir="{place}/ts", lecture_status_dir="{place}/lectured"
"""


def _require(program: str, package: str) -> None:
    if shutil.which(program) is None:
        reason = f"no {program} here (Debian: apt-get install {package})"
        if os.environ.get("ATP_TEST_NO_DAEMONS"):
            pytest.skip(reason)
        pytest.fail(reason)


@contextlib.contextmanager
def sudo_sshd(directory: Path) -> Iterator[PrivateSshd]:
    """An sshd whose account may do by sudo what `sudoers` says, which `set_sudoers` writes anew."""
    _require("sudo", "sudo")
    files = {"sudoers": SUDOERS.format(place=directory), "pam.d/sudo": SERVICE}
    with asking_sshd(directory, [], files) as daemon:
        yield daemon


@contextlib.contextmanager
def doas_sshd(directory: Path, rules: str) -> Iterator[PrivateSshd]:
    """An sshd whose account may do by doas what `rules` says, and has no sudo."""
    _require("doas", "opendoas")
    directory.mkdir()
    (directory / "doas.conf").write_text(f"{rules}\n")
    etc = directory / "all_of_etc"  # most machines have no such file over which one could be mounted
    ready = [f'cp -a /etc "{etc}"', f'cp "{directory}/doas.conf" "{etc}"', f'mount --bind "{etc}" /etc']
    if (sudo := shutil.which("sudo")) is not None:
        ready.append(f"mount --bind /dev/null {sudo}")
    with asking_sshd(directory, [], {"pam.d/doas": SERVICE}, ready) as daemon:
        yield daemon


def set_sudoers(daemon: PrivateSshd, rules: str, service: str = SERVICE) -> None:
    """Have the account be allowed that. The files keep their inodes, which are what is mounted."""
    etc = daemon.directory / "etc"
    (etc / "sudoers").write_text(SUDOERS.format(place=daemon.directory) + rules + "\n")
    (etc / "pam.d/sudo").write_text(service)
