"""What a guest says of itself, as lines: its system, its file systems, the fullest first, and its addresses. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ....model.guest import GuestFileSystem, GuestInfo, GuestInterface
from ...format import age, byte_count, percent
from ...glyphs import Glyphs
from ...text import Safe, fit, safe, width_of
from ...widgets.lines import Piece, Spans, drawn
from .drawing import clipped

NEARLY_FULL = 0.9
"""The used share of a file system from which on it is told in a colour."""

_WIDEST = 28
"""Cells of a mount point, or of a name, up to which the figures behind it stand in a column."""


class GuestLine(NamedTuple):
    """One line, with the style of each of its pieces."""

    key: str
    pieces: tuple[tuple[Safe, str], ...]


def guest_lines(info: GuestInfo, now: float, glyphs: Glyphs) -> list[GuestLine]:
    """All lines; what the guest does not tell is left out."""
    systems = sorted(info.file_systems, key=lambda each: 1.0 if each.share is None else -each.share)
    shown = [each for each in info.interfaces if any(map(_leads_anywhere, each.addresses))]
    names = [each.mounted_at for each in systems] + [each.name for each in shown]
    width = min(_WIDEST, max((width_of(safe(name)) for name in names), default=0))
    lines = [
        *_said(_identity(info, glyphs)),
        *_said(_people(info, now, glyphs)),
        *(_file_system(each, width) for each in systems),
        *(_interface(each, width) for each in shown),
    ]
    return [GuestLine(str(number), drawn(*pieces)) for number, pieces in enumerate(lines)]


def draw_guest(line: GuestLine, width: int, glyphs: Glyphs) -> Spans:
    """A line as far as it goes."""
    return clipped(line.pieces, width, glyphs)


def _said(pieces: list[Piece]) -> list[list[Piece]]:
    return [pieces] if pieces else []


def _joined(found: Sequence[Sequence[Piece]], glyphs: Glyphs) -> list[Piece]:
    """Groups of pieces with a sign between them."""
    pieces: list[Piece] = []
    for each in found:
        pieces += [(f" {glyphs.separator} " if pieces else " ", "dim"), *each]
    return pieces


def _identity(info: GuestInfo, glyphs: Glyphs) -> list[Piece]:
    told = ((info.hostname, "strong"), (info.system, "text"), (info.kernel, "text"))
    return _joined([[(text, role)] for text, role in told if text], glyphs)


def _people(info: GuestInfo, now: float, glyphs: Glyphs) -> list[Piece]:
    found: list[list[Piece]] = []
    if info.zone or info.offset is not None:
        found.append([("time zone ", "dim"), (f"{info.zone} {_ahead(info.offset)}".strip(), "text")])
    users = [
        each.name if each.since is None else f"{each.name} for {age(max(0.0, now - each.since))}" for each in info.users
    ]
    found.append([("logged in ", "dim"), (", ".join(users) or "nobody", "text")])
    return _joined(found, glyphs) if found and (info != GuestInfo()) else []


def _ahead(offset: int | None) -> str:
    if offset is None:
        return ""
    hours, minutes = divmod(abs(offset) // 60, 60)
    return f"{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"


def _file_system(each: GuestFileSystem, width: int) -> list[Piece]:
    share = each.share
    full = share is not None and share >= NEARLY_FULL
    used = "n/a" if each.used is None else byte_count(each.used).strip()
    total = "n/a" if each.total is None else byte_count(each.total).strip()
    return [
        (" ", "text"), (fit(safe(each.mounted_at), width), "text"),
        (f"  {percent(share):>6}", "failed" if full else "strong"),
        (f"  {used} of {total}", "text"), (f"  {each.kind}", "dim"),
    ]  # fmt: skip


def _interface(each: GuestInterface, width: int) -> list[Piece]:
    addresses = ", ".join(filter(_leads_anywhere, each.addresses))
    return [
        (" ", "text"),
        (fit(safe(each.name), width), "text"),
        (f"  {addresses}", "text"),
        (f"  {each.hardware}", "dim"),
    ]


def _leads_anywhere(address: str) -> bool:
    """Whether it is no address of the guest's own loopback or link."""
    return bool(address) and not address.startswith(("127.", "::1", "fe80:"))
