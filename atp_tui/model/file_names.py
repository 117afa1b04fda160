"""Names of files that are made of the ids of hosts. Pure."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

LONGEST = 255
"""Bytes of a file's name, on the file systems of Linux."""

_KEPT = 200
"""Bytes that are kept of a longer one."""


def host_file_name(host: str, suffix: str, longest: int = LONGEST) -> str:
    """The name of a host's file, whatever its id: letters, digits, `.`, `_`, `-`, `~` and `%`, no path, no hidden file,
    of `longest` bytes at most, and another one for each host. `suffix` begins with its dot.
    """
    name = quote(host, safe="", errors="surrogatepass")
    name = f"%2E{name[1:]}" if name.startswith(".") else name
    if not name or len(name) + len(suffix) > longest:
        digest = hashlib.sha256(host.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        name = f"{name[:_KEPT]}%{digest}"
    return f"{name}{suffix}"
