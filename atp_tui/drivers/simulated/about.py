"""What the simulated domains say about themselves for people, by the beginning of their names."""

from __future__ import annotations

from collections.abc import Mapping

ABOUT: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "web": ("Shop front", "http://debian.org/debian/12", ("web",)),
    "db": ("Orders database", "http://redhat.com/rhel/9.2", ("db", "backup")),
    "app": ("Order service", "http://ubuntu.com/ubuntu/24.04", ("app",)),
    "cache": ("Session cache", "http://debian.org/debian/12", ("cache",)),
    "ci-runner": ("Build runner", "http://fedoraproject.org/fedora/42", ("ci",)),
    "mail": ("Mail relay", "http://debian.org/debian/11", ("mail", "backup")),
    "dns": ("Resolver", "http://openbsd.org/openbsd/7.5", ("net",)),
    "gitlab": ("Source code", "http://ubuntu.com/ubuntu/22.04", ("ci", "backup")),
    "vpn": ("Gateway to the offices", "http://freebsd.org/freebsd/14.1", ("net",)),
    "win": ("Print and files", "http://microsoft.com/win/2k22", ("office",)),
    "test": ("Trials, may go at any time", "http://fedoraproject.org/fedora/41", ("test",)),
    "": ("", "", ()),
}
"""Title, libosinfo's id of the operating system, tags."""
