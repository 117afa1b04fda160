"""Which way a run is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

# Each way is loaded where a run is shown so.
if TYPE_CHECKING:
    from ..arguments import Arguments
    from .running import Showing


def showing_of(arguments: Arguments) -> Showing:
    """The way that the command line asks for; text where it asks for none."""
    if (follow := arguments.following) is not None:
        from .as_followed import AsFollowed

        return AsFollowed(follow)
    words = arguments.showing
    if arguments.json:
        from .as_json import AsJson

        return AsJson()
    if words.jsonl:
        from .as_jsonl import AsJsonLines

        return AsJsonLines()
    if words.output is not None:
        from .into_files import IntoFiles

        return IntoFiles(words.output, overwrite=words.overwrite, quiet=words.quiet)
    if arguments.gather:
        from .joined import Joined

        return Joined(masked=arguments.mask)
    from .as_lines import AsLines

    return AsLines(label=words.label, quiet=words.quiet)
