"""RTSP requests are read the same however the network cuts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv_simulator import rtsp
from cctv_simulator.rtsp import Answer, Interleaved, Request

WIRE = (
    b"OPTIONS rtsp://h/cam/1/main/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    b"$\x01\x00\x04abcd"
    b"\r\nSET_PARAMETER rtsp://h/cam/1/main RTSP/1.0\r\nCSeq: 2\r\nContent-Length: 5\r\n\r\nhello"
    b"DESCRIBE rtsp://h/cam/1/sub RTSP/1.0\r\ncseq:3\r\n\r\n"
)


@given(st.lists(st.integers(1, 40), min_size=1))
def test_messages_come_out_whole(sizes: list[int]) -> None:
    buffer, found, at, turn = bytearray(), [], 0, 0
    while at < len(WIRE):
        size = sizes[turn % len(sizes)]
        buffer += WIRE[at : at + size]
        at, turn = at + size, turn + 1
        while (message := rtsp.take(buffer)) is not None:
            found.append(message)
    assert [type(one) for one in found] == [Request, Interleaved, Request, Request]
    first, packet, second, third = found
    assert isinstance(first, Request)
    assert (first.method, first.path) == ("OPTIONS", "/cam/1/main")
    assert packet == Interleaved(1, b"abcd")
    assert isinstance(second, Request)
    assert second.body == b"hello"
    assert isinstance(third, Request)
    assert third.headers["cseq"] == "3"
    assert not buffer


@pytest.mark.parametrize("wire", [b"\x16\x03\x01\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"x" * 20_000])
def test_what_is_no_request_is_refused(wire: bytes) -> None:
    with pytest.raises(rtsp.BadRequest):
        rtsp.take(bytearray(wire))


@given(st.binary(max_size=300))
def test_noise_raises_nothing_else(noise: bytes) -> None:
    buffer = bytearray(noise + b"\r\n\r\n")
    try:
        while rtsp.take(buffer) is not None:
            pass
    except rtsp.BadRequest:
        pass


def test_a_reply_of_the_client_is_taken_and_means_nothing() -> None:
    buffer = bytearray(b"RTSP/1.0 501 Not Implemented\r\nCSeq: 0\r\n\r\n" + WIRE)
    assert isinstance(rtsp.take(buffer), rtsp.Reply)
    assert buffer == WIRE


def test_an_answer_says_how_long_it_is() -> None:
    wire = Answer(200, [("Session", "1")], b"v=0").encode("7").decode()
    assert wire.startswith("RTSP/1.0 200 OK\r\nCSeq: 7\r\n")
    assert wire.endswith("Content-Length: 3\r\n\r\nv=0")


def test_transport_offers() -> None:
    tcp = rtsp.parameters("RTP/AVP/TCP;unicast;interleaved=2-3,RTP/AVP;unicast;client_port=1-2")
    assert (tcp["protocol"], tcp["interleaved"]) == ("RTP/AVP/TCP", "2-3")
    assert "client_port" not in tcp
