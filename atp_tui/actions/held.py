"""What freezes hold back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.freeze import Freeze, Frozen
from ..model.host import HostInfo
from ..model.sets import NO_SETS, Sets, moving_in

if TYPE_CHECKING:  # the policy is made before the first frame, which waits for no node sets
    from ..executor.targets import Targets


@dataclass(frozen=True, slots=True)
class Held:
    """A freeze, and the ids of the hosts that it is of now."""

    freeze: Freeze
    hosts: frozenset[str] = frozenset()


def held_by(frozen: Frozen, hosts: Sequence[HostInfo], sets: Sets = NO_SETS) -> tuple[Held, ...]:
    """The freezes with their hosts. A host that was named when its set was frozen stays in it, and one that has come
    to the set since is in it too; a part of the set that names nothing any more adds none. A named set is what
    hosts.toml says now, beside what it was then."""
    if not frozen.freezes:
        return ()
    targets = _by_the_file(hosts, sets)
    return tuple(
        Held(each) if each.of_all else Held(each, frozenset(each.hosts) | _named(each.words, targets))
        for each in frozen.freezes
    )


def in_sets(names: Iterable[str], hosts: Sequence[HostInfo], sets: Sets) -> Mapping[str, tuple[str, ...]]:
    """Those of the sets with these names that each host is in, which hang on hosts.toml alone.

    Every host is in a set that cannot be read: what was to be guarded is.
    """
    known = {each.name for each in sets}
    wanted = [name for name in dict.fromkeys(names) if name in known]
    found: dict[str, tuple[str, ...]] = {}
    targets = _by_the_file(hosts, sets) if wanted else None
    for name in wanted:
        assert targets is not None
        try:
            ids = targets.standing(f"@{name}")
        except ConfigError:
            ids = frozenset(host.id for host in hosts)
        for host in ids:
            found[host] = (*found.get(host, ()), name)
    return found


def named_now(words: str, hosts: Sequence[HostInfo], sets: Sets = NO_SETS) -> tuple[str, ...]:
    """The hosts of a set that is to be frozen. Raises ConfigError for one that is wrong, or hangs on what hosts do."""
    if any(sign in words for sign in "&!^"):
        hint = "name hosts, tags and sets with commas between them: kvm[01-18],@prod; or give it a name in [sets]"
        raise ConfigError(f"{words!r} takes hosts out of others", key="targets", hint=hint)
    tags = {tag for host in hosts for tag in host.tags}
    if (moving := moving_in(words, sets, tags)) is not None:
        hint = "a freeze takes ids, tags, metadata and sets of these"
        raise ConfigError(f"a freeze cannot hang on {moving}", key="targets", hint=hint)
    return _by_the_file(hosts, sets).resolve(words)


def _by_the_file(hosts: Sequence[HostInfo], sets: Sets) -> Targets:
    """The target language, where hosts.toml alone says what a condition means."""
    from ..executor.targets import Targets
    from ..monitor.file_facts import FileFacts

    return Targets(hosts, FileFacts(hosts), sets=sets)


def _named(words: str, targets: Targets) -> frozenset[str]:
    found: set[str] = set()
    for part in _parts(words):
        try:
            found.update(targets.standing(part))
        except ConfigError:
            continue  # it cannot be read any more
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
