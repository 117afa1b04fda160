"""`audit` at the top of hosts.toml: whether what is done is recorded."""

from __future__ import annotations

from typing import Any

from ..model.quoting import quoted
from .fleet import AuditMode
from .problems import Problems
from .tables import describe

_HINT = 'write "on", "off", or "syslog"'


def read_audit(document: dict[str, Any], problems: Problems) -> AuditMode:
    """What the document says; what is wrong with it is noted."""
    written = document.get("audit", AuditMode.ON)
    if isinstance(written, str) and written in list(AuditMode):
        return AuditMode(written)
    problems.add(("audit",), f"is {quoted(written) if isinstance(written, str) else describe(written)}", _HINT)
    return AuditMode.ON
