"""The keys of the view of one domain."""

from __future__ import annotations

from ...binding import bind

DOMAIN = (
    bind(
        "domain.guest",
        "u",
        "ask_guest",
        "ask guest",
        "ask the agent in the VM once more",
        shown=True,
    ),
    bind("domain.xml", "x", "xml", "XML", "ask the host for the VM's XML, or put it away", shown=True),
)
