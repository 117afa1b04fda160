"""Lengths of time as people write them in a setting: `30s`, `90m`, `8h`, `7d`."""

from __future__ import annotations

import math
import re

from .errors import ConfigError
from .quoting import quoted

NEVER = "never"

_SPAN = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def span(key: str, value: object) -> float:
    """The seconds of `8h`; of `never`: infinity. Raises ConfigError that names the key."""
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if value == NEVER:
        return math.inf
    if found is None or not int(found[1]):
        hint = 'write a number with s, m, h or d, such as "8h", or "never"'
        raise ConfigError(f"{quoted(value)} is no length of time", key=key, hint=hint)
    return int(found[1]) * _UNITS[found[2]]
