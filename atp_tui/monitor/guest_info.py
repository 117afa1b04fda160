"""What a VM's agent tells through libvirt, made of virDomainGetGuestInfo's answer. Nothing of it is asked in a sample:
the agent may be slow, or hang. https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainGetGuestInfo"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..model.guest import GuestFileSystem, GuestInfo, GuestInterface, GuestUser
from ..model.libvirt import FindsDomainsWithAgent

T = TypeVar("T")

MOST = 64
"""Users, file systems, interfaces, and addresses of each, that are kept."""
LONGEST = 200
"""Characters of a text that are kept."""
_MOST_NUMBER = 1 << 63


def read_guest(virt: FindsDomainsWithAgent, uuid: str) -> GuestInfo:
    """Ask the agent of a domain for all that it tells. Runs on a lane; libvirt may wait half a minute for the agent.

    Raises libvirtError.
    """
    return guest_info(virt.lookupByUUIDString(uuid).guestInfo(0, 0))  # 0: all that this agent can tell


def guest_info(answer: object) -> GuestInfo:
    """What stands in an answer, whatever it holds."""
    told: Mapping[str, Any] = answer if isinstance(answer, dict) else {}
    name = _text(told, "os.name")
    return GuestInfo(
        hostname=_text(told, "hostname"),
        system=_text(told, "os.pretty-name") or f"{name} {_text(told, 'os.version')}".strip(),
        kernel=_text(told, "os.kernel-release"),
        zone=_text(told, "timezone.name"),
        offset=_offset(told),
        users=_each(told, "user", lambda at: GuestUser(_text(told, f"{at}.name"), _seconds(told, f"{at}.login-time"))),
        file_systems=_each(told, "fs", lambda at: _file_system(told, at)),
        interfaces=_each(told, "if", lambda at: _interface(told, at)),
    )


def _file_system(told: Mapping[str, Any], at: str) -> GuestFileSystem:
    total, used = _number(told, f"{at}.total-bytes"), _number(told, f"{at}.used-bytes")
    return GuestFileSystem(_text(told, f"{at}.mountpoint"), _text(told, f"{at}.fstype"), total, used)


def _interface(told: Mapping[str, Any], at: str) -> GuestInterface:
    def address(place: str) -> str:
        prefix = _number(told, f"{place}.prefix")
        return _text(told, f"{place}.addr") + ("" if prefix is None else f"/{prefix}")

    addresses = _each(told, f"{at}.addr", address)
    return GuestInterface(_text(told, f"{at}.name"), _text(told, f"{at}.hwaddr"), addresses)


def _each(told: Mapping[str, Any], kind: str, make: Callable[[str], T]) -> tuple[T, ...]:
    count = _number(told, f"{kind}.count") or 0
    return tuple([make(f"{kind}.{number}") for number in range(min(count, MOST))])


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return " ".join(value.split())[:LONGEST] if type(value) is str else ""


def _number(told: Mapping[str, Any], name: str) -> int | None:
    value = told.get(name)
    return value if type(value) is int and 0 <= value < _MOST_NUMBER else None


def _seconds(told: Mapping[str, Any], name: str) -> float | None:
    milliseconds = _number(told, name)
    return None if not milliseconds else milliseconds / 1000


def _offset(told: Mapping[str, Any]) -> int | None:
    value = told.get("timezone.offset")
    return value if type(value) is int and abs(value) <= 86_400 else None
