"""`hosts list`, and the hosts that a verb of `hosts` names. Light: an edit and a check load more."""

from __future__ import annotations

from ..config.fleet import FleetConfig
from ..engine.targets import first_reading
from ..executor.earlier import Earlier
from ..model.errors import ConfigError
from ..model.host import HostInfo
from .arguments import Arguments
from .asked import expressions_of
from .encode import encode_listed
from .output import emit, emit_json
from .tables import host_table


def list_hosts(arguments: Arguments, config: FleetConfig, earlier: Earlier) -> int:
    """Show what the configuration says, of all hosts or of those that are meant; the exit status."""
    chosen = every_host(config)
    expressions = expressions_of(arguments, chosen)
    if expressions:
        ids = {host for each in expressions for host in named(each, config, earlier)}
        chosen = tuple(host for host in chosen if host.id in ids)
    off = {host.id for host in config.disabled}
    files = config.files_of_hosts()
    hosts = [encode_listed(host, enabled=host.id not in off) | {"file": files[host.id]} for host in chosen]
    if arguments.json:
        emit_json({"hosts": hosts})
    else:
        emit(host_table(hosts, files=bool(config.included or config.programs)))
    return 0


def words_of_hosts(arguments: Arguments) -> tuple[str, ...]:
    """The expressions by which a verb was told its hosts, but for lists."""
    if arguments.hosts_verb in ("add", "undo", "redo"):
        return ()
    return (*arguments.targets, *arguments.hosts_words[:1])


def named(expression: str, config: FleetConfig, earlier: Earlier) -> tuple[str, ...]:
    """The hosts of the file that an expression names, those that are disabled among them.

    Raises ConfigError (key "targets") where it is wrong, and for a condition that hosts would have to be asked about.
    """
    reading = first_reading((expression,), every_host(config), earlier, config.sets)
    if reading.undecided:
        hint = "name them by ids, @tag, or what the file says, such as site:north"
        what = f"nobody is asked here for what hosts do, and it hangs on {reading.moving}"
        raise ConfigError(what, key="targets", hint=hint)
    return reading.ids


def every_host(config: FleetConfig) -> tuple[HostInfo, ...]:
    """All hosts of the file, those that are disabled behind the others."""
    return (*config.hosts, *config.disabled)
