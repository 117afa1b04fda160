"""What `follow` writes of a line and of a mark: text with the host before it, or an object of JSON."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from ...drivers.live_output import LiveOutput
from ...executor.followed import Followed, Line, Mark
from ...model.text import LINE_END, Printed, Safe, coloured, continued, printed, safe, safe_bytes
from ..encode import valid
from ..words import sentence

LONGEST_LABEL = 24
"""Cells to which the names of hosts are aligned; a longer one moves its own line."""

_COLOURS = (6, 2, 5, 4)
"""Cyan, green, magenta, blue; yellow is that of marks, and red is left to what is wrong. The name tells hosts apart,
colours help."""

_YELLOW = 3


class AsText:
    """`kvm07: line`; on a terminal the names are aligned, and coloured where it has colours.

    What a command says on its standard error goes to ours. `label`: the name stands there. `time`: so does the time by
    which the line has its place.
    """

    def __init__(self, live: LiveOutput, names: Sequence[str], *, label: bool, time: bool) -> None:
        self._live = live
        self._label = label
        self._time = time
        is_terminal = _is_terminal(1)
        colours = is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") not in ("", "dumb")
        width = max((len(name) for name in names if len(name) <= LONGEST_LABEL), default=0) if is_terminal else 0
        self._colours = colours
        self._prefixes = {name: _prefix(name, place, width, colours) for place, name in enumerate(names)}

    def all(self, found: Iterable[Followed]) -> None:
        """Write these, in their order."""
        pieces: list[Safe | Printed] = []
        to = self._live.out
        for each in found:
            out = self._live.err if isinstance(each, Line) and each.stream == "stderr" else self._live.out
            if out != to:
                _flush(to, pieces)
                to = out
            self._put(pieces, each)
        _flush(to, pieces)

    def _put(self, pieces: list[Safe | Printed], each: Followed) -> None:
        if isinstance(each, Mark):
            mark = safe(f"-- {sentence(each.message)} --")
            pieces += (coloured(mark, _YELLOW) if self._colours else mark, LINE_END)
            return
        if self._label:
            pieces.append(self._prefixes.get(each.host) or safe(f"{each.host}: "))
        if self._time:
            pieces.append(safe(f"{_local(int(each.at))}.{int(each.at % 1 * 1000):03d} "))
        pieces.append(safe_bytes(each.said))
        if each.cut:
            pieces.append(safe(f" … {each.cut:,} bytes more"))
        pieces.append(LINE_END)


class AsJson:
    """An object a line: of a line {"host", "time", "stream", "line"}, of a mark {"host", "time", "mark", "text"}."""

    def __init__(self, live: LiveOutput) -> None:
        self._live = live

    def all(self, found: Iterable[Followed]) -> None:
        """Write these, in their order."""
        lines = [_line(_of_line(each) if isinstance(each, Line) else _of_mark(each)) for each in found]
        self._live.out(printed(lines))


def _of_line(line: Line) -> dict[str, Any]:
    entry = {"host": line.host, "time": _moment(line.at), "stream": line.stream}
    try:
        entry["line"] = line.said.decode()
    except UnicodeDecodeError:
        entry["line"] = line.said.decode("utf-8", "replace")
        entry["line_base64"] = base64.b64encode(line.said).decode()
    return {**entry, "cut": line.cut} if line.cut else entry


def _of_mark(mark: Mark) -> dict[str, Any]:
    entry = {"host": mark.host, "time": _moment(mark.at), "mark": str(mark.kind), "text": sentence(mark.message)}
    if mark.since is not None:
        entry["since"] = _moment(mark.since)
    result = mark.result
    if result is None:
        return entry
    ended = {"outcome": str(result.outcome), "exit_status": result.exit_status, "signal": result.signal}
    return {**entry, **ended, "may_still_run": result.may_still_run}


def _line(entry: dict[str, Any]) -> Safe:
    """JSON is printable ASCII, but for one character that its escapes need not hold."""
    return safe(json.dumps(valid(entry), allow_nan=False).replace("\x7f", "\\u007f"))


def _moment(at: float) -> str | None:
    """RFC 3339, in UTC; None for a time that no calendar has."""
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, OSError, ValueError):
        return None


@lru_cache(maxsize=64)
def _local(second: int) -> str:
    try:
        return datetime.fromtimestamp(second, UTC).astimezone().strftime("%H:%M:%S")
    except (OverflowError, OSError, ValueError):
        return "--:--:--"


def _prefix(name: str, place: int, width: int, colours: bool) -> Printed:
    label = safe(name)
    shown = coloured(label, _COLOURS[place % len(_COLOURS)]) if colours else continued(label)
    return continued(shown, safe(": " + " " * max(0, width - len(name))))


def _flush(write: Callable[[Printed], None], pieces: list[Safe | Printed]) -> None:
    if pieces:
        write(continued(*pieces))
        pieces.clear()


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False
