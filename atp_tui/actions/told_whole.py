"""What is wrong with hosts.toml, or beside it, as the reason why an action was not carried out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..model.errors import ActionFailed, ConfigError, ConfigErrors
from ..model.message import text


@contextmanager
def told_whole() -> Iterator[None]:
    """What is wrong with the file or a key is told with its place and what would be right, in one sentence."""
    try:
        yield
    except ConfigErrors as errors:
        first, *others = errors.errors
        more = f" (and {len(others)} more like it)" if others else ""
        raise ActionFailed(text(f"{first}{more}")) from errors
    except ConfigError as error:
        raise ActionFailed(text(str(error))) from error
