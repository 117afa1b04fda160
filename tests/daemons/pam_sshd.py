"""A real sshd that asks for passwords: with PAM, and an account of the suite's own that no other program sees.

Its passwd, shadow, group and PAM service are files of a directory, in a mount namespace of that sshd alone.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from .mounts import own_mounts
from .sshd import PrivateSshd, require_sshd

USER, PASSWORD = "atp-guest", "correct hörse; battery "

SERVICE = """\
auth required pam_unix.so nodelay
account required pam_permit.so
session required pam_permit.so
"""


@contextlib.contextmanager
def asking_sshd(
    directory: Path, options: Sequence[str], files: Mapping[str, str] | None = None, ready: Sequence[str] = ()
) -> Iterator[PrivateSshd]:
    """An sshd with the account USER, whose password is PASSWORD. Skips where the suite is not root's: PAM would not
    read the passwords of others. `files` are texts that stand for files that /etc has, by their paths below it; `ready`
    are lines of shell that come before their mounts."""
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
    for path, text in {"pam.d/sshd": SERVICE, **(files or {})}.items():
        (etc / path).parent.mkdir(exist_ok=True)
        (etc / path).write_text(text)
        (etc / path).chmod(0o440)
    paths = sorted(str(path.relative_to(etc)) for path in etc.rglob("*") if path.is_file())
    binds = [*ready, *(f'mount --bind "{etc}/{path}" /etc/{path}' for path in paths)]
    # each pytest that starts takes its directory from all others, the account too
    keys = [f"AuthorizedKeysCommand /bin/cat {directory / 'authorized_keys'}", "AuthorizedKeysCommandUser root"]
    daemon = PrivateSshd(directory, options=["UsePAM yes", *keys, *options], within=own_mounts(" && ".join(binds)))
    daemon.user = USER
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.close()
