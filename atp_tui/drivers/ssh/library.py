"""asyncssh, imported without the search of its own for two optional libraries: that starts gcc and ld at each start."""

from __future__ import annotations

import ctypes.util
import importlib
import os
import sys
import sysconfig
import threading
from pathlib import Path

_importing = threading.Lock()


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
            ctypes.util.find_library = find_library
        try:
            importlib.import_module("asyncssh")
        finally:
            ctypes.util.find_library = of_ctypes


def find_library(name: str) -> str | None:
    """The path of the shared library `lib….so` of that name, with the highest version where there are several."""
    for directory in _directories():
        found = sorted(directory.glob(f"lib{name}.so*"), key=lambda path: (len(path.name), path.name))
        if found:
            return str(found[-1])
    return None


def _directories() -> list[Path]:
    """Where the dynamic linker looks (ld.so(8)), but for what its configuration adds."""
    own = [entry for entry in os.environ.get("LD_LIBRARY_PATH", "").split(":") if entry]
    system = sysconfig.get_config_var("MULTIARCH") or ""
    usual = [
        str(Path(base, below))
        for base in ("/usr/local/lib", "/lib", "/usr/lib", "/lib64", "/usr/lib64")
        for below in (system, "")
    ]
    return [Path(entry) for entry in dict.fromkeys(own + usual)]
