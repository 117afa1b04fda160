"""Certificates of our own keys: read, and why a host will not take one."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ...model.data_class import dataclass
from ...model.message import Message, text, told
from ...model.say import Say

if TYPE_CHECKING:
    from asyncssh import SSHCertificate


def parse_certificate(path: Path) -> SSHCertificate:
    """The certificate in a file. Raises OSError, and ValueError for what is none that can be read."""
    import asyncssh
    from asyncssh.public_key import SSHOpenSSHCertificate, SSHOpenSSHCertificateV01

    # the third of the critical options that PROTOCOL.certkeys has; asyncssh would call the certificate invalid
    known = SSHOpenSSHCertificateV01._user_option_decoders
    more = {b"verify-required": SSHOpenSSHCertificate._decode_bool}
    SSHOpenSSHCertificateV01._user_option_decoders = {**more, **known}
    return asyncssh.read_certificate(path)


def unreadable(path: Path, error: OSError | ValueError) -> Message:
    """What is said of a file in which there is no certificate to offer."""
    if isinstance(error, OSError):
        return told(Say.ABOUT, subject=str(path), message=text(error.strerror or str(error)))
    return told(Say.CERTIFICATE_UNREADABLE, file=str(path), why=str(error))


WARNED = 3600.0
"""Seconds before the end of a certificate at which that is told; of one that lives four hours or less, the last quarter
of its life."""


@dataclass(frozen=True, slots=True)
class Term:
    """From when until when a certificate counts, in seconds since 1970. `name` is that of its file, or tells where an
    agent has it; then `path` is None."""

    name: str
    begin: int
    end: int
    path: Path | None = None

    @property
    def warned_before(self) -> float:
        """Seconds before its end at which that is told."""
        return min(WARNED, (self.end - self.begin) / 4)

    @property
    def last_second(self) -> str:
        """The last one in which it counts."""
        return _utc(self.end - 1)

    @property
    def ending(self) -> Message:
        """That it ends, and when."""
        return told(Say.CERTIFICATE_ENDS, file=self.name, at=self.last_second)


def term_of(certificate: SSHCertificate, name: str, path: Path | None = None) -> Term | None:
    """The term of a certificate that has an end; None for another one."""
    from asyncssh.public_key import SSHOpenSSHCertificate

    if not isinstance(certificate, SSHOpenSSHCertificate) or certificate._valid_before >= _FOR_EVER:
        return None
    return Term(name, certificate._valid_after, certificate._valid_before, path)


_FOR_EVER = 1 << 40
"""Seconds, of some 35,000 years: PROTOCOL.certkeys has all bits of the number set for a certificate without an end."""


def is_still_there(term: Term) -> bool:
    """Whether the file of a certificate has that one still, and no later one."""
    if term.path is None:
        return True
    try:
        return term_of(parse_certificate(term.path), term.name, term.path) == term
    except (OSError, ValueError):
        return True  # it cannot be told, and there is no new one


def out_of_time(certificate: SSHCertificate, path: Path) -> list[Message]:
    """Why a host will not take a certificate, by this machine's clock. It is offered all the same, as by ssh."""
    from asyncssh.public_key import SSHOpenSSHCertificate

    if not isinstance(certificate, SSHOpenSSHCertificate):
        return []
    now = time.time()
    if now >= certificate._valid_before:
        return [told(Say.CERTIFICATE_OVER, file=str(path), at=_utc(certificate._valid_before - 1))]
    if now < certificate._valid_after:
        return [told(Say.CERTIFICATE_EARLY, file=str(path), at=_utc(certificate._valid_after))]
    return []


def _utc(seconds: int) -> str:
    with contextlib.suppress(ValueError, OverflowError, OSError):  # 64 bits hold more years than a date
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"{seconds} s after 1970"
