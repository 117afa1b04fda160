"""The entry point. It loads argparse and nothing else of weight: --version and --help answer at once."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the program on sys.argv; the exit status."""
    from .cli.arguments import parse

    arguments = parse(sys.argv[1:])

    from .cli.dispatch import dispatch

    return dispatch(arguments)


if __name__ == "__main__":
    sys.exit(main())
