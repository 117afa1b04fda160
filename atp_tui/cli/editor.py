"""The person's editor on a file, as git and crontab open it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ..config.store import example_text, write_example
from .output import complain

_USUAL = ("sensible-editor", "editor", "nano", "vi")


def editor(environ: Mapping[str, str] = os.environ) -> list[str] | None:
    """The command that opens an editor: VISUAL, EDITOR, else the first usual one there is; None where there is none."""
    for words in (*(environ.get(name, "") for name in ("VISUAL", "EDITOR")), *_USUAL):
        try:
            command = shlex.split(words)
        except ValueError:
            continue  # an unclosed quote
        if command and shutil.which(command[0], path=environ.get("PATH")):
            return command
    return None


def edited_example(path: Path) -> bool:
    """Write the example where there is no file yet, and open it in the editor. Whether it says something else then.

    Raises ConfigError where it cannot be written.
    """
    if not os.path.lexists(path):
        write_example(path)
    command = editor()
    if command is None:
        complain(f"no editor is to be found: set EDITOR, or edit {path} by hand")
        return False
    try:
        subprocess.run([*command, str(path)], check=False)
    except OSError as error:
        complain(f"{command[0]} cannot be started: {error.strerror or error}")
        return False
    return path.is_file() and path.read_text("utf-8", "replace") != example_text()
