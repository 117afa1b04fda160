"""The example, opened in the person's editor."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ..config.store import example_text, write_example
from ..ui.editor import editor
from .output import complain


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
