"""Which way a run is shown."""

from __future__ import annotations

from ..arguments import Arguments
from .as_followed import AsFollowed
from .as_json import AsJson
from .as_jsonl import AsJsonLines
from .as_lines import AsLines
from .into_files import IntoFiles
from .joined import Joined
from .running import Showing


def showing_of(arguments: Arguments) -> Showing:
    """The way that the command line asks for; text where it asks for none."""
    if (follow := arguments.following) is not None:
        return AsFollowed(follow)
    words = arguments.showing
    if arguments.json:
        return AsJson()
    if words.jsonl:
        return AsJsonLines()
    if words.output is not None:
        return IntoFiles(words.output, overwrite=words.overwrite, quiet=words.quiet)
    return Joined(masked=arguments.mask) if arguments.gather else AsLines(label=words.label, quiet=words.quiet)
