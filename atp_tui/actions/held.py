"""What freezes hold back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.freeze import Freeze, Frozen
from ..model.host import HostInfo

if TYPE_CHECKING:  # the policy is made before the first frame, which waits for no node sets
    from ..executor.targets import Targets


@dataclass(frozen=True, slots=True)
class Held:
    """A freeze, and the ids of the hosts that it is of now."""

    freeze: Freeze
    hosts: frozenset[str] = frozenset()


def held_by(frozen: Frozen, hosts: Iterable[HostInfo]) -> tuple[Held, ...]:
    """The freezes with their hosts. A host that was named when its set was frozen stays in it, and one that has come
    to the set since is in it too; a part of the set that names nothing any more adds none."""
    if not frozen.freezes:
        return ()
    from ..executor.targets import Targets

    targets = Targets(hosts)
    return tuple(
        Held(each) if each.of_all else Held(each, frozenset(each.hosts) | _named(each.words, targets))
        for each in frozen.freezes
    )


def named_now(words: str, hosts: Sequence[HostInfo]) -> tuple[str, ...]:
    """The hosts of a set that is to be frozen. Raises ConfigError for one that is wrong, or hangs on what hosts do."""
    if any(sign in words for sign in "&!^"):
        hint = "name hosts and tags with commas between them: kvm[01-18],@prod"
        raise ConfigError(f"{words!r} takes hosts out of others", key="targets", hint=hint)
    from ..executor.targets import Targets

    return Targets(hosts).resolve(words)


def _named(words: str, targets: Targets) -> frozenset[str]:
    found: set[str] = set()
    for part in _parts(words):
        try:
            found.update(targets.resolve(part))
        except ConfigError:
            continue  # the hosts of that name or tag have gone
    return frozenset(found)


def _parts(words: str) -> list[str]:
    """A set at its commas, but for those in brackets."""
    parts, depth = [""], 0
    for sign in words:
        depth += (sign == "[") - (sign == "]")
        if sign == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part for part in parts if part.strip()]
