"""Which way a run is shown."""

from __future__ import annotations

from ..arguments import Arguments
from .as_json import AsJson
from .as_lines import AsLines
from .joined import Joined
from .running import Showing


def showing_of(arguments: Arguments) -> Showing:
    """The way that the command line asks for; text where it asks for none."""
    if arguments.json:
        return AsJson()
    return Joined(masked=arguments.mask) if arguments.gather else AsLines()
