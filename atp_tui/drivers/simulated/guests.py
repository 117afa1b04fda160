"""What the agents of the simulated domains say, in the shape of libvirt's virDomainGetGuestInfo."""

from __future__ import annotations

from typing import Any

from .node import SimulatedDomain

_SYSTEMS = {
    "web": ("Debian GNU/Linux 12 (bookworm)", "6.1.0-25-amd64"),
    "db": ("Red Hat Enterprise Linux 9.2 (Plow)", "5.14.0-284.11.1.el9_2.x86_64"),
    "app": ("Ubuntu 24.04.1 LTS", "6.8.0-45-generic"),
    "ci-runner": ("Fedora Linux 42 (Server Edition)", "6.14.2-300.fc42.x86_64"),
    "mail": ("Debian GNU/Linux 11 (bullseye)", "5.10.0-32-amd64"),
    "gitlab": ("Ubuntu 22.04.5 LTS", "5.15.0-122-generic"),
    "win": ("Microsoft Windows Server 2022 Standard", "10.0.20348"),
}
_OTHER = ("Debian GNU/Linux 12 (bookworm)", "6.1.0-25-amd64")

_GIB = 1 << 30


def has_agent(domain: SimulatedDomain) -> bool:
    """One domain in five has no channel for an agent."""
    return _chance(domain) % 5 != 0


def agent_answers(domain: SimulatedDomain) -> bool:
    """Of one in nine the agent is not running."""
    return _chance(domain) % 9 != 4


def guest_info(domain: SimulatedDomain) -> dict[str, Any]:
    """All that the agent tells."""
    chance = _chance(domain)
    system, kernel = next((said for role, said in _SYSTEMS.items() if domain.name.startswith(role)), _OTHER)
    low, high = int(domain.uuid[:2], 16), int(domain.uuid[2:4], 16)
    answer: dict[str, Any] = {
        "hostname": domain.name, "os.pretty-name": system, "os.kernel-release": kernel, "timezone.name": "UTC",
        "timezone.offset": 0,
    }  # fmt: skip
    users = ("ada", "root")[: chance % 3]
    answer["user.count"] = len(users)
    for number, user in enumerate(users):
        answer[f"user.{number}.name"] = user
    disks = (("/", 40, "ext4"), ("/var", 120, "xfs"), ("/srv", 500, "xfs"))[: 1 + chance % 3]
    answer["fs.count"] = len(disks)
    for number, (place, size, kind) in enumerate(disks):
        answer |= {
            f"fs.{number}.mountpoint": place, f"fs.{number}.fstype": kind, f"fs.{number}.total-bytes": size * _GIB,
            f"fs.{number}.used-bytes": size * _GIB * ((chance * (number + 7)) % 97 + 2) // 100,
        }  # fmt: skip
    for number, (name, address, prefix) in enumerate(
        (("lo", "127.0.0.1", 8), ("enp1s0", f"10.{low}.{high}.{low % 250 + 2}", 16))
    ):
        answer |= {
            f"if.{number}.name": name, f"if.{number}.addr.count": 1, f"if.{number}.addr.0.addr": address,
            f"if.{number}.addr.0.prefix": prefix,
        }  # fmt: skip
    return answer | {"if.count": 2, "if.1.hwaddr": f"52:54:00:{domain.uuid[:2]}:{domain.uuid[2:4]}:01"}


def _chance(domain: SimulatedDomain) -> int:
    return int(domain.uuid[4:8], 16)
