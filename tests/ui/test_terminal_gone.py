"""A terminal that goes away: the program must go too, and not draw for nobody."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest


@pytest.mark.parametrize("leads_session", [True, False])
def test_the_program_ends_with_its_terminal(leads_session: bool, tmp_path: Path) -> None:
    """As session leader it gets SIGHUP; otherwise nothing tells it but the terminal itself."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    # with output unbuffered nothing is left that the interpreter would have to write at its end
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}

    def lead() -> None:
        if leads_session:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        [sys.executable, "-m", "atp_tui", "demo", "--hosts", "2"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**buffered, "TERM": "xterm-256color", "TMPDIR": str(tmp_path)},
        start_new_session=True,
        preexec_fn=lead,
    )
    os.close(slave)
    try:
        seen = b""
        while b"kvm01" not in seen:
            assert select.select([master], [], [], 30)[0], "nothing was drawn"
            seen = seen[-8192:] + os.read(master, 65536)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            if select.select([master], [], [], 0.1)[0]:
                os.read(master, 65536)
        os.close(master)
        assert process.wait(30) == 128 + signal.SIGHUP, "1 would be a defect, of which nobody sees the report here"
    finally:
        process.kill()
        process.wait()
    assert list(tmp_path.iterdir()) == []
