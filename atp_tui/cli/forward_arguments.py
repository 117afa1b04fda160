"""The words of `forward`. Light: --help loads what stands here."""

from __future__ import annotations

import argparse
import shlex
from typing import Any


def add_forward(forward: argparse.ArgumentParser) -> None:
    """Add them to its parser."""
    forward.add_argument("targets", nargs=1, metavar="HOST", help="a host, or an expression that means one")
    what = "[BIND:]PORT:TARGET:PORT, as of ssh -L; a path in place of PORT or of TARGET:PORT is a UNIX socket"
    forward.add_argument("specs", nargs="+", metavar="SPEC", help=f"{what}; PORT 0: one that is free, which is told")
    forward.add_argument("--yes", action="store_true", help="agree beforehand to what would be asked at a terminal")
    forward.add_argument("--jsonl", dest="json", action="store_true", help="a line of JSON for each thing that is told")


def forward_values(found: argparse.Namespace) -> dict[str, Any]:
    """The fields of Arguments that the words come to."""
    return {"given": shlex.join(found.specs)}
