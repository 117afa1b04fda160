"""What an import would do to the hosts that are configured: plain data, compared and not yet done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...model.data_class import dataclass
from ...model.host import HostInfo
from ..edits import Change
from .found import FoundHost, Imported

Value = str | int | tuple[str, ...] | None
"""A value as hosts.toml has it; None: the key is not there."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A key of a host whose value is another one in the source: `here` is the file's, `there` what it would become.

    `key` is written with dots, as below [[hosts]]: "host", "tags", "metadata.site", "ssh.port".
    """

    key: str
    here: Value
    there: Value


@dataclass(frozen=True, slots=True)
class Changed:
    """A configured host, by its `id`, of which the source says something else."""

    id: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do.

    `new` are hosts to add, `same` the ids of those of which nothing is to be done, `changed` those that differ. `gone`
    are the ids of configured hosts that the source does not name: told, and never removed.
    """

    new: tuple[HostInfo, ...] = ()
    same: tuple[str, ...] = ()
    changed: tuple[Changed, ...] = ()
    gone: tuple[str, ...] = ()


def planned(imported: Imported, configured: Sequence[HostInfo], *, all_found: Imported | None = None) -> Plan:
    """Compare what was found with the hosts of a configuration, in which overrides are resolved.

    A host is known again by its id, else by its address and port, since a person may have given it another id. Only
    what the source says is compared, and tags are only added: others may be a person's own. `all_found` is all of the
    source where `imported` is a choice of it; what it names, or has left out, is not gone.
    """
    known = _Known(configured)
    new: list[HostInfo] = []
    same: dict[str, None] = {}
    changed: list[Changed] = []
    for found in imported.hosts:
        here = known.find(found)
        if here is None:
            new.append(found.info)
            continue
        differences = tuple(_differences(here, found, renamed=here.id != found.info.id))
        if differences:
            changed.append(Changed(here.id, differences))
        else:
            same[here.id] = None
    whole = all_found or imported
    named = {here.id for found in whole.hosts if (here := known.find(found)) is not None}
    named |= {each.name for each in whole.left_out}
    gone = tuple(host.id for host in configured if host.id not in named and host.host not in named)
    return Plan(tuple(new), tuple(same), tuple(changed), gone)


def changes_of(changed: Iterable[Changed]) -> list[Change]:
    """The edits that bring hosts to what the source says of them."""
    return [Change(each.id, tuple((_key(of.key), of.there) for of in each.differences)) for each in changed]


def _key(written: str) -> tuple[str, ...]:
    """`metadata.a.b` is the metadata of the name `a.b`; no other key has a part with a dot."""
    table, dot, name = written.partition(".")
    return (table, name) if dot else (table,)


def in_words(changed: Changed) -> str:
    """`tags: prod → prod rack1; ssh.user: - → root`."""
    return "; ".join(f"{each.key}: {_shown(each.here)} → {_shown(each.there)}" for each in changed.differences)


def _shown(value: Value) -> str:
    return "-" if value is None else " ".join(value) if isinstance(value, tuple) else str(value)


class _Known:
    """The configured hosts by their ids, and by what reaches each alone."""

    def __init__(self, configured: Iterable[HostInfo]) -> None:
        self._by_id = {host.id: host for host in configured}
        self._by_way: dict[tuple[str, int], list[HostInfo]] = {}
        for host in self._by_id.values():
            self._by_way.setdefault(_way(host), []).append(host)

    def find(self, found: FoundHost) -> HostInfo | None:
        """The configured host that is meant, if there is one."""
        if (host := self._by_id.get(found.info.id)) is not None:
            return host
        there = [
            host
            for host in self._by_way.get(_way(found.info), ())
            if "uri" not in found.said or host.uri == found.info.uri
        ]
        return there[0] if len(there) == 1 else None


def _way(host: HostInfo) -> tuple[str, int]:
    return host.host.casefold(), host.ssh_settings.port or 22


def _differences(here: HostInfo, found: FoundHost, *, renamed: bool) -> Iterator[Difference]:
    """The keys that the source says and the configuration does not have so."""
    there, said = found.info, found.said
    if not renamed and here.host.casefold() != there.host.casefold():
        yield Difference("host", here.host, there.host)
    if "uri" in said and here.uri != there.uri:
        yield Difference("uri", here.uri, there.uri)
    if "tags" in said and not set(there.tags) <= set(here.tags):
        yield Difference("tags", here.tags, tuple(dict.fromkeys((*here.tags, *there.tags))))
    if "metadata" in said:
        yield from _of_metadata(here.metadata, there.metadata)
    for name in ("user", "port", "identity_files"):
        if f"ssh.{name}" in said:
            mine, theirs = getattr(here.ssh_settings, name), getattr(there.ssh, name)
            if mine != theirs:
                yield Difference(f"ssh.{name}", mine, theirs)


def _of_metadata(here: Mapping[str, str], there: Mapping[str, str]) -> Iterator[Difference]:
    for key, value in there.items():
        if here.get(key) != value:
            yield Difference(f"metadata.{key}", here.get(key), value)
