"""One entry of "results" in JSON."""

from __future__ import annotations

import base64
from typing import Any

from ...model.fence import Fence
from ...model.outcome import CommandResult, Outcome, Stream
from ..encode import valid
from ..words import sentence
from .running import UNTOLD


def encode(result: CommandResult) -> dict[str, Any]:
    """One entry of "results". Output is text: bytes that are not UTF-8 become U+FFFD.

    Where that has happened to one of the two, all of it stands beside the text as "stdout_base64" or "stderr_base64"
    (RFC 4648), so that the bytes can be had as they came.
    """
    entry = {
        "host": result.host,
        "outcome": str(result.outcome),
        "exit_status": result.exit_status,
        "signal": result.signal,
        **_text_of("stdout", result.stdout),
        **_text_of("stderr", result.stderr),
        "truncated": result.truncated,
        "may_still_run": result.may_still_run,
        "duration": round(result.duration, 6),
        "error": None if result.error is None else sentence(result.error),
        "error_id": None if result.error is None else str(result.error.id),
    }
    return valid(entry)


def encoded(fence: Fence, result: CommandResult) -> dict[str, Any]:
    """As `encode`; an answer that cannot be told is an error of that host."""
    try:
        return encode(result)
    except Exception as error:  # noqa: BLE001 - it costs that host its answer, not the others theirs
        why = fence.caught(error, UNTOLD, result.host)
        return encode(CommandResult(result.host, Outcome.ERROR, None, b"", b"", 0.0, why))


def _text_of(stream: Stream, output: bytes) -> dict[str, str]:
    try:
        return {stream: output.decode()}
    except UnicodeDecodeError:
        return {stream: output.decode("utf-8", "replace"), f"{stream}_base64": base64.b64encode(output).decode()}
