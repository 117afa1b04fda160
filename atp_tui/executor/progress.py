"""Lines that a program writes over by carriage returns, as progress bars are."""

from __future__ import annotations


def last_state(line: bytes) -> bytes:
    """What such a line says in the end: what stands behind its last carriage return, or before the one that ends it.

    A line of nothing but carriage returns is empty.
    """
    return line.rstrip(b"\r").rpartition(b"\r")[2]


def rest_of(line: bytes) -> bytes:
    """As much of a line without its end yet as its last state can be told from, whatever comes: a carriage return at
    its end stays, since what comes next writes over all that stands before it."""
    ended = line.endswith(b"\r")
    return last_state(line) + (b"\r" if ended else b"")
