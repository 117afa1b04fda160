"""What a session has turned on at the terminal, and how it is turned off again where nobody has done so. Pure.

A program that dies, or whose connection is lost, leaves the mouse reporting, the alternate screen and other modes on.
What was never turned on is left alone: to leave an alternate screen that nobody has entered would move the cursor.
"""

from __future__ import annotations

import re

_ON_AT_FIRST = frozenset({b"7", b"25"})
"""Private modes that are on by themselves: lines wrap, the cursor is seen."""

_KNOWN = _ON_AT_FIRST | frozenset(
    b"1 5 6 9 47 66 69 1000 1001 1002 1003 1004 1005 1006 1015 1016 1047 1049 2004 2026 2031 2048".split()
)
"""Private modes that are looked at: xterm's ctlseqs has 1 to 1049 and 2004; the others are of newer terminals."""

_PLAIN = frozenset({b"2", b"4", b"20"})
"""Modes of ECMA-48 that are off at first: keys locked, insertion, new line. The rest of them are left alone."""

_SCREENS = frozenset({b"47", b"1047", b"1049"})
_HOMES = frozenset({b"6", b"69"})
_SPEAK = frozenset({b"9", b"1000", b"1001", b"1002", b"1003", b"1004", b"2004", b"2031", b"2048"})
"""With these the terminal says things by itself, which a shell would take for typed."""

_LONGEST = 64
"""Bytes of a sequence that may still come to its end: longer ones turn nothing on."""

_SEQUENCE = re.compile(
    rb"\x1b\[(?P<sign>[<=>?]?)(?P<numbers>[0-9;:]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    rb"|\x1b(?P<set>[()])(?P<charset>[ -~])"
    rb"|\x1b(?P<single>[\]PX^_=>c\\])"
    rb"|(?P<shift>[\x0e\x0f])"
    rb"|(?P<bell>[\x07\x18])"
)
_BEGUN = re.compile(rb"\x1b(?:\[[<=>?]?[0-9;:]*[ -/]*|[()])?\Z")


class LeftOn:
    """Reads what goes to the terminal, in whatever pieces it comes."""

    def __init__(self) -> None:
        self._rest = b""
        self.rows = 0
        """Of the terminal: a region of all of them is none. 0: not known."""
        self._forget()

    def _forget(self) -> None:
        self._modes: dict[bytes, None] = {}
        self._plain: dict[bytes, None] = {}
        self._pushed = [0, 0]
        self._in_string = self._coloured = self._shifted = self._graphics = False
        self._keypad = self._other_keys = self._region = self._shape = False

    def feed(self, data: bytes) -> None:
        """Look at what is about to be written."""
        if not (self._rest or self._in_string or b"\x1b" in data or b"\x0e" in data or b"\x0f" in data):
            return
        data = self._rest + data
        for match in _SEQUENCE.finditer(data):
            self._take(match)
        begun = _BEGUN.search(data, max(0, len(data) - _LONGEST))
        self._rest = b"" if begun is None else begun[0]

    @property
    def speaks(self) -> bool:
        """Whether the terminal may have said something by itself that nobody has read."""
        return bool(self._modes.keys() & _SPEAK) or any(self._pushed)

    def undo(self) -> bytes:
        """What turns all of it off; b"" where nothing is on."""
        parts = [b"\x18\x1b\\"] if self._rest or self._in_string else []
        shown = self._modes.keys() & _SCREENS
        parts += [_popped(self._pushed[1])] if shown else []
        parts += [
            b"\x1b[?" + mode + (b"h" if mode in _ON_AT_FIRST else b"l") for mode in self._modes if mode not in shown
        ]
        parts += [b"\x1b[?" + mode + b"l" for mode in shown]
        parts += [_popped(self._pushed[0])]
        parts += [b"\x1b[" + mode + b"l" for mode in self._plain]
        parts += [b"\x1b>"] * self._keypad + [b"\x1b[>4m"] * self._other_keys + [b"\x1b[0 q"] * self._shape
        parts += [b"\x0f"] * self._shifted + [b"\x1b(B\x1b)B"] * self._graphics
        if self._region or self._modes.keys() & _HOMES:
            parts.append(b"\x1b[r\x1b[999;1H")  # both go home: the next line is to stand below all that is there
        parts += [b"\x1b[m"] * self._coloured
        return b"".join(parts)

    def _take(self, match: re.Match[bytes]) -> None:
        if match["bell"] is not None:
            self._in_string = False
        elif match["shift"] is not None:
            self._shifted = not self._in_string and match["shift"] == b"\x0e"
        elif match["single"] is not None:
            self._single(match["single"])
        else:
            self._in_string = False
            if match["set"] is not None:
                self._graphics = match["charset"] != b"B"
            else:
                self._control(match["sign"], match["numbers"], match["between"], match["final"])

    def _single(self, sign: bytes) -> None:
        if sign == b"c":
            self._forget()
            return
        self._in_string = sign in (b"]", b"P", b"X", b"^", b"_")
        if sign in (b"=", b">"):
            self._keypad = sign == b"="

    def _control(self, sign: bytes, numbers: bytes, between: bytes, final: bytes) -> None:
        given = numbers.split(b";")
        match (sign, between, final):
            case (b"?", b"", b"h" | b"l"):
                for mode in given:
                    self._turn(mode, on=final == b"h")
            case (b"", b"", b"h" | b"l"):
                for mode in given:
                    if final == b"h" and mode in _PLAIN:
                        self._plain[mode] = None
                    else:
                        self._plain.pop(mode, None)
            case (b"", b"", b"m"):
                self._coloured = numbers.strip(b"0;") != b""
            case (b"", b"", b"r"):
                whole = given[0] in (b"", b"0", b"1") and given[-1].isdigit() and 0 < self.rows <= int(given[-1][:9])
                self._region = numbers.strip(b"0;") != b"" and not whole
            case (b"", b" ", b"q"):
                self._shape = numbers.strip(b"0") != b""
            case (b"", b"!", b"p"):
                screens, self._modes = self._modes, {}
                self._modes |= {mode: None for mode in screens if mode in _SCREENS | _SPEAK}
                self._plain, self._keypad, self._coloured, self._region = {}, False, False, False
            case (b">", b"", b"m"):
                self._other_keys = given[0] == b"4" and given[1:] not in ([], [b""], [b"0"])
            case (b">" | b"=" | b"<", b"", b"u"):
                self._keys(sign, given[0])

    def _turn(self, mode: bytes, *, on: bool) -> None:
        if mode not in _KNOWN:
            return
        if on is not (mode in _ON_AT_FIRST):
            self._modes[mode] = None
        else:
            self._modes.pop(mode, None)

    def _keys(self, sign: bytes, number: bytes) -> None:
        """The keyboard protocol of kitty, which each of both screens has for itself."""
        screen = bool(self._modes.keys() & _SCREENS)
        pushed = self._pushed[screen]
        if sign == b"<":
            # whatever stands there comes from the far side: `1:2`, and five thousand digits, are no numbers either
            self._pushed[screen] = max(0, pushed - (int(number[:9]) if number.isdigit() else 1))
        else:
            self._pushed[screen] = min(pushed + 1, 99) if sign == b">" else max(pushed, number.strip(b"0") != b"")


def _popped(number: int) -> bytes:
    return b"\x1b[<%du\x1b[=0u" % number if number else b""
