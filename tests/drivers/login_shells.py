"""Login shells, each started as sshd would start it: a session of its own, and a pipe as stdin."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from atp_tui.drivers.ssh.watchdog import wrapped
from atp_tui.model.outcome import Command

SHELLS = ("sh", "bash", "dash", "busybox", "mksh", "zsh", "fish", "tcsh")
"""`./atp test` installs what is missing of them."""


def start(shell: str, command: Command, **more: Any) -> subprocess.Popen[bytes]:
    """The line for a command, run by a login shell; its stdin is written, as the driver does. `more` is Popen's."""
    program = shutil.which(shell)
    assert program, f"there is no {shell} here: ./atp test installs it"
    words = [program, "sh", "-c"] if shell == "busybox" else [program, "-c"]
    settings: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "env": {**os.environ, "SHELL": program},
    }
    process = subprocess.Popen([*words, wrapped(command)], start_new_session=True, **(settings | more))
    if command.stdin:
        assert process.stdin is not None
        process.stdin.write(command.stdin)
        process.stdin.flush()
    return process


def state_of(pid: int) -> str | None:
    """The state of a process as ps shows it; None when it has been reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


def group_of(leader: int) -> list[int]:
    """All processes of a process group that have not ended."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(words[2]) == leader and words[0] != "Z":
                found.append(int(entry.name))
    return found


def descriptors_of(pid: int) -> set[tuple[str, bool]]:
    """What a process has open: the name of each file, and whether it may write there. Empty where it has gone."""
    found = set()
    try:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            info = Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text()
            flags = next(line.split()[1] for line in info.splitlines() if line.startswith("flags:"))
            found.add((os.readlink(entry), int(flags, 8) & os.O_ACCMODE != os.O_RDONLY))
    except OSError:
        return set()
    return found
