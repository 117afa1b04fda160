"""Which paths may be read on the event loop: files, which have an end and come at once."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def readable(path: Path) -> os.stat_result:
    """The status of a file, of a directory (whoever reads it gets an error) or of /dev/null.

    Raises OSError for a path that is not there, and for a pipe, a socket or a device: to open or to read one could take
    for ever.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode) and not path.samefile(os.devnull):
        raise OSError(errno.EINVAL, "neither a file nor /dev/null", str(path))
    return status
