"""What one login offers: keys, best first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import field
from typing import TYPE_CHECKING

from ...model.data_class import dataclass
from ...model.message import Message
from .certificates import Term

if TYPE_CHECKING:
    from asyncssh import SSHCertificate, SSHKey, SSHKeyPair

    Offer = SSHKey | SSHKeyPair | tuple[SSHKey, SSHCertificate]


@dataclass(slots=True)
class Credentials:
    """What to offer, best first, and what could not be offered: for the message when all is refused."""

    keys: list[Offer] = field(default_factory=list)
    troubles: list[Message] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    """From when until when each certificate counts that has an end, one of the agent included."""
    more: Callable[[], Awaitable[SSHKey | None]] | None = None
    """Gives, once all keys were refused, the next one of which nothing is known before its passphrase is typed."""
    signing: Message | None = None
    """What the agent has been asked for and has not answered yet; empty: nothing."""
    signed: bytes = b""
    """The public key that has signed last, and was not refused since."""
    took: bytes = b""
    """The one that the host has taken, as a login or a part of one."""

    def judged(self, taken: bool) -> None:
        """The host has taken what came last, or refused it."""
        if taken:
            self.took = self.signed or self.took
        self.signed = b""
