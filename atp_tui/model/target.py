"""What work is done on: a host, or one domain of a host."""

from __future__ import annotations

from .data_class import dataclass


@dataclass(frozen=True, slots=True)
class TargetId:
    """A host by its id, or a domain of it by its name. As text `kvm07` or `kvm07/web1`: no host id holds a slash.

    They are sorted by `natural` of their text.

    Raises ValueError for an empty id or name.
    """

    host: str
    domain: str | None = None

    def __post_init__(self) -> None:
        if not self.host or "/" in self.host or self.domain == "":
            raise ValueError(f"{self.host!r}, {self.domain!r} is no target: a host id, and a domain's name or None")

    def __str__(self) -> str:
        return self.host if self.domain is None else f"{self.host}/{self.domain}"

    @classmethod
    def parse(cls, text: str) -> TargetId:
        """The target that is written so. Raises ValueError."""
        host, slash, domain = text.partition("/")
        return cls(host, domain if slash else None)


def on_hosts(*hosts: str) -> tuple[TargetId, ...]:
    """Targets that are hosts as a whole."""
    return tuple(TargetId(host) for host in hosts)
