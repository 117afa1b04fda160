"""What only a person can answer: a refused host key, a password. The screen's questions, over the engine."""

from __future__ import annotations

from ..actions.log_in import wanted_credential
from ..actions.trust_key import refused_key
from ..model.credential import Credential
from ..ui.services import KeyQuestion, PasswordQuestion
from .engine import Engine


class Questions:
    """Makes the questions and carries the answers out. All of it raises HostUnknown for a host that is gone."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._manager = engine.manager

    def about_key(self, host_id: str) -> KeyQuestion | None:
        """The host key that keeps a host from being connected, if one does."""
        refused = refused_key(self._manager, host_id)
        if refused is None:
            return None
        address = refused.name or self._manager.host(host_id).host
        return KeyQuestion(host_id, address, refused.fingerprint, refused.public_key, refused.known, refused.on_file)

    async def trust(self, host_id: str, question: KeyQuestion) -> None:
        """Store the key that was on the screen, whatever the host says by now, and connect. Raises AtpError."""
        await self._engine.context.trust(self._manager.host(host_id), question.public_key, question.changed)
        self._manager.retry(host_id)

    def about_password(self, host_id: str) -> PasswordQuestion | None:
        """The password that keeps a host from being connected, if one does."""
        wanted = wanted_credential(self._manager, host_id)
        uri = self._manager.host(host_id).uri
        if wanted is None or uri is None:
            return None
        return PasswordQuestion(host_id, wanted.name, wanted.user, wanted.refused, uri)

    async def log_in(self, question: PasswordQuestion, credential: Credential) -> None:
        """Connect with it, under the URI that was asked about: under another the host may be another machine."""
        self._engine.source.drivers.credentials.remember(question.host_id, question.uri, credential)
        self._manager.retry(question.host_id)
