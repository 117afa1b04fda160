"""SSH's client, agent and keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ...model.message import Message
from ...model.say import Say
from ...transport.clock import run_awake
from ..words import sentence
from .verdict import Asked, Verdict, number, ok, warning, wrong

if TYPE_CHECKING:  # the room loads asyncssh, and a check that cannot load it says so by itself
    from ...drivers.ssh.presence import AgentFound, ClientFound, KeysFound

_SHOWN = 3
"""Hosts and troubles that are named; of more their number is told."""

_RENEW = "have the certificate renewed"

_REMEDIES = {
    Say.NEEDS_PASSPHRASE: "ssh-add FILE, with an ssh-agent running",
    Say.NEEDS_AGENT: "ssh-add FILE, with an ssh-agent running",
    Say.OTHERS_MAY_READ: "chmod 600 FILE",
    Say.NO_SUCH_FILE: "correct identity_files in hosts.toml, or IdentityFile in ssh_config",
    Say.PUBLIC_KEY_ALONE: "name the private key, or have an agent hold it",
    Say.AGENT_UNREACHABLE: "start an ssh-agent, or unset SSH_AUTH_SOCK",
    Say.AGENT_EMPTY: "ssh-add",
    Say.CERTIFICATE_OVER: _RENEW,
    Say.CERTIFICATE_ENDS: _RENEW,
    Say.NO_KEY_OFFERED: "ssh-keygen, then ssh-copy-id to the host; or ssh-add a key that it knows",
    Say.NO_KEY_OFFERED_OR_THERE: "ssh-keygen, then ssh-copy-id to the host; or ssh-add a key that it knows",
}


def look_client(_asked: Asked) -> ClientFound:
    from ...drivers.ssh.presence import find_client

    return find_client()


def judge_client(found: ClientFound) -> Iterable[Verdict]:
    if found.path is None:
        return [warning("ssh is not installed: the program reads ssh_config by itself", "apt install openssh-client")]
    if not found.answers:
        said = f"{found.path} ({found.version or 'no version'}) does not answer ssh -G"
        return [warning(f"{said}: the program reads ssh_config by itself", "OpenSSH 6.8 or newer, first in PATH")]
    if found.other_home:
        return [warning(f"{found.version}; HOME is not this account's, so that ssh is not asked about ssh_config")]
    return [ok(f"{found.version}, {found.path}")]


def look_agent(asked: Asked) -> AgentFound:
    from ...drivers.ssh.presence import find_agent

    return run_awake(find_agent(asked.environ.get("SSH_AUTH_SOCK")))


def judge_agent(found: AgentFound) -> Iterable[Verdict]:
    if found.path is None:
        return [ok("none: SSH_AUTH_SOCK is not set; only keys without a passphrase can be used")]
    if found.keys is None:
        return [wrong(f"{found.path}: {found.error}", 'eval "$(ssh-agent)" and ssh-add; in an old tmux, a new shell')]
    if not found.keys:
        return [warning(f"{found.path} holds no key", "ssh-add")]
    return [ok(f"{found.path} holds {number(found.keys, 'key')}")]


def look_keys(asked: Asked) -> tuple[KeysFound, ...] | None:
    """None: no host is known."""
    if not asked.hosts:  # raises for a set that means none
        return None
    from ...drivers.ssh.presence import find_keys

    return run_awake(find_keys(asked.hosts))


def judge_keys(found: Sequence[KeysFound] | None) -> Iterable[Verdict]:
    if found is None:
        return [ok("not looked at: hosts.toml gives no host")]
    if not found:
        return [ok("no host of these is reached by SSH")]
    verdicts = []
    for each in found:
        subject = f"{_names(each.hosts)}: {number(each.keys, 'key')} to offer"
        troubles = (*each.troubles, *each.ends)
        why = _several([sentence(trouble) for trouble in troubles])
        if each.keys:
            verdicts.append(warning(f"{subject}; {why}", _remedy(troubles)) if why else ok(subject))
        else:
            level = wrong if each.needed else warning
            verdicts.append(level(f"{subject}; {why}" if why else subject, _remedy(troubles)))
    return verdicts


def _remedy(troubles: Iterable[Message]) -> str:
    for trouble in troubles:
        if trouble.id in _REMEDIES:
            file = trouble.get("file")
            return _REMEDIES[trouble.id].replace("FILE", str(file)) if file else _REMEDIES[trouble.id]
    return ""


def _names(hosts: Sequence[str]) -> str:
    shown = ", ".join(hosts[:_SHOWN])
    return shown if len(hosts) <= _SHOWN else f"{shown} and {len(hosts) - _SHOWN:,} more"


def _several(texts: Sequence[str]) -> str:
    shown = "; ".join(texts[:_SHOWN])
    return shown if len(texts) <= _SHOWN else f"{shown}; and {len(texts) - _SHOWN} more"
