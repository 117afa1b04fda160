"""Trust-key: accept an SSH host key that was refused, by the fingerprint that a person has seen."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING

from ..model.connection import ConnectionState
from ..model.errors import ActionFailed, AtpError, HostKeyRejected
from ..model.message import told
from ..model.questions import KeyQuestion
from ..model.say import Say
from .action import Action, Argument, Context, Danger, Invocation, Subject

if TYPE_CHECKING:
    from ..transport.connection import HostConnection
    from ..transport.manager import TransportManager


def key_question(manager: TransportManager, host_id: str) -> KeyQuestion | None:
    """The host key that keeps a host from being connected, if it is one to trust. Raises HostUnknown."""
    refused = (error for error in manager.last_errors(host_id) if isinstance(error, HostKeyRejected))
    found = next((error for error in refused if error.public_key), None)
    if found is None:
        return None
    address = found.name or manager.host(host_id).host
    return KeyQuestion(host_id, address, found.fingerprint, found.public_key, found.known, found.on_file)


async def _trust_key(context: Context, invocation: Invocation) -> None:
    (host_id,) = invocation.hosts
    fingerprint, key = invocation.text("fingerprint"), invocation.text("key")
    changed = bool(invocation.arguments.get("changed", False))
    if not key:
        refused = await _refused(context.manager, host_id)
        if refused is None:
            raise ActionFailed(told(Say.NO_KEY_REFUSED), host=host_id)
        key, changed = refused.public_key, refused.changed
    # A host may answer with another key by now: what is stored is what was seen, or nothing.
    if fingerprint_of(key) != fingerprint:
        raise ActionFailed(told(Say.ANOTHER_KEY, fingerprint=fingerprint_of(key)), host=host_id)
    try:
        await context.host_keys.trust(context.manager.host(host_id), key, replace=changed)
    except OSError as error:
        raise ActionFailed(told(Say.KEY_NOT_STORED, why=str(error)), host=host_id) from error
    context.manager.retry(host_id)
    for other in _refused_for(context.manager, key):
        if other != host_id:
            context.manager.retry(other)  # behind the same jump host, or with the same alias


def _refused_for(manager: TransportManager, key: str) -> list[str]:
    """The hosts that this key, their own or a jump host's, keeps from being connected, and that are to be connected."""
    wanted = [name for name in manager.stats() if manager.host_state(name).state is not ConnectionState.DISCONNECTED]
    questions = (key_question(manager, name) for name in wanted)
    return [question.host_id for question in questions if question is not None and question.public_key == key]


async def _refused(manager: TransportManager, host_id: str) -> KeyQuestion | None:
    """The key that was refused; where nobody has connected yet, it is met by trying to.

    Raises AtpError for whatever else keeps the host from being connected.
    """
    refused = key_question(manager, host_id)
    if refused is not None:
        return refused
    try:
        await manager.execute_on_host(host_id, _nothing, fail_fast=True)
    except AtpError:
        refused = key_question(manager, host_id)
        if refused is None:
            raise
    return refused


async def _nothing(connection: HostConnection) -> None:
    """To have the connection is all that is wanted."""


def fingerprint_of(public_key: str) -> str:
    """The fingerprint of `ssh-ed25519 AAAA…` as ssh-keygen shows it: SHA256, and base64 without its padding.

    Raises ActionFailed for a text that is no public key.
    """
    parts = public_key.split()
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except (IndexError, binascii.Error):
        raise ActionFailed(told(Say.NO_PUBLIC_KEY)) from None
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


TRUST_KEY = Action(
    "trust-key",
    "host key",
    "K",
    "look at an SSH host key that was refused, and trust it",
    Subject.HOSTS,
    changes=True,
    run=_trust_key,
    danger=Danger.TRUST,
    arguments=(
        Argument("fingerprint", "the fingerprint you have seen: trust-key SHA256:…"),
        Argument("key", "the public key that was shown", required=False, rest=True),
        Argument("changed", "whether it replaces the key on file", kind=bool, required=False),
    ),
    prompts=True,
    headless=True,
    single=True,
)
