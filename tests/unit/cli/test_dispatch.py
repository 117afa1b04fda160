"""What is set up for every verb before it runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SET_UP = """
import gc, json, resource, sys
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
core = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (core, core))
from atp_tui.cli.arguments import parse
from atp_tui.cli.collector import COLLECT
from atp_tui.cli.dispatch import dispatch
status = dispatch(parse(["info"]))
soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
core = resource.getrlimit(resource.RLIMIT_CORE)[0]
print(json.dumps([status, soft == hard, core, gc.get_threshold()[:2] == COLLECT]), file=sys.stderr)
"""


def test_every_verb_may_open_what_the_system_allows_leaves_no_core_and_is_not_held_up_by_the_collector(
    tmp_path: Path,
) -> None:
    done = subprocess.run([sys.executable, "-c", SET_UP], capture_output=True, text=True, timeout=60, check=False)
    assert json.loads(done.stderr) == [0, True, 0, True]
