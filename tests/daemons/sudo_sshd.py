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


def require_sudo() -> None:
    if shutil.which("sudo") is None:
        reason = "no sudo here (Debian: apt-get install sudo)"
        if os.environ.get("ATP_TEST_NO_DAEMONS"):
            pytest.skip(reason)
        pytest.fail(reason)


@contextlib.contextmanager
def sudo_sshd(directory: Path) -> Iterator[PrivateSshd]:
    """An sshd whose account may do by sudo what `sudoers` says, which `set_sudoers` writes anew."""
    require_sudo()
    files = {"sudoers": SUDOERS.format(place=directory), "pam.d/sudo": SERVICE}
    with asking_sshd(directory, [], files) as daemon:
        yield daemon


def set_sudoers(daemon: PrivateSshd, rules: str, service: str = SERVICE) -> None:
    """Have the account be allowed that. The files keep their inodes, which are what is mounted."""
    etc = daemon.directory / "etc"
    (etc / "sudoers").write_text(SUDOERS.format(place=daemon.directory) + rules + "\n")
    (etc / "pam.d/sudo").write_text(service)
