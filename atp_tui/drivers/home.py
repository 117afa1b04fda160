"""A home directory for libraries that cannot do without one."""

from __future__ import annotations

import os

NOWHERE = "/dev/null"
"""Nothing is below it, and nothing can be made there."""


def stand_in_for_home() -> None:
    """Where there is no home directory (no HOME, and a user id without an account), let HOME be NOWHERE.

    asyncssh and pathlib raise RuntimeError for a `~` that stands for nothing, also where no file below it is needed.
    """
    if os.path.expanduser("~") == "~":
        os.environ["HOME"] = NOWHERE
