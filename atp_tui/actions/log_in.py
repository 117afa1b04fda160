"""Log-in: the name and password that a person types for a host. There is no action of that name without a screen: a
password is no argument, which would end up in histories and process lists; auth.conf is the way."""

from __future__ import annotations

from ..model.errors import CredentialWanted
from ..transport.manager import TransportManager


def wanted_credential(manager: TransportManager, host_id: str) -> CredentialWanted | None:
    """What keeps a host from being connected, where that is a password; None where it is not."""
    return next((error for error in manager.last_errors(host_id) if isinstance(error, CredentialWanted)), None)
