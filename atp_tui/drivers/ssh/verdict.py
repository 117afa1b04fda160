"""Whether a host key is good: OpenSSH's decision (sshconnect.c, check_host_key), never a looser one."""

from __future__ import annotations

import base64
import copy
import hashlib
import time
from collections.abc import Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, cast

from asyncssh import SSHKey
from asyncssh.packet import SSHPacket, String
from asyncssh.public_key import CERT_TYPE_HOST, get_public_key_algs
from asyncssh.public_key import SSHOpenSSHCertificate as Certificate

from ...model.data_class import dataclass
from ...model.message import Message, told
from ...model.say import Say
from .config.key_rules import KeyRules
from .key_blobs import certificate_in, key_in, kind_of
from .key_lookup import FiledKey, FiledKeys
from .known_hosts import Marker
from .revoked_keys import Issued, RevokedKeys

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_USUAL_RULES = KeyRules()

_CERTIFICATE = "-cert-v01@openssh.com"
_RSA_ALGORITHMS = (b"rsa-sha2-512", b"rsa-sha2-256", b"ssh-rsa")


class Standing(Enum):
    """What a host key is to us."""

    KNOWN = auto()
    NEW = auto()
    CHANGED = auto()
    REVOKED = auto()
    UNUSABLE = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`key` is the plain key, of a certificate as well; `why` tells more of a key that is refused.

    `fell_back`: a certificate was shown, and the plain key was judged.
    """

    standing: Standing
    key: SSHKey
    why: Message | None = None
    fell_back: bool = False


def judge(
    shown: bytes,
    name: str,
    filed: FiledKeys,
    revoked: Sequence[tuple[str, RevokedKeys]],
    now: float | None = None,
    rules: KeyRules = _USUAL_RULES,
) -> Verdict:
    """What the host's key or certificate `shown`, as SSH sends it, is worth under `name`, without its port.

    `revoked` are the files of revoked keys, each with its name; `now` is seconds since 1970. A certificate that proves
    nothing falls back to its plain key. Raises ValueError for what is no key.
    """
    certificate = certificate_in(shown)
    key = key_in(shown) if certificate is None else certificate.key
    blob = key.public_data
    authority = None if certificate is None else certificate.signing_key.public_data
    all_filed = (*filed.exact, *filed.portless)
    for filed_key in all_filed:
        if filed_key.marker is Marker.REVOKED and _plain(filed_key.blob) in (blob, authority):
            return Verdict(Standing.REVOKED, key, told(Say.MARKED_REVOKED, place=filed_key.place))
    issued = None if certificate is None else Issued(authority or b"", certificate._serial, _key_id(certificate))
    for file, keys in revoked:
        if keys.revokes(blob, issued):
            return Verdict(Standing.REVOKED, key, told(Say.LISTED_REVOKED, file=file))
    if (bits := _rsa_bits(key)) is not None and bits < (least := rules.least_rsa_bits):
        return Verdict(Standing.UNUSABLE, key, told(Say.HOST_KEY_TOO_SHORT, bits=bits, least=least))
    trouble = None
    if certificate is not None:
        trouble = _certificate_trouble(certificate, name, filed, time.time() if now is None else now, rules)
        if trouble is None:
            return Verdict(Standing.KNOWN, key)
    return Verdict(standing(blob, filed), key, trouble, certificate is not None)


def standing(blob: bytes, filed: FiledKeys) -> Standing:
    """Whether a plain key is known, new, or another one than is on file."""
    exact = [filed_key.blob for filed_key in filed.exact if filed_key.marker is Marker.NONE]
    if blob in exact:
        return Standing.KNOWN
    if any(_is_key(other) for other in exact):
        return Standing.CHANGED
    # like OpenSSH, a key filed without a port is good on every port, and none there is a changed one
    portless = (filed_key.blob for filed_key in filed.portless if filed_key.marker is Marker.NONE)
    return Standing.KNOWN if blob in portless else Standing.NEW


def _certificate_trouble(
    certificate: Certificate, name: str, filed: FiledKeys, now: float, rules: KeyRules
) -> Message | None:
    """Why a certificate proves nothing about a name; None: it does prove the name."""
    # like OpenSSH, which asks without the port where no authority with it has signed, before it looks for plain keys
    authorities = [key.blob for key in (*filed.exact, *filed.portless) if key.marker is Marker.AUTHORITY]
    if certificate.signing_key.public_data not in authorities:
        return told(Say.AUTHORITY_UNKNOWN)
    if certificate._cert_type != CERT_TYPE_HOST:
        return told(Say.NOT_A_HOSTS_CERTIFICATE)
    if now < certificate._valid_after:
        return told(Say.HOST_CERTIFICATE_EARLY)
    if now >= certificate._valid_before:
        return told(Say.HOST_CERTIFICATE_OVER)
    if name not in certificate.principals:  # later versions of OpenSSH take patterns; none at all are any name's in 9
        return told(Say.HOST_CERTIFICATE_OF_OTHER, name=name)
    if certificate.options:
        return told(Say.HOST_CERTIFICATE_OPTIONS)
    if not rules.takes_signature(signed := _signature_algorithm(certificate).decode("ascii", "replace")):
        signed = "SHA-1" if signed == "ssh-rsa" else signed
        return told(Say.HOST_CERTIFICATE_SIGNED, algorithm=signed)
    return None


def _key_id(certificate: Certificate) -> bytes:
    key_id = certificate._key_id
    return key_id if isinstance(key_id, bytes) else key_id.encode()


def _signature_algorithm(certificate: Certificate) -> bytes:
    # a certificate ends with its authority's key and the signature
    authority = String(certificate.signing_key.public_data)
    signature = SSHPacket(certificate.public_data.rpartition(authority)[2]).get_string()
    return SSHPacket(signature).get_string()


def _plain(blob: bytes) -> bytes:
    """The key of a certificate that a file has in the place of a key."""
    try:
        certificate = certificate_in(blob)
    except ValueError:
        return blob
    return blob if certificate is None else certificate.key.public_data


def _is_key(blob: bytes) -> bool:
    """Whether OpenSSH would take it for a key. A kind that we do not know counts: a later OpenSSH may."""
    if kind_of(blob) not in get_public_key_algs():
        return True
    try:
        key_in(blob)
    except ValueError:
        return False
    return True


def _rsa_bits(key: SSHKey) -> int | None:
    return cast("RSAPublicKey", key.pyca_key).key_size if key.get_algorithm() == "ssh-rsa" else None


def kind_of_algorithm(algorithm: str) -> bytes:
    """The kind of key, or of certificate, that goes with a host key algorithm: several sign with RSA's."""
    name, certificate, rest = algorithm.partition(_CERTIFICATE)
    if name.startswith(("rsa-sha2-", "ssh-rsa-sha")):
        name = "ssh-rsa"
    return f"{name.removeprefix('webauthn-')}{certificate}{rest}".encode()


