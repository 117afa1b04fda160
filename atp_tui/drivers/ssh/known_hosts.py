"""known_hosts files as text: a line for a new key, and the removal of a host's old ones, as ssh-keygen -R does it."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import tempfile
from pathlib import Path

_HASHED = "|1|"


def host_pattern(name: str, port: int) -> str:
    """A host as known_hosts files name it: `[name]:port` where the port is not 22. Names are in lower case there."""
    name = name.lower()
    return name if port == 22 else f"[{name}]:{port}"


def append_key(path: Path, pattern: str, public_key: str) -> None:
    """Add a line in one write; the file is made, for its owner alone, where there is none. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        # a last line that an editor left without its end would swallow the new one
        start = b"\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else b""
        os.write(descriptor, start + f"{pattern} {public_key}\n".encode())
    finally:
        os.close(descriptor)


def replace_keys(path: Path, pattern: str, public_key: str) -> None:
    """Put one key in the place of all that a file has for a host; the former file stays as `….old`. Raises OSError.

    Lines with hashed names are found as well. Marked lines (@revoked, @cert-authority) and wildcards stay.
    """
    before = path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""
    kept = [line for line in (_without(line, pattern) for line in before.splitlines()) if line is not None]
    after = "\n".join([*kept, f"{pattern} {public_key}"]) + "\n"
    _write(path.with_name(path.name + ".old"), before)
    _write(path, after)


def _write(path: Path, text: str) -> None:
    """Replace a file in one step: a crash leaves the old one or the new one. Who may read it stays as it was."""
    target = path.resolve()  # a known_hosts file that is a link into a shared directory stays one
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=target.name)  # with mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _without(line: str, pattern: str) -> str | None:
    """The line without that host: None where it named no other."""
    names, _, rest = line.strip().partition(" ")
    if not rest or names.startswith(("#", "@")):
        return line
    if names.startswith(_HASHED):
        return None if _is_hash_of(names, pattern) else line
    left = [name for name in names.split(",") if name.lower() != pattern]
    return f"{','.join(left)} {rest}" if left else None


def _is_hash_of(hashed: str, pattern: str) -> bool:
    """Whether `|1|salt|hash` names that host: HMAC-SHA1, as sshd(8) describes it."""
    try:
        salt, digest = (base64.b64decode(part) for part in hashed[len(_HASHED) :].split("|"))
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(hmac.digest(salt, pattern.encode(), "sha1"), digest)
