"""A terminal's settings: as SSH tells them, and raw."""

from __future__ import annotations

import fcntl
import struct
import termios
from typing import Any

from ...model.shell import Size

Settings = list[Any]
"""As termios.tcgetattr gives them."""

_INPUT, _OUTPUT, _CONTROL, _LOCAL, _CHARACTERS = 0, 1, 2, 3, 6

_KEYS = {
    1: "VINTR", 2: "VQUIT", 3: "VERASE", 4: "VKILL", 5: "VEOF", 6: "VEOL", 7: "VEOL2", 8: "VSTART", 9: "VSTOP",
    10: "VSUSP", 12: "VREPRINT", 13: "VWERASE", 14: "VLNEXT", 18: "VDISCARD",
}  # fmt: skip
"""The keys that a terminal acts on, by their numbers in RFC 4254, section 8."""

_FLAGS = {
    _INPUT: {
        30: "IGNPAR", 31: "PARMRK", 32: "INPCK", 33: "ISTRIP", 34: "INLCR", 35: "IGNCR", 36: "ICRNL", 38: "IXON",
        39: "IXANY", 40: "IXOFF", 41: "IMAXBEL",
    },
    _LOCAL: {
        50: "ISIG", 51: "ICANON", 53: "ECHO", 54: "ECHOE", 55: "ECHOK", 56: "ECHONL", 57: "NOFLSH", 58: "TOSTOP",
        59: "IEXTEN", 60: "ECHOCTL", 61: "ECHOKE", 62: "PENDIN",
    },
    _OUTPUT: {70: "OPOST", 72: "ONLCR", 73: "OCRNL", 74: "ONOCR", 75: "ONLRET"},
    _CONTROL: {92: "PARENB", 93: "PARODD"},
}  # fmt: skip

_IUTF8, _UTF8_INPUT = 42, 0o40000
"""RFC 8160; Python's termios has no name for it, which Linux has as IUTF8."""

_NO_KEY = 255
"""RFC 4254: the key is disabled. termios has 0 for it (_POSIX_VDISABLE)."""


def told(settings: Settings) -> tuple[tuple[int, int], ...]:
    """The settings as numbers of RFC 4254 with their values."""
    found = []
    for number, name in _KEYS.items():
        if (place := getattr(termios, name, None)) is not None:
            value = settings[_CHARACTERS][place]
            code = value if isinstance(value, int) else value[0]
            found.append((number, code or _NO_KEY))
    for place, flags in _FLAGS.items():
        found += [(n, int(bool(settings[place] & flag))) for n, name in flags.items() if (flag := _flag(name))]
    found.append((_IUTF8, int(bool(settings[_INPUT] & _UTF8_INPUT))))
    return tuple(found)


def raw(settings: Settings) -> Settings:
    """The same terminal, which acts on no byte in either direction."""
    changed = [*settings[:_CHARACTERS], list(settings[_CHARACTERS])]
    changed[_INPUT] &= ~(
        termios.IGNBRK | termios.BRKINT | termios.PARMRK | termios.ISTRIP | termios.INLCR | termios.IGNCR
        | termios.ICRNL | termios.IXON | termios.IXANY | termios.IXOFF
    )  # fmt: skip
    changed[_OUTPUT] &= ~termios.OPOST
    changed[_LOCAL] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
    changed[_CHARACTERS][termios.VMIN], changed[_CHARACTERS][termios.VTIME] = 1, 0
    return changed


def size(descriptor: int) -> Size:
    """The size of a terminal; all 0 where it has none."""
    try:
        rows, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(8)))
    except OSError:
        return Size(0, 0)
    return Size(columns, rows, width, height)


def _flag(name: str) -> int:
    return int(getattr(termios, name, 0))
