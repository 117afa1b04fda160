"""Certificates of our own keys: read, and why a host will not take one."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

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


def ends_soon(certificate: SSHCertificate, path: Path) -> list[Message]:
    """That a certificate which still counts will not for long."""
    from asyncssh.public_key import SSHOpenSSHCertificate

    if not isinstance(certificate, SSHOpenSSHCertificate):
        return []
    end, life = certificate._valid_before, certificate._valid_before - certificate._valid_after
    if 0 < end - time.time() <= min(WARNED, life / 4):
        return [told(Say.CERTIFICATE_ENDS, file=str(path), at=_utc(end - 1))]
    return []


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
