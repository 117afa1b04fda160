"""What SSH finds on this machine, for a person who asks: the client, the agent, the keys for each host.

Nothing is connected but the agent. The keys are those that an attempt would offer, found by the same code.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Hashable, Iterable

from ...model.data_class import dataclass
from ...model.errors import AtpError
from ...model.host import HostInfo
from ...model.message import Message, text
from ..home import stand_in_for_home
from .agents import AGENT_LIMIT
from .config.client import SshClient
from .config.tokens import account_home
from .endpoint import Endpoint
from .identities import Identities
from .library import load_asyncssh
from .reading import PathReader


@dataclass(frozen=True, slots=True)
class ClientFound:
    """OpenSSH's client. `path` None: there is none in PATH; `answers`: it knows `-G`.

    `other_home`: HOME is not the account's home directory, whose ssh_config it would read, so that it is not asked.
    """

    path: str | None = None
    version: str = ""
    answers: bool = False
    other_home: bool = False


@dataclass(frozen=True, slots=True)
class AgentFound:
    """The agent that SSH_AUTH_SOCK names. `path` None: none is named; `keys` is their number, None where `error`."""

    path: str | None = None
    keys: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class KeysFound:
    """What would be offered at some logins that are alike: `keys` is the number of them, `troubles` of the others, and
    `ends` of certificates that do not count for much longer.

    `hosts` are ids of hosts.toml, on whose way these logins are. `needed`: without them such a host is not reached.
    """

    hosts: tuple[str, ...]
    keys: int
    troubles: tuple[Message, ...] = ()
    needed: bool = True
    ends: tuple[Message, ...] = ()


SOON = 24 * 3600
"""Seconds before its end at which a certificate is told of: a person who asks has the time to renew it."""


def find_client() -> ClientFound:
    """The client in PATH, asked twice or thrice; it blocks for some milliseconds."""
    path = shutil.which("ssh")
    if path is None:
        return ClientFound()
    client = SshClient()
    try:
        _, _, said = client.programs.run([path, "-V"])
        home = account_home()
        other = home is not None and os.path.realpath(os.path.expanduser("~")) != os.path.realpath(home)
        return ClientFound(path, said.decode("utf-8", "replace").strip(), client.works(path), other)
    finally:
        client.close()


async def find_agent(path: str | None) -> AgentFound:
    """The agent at a path, asked for its keys, of which only the number is kept."""
    if not path:
        return AgentFound()
    load_asyncssh()
    import asyncssh

    try:
        async with asyncio.timeout(2 * AGENT_LIMIT):
            agent = await asyncssh.connect_agent(path)
            try:
                return AgentFound(path, len(await agent.get_keys()))
            finally:
                agent.close()
    except TimeoutError:
        return AgentFound(path, error=f"it has not answered within {2 * AGENT_LIMIT:g} s")
    except (OSError, ValueError, asyncssh.Error) as error:
        return AgentFound(path, error=str(error))


async def find_keys(hosts: Iterable[HostInfo]) -> tuple[KeysFound, ...]:
    """What each host and each jump host before it would be offered. Hosts without SSH are left out.

    ssh_config is asked as for an attempt, so that a `Match exec` of it runs.
    """
    stand_in_for_home()
    load_asyncssh()
    reader = PathReader()
    try:
        asked = [host for host in hosts if host.takes_commands or host.over_ssh]
        found = await asyncio.gather(*(_way_to(reader, host) for host in asked))
    finally:
        reader.close()
    alike: dict[Hashable, tuple[Endpoint | Message, list[str], bool]] = {}
    for host, way in zip(asked, found, strict=True):
        needed = host.over_ssh or host.main_channel == "ssh"
        for each in way:
            _, ids, _ = alike.setdefault((_what_counts(each), needed), (each, [], needed))
            if host.id not in ids[-1:]:
                ids.append(host.id)
    identities = Identities()
    return tuple([await _offered(identities, each, tuple(ids), needed) for each, ids, needed in alike.values()])


async def _way_to(reader: PathReader, host: HostInfo) -> list[Endpoint | Message]:
    try:
        return list(await reader.path_to(host))
    except AtpError as error:
        return [error.reason]
    except OSError as error:
        return [text(str(error))]


def _what_counts(each: Endpoint | Message) -> Hashable:
    """What decides about the keys at a login: two that have the same are offered the same."""
    if isinstance(each, Message):
        return each
    return each.identity_files, each.certificate_files, each.identities_only, each.agent, each.key_rules


async def _offered(identities: Identities, each: Endpoint | Message, ids: tuple[str, ...], needed: bool) -> KeysFound:
    if isinstance(each, Message):
        return KeysFound(ids, 0, (each,), needed)
    async with identities.credentials(each) as found:
        now = time.time()
        ends = [term.ending for term in found.terms if now < term.end <= now + SOON]
        return KeysFound(ids, len(found.keys), tuple(dict.fromkeys(found.troubles)), needed, tuple(dict.fromkeys(ends)))
