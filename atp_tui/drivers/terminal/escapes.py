"""What a person types to this program within a session: a tilde at the beginning of a line, as with ssh. Pure."""

from __future__ import annotations

from enum import Enum

TILDE = 0x7E
_ENDS_OF_LINES = b"\r\n"


class Escape(Enum):
    """What was asked for."""

    LEAVE = "leave"
    HELP = "help"


HELP = (
    "~.  leave: the session ends",
    "~~  send ~",
    "~?  this list",
    "(a ~ counts at the beginning of a line alone)",
)


class Escapes:
    """Reads what is typed, in whatever pieces it comes."""

    def __init__(self) -> None:
        self._at_beginning = True
        self._tilde = False

    def feed(self, data: bytes) -> tuple[bytes, tuple[Escape, ...]]:
        """What is to be sent of it, and what was asked for. Behind LEAVE nothing is sent any more."""
        if not self._tilde and TILDE not in data:
            self._at_beginning = data[-1] in _ENDS_OF_LINES if data else self._at_beginning
            return data, ()
        sent = bytearray()
        asked: list[Escape] = []
        for byte in data:
            if self._tilde:
                self._tilde = False
                if byte == ord("."):
                    return bytes(sent), (*asked, Escape.LEAVE)
                if byte == ord("?"):
                    asked.append(Escape.HELP)
                    self._at_beginning = True
                    continue
                if byte != TILDE:
                    sent.append(TILDE)
            elif byte == TILDE and self._at_beginning:
                self._tilde = True
                continue
            sent.append(byte)
            self._at_beginning = byte in _ENDS_OF_LINES
        return bytes(sent), tuple(asked)
