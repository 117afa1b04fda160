"""What ssh_config and hosts.toml come to for a host, for a person who asks: each sshd on the way, and what of
ssh_config does not hold there. Nothing is connected but the agent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ...model.data_class import dataclass
from ...model.errors import AtpError
from ...model.host import HostInfo
from ...model.message import Message, text
from ...model.quoting import command_quoted, redacted, redacted_words
from ..aside import off_loop
from ..home import stand_in_for_home
from .config.honoured import Rule, Standing, missed
from .config.keywords import COMMANDS
from .config.own import read_own
from .config.programs import Programs
from .config.reader import SYSTEM_FILE
from .config.said import ConfigBroken, Question, Values
from .endpoint import Endpoint
from .identities import Identities
from .key_lookup import KeyFiles
from .known_hosts import filed_name
from .library import load_asyncssh
from .reading import PathReader

_OF_SESSIONS = ("requesttty", "sessiontype", "stdinnull", "forkafterauthentication")
"""Keywords that `ssh -G` does not tell as they stand in the file, since it is asked without a session."""


_ALGORITHMS = frozenset({"Ciphers", "MACs", "KexAlgorithms", "HostKeyAlgorithms", "PubkeyAcceptedAlgorithms"})

_NAMES = re.compile(r"[-+^]?[a-z0-9.,*?-]+(?:@(?:openssh|libssh|lysator)\.[a-z0-9.,*?-]+)*")
"""Names of algorithms, in which an @ hides no password."""


@dataclass(frozen=True, slots=True)
class Unmet:
    """A keyword of ssh_config that does not hold as ssh has it, and why. What could be a password is not in `value`."""

    keyword: str
    value: str
    standing: Standing
    why: str


@dataclass(frozen=True, slots=True)
class Step:
    """One sshd on the way. `facts` are (what, value), for a person; what could be a password is hidden. `odd` tells of
    lines of known_hosts files that are passed over."""

    where: str
    facts: tuple[tuple[str, str], ...]
    unmet: tuple[Unmet, ...]
    odd: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """The sshds to a host, its own last. `problem` says why there is no way."""

    host: str
    steps: tuple[Step, ...] = ()
    problem: Message | None = None


async def find_ways(hosts: Iterable[HostInfo]) -> tuple[tuple[Way, ...], tuple[str, ...]]:
    """The way to each host, and what is told of the files that say it. ssh_config is asked as for an attempt, so that a
    `Match exec` of it runs."""
    stand_in_for_home()
    load_asyncssh()  # which algorithms it knows decides what of ssh_config holds
    reader, programs, files, identities = PathReader(), Programs(), KeyFiles(), Identities()
    try:
        return tuple([await _way(reader, programs, files, identities, host) for host in hosts]), reader.notes
    finally:
        programs.close()
        reader.close()


async def _way(reader: PathReader, programs: Programs, files: KeyFiles, identities: Identities, host: HostInfo) -> Way:
    config = host.ssh_settings.config_file
    try:
        path = await reader.path_to(host)
        steps = await off_loop("ssh-config-way", lambda: [_step(each, config, programs, files) for each in path])
        terms = [await _terms(identities, each) for each in path]
    except AtpError as error:
        return Way(host.id, problem=error.reason)
    except OSError as error:
        return Way(host.id, problem=text(str(error)))
    told = zip(steps, terms, strict=True)
    return Way(host.id, tuple(replace(step, facts=(*step.facts, *more)) for step, more in told))


async def _terms(identities: Identities, endpoint: Endpoint) -> list[tuple[str, str]]:
    """Until when each certificate counts that would be offered, those of the agent included."""
    async with identities.credentials(endpoint) as found:
        return [("certificate", f"{term.name}, until {term.last_second}") for term in dict.fromkeys(found.terms)]


def _step(endpoint: Endpoint, config_file: str | None, programs: Programs, files: KeyFiles) -> Step:
    said = {**endpoint.values, **_of_sessions(endpoint, config_file, programs)}
    unmet = [_unmet(rule, value) for rule, value in missed(said)]
    odd = [files.odd_lines(file) for file in endpoint.known_hosts]
    where = f"{redacted(endpoint.name)} port {endpoint.port}"
    return Step(where, tuple(_facts(endpoint)), tuple(each for each in unmet if each.why), tuple(filter(None, odd)))


def _of_sessions(endpoint: Endpoint, config_file: str | None, programs: Programs) -> Values:
    file = None if config_file is None else Path(config_file).expanduser()
    asked = Question(endpoint.tokens.original, endpoint.user, endpoint.port, file, lenient=True)
    try:
        said = read_own(asked, SYSTEM_FILE, programs)
    except (ConfigBroken, OSError):
        return {}
    return {keyword: values for keyword, values in said.values.items() if keyword in _OF_SESSIONS}


def _unmet(rule: Rule, value: str) -> Unmet:
    why = rule.why
    if rule.name in _ALGORITHMS:
        unknown = _unknown(rule.name, value)
        why = f"not known to asyncssh: {', '.join(unknown)}" if unknown else ""
    if rule.name in _ALGORITHMS and _NAMES.fullmatch(value):
        hidden = value
    else:
        hidden = command_quoted(value) if rule.name.lower() in COMMANDS else redacted_words(value)
    return Unmet(rule.name, hidden, rule.standing, why)


def _unknown(keyword: str, listed: str) -> list[str]:
    """The names of a list that asyncssh has no algorithm for."""
    from .config.match import matches
    from .options import known_algorithms

    known = known_algorithms(keyword)
    names = listed.lstrip("+-^").split(",")
    return [name for name in names if not any(matches(each, name) for each in known)]


def _facts(endpoint: Endpoint) -> Iterable[tuple[str, str]]:
    yield "user", redacted(endpoint.user)
    yield "key filed under", filed_name(redacted(endpoint.key_name), endpoint.port, alias=endpoint.key_alias)
    yield "known_hosts", _listed(endpoint.known_hosts)
    yield "new host keys", str(endpoint.policy)
    if endpoint.revoked_keys:
        yield "revoked keys", _listed(endpoint.revoked_keys)
    if endpoint.known_hosts_command is not None:
        yield "KnownHostsCommand", command_quoted(endpoint.known_hosts_command)
    yield "key files", "the usual ones" if endpoint.identity_files is None else _listed(endpoint.identity_files)
    if endpoint.certificate_files:
        yield "certificates", _listed(endpoint.certificate_files)
    agent = "none" if endpoint.agent is None else str(endpoint.agent)
    yield "agent", f"{agent}, for these keys alone" if endpoint.identities_only and endpoint.agent else agent
    if endpoint.proxy_command is not None:
        yield "ProxyCommand", command_quoted(endpoint.proxy_command)
    for what, value in (("BindAddress", endpoint.bind_address), ("BindInterface", endpoint.bind_interface)):
        if value is not None:
            yield what, value
    if endpoint.session.send_env:
        yield "SendEnv", " ".join(endpoint.session.send_env)
    if endpoint.session.set_env:
        yield "SetEnv", " ".join(name for name, _ in endpoint.session.set_env)


def _listed(files: Sequence[Path]) -> str:
    return ", ".join(map(str, files)) or "none"
