from __future__ import annotations

from io import BytesIO

import pytest

from cnnprof.measure.processes.channel import GarbledError, read_message, write_message


def test_what_is_written_is_read() -> None:
    stream = BytesIO()
    messages: list[dict[str, object]] = [
        {"time": 3},
        {"seconds": [0.25, 1e-9], "witness": {"faults": None}},
        {},
    ]
    for message in messages:
        write_message(stream, message)
    stream.seek(0)
    assert [read_message(stream) for _ in messages] == messages
    assert read_message(stream) is None


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello, I am a library's greeting\n",
        (5).to_bytes(8, "big") + b"{...}",
        (2).to_bytes(8, "big") + b"[]",
        (1).to_bytes(8, "big") + b"\xff",
    ],
)
def test_anything_else_is_garbled(garbage: bytes) -> None:
    with pytest.raises(GarbledError):
        read_message(BytesIO(garbage))


@pytest.mark.parametrize("cut", [b"\x00\x00", (90).to_bytes(8, "big") + b'{"cut":', (9).to_bytes(8, "big")])
def test_a_message_that_its_sender_did_not_end_is_the_end(cut: bytes) -> None:
    assert read_message(BytesIO(cut)) is None
