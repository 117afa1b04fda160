"""ATP_TUI_READ_ONLY: an environment in which every surface of the program only watches."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ..model.errors import ConfigError
from ..model.quoting import quoted

VARIABLE = "ATP_TUI_READ_ONLY"

_ON, _OFF = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


def only_watches(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment says so. Raises ConfigError for a value that says neither: a slip there would let all
    through that was to be held back."""
    said = environ.get(VARIABLE, "").strip().lower()
    if said not in (*_ON, *_OFF):
        raise ConfigError(f"is {quoted(said)}", key=VARIABLE, hint="write 1 to only watch, or 0")
    return said in _ON
