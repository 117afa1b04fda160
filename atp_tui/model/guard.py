"""`[guard]` of hosts.toml: what holds a mistake back before it reaches a host."""

from __future__ import annotations

from . import checks
from .data_class import dataclass
from .errors import ConfigError


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """`danger` are regular expressions of command lines about which a person is asked, beside the program's own where
    `danger_builtin`. `protected` are tags and named sets: their hosts are asked about. `read_only` are tags, named sets
    and ids of hosts on which nothing is changed. Above `preview_above` hosts a person is asked, above `count_above`
    their number is typed.
    `running_jobs`: a person is asked about hosts on which a job of another program works.

    Raises ConfigError, naming the key, for a value out of range or a wrong regular expression.
    """

    danger: tuple[str, ...] = ()
    danger_builtin: bool = True
    protected: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    preview_above: int = 5
    count_above: int = 50
    running_jobs: bool = True

    def __post_init__(self) -> None:
        for pattern in self.danger:
            checks.pattern("guard.danger", pattern)
        checks.count("guard.preview_above", self.preview_above, least=0)
        checks.count("guard.count_above", self.count_above, least=0)
        if self.count_above < self.preview_above:
            message = f"{self.count_above} is less than preview_above ({self.preview_above})"
            raise ConfigError(message, key="guard.count_above", hint="raise it, or lower preview_above")
