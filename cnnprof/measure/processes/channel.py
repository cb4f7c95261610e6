"""Messages between two processes: JSON objects, each behind its length. No pickle, which would run what it reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO

HEADER_BYTES = 8
LARGEST_BYTES = 2**28  # far above any turn; what claims more is no message

Message = dict[str, Any]


class GarbledError(ValueError):
    """Bytes that are no message."""


def write_message(stream: BinaryIO, message: Mapping[str, object]) -> None:
    """Send one message; OSError where nobody listens any more."""
    body = json.dumps(message).encode()
    stream.write(len(body).to_bytes(HEADER_BYTES, "big") + body)
    stream.flush()


def read_message(stream: BinaryIO) -> Message | None:
    """The next message; None at the end of the stream, also where it comes in the middle of one: its sender was killed.

    Raises GarbledError for anything else.
    """
    header = stream.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return None
    size = int.from_bytes(header, "big")
    if size > LARGEST_BYTES:
        raise GarbledError(f"{header!r} is no length")
    body = stream.read(size)
    if len(body) < size:
        return None
    try:
        message = json.loads(body)
    except ValueError as error:
        raise GarbledError(str(error)) from error
    if not isinstance(message, dict):
        raise GarbledError(f"a {type(message).__name__} is no message")
    return message
