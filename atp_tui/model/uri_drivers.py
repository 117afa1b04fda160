"""The drivers of libvirt, as the scheme of a URI names them: which a daemon serves, why others are not opened."""

from __future__ import annotations

SIMULATED = "sim"
"""The URI scheme of hosts that exist only inside the program."""

DRIVERS = (
    "qemu",
    "xen",
    "lxc",
    "ch",
    "bhyve",
    "vbox",
    "vz",
    "parallels",
    "openvz",
    "uml",
    "vmwareplayer",
    "vmwarews",
    "vmwarefusion",
    "test",
    "remote",
    SIMULATED,
)
"""The schemes that a libvirt daemon serves on its host, `remote` (the daemon chooses), and `sim`.

https://libvirt.org/drivers.html; `parallels` and `uml` are names that older daemons have.
"""

_OWN_PROTOCOL = {
    "esx": "VMware ESX",
    "gsx": "VMware GSX",
    "vpx": "VMware vCenter",
    "hyperv": "Microsoft Hyper-V",
    "xenapi": "XenServer",
    "phyp": "IBM PowerVM",
}
"""Drivers of which libvirt's client speaks another protocol (HTTPS, WinRM, a login on a console), with a password, and
for which no daemon of libvirt listens on the host. libvirt opens such a URI only by asking for that password."""

_NO_HYPERVISOR = frozenset({"network", "interface", "nodedev", "nwfilter", "secret", "storage"})
"""Daemons of libvirt for one part of a host: they know no machines."""

_OTHER_NAMES = {"kvm": "qemu", "libvirt": "qemu"}
"""What people write for a driver: the names that the machines go by elsewhere."""

PATHS = dict.fromkeys(("qemu", "ch", "vbox"), ("/system", "/session"))
"""The paths that a driver takes; the others are left to the driver itself."""

EXAMPLE = "write a URI such as qemu+ssh://root@kvm01/system or qemu+tcp://kvm01/system"


def trouble(driver: str) -> tuple[str, str] | None:
    """Why URIs of a driver are not opened, and what to write instead; None for one that a daemon serves."""
    if driver in DRIVERS:
        return None
    if driver in _OWN_PROTOCOL:
        hint = (
            f"libvirt reaches {_OWN_PROTOCOL[driver]} by a protocol of its own and with a password, "
            "without a daemon on the host: use virsh for it; where it has an sshd, uri = false is SSH alone"
        )
        return f"{driver}, which this program does not open,", hint
    if driver in _NO_HYPERVISOR:
        return f"{driver}, a part of libvirt that has no machines,", EXAMPLE
    if driver == "ssh":
        return "no hypervisor is called ssh,", "for SSH alone write uri = false, else qemu+ssh://…/system"
    from difflib import get_close_matches  # for a slip, which is rare

    near = [_OTHER_NAMES[driver]] if driver in _OTHER_NAMES else get_close_matches(driver, DRIVERS, 1)
    hint = f"did you mean {near[0]}?" if near else "the drivers are " + ", ".join(DRIVERS[:-1])
    return f"no hypervisor is called {driver},", hint
