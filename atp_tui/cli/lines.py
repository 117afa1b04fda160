"""What hosts say, as lines with the host's name before each."""

from __future__ import annotations

from collections.abc import Callable

from ..model.text import LINE_END, Printed, Safe, continued, every_line, printed, safe, safe_bytes

LONGEST = 256 << 10
"""Bytes of a line that wait for its end. A longer one is written in pieces, so that no line takes the memory."""

_AT_A_TIME = 64 << 10
"""Bytes whose lines are objects of their own at the same time: a million short lines would be 100 MB."""


def indented(output: bytes, prefix: Safe) -> Printed:
    """Output as lines that can be shown, each after `prefix` and with its line feed."""
    shown: list[Printed] = []
    start = 0
    while start <= len(output):
        end = output.find(b"\n", start + _AT_A_TIME)
        end = len(output) if end < 0 else end
        shown.append(printed([safe(f"{prefix}{safe_bytes(line)}") for line in output[start:end].split(b"\n")]))
        start = end + 1
    return continued(*shown)


class HostLines:
    """One of the two standard streams: takes the hosts' pieces of output and gives `write` what can be shown.

    Nothing is left out. A line of more than LONGEST bytes is written as it comes; where another host speaks meanwhile,
    a line feed ends it there, and the rest is a line of its own. `label`: the host's name stands before each line.
    """

    def __init__(self, write: Callable[[Printed], None], *, label: bool = True) -> None:
        self._write = write
        self._label = label
        self._rest: dict[str, bytearray] = {}
        self._open: str | None = None
        self._begun: set[str] = set()

    def add(self, host: str, data: bytes) -> None:
        """The next bytes of a host."""
        rest = self._rest.setdefault(host, bytearray())
        end = data.rfind(b"\n")
        if end >= 0:
            lines = b"".join((rest, memoryview(data)[:end]))
            rest[:] = data[end + 1 :]
            self._whole(host, lines)
        else:
            rest += data
        if len(rest) > LONGEST:
            size = len(rest) - _unfinished(rest)
            self._piece(host, bytes(rest[:size]))
            del rest[:size]

    def end(self, host: str) -> None:
        """The host says no more: its last line ends here, with or without a line feed of its own."""
        rest = self._rest.pop(host, b"")
        if rest or self._open == host:
            self._whole(host, bytes(rest))

    def _whole(self, host: str, lines: bytes) -> None:
        """Lines that are complete; the last one without its line feed."""
        prefix = self._name(host)
        interrupted = host in self._begun and self._open != host
        self._begun.discard(host)
        if interrupted and lines[:1] in (b"", b"\n"):  # all of that line was written, only its line feed was not
            if not lines:
                return
            lines = lines[1:]
        lead = self._lead(host)
        self._open = None
        self._write(continued(lead, every_line(lines, prefix), LINE_END))

    def _piece(self, host: str, data: bytes) -> None:
        lead = self._lead(host)
        self._open = host
        self._begun.add(host)
        self._write(continued(lead, safe_bytes(data)))

    def _lead(self, host: str) -> Printed:
        if self._open == host:
            return continued()
        name = self._name(host)
        return continued(name) if self._open is None else continued(LINE_END, name)

    def _name(self, host: str) -> Safe:
        return safe(f"{host}: " if self._label else "")


def _unfinished(data: bytearray) -> int:
    """How many bytes at the end are the beginning of a character of UTF-8, or of a line end of two bytes."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            return back if back < 2 + (byte >= 0xE0) + (byte >= 0xF0) else 0
        if byte < 0x80:
            return int(back == 1 and byte == 0x0D)
    return 0
