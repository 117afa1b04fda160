"""The table of checks. A check that fails itself is told as such, and the others go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...model.errors import AtpError
from ...model.exhausted import exhausted
from ..words import sentence, words_of
from . import files, machine, software, ssh
from .verdict import Asked, Check, Verdict, wrong

CHECKS: tuple[Check[Any], ...] = (
    Check("python", software.look_python, software.judge_python),
    Check("libraries", software.look_libraries, software.judge_libraries),
    Check("libvirt", software.look_libvirt, software.judge_libvirt),
    Check("hosts.toml", files.look_fleet, files.judge_fleet),
    Check("ssh", ssh.look_client, ssh.judge_client),
    Check("ssh-agent", ssh.look_agent, ssh.judge_agent),
    Check("keys", ssh.look_keys, ssh.judge_keys),
    Check("directories", files.look_directories, files.judge_directories),
    Check("jobs", files.look_store, files.judge_store),
    Check("themes", files.look_themes, files.judge_themes),
    Check("terminal", machine.look_terminal, machine.judge_terminal),
    Check("clock", machine.look_clock, machine.judge_clock),
    Check("open files", machine.look_open_files, machine.judge_open_files),
)


def examined(asked: Asked, checks: Sequence[Check[Any]] = CHECKS) -> Iterator[tuple[str, Verdict]]:
    """Each verdict with the name of its check, in the order of the table."""
    for check in checks:
        try:
            verdicts = tuple(check.judge(check.look(asked)))
        except AtpError as error:
            verdicts = (wrong(f"could not be looked at: {words_of(error)}"),)
        except Exception as error:  # noqa: BLE001 - it costs this check, not the others
            verdicts = (_failed(error),)
        for verdict in verdicts:
            yield check.name, verdict


def _failed(error: Exception) -> Verdict:
    limit = exhausted(error)
    if limit is not None:
        return wrong(f"could not be looked at: {sentence(limit)}")
    # the words of an error may hold a value; these tell of files and modules
    words = f": {error}" if isinstance(error, OSError | ImportError) else ""
    return wrong(f"the check itself failed: {type(error).__name__}{words}", "please report it, with atp-tui info")
