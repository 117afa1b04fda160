"""The classes of causes that the system's own errors belong to: what refused, where there is no way, no such name."""

from __future__ import annotations

import errno
import socket

from ..model.causes import Cause

_CAUSES = {
    errno.ECONNREFUSED: Cause.PORT_REFUSED,
    errno.EHOSTUNREACH: Cause.NO_ROUTE,
    errno.ENETUNREACH: Cause.NO_ROUTE,
    errno.EHOSTDOWN: Cause.NO_ROUTE,
    errno.ENETDOWN: Cause.NO_ROUTE,
    errno.ETIMEDOUT: Cause.NO_ANSWER,
    errno.EACCES: Cause.NO_PERMISSION,
    errno.EPERM: Cause.NO_PERMISSION,
    errno.ECONNRESET: Cause.ENDED_EARLY,
    errno.ECONNABORTED: Cause.ENDED_EARLY,
    errno.ENOTCONN: Cause.ENDED_EARLY,
    errno.EPIPE: Cause.ENDED_EARLY,
    errno.EIO: Cause.ENDED_EARLY,  # libvirt's number for an end of file
}

_NO_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


def system_cause(error: OSError) -> Cause:
    """The class of an error while connecting."""
    return _CAUSES.get(error.errno or 0, Cause.SYSTEM)


def lookup_cause(error: OSError) -> Cause:
    """The class of a failed look-up: the name servers know no such name, or they could not be asked."""
    return Cause.NO_SUCH_NAME if error.errno in _NO_NAME else Cause.LOOKUP_FAILED
