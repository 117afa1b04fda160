"""The keys of what is followed."""

from __future__ import annotations

from ...binding import bind

FOLLOWED = (
    bind("followed.filter", "vertical_line", "filter", "lines", "show only lines that match, as you type", shown=True),
    bind("followed.copy", "y", "copy", "copy", "copy the line to the clipboard", shown=True),
    bind("followed.save", "w", "save", "save", "save the lines that are shown", shown=True),
)
