"""Keys and certificates as SSH sends them, decoded by asyncssh with one kind of error for whatever ails them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from asyncssh import KeyImportError, SSHKey
from asyncssh.packet import SSHPacket
from asyncssh.public_key import SSHOpenSSHCertificate as Certificate
from asyncssh.public_key import decode_ssh_certificate, decode_ssh_public_key

T = TypeVar("T")


class _AnyOption(dict[bytes, Callable[[SSHPacket], object]]):
    """Takes each critical option of a host's certificate, where asyncssh takes none and calls the whole unreadable.

    OpenSSH reads such a certificate, takes it for no proof, and judges the plain key in it (sshkey_cert_check_host).
    """

    def get(self, name: bytes, default: object = None) -> Callable[[SSHPacket], object]:
        return _whole


def _whole(value: SSHPacket) -> bytes:
    return value.get_bytes(len(value.get_remaining_payload()))


Certificate._host_option_decoders = _AnyOption()


def kind_of(blob: bytes) -> bytes:
    """The algorithm that a blob begins with."""
    return blob[4 : 4 + int.from_bytes(blob[:4], "big")]


def certificate_in(blob: bytes) -> Certificate | None:
    """The certificate that a blob is, its authority's signature checked; None for another kind of blob.

    Raises ValueError for a bad certificate.
    """
    if not kind_of(blob).endswith(b"-cert-v01@openssh.com"):
        return None
    found = _decoded(decode_ssh_certificate, blob)
    if not isinstance(found, Certificate):
        raise KeyImportError("not a certificate of OpenSSH's")
    return found


def key_in(blob: bytes) -> SSHKey:
    """The key that a blob is, of a certificate the key that it certifies. Raises ValueError for neither."""
    certificate = certificate_in(blob)
    return _decoded(decode_ssh_public_key, blob) if certificate is None else certificate.key


def _decoded(decode: Callable[[bytes], T], blob: bytes) -> T:
    """Raises ValueError for whatever ails a blob: a negative number ends in an OverflowError, for one."""
    try:
        return decode(blob)
    except ValueError:
        raise
    except Exception as error:
        raise KeyImportError(str(error)) from error