def bound_to(key: SSHKey, algorithm: str) -> SSHKey:
    """The key, good for signatures of this host key algorithm alone: asyncssh would take SHA-1 where more was agreed
    on."""
    name, certificate, _ = algorithm.partition(_CERTIFICATE)
    bound = copy.copy(key)
    bound.all_sig_algorithms = {(f"{name}@openssh.com" if certificate and name.startswith("sk-") else name).encode()}
    return bound


def refused_when_proved(key: SSHKey, refusal: Exception) -> SSHKey:
    """The key, whose own signature raises `refusal`; any other one is no signature of it."""
    refused = copy.copy(key)

    def verify(data: bytes, sig: bytes) -> bool:
        if key.verify(data, sig):
            raise refusal
        return False

    refused.verify = verify  # type: ignore[method-assign]
    return refused


def algorithms(
    filed: FiledKeys, defaults: Sequence[bytes], certificates: Sequence[bytes], *, revokes: bool = False
) -> list[str]:
    """Host key algorithms to offer: those of known keys first, so that the host shows a key we can compare, then the
    rest, so that it can show another one and be told from a host that merely lacks ours. Certificates only where an
    authority is known for the host, or where one may be revoked (`revokes`: there is a file of revoked keys). A key on
    file brings no algorithm back that is off by default.
    """
    known: list[bytes] = []
    for key in (*filed.exact, *filed.portless):
        if key.marker is Marker.NONE:
            kind = kind_of(key.blob)
            known += _RSA_ALGORITHMS if kind == b"ssh-rsa" else (kind,)
    authority = revokes or any(key.marker is not Marker.NONE for key in (*filed.exact, *filed.portless))
    offered = [*(certificates if authority else ()), *(kind for kind in known if kind in defaults), *defaults]
    return [algorithm.decode("ascii") for algorithm in dict.fromkeys(offered)]


def described(filed: Sequence[FiledKey]) -> tuple[str, ...]:
    """The plain keys among them, each as its type and fingerprint (`ssh-ed25519 SHA256:…`)."""
    found = []
    for key in filed:
        if key.marker is Marker.NONE:
            kind = kind_of(key.blob).decode("ascii", "replace")
            digest = base64.b64encode(hashlib.sha256(key.blob).digest()).decode().rstrip("=")
            found.append(f"{kind} SHA256:{digest}")
    return tuple(dict.fromkeys(found))
