"""The binding is loaded once, also where threads or descriptors run out on the way: what is left is made later."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("libvirt")

HEAD = """
import os, resource, threading
os.environ["LIBVIRT_AUTH_FILE"] = "/of/the/person"
import atp_tui.drivers.libvirt.binding as binding

def limited(which, soft):
    hard = resource.getrlimit(which)[1]
    resource.setrlimit(which, (soft, hard))

def fails():
    try:
        binding.load()
    except (RuntimeError, OSError) as error:
        return f"{error}"
    return ""
"""
NO_THREAD = """
import libvirt
threading.stack_size(4 << 20)
used = int(open("/proc/self/statm").read().split()[0]) * 4096
failed = 0
for more in range(1, 8):  # none of the two threads, then one
    limited(resource.RLIMIT_AS, used + (more << 20))
    failed += "start new thread" in fails()
assert failed, "it was never short of threads"
limited(resource.RLIMIT_AS, resource.RLIM_INFINITY)
"""
NO_DESCRIPTOR = """
import libvirt
used = len(os.listdir("/proc/self/fd")) - 1
failed = 0
for more in range(9):
    limited(resource.RLIMIT_NOFILE, used + more)
    failed += bool(fails())
assert failed, "it was never short of descriptors"
limited(resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
"""
TAIL = """
loaded = binding.load()
assert loaded.auth_file == "/of/the/person"
names = sorted(thread.name for thread in threading.enumerate() if thread.name.startswith("libvirt"))
assert names == ["libvirt-events", "libvirt-reaper"], names
print(loaded.libvirt.open("test:///default").getHostname() != "")
"""


@pytest.mark.parametrize("trouble", [NO_THREAD, NO_DESCRIPTOR])
def test_it_can_be_loaded_after_something_had_run_out(trouble: str) -> None:
    code = HEAD + trouble + TAIL
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_libvirt_writes_nothing_to_standard_error_as_it_is_loaded() -> None:
    noisy = 'os.environ.update(LIBVIRT_DEBUG="1", LIBVIRT_LOG_FILTERS="1:*", LIBVIRT_LOG_OUTPUTS="1:stderr")\n'
    code = HEAD + noisy + TAIL
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("True\n", "")
