"""Python, the libraries, libvirt's binding: whether they are there, in versions that are meant."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version

from ...model.data_class import dataclass
from ...model.host import SIMULATED, HostInfo
from .verdict import Asked, Verdict, ok, warning, wrong

NEEDED = (3, 11)
_DISTRIBUTION = "atp-tui"
_BINDING = "libvirt-python"
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*([^;]*)")
_BOUND = re.compile(r"(==|>=|<)\s*(\d+(?:\.\d+)*)(\.\*)?")


def look_python(_asked: Asked) -> tuple[int, ...]:
    return tuple(sys.version_info[:3])


def judge_python(found: tuple[int, ...]) -> Iterable[Verdict]:
    shown, needed = (".".join(map(str, numbers)) for numbers in (found, NEEDED))
    if found < NEEDED:
        return [wrong(f"{shown} is older than {needed}", f"install Python {needed} or newer")]
    return [ok(shown)]


@dataclass(frozen=True, slots=True)
class LibrariesFound:
    """Each library that the program asks for: its name, the versions that are meant, the one that is there or None.

    `packaged` False: the program was not installed, so that nothing says which libraries it needs.
    """

    libraries: tuple[tuple[str, str, str | None], ...] = ()
    packaged: bool = True


def look_libraries(_asked: Asked) -> LibrariesFound:
    try:
        wanted = requires(_DISTRIBUTION) or []
    except PackageNotFoundError:
        return LibrariesFound(packaged=False)
    found = []
    for each in wanted:
        match = _REQUIREMENT.match(each)
        if match is not None and match[1] != _BINDING:
            found.append((match[1], match[2].strip(), _version(match[1])))
    return LibrariesFound(tuple(found))


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def judge_libraries(found: LibrariesFound) -> Iterable[Verdict]:
    if not found.packaged:
        return [warning("the program is not installed, so that versions cannot be compared", "./atp, or pip install .")]
    verdicts = []
    for name, bounds, there in found.libraries:
        mend = f"run ./atp install again, or: pip install '{name}{bounds}'"
        if there is None:
            verdicts.append(wrong(f"{name} is not installed", mend))
        elif not within(there, bounds):
            verdicts.append(wrong(f"{name} {there} is not {bounds}, which this program was tested with", mend))
    return verdicts or [ok(", ".join(f"{name} {there}" for name, _, there in found.libraries))]


def within(there: str, bounds: str) -> bool:
    """Whether a version is within bounds such as `==8.2.*` or `>=4,<5`; bounds of another form bound nothing."""
    numbers = _numbers(there)
    return all(_within(numbers, sign, _numbers(bound), open_end) for sign, bound, open_end in _BOUND.findall(bounds))


def _within(numbers: tuple[int, ...], sign: str, bound: tuple[int, ...], open_end: str) -> bool:
    if open_end:  # ==8.2.*
        return (*numbers, *[0] * len(bound))[: len(bound)] == bound
    have, wanted = _trimmed(numbers), _trimmed(bound)
    return {"==": have == wanted, ">=": have >= wanted, "<": have < wanted}[sign]


def _numbers(text: str) -> tuple[int, ...]:
    match = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, match[0].split("."))) if match else ()


def _trimmed(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """1.2.0 is 1.2."""
    while numbers and numbers[-1] == 0:
        numbers = numbers[:-1]
    return numbers


@dataclass(frozen=True, slots=True)
class LibvirtFound:
    """Libvirt's binding as `drivers` found it, and whether a host needs it (None: no host is known)."""

    binding: str
    library: int | None
    one_call_at_a_time: bool
    error: str
    needed: bool | None


def look_libvirt(asked: Asked) -> LibvirtFound:
    from ...drivers.libvirt.presence import find_binding

    found = find_binding()
    needed = None if asked.fleet is None else any(map(_by_libvirt, asked.fleet.hosts))
    return LibvirtFound(found.binding, found.library, found.one_call_at_a_time, found.error, needed)


def _by_libvirt(host: HostInfo) -> bool:
    return host.connection_uri is not None and host.connection_uri.driver != SIMULATED


def judge_libvirt(found: LibvirtFound) -> Iterable[Verdict]:
    if found.library is None:
        level = warning if found.needed is False else wrong
        mend = "apt install python3-libvirt, and a Python that sees it as ./atp makes it; or pip install libvirt-python"
        return [level(f"the binding cannot be loaded: {found.error}; no libvirt host can be reached", mend)]
    library = f"{found.library // 1_000_000}.{found.library // 1_000 % 1_000}.{found.library % 1_000}"
    shown = f"binding {found.binding or 'of an unknown version'}, client library {library}"
    if found.one_call_at_a_time:
        return [
            warning(
                f"{shown}: before 10.4 two calls at a time on one connection can crash a program (CVE-2024-4418), "
                "so one is made at a time",
                "libvirt 10.4 or newer on this machine (Debian 13 has it) makes busy hosts answer sooner",
            )
        ]
    return [ok(shown)]
