"""Names and passwords that people have typed for libvirt hosts."""

from __future__ import annotations

from ...model.credential import Credential, Secret


class CredentialStore:
    """What people have typed, in memory alone. Used on the event loop.

    Each is for one host under one URI: with another address, the same host id may be somebody else's machine.
    """

    def __init__(self) -> None:
        self._typed: dict[tuple[str, str], Credential] = {}

    def remember(self, host_id: str, uri: str, credential: Credential) -> None:
        """Use it from the next attempt on, until the host refuses it."""
        self._typed[host_id, uri] = credential

    def typed(self, host_id: str, uri: str) -> Credential | None:
        """What was typed for this host under this URI."""
        return self._typed.get((host_id, uri))

    def copied(self) -> CredentialStore:
        """What is known now, for an attempt that is to change nothing."""
        copy = CredentialStore()
        copy._typed = dict(self._typed)
        return copy

    def passwords(self) -> list[Secret]:
        """All that are kept."""
        return [each.password for each in self._typed.values()]

    def forget_all(self) -> None:
        """Nothing that was typed is used any more."""
        self._typed.clear()

    def forget(self, host_id: str, uri: str, credential: Credential) -> None:
        """It was refused. One that was typed meanwhile stays."""
        if self._typed.get((host_id, uri)) is credential:
            del self._typed[host_id, uri]
