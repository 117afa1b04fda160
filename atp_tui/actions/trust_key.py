"""Trust-key: accept an SSH host key that was refused, by the fingerprint a person has seen."""

from __future__ import annotations

from ..model.errors import ActionFailed, HostKeyRejected
from ..transport.manager import TransportManager
from .action import Action, Context, Invocation


def refused_key(manager: TransportManager, host_id: str) -> HostKeyRejected | None:
    """The host key that was refused and keeps a host from being connected; None where none does."""
    refused = (error for error in manager.last_errors(host_id) if isinstance(error, HostKeyRejected))
    return next((error for error in refused if error.public_key), None)


async def _trust_key(context: Context, invocation: Invocation) -> None:
    if len(invocation.targets) != 1 or not invocation.argument.strip():
        raise ActionFailed("trust-key is for one host and needs the fingerprint you have seen: trust-key SHA256:…")
    (host_id,) = invocation.targets
    refused = refused_key(context.manager, host_id)
    if refused is None:
        raise ActionFailed("no host key of it was refused", host=host_id)
    # A host may answer with another key by now: what is stored is what was seen, or nothing.
    if refused.fingerprint != invocation.argument.strip():
        raise ActionFailed(f"the refused key is {refused.fingerprint}, not the one you have named", host=host_id)
    await context.trust(context.manager.host(host_id), refused.public_key, refused.known)
    context.manager.retry(host_id)


TRUST_KEY = Action("trust-key", "Trust host key", "K", "store a refused SSH host key, and connect", True, _trust_key)
