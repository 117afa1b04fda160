"""Users and passwords for a private libvirtd: a SASL configuration and database of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .libvirtd import NO_DAEMONS

REALM = "atp.test"
MECHANISMS = "digest-md5 scram-sha-256"
"""libvirtd offers those that suit the socket: over plain TCP the first alone, since Cyrus's SCRAM does not encrypt."""


class SaslUsers:
    """The files below `directory`, for the daemon's environment; passwords hold from the next login on."""

    def __init__(self, directory: Path, mechanisms: str = MECHANISMS) -> None:
        self._program = _program()
        self._directory = directory
        self._database = directory / "sasldb2"
        directory.mkdir()
        (directory / "libvirt.conf").write_text(
            f"mech_list: {mechanisms}\npwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {self._database}\n"
        )

    @property
    def environment(self) -> dict[str, str]:
        """What makes Cyrus SASL read these files."""
        return {"SASL_CONF_PATH": str(self._directory)}

    def set_password(self, user: str, password: str) -> str:
        """Set it, and give the name to log in with."""
        command = [self._program, "-p", "-c", "-f", str(self._database), "-a", "libvirt", "-u", REALM, user]
        subprocess.run(command, input=password.encode(), check=True, capture_output=True)
        self._database.chmod(0o644)  # the daemon may be another user; the passwords are the tests' own
        return f"{user}@{REALM}"


def _program() -> str:
    found = shutil.which("saslpasswd2", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is not None:
        return found
    if os.environ.get(NO_DAEMONS):
        pytest.skip(f"LEFT OUT: there is no saslpasswd2, and {NO_DAEMONS} is set")
    pytest.fail("there is no saslpasswd2: ./atp test installs it (Debian: sasl2-bin, libsasl2-modules)")
