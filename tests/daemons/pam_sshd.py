"""A real sshd that asks for passwords: with PAM, and an account of the suite's own that no other program sees.

Its passwd, shadow, group and PAM service are files of a directory, in a mount namespace of that sshd alone.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from .mounts import own_mounts
from .sshd import PrivateSshd, require_sshd

USER, PASSWORD = "atp-guest", "correct horse; battery"

SERVICE = """\
auth required pam_unix.so nodelay
account required pam_permit.so
session required pam_permit.so
"""


@contextlib.contextmanager
def asking_sshd(directory: Path, options: Sequence[str]) -> Iterator[PrivateSshd]:
    """An sshd with the account USER, whose password is PASSWORD. Skips where the suite is not root's: PAM would not
    read the passwords of others."""
    require_sshd()
    if os.geteuid() != 0:
        pytest.skip("only root may give an sshd accounts of its own")
    etc = directory / "etc"
    etc.mkdir(parents=True)
    hashed = subprocess.run(
        ["openssl", "passwd", "-6", "-stdin"], input=PASSWORD, capture_output=True, text=True, check=True
    ).stdout.strip()
    for name, line in (
        ("passwd", f"{USER}:x:54399:54399::/:/bin/sh"),
        ("shadow", f"{USER}:{hashed}:19000:0:99999:7:::"),
        ("group", f"{USER}:x:54399:"),
    ):
        (etc / name).write_text(f"{Path('/etc', name).read_text().rstrip()}\n{line}\n")
    (etc / "shadow").chmod(0o600)
    (etc / "sshd").write_text(SERVICE)
    binds = [f'mount --bind "{etc}/{name}" /etc/{name}' for name in ("passwd", "shadow", "group")]
    binds.append(f'mount --bind "{etc}/sshd" /etc/pam.d/sshd')
    daemon = PrivateSshd(directory, options=["UsePAM yes", *options], within=own_mounts(" && ".join(binds)))
    daemon.user = USER
    for path in (directory, *directory.parents):
        if path != path.parent and path.is_relative_to("/tmp"):
            path.chmod(path.stat().st_mode | 0o011)  # the account looks for its keys there
    (directory / "authorized_keys").chmod(0o644)
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.close()
