"""Names under which ssh_config knows public forges: hosts for git, on which nobody watches virtual machines."""

from __future__ import annotations

import re

_DOMAINS = (
    "aur.archlinux.org", "bitbucket.org", "codeberg.org", "dev.azure.com", "framagit.org", "gitee.com", "github.com",
    "gitlab.com", "gitlab.freedesktop.org", "gitlab.gnome.org", "git.kernel.org", "git.launchpad.net",
    "git.savannah.gnu.org", "git.code.sf.net", "git.sr.ht", "hf.co", "invent.kde.org", "notabug.org",
    "salsa.debian.org", "source.developers.google.com", "visualstudio.com",
)  # fmt: skip
_NAMES = re.compile(r"(^|[-_.])(github|gitlab|bitbucket|codeberg|sourcehut|sourceforge|gerrit)([-_.]|$)", re.IGNORECASE)


def is_forge(name: str) -> bool:
    """Whether a host of that name is, by its name, a forge: `github.com`, `ssh.github.com`, `github-work`."""
    name = name.lower().rstrip(".")
    return any(name == domain or name.endswith("." + domain) for domain in _DOMAINS) or bool(_NAMES.search(name))
