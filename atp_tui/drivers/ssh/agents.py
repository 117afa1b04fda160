"""The keys of an agent, and its signatures."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING

from ...model.message import Message, told
from ...model.say import Say
from .certificates import Term, term_of
from .credentials import Credentials
from .endpoint import Endpoint

if TYPE_CHECKING:
    from asyncssh import SSHAgentClient, SSHKeyPair

    from .answering import Answering

AGENT_LIMIT = 2.0
"""Seconds that an agent has for connecting, and as many for the list of its keys."""

TOUCH_LIMIT = 60.0
"""Seconds that a security key has to be touched: it gives up by itself after 15 to 30."""


async def connect_agent(endpoint: Endpoint, found: Credentials) -> SSHAgentClient | None:
    """The agent of an sshd; None: there is none, or it does not answer, which is a trouble."""
    import asyncssh

    if endpoint.agent is None:
        return None
    try:
        async with asyncio.timeout(AGENT_LIMIT):
            return await asyncssh.connect_agent(str(endpoint.agent))
    except TimeoutError:
        found.troubles.append(_silent(endpoint))
    except (OSError, asyncssh.Error) as error:
        found.troubles.append(told(Say.AGENT_UNREACHABLE, agent=str(endpoint.agent), why=str(error)))
    return None


async def held_by(
    agent: SSHAgentClient,
    endpoint: Endpoint,
    found: Credentials,
    touches: asyncio.Lock,
    answering: Answering | None,
) -> list[SSHKeyPair]:
    """The keys that an agent holds. Those of security keys sign one at a time over all hosts, by `touches`: nobody can
    tell which of two touches is for which."""
    try:
        async with asyncio.timeout(AGENT_LIMIT):
            held = list(await agent.get_keys())
    except TimeoutError:
        found.troubles.append(_silent(endpoint))
        return []
    except (OSError, ValueError) as error:
        found.troubles.append(told(Say.AGENT_GIVES_NONE, why=str(error)))
        return []
    found.terms += _terms(held)
    names = {pair.key_public_data: pair.get_comment() or "" for pair in held}
    _watch_signing(agent, endpoint, found, names, touches, answering)
    return held


def _terms(held: list[SSHKeyPair]) -> list[Term]:
    """From when until when the certificates among an agent's keys count."""
    terms = [_term_in(pair.public_data, pair.get_comment() or "") for pair in held if pair.has_cert]
    return [term for term in terms if term is not None]


@lru_cache(maxsize=64)
def _term_in(blob: bytes, name: str) -> Term | None:
    from .key_blobs import certificate_in

    try:
        certificate = certificate_in(blob)
    except ValueError:  # the host says what it makes of it
        return None
    return None if certificate is None else term_of(certificate, f"the agent's certificate {name}".rstrip())


def _silent(endpoint: Endpoint) -> Message:
    return told(Say.AGENT_SILENT, agent=str(endpoint.agent))


def _watch_signing(
    agent: SSHAgentClient,
    endpoint: Endpoint,
    found: Credentials,
    names: dict[bytes, str],
    touches: asyncio.Lock,
    answering: Answering | None,
) -> None:
    """Have what the agent does not sign told: asyncssh goes on to the next key without a word.

    It may take long where a person is asked (`ssh-add -c`), so the attempt's own limit is the limit; for the touch of a
    security key, and for those of other hosts before it, that stands still.
    """
    sign = agent.sign

    async def watched(key_blob: bytes, data: bytes, flags: int = 0) -> bytes:
        agent_at, key = str(endpoint.agent), names.get(key_blob) or told(Say.SOME_KEY)
        found.signing = told(Say.AGENT_SIGNS, agent=agent_at, key=key)
        try:
            if answering is None or not _wants_touch(key_blob):
                signature = await sign(key_blob, data, flags)
            else:
                with answering.asks.unhurried():
                    async with touches, asyncio.timeout(TOUCH_LIMIT):
                        with answering.desk.touching(answering.asks, str(key)):
                            signature = await sign(key_blob, data, flags)
        except (OSError, ValueError, EOFError) as error:  # TimeoutError is an OSError
            found.troubles.append(told(Say.AGENT_SIGNS_NOT, agent=agent_at, key=key))
            raise ValueError(str(error)) from error
        found.signing, found.signed = None, key_blob
        return signature

    agent.sign = watched  # type: ignore[method-assign]


def _wants_touch(key_blob: bytes) -> bool:
    """Whether a public key is that of a security key (`sk-ssh-ed25519@openssh.com`), behind its name's length."""
    return key_blob[4:7] == b"sk-"
