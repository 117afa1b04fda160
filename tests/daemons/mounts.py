"""Commands that run with mounts of their own: a mount namespace that a line of shell has prepared for them."""

from __future__ import annotations

import os

_PRIVATE = "nsenter --mount=/proc/self/ns/mnt mount --make-rprivate /"
"""No mount reaches the machine's own namespace. unshare does the same for the process's root directory, which in a
plain chroot is no mount point; setns(2) leads mount(8) to the namespace's own root, which always is one."""

_AS_ROOT = ("unshare", "--mount", "--propagation", "unchanged")
_AS_USER = ("unshare", "--user", "--map-current-user", "--keep-caps", "--mount")
_WITHOUT_RIGHTS = "setpriv --inh-caps=-all --ambient-caps=-all"
"""What an ordinary user may in his own namespace is for the mounts alone, not for the command."""


def own_mounts(prepared: str) -> list[str]:
    """Words that lead a command into a mount namespace of its own. `prepared` is a line of shell that mounts there.

    The command keeps its user. An ordinary user needs user namespaces, which the kernel refuses in a chroot.
    """
    if os.geteuid() == 0:
        return [*_AS_ROOT, "sh", "-c", f'{_PRIVATE} && {prepared} && exec "$@"', "sh"]
    return [*_AS_USER, "sh", "-c", f'{prepared} && exec {_WITHOUT_RIGHTS} "$@"', "sh"]
