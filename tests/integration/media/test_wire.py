"""The connection to a camera that the test plays itself: packets, messages and noise in one stream of bytes."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cctv.media.errors import StreamEnded, StreamInterrupted
from cctv.media.interruption import Interruption
from cctv.media.rtsp.wire import Wire


@contextmanager
def wired(interruption: Interruption | None = None) -> Iterator[tuple[Wire, socket.socket]]:
    """A connection to a camera that the test plays itself."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = interruption or Interruption()
    wire = Wire("127.0.0.1", listener.getsockname()[1], end_s=time.monotonic() + 5, interruption=stop)
    camera, _ = listener.accept()
    wire.channels = {0: 96, 1: -1}
    try:
        yield wire, camera
    finally:
        wire.close()
        camera.close()
        listener.close()


def rtp(number: int, body: bytes, channel: int = 0) -> bytes:
    packet = struct.pack(">BBHII", 0x80, 96, number, 3600 * number, 7) + body
    return struct.pack(">BBH", 0x24, channel, len(packet)) + packet


def taken(wire: Wire, camera: socket.socket, data: bytes) -> list[bytes]:
    """What the wire makes of ``data`` followed by the end of the connection."""

    def send() -> None:
        with suppress(OSError):
            camera.sendall(data)
            camera.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    found = []
    try:
        while True:
            found += [bytes(wire.view[begin:end]) for _, begin, end in wire.read()]
    except StreamEnded:
        sender.join()
    return found


def test_packets_and_messages_are_told_apart() -> None:
    packets = [rtp(number, bytes([number]) * (number * 37)) for number in range(1, 200)]
    answer = b"RTSP/1.0 200 OK\r\nCSeq: 7\r\nSession: abc;timeout=30\r\nContent-Length: 5\r\n\r\n$\0\0\5x"
    packets.insert(3, answer)
    packets.insert(50, b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
    with wired() as (wire, camera):
        found = taken(wire, camera, b"".join(packets))
        assert [one[12:] for one in found] == [bytes([n]) * (n * 37) for n in range(1, 200)]
        assert [message.status for message in wire.messages] == [200, 0]
        assert wire.messages[0].body == b"$\0\0\5x"
        assert wire.messages[0].header("session") == "abc;timeout=30"
        assert wire.noise_bytes == 0


def test_a_packet_longer_than_the_buffer_is_taken_whole() -> None:
    with wired() as (wire, camera):
        body = b"\1" * 65_000
        assert [one[12:] for one in taken(wire, camera, rtp(1, body) + rtp(2, body))] == [body, body]


@settings(deadline=None, max_examples=60)
@given(noise=st.lists(st.binary(max_size=60), min_size=5, max_size=5))
def test_noise_between_packets_is_passed_over(noise: list[bytes]) -> None:
    bodies_sent = [bytes([65 + number]) * 50 for number in range(6)]
    data = rtp(0, bodies_sent[0])
    for number, one in enumerate(noise, 1):
        data += one.replace(b"$", b"#").replace(b"R", b"r") + rtp(number, bodies_sent[number])
    data += rtp(6, b"end") + rtp(7, b"end")
    with wired() as (wire, camera):
        found = [one[12:] for one in taken(wire, camera, data)]
    assert found[: len(bodies_sent)] == bodies_sent


@settings(deadline=None, max_examples=60)
@given(data=st.binary(max_size=3000))
def test_any_bytes_can_be_read(data: bytes) -> None:
    with wired() as (wire, camera):
        taken(wire, camera, data)


def test_endless_noise_ends_the_stream() -> None:
    with wired() as (wire, camera):
        sender = threading.Thread(target=_flood, args=(camera,))
        sender.start()
        with pytest.raises(StreamEnded):
            while True:
                wire.read()
        wire.close()
        sender.join()


@pytest.mark.parametrize("noise", [b"RTSP/1", b"RTSP/\n", b"RTSP/1.0 20", b"RTSP/x.0 200 "])
def test_no_message_is_looked_for_where_none_begins(noise: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []
    with wired() as (wire, camera):
        take = wire._take_message

        def look(at: Any) -> int | None:
            looked.append(at)
            return take(at)

        monkeypatch.setattr(wire, "_take_message", look)
        assert not taken(wire, camera, noise * 9999 + b"#")
    assert len(looked) < 50, "but for where the bytes at hand end"


def test_heads_without_end_are_believed_a_few_times_only() -> None:
    with wired() as (wire, camera):
        assert not taken(wire, camera, b"RTSP/1.0 200 OK\r\n" * 10_000)
        assert wire.noise_bytes < 1000
    with wired() as (wire, camera):
        packets = [rtp(number, b"body" * 20) for number in range(200)]
        found = taken(wire, camera, b"RTSP/1.0 200 \0".join(packets[:10]) + b"".join(packets[10:]))
        assert len(found) == len(packets)


def test_answers_arrive_however_they_are_cut() -> None:
    answer = b"RTSP/1.0 401 No\r\nCSeq: 7\r\nContent-Length: 3\r\n\r\nabc"
    with wired() as (wire, camera):
        for place in range(len(answer)):
            camera.sendall(answer[place : place + 1])
            wire.read()
        assert [(one.status, one.words, one.body) for one in wire.messages] == [(401, "No", b"abc")]
        assert wire.noise_bytes == 0


def _flood(camera: socket.socket) -> None:
    try:
        for _ in range(3000):
            camera.sendall(b"#" * 1000)
    except OSError:
        return


def test_a_blocked_read_is_interrupted() -> None:
    stop = Interruption()
    caught: list[StreamInterrupted] = []
    with wired(stop) as (wire, _):

        def read() -> None:
            try:
                while True:
                    wire.read()
            except StreamInterrupted as error:
                caught.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        stop.set()
        reader.join(10)
        assert caught
