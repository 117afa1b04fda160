"""What the tests of imports read, in short."""

from __future__ import annotations

from pathlib import Path

from atp_tui.config.imports.found import Given, Imported
from atp_tui.config.imports.sources import SOURCES
from atp_tui.model.host import HostInfo


def read(source: str, *texts: str, file: Path | None = None) -> Imported:
    """What a source says in these texts, each a file's."""
    return SOURCES[source].imported([Given(text, file) for text in texts])


def hosts(source: str, *texts: str) -> dict[str, HostInfo]:
    return {found.info.id: found.info for found in read(source, *texts).hosts}


def left_out(source: str, *texts: str) -> list[tuple[int | None, str]]:
    """The lines and names of what is left out."""
    return [(each.line, each.name) for each in read(source, *texts).left_out]
