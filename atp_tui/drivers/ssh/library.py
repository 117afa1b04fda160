"""asyncssh, imported without its own search for two optional libraries, which starts gcc and ld at each start, and
without those optional modules of it that are never used here."""

from __future__ import annotations

import ctypes.util
import importlib
import os
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

_importing = threading.Lock()

UNUSED = ("asyncssh.crypto.x509", "asyncssh.gss_unix", "pkcs11")
"""X.509 certificates, which OpenSSH does not have, GSSAPI, and keys by PKCS#11: `options` asks for none of them, and
asyncssh goes on without what cannot be imported. The first, with a part of cryptography, is a sixth of the import."""


def load_asyncssh() -> None:
    """Import asyncssh. Raises what the import raises.

    asyncssh asks ctypes for liboqs and nettle. On Linux, ctypes runs `ldconfig`, `gcc` and `ld` for each name that it
    does not find: whatever stands in PATH under these names, and with files of theirs in the temporary directory.
    """
    with _importing:
        if "asyncssh" in sys.modules:
            return
        of_ctypes = ctypes.util.find_library
        if sys.platform == "linux":
            ctypes.util.find_library = partial(find_library, listed={})
        try:
            with _left_out(UNUSED):
                importlib.import_module("asyncssh")
        finally:
            ctypes.util.find_library = of_ctypes


@contextmanager
def _left_out(names: tuple[str, ...]) -> Iterator[None]:
    """Meanwhile these modules cannot be imported: https://docs.python.org/3/reference/import.html#the-module-cache."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None is what says so
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def find_library(name: str, listed: dict[str, list[str]] | None = None) -> str | None:
    """The path of the shared library `lib….so` of that name, with the highest version where there are several.

    `listed` keeps the names in each directory, of which there may be thousands, for the next call.
    """
    listed = {} if listed is None else listed
    for directory in _directories():
        if directory not in listed:
            listed[directory] = _names(directory)
        found = [each for each in listed[directory] if each.startswith(f"lib{name}.so")]
        if found:
            return os.path.join(directory, max(found, key=lambda each: (len(each), each)))
    return None


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []


def _directories() -> list[str]:
    """Where the dynamic linker looks (ld.so(8)), but for what its configuration adds."""
    own = [entry for entry in os.environ.get("LD_LIBRARY_PATH", "").split(":") if entry]
    system = sysconfig.get_config_var("MULTIARCH") or ""
    usual = [
        os.path.join(base, below)
        for base in ("/usr/local/lib", "/lib", "/usr/lib", "/lib64", "/usr/lib64")
        for below in (system, "")
    ]
    return list(dict.fromkeys(map(os.path.realpath, own + usual)))  # /lib is /usr/lib where they are merged
