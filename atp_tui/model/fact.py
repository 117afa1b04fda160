"""What is known of hosts beside their names: the form in which a fact goes from the monitor to the target language."""

from __future__ import annotations

from typing import NamedTuple


class Fact(NamedTuple):
    """For which hosts a fact holds: the ids in `holds`. Of those in `unknown` it is not known, for all others it does
    not hold. No id is in both."""

    holds: frozenset[str]
    unknown: frozenset[str] = frozenset()
