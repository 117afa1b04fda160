"""`[answers]` of hosts.toml: how answers are held against each other."""

from __future__ import annotations

from .bounded import bounded
from .data_class import dataclass


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """`mask` are regular expressions of what is masked beside the program's own classes: see executor/masking.

    Raises ConfigError, naming the key, for one that cannot be used.
    """

    mask: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for pattern in self.mask:
            bounded("answers.mask", pattern)
