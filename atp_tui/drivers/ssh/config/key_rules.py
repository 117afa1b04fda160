"""What ssh_config wants of a key that is on file: RequiredRSASize and CASignatureAlgorithms."""

from __future__ import annotations

from ....model.data_class import dataclass
from .match import matches
from .said import Said

LEAST_RSA_BITS = 1024
"""OpenSSH's default for RequiredRSASize, below which it takes no other value."""

AUTHORITY_ALGORITHMS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
"""OpenSSH's default for CASignatureAlgorithms."""


@dataclass(frozen=True, slots=True)
class KeyRules:
    """`least_rsa_bits` holds for keys of hosts and for one's own. `authority_algorithms` are patterns for the
    signatures below certificates of hosts."""

    least_rsa_bits: int = LEAST_RSA_BITS
    authority_algorithms: tuple[str, ...] = AUTHORITY_ALGORITHMS

    def takes_signature(self, algorithm: str) -> bool:
        """Whether a host's certificate may be signed so."""
        return any(matches(algorithm, pattern) for pattern in self.authority_algorithms)


def key_rules(said: Said) -> KeyRules:
    """The rules for one host."""
    bits = said.first("requiredrsasize") or ""
    listed = said.first("casignaturealgorithms")
    return KeyRules(
        max(LEAST_RSA_BITS, int(bits) if bits.isdecimal() else 0),
        AUTHORITY_ALGORITHMS if listed is None else _authority_algorithms(listed),
    )


def _authority_algorithms(listed: str) -> tuple[str, ...]:
    """`+`, `-` and `^` change the default; our own reading alone meets them."""
    how, names = (listed[0], listed[1:]) if listed[:1] in ("+", "-", "^") else ("", listed)
    patterns = tuple(name for name in names.split(",") if name)
    if how == "-":
        return tuple(name for name in AUTHORITY_ALGORITHMS if not any(matches(name, pattern) for pattern in patterns))
    return (*AUTHORITY_ALGORITHMS, *patterns) if how else patterns
