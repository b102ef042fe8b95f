"""The conversation with cameras that say things their own way; the camera is a script."""

import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest

from cctv.media.errors import AddressNotAllowed, StreamAuthRefused, StreamEnded, StreamRefused, StreamUnreachable
from cctv.media.intake.demux import Transport, open_stream
from cctv.media.interruption import Interruption
from cctv.media.rtsp.address import parse_address
from cctv.media.rtsp.errors import NotSpoken, TransportRefused
from cctv.media.rtsp.session import Session

SDP = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\n"
PACKET = struct.pack(">BBHII", 0x80, 96, 1, 2, 3) + b"media"
FRAMED = struct.pack(">BBH", 0x24, 0, len(PACKET)) + PACKET
REPORT = re.compile(rb"\$[\1\3]\0\x08.{8}", re.DOTALL)  # ours

Reply = Callable[[str, dict[str, str]], bytes]


class Scripted:
    """A camera that answers each request by ``reply(first line, headers)``; keeps what was asked."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.asked: list[str] = []
        self.late_s = 0.0  # how long it does not read after an answer
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line, suppress(OSError):
                self._converse(line)

    def _converse(self, line: socket.socket) -> None:
        data = b""
        while chunk := line.recv(4096):
            data = REPORT.sub(b"", data + chunk)
            while b"\r\n\r\n" in data:
                head, _, data = data.partition(b"\r\n\r\n")
                first, *rest = head.decode().split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
                self.asked.append(first.removesuffix(" RTSP/1.0"))
                line.sendall(self._reply(first, headers))
                time.sleep(self.late_s)

    def close(self) -> None:
        self._listener.close()


def answer(headers: dict[str, str], *more: str, status: str = "200 OK", body: str = "") -> bytes:
    lines = [f"RTSP/1.0 {status}", f"CSeq: {headers['cseq']}", *more, f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def usual(first: str, headers: dict[str, str]) -> bytes:
    if first.startswith("DESCRIBE"):
        return answer(headers, body=SDP)
    if first.startswith("SETUP"):
        return answer(headers, "Session: abc ; timeout=30", f"Transport: {headers['transport']}")
    return answer(headers)


def session_with(reply: Reply, path: str = "/cam?channel=1") -> tuple[Session, Scripted]:
    camera = Scripted(reply)
    address = parse_address(f"rtsp://op:secret@127.0.0.1:{camera.port}{path}")
    return Session(address, end_s=time.monotonic() + 10, interruption=Interruption()), camera


def started(reply: Reply) -> tuple[Session, Scripted]:
    session, camera = session_with(reply)
    session.set_up(session.describe().media)
    session.play()
    return session, camera


def test_tracks_are_joined_to_the_address_plainly() -> None:
    session, camera = started(usual)
    place = f"rtsp://127.0.0.1:{camera.port}/cam?channel=1"
    assert camera.asked == [
        f"OPTIONS {place}",
        f"DESCRIBE {place}",
        f"SETUP {place}/trackID=1",
        f"PLAY {place}",
    ]
    session.close()
    camera.close()


def test_content_base_is_obeyed_unless_it_is_none() -> None:
    for base, expected in (("rtsp://10.9.9.9/other/", "rtsp://10.9.9.9/other/trackID=1"), ("10.9.9.9/x", None)):

        def reply(first: str, headers: dict[str, str], base: str = base) -> bytes:
            if first.startswith("DESCRIBE"):
                return answer(headers, f"Content-Base: {base}", body=SDP)
            return usual(first, headers)

        session, camera = started(reply)
        place = expected or f"rtsp://127.0.0.1:{camera.port}/cam?channel=1/trackID=1"
        assert f"SETUP {place}" in camera.asked
        session.close()
        camera.close()


def test_the_farewell_arrives_though_media_keeps_coming() -> None:
    def reply(first: str, headers: dict[str, str]) -> bytes:
        return answer(headers) + FRAMED * 500 if first.startswith("PLAY") else usual(first, headers)

    session, camera = session_with(reply)
    camera.late_s = 0.3
    session.set_up(session.describe().media)
    session.play()
    session.close()
    for _ in range(100):
        if camera.asked[-1].startswith("TEARDOWN"):
            break
        time.sleep(0.02)
    assert camera.asked[-1].startswith("TEARDOWN")
    camera.close()


def test_packets_before_the_answer_to_play_are_kept() -> None:
    def reply(first: str, headers: dict[str, str]) -> bytes:
        return FRAMED * 2 + answer(headers) + FRAMED if first.startswith("PLAY") else usual(first, headers)

    session, camera = started(reply)
    found = [packet[1:] for packet in session.early()]
    while len(found) < 3:
        found += [bytes(session.wire.view[begin:end]) for _, begin, end in session.read()]
    assert found == [PACKET] * 3
    session.close()
    camera.close()


def test_the_camera_may_choose_other_channels() -> None:
    def reply(first: str, headers: dict[str, str]) -> bytes:
        if first.startswith("SETUP"):
            return answer(headers, "Session: x", "Transport: RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=1")
        return usual(first, headers)

    session, camera = started(reply)
    assert session.tracks[0].channel == 4
    assert session.wire.channels == {4: 96, 5: -1}
    session.close()
    camera.close()


def test_a_camera_that_has_moved_is_followed_without_the_password() -> None:
    there = Scripted(usual)

    def reply(first: str, headers: dict[str, str]) -> bytes:
        if first.startswith("DESCRIBE"):
            return answer(headers, f"Location: rtsp://localhost:{there.port}/new", status="302 Moved")
        return usual(first, headers)

    session, camera = session_with(reply)
    assert session.describe().first("video") is not None
    assert f"DESCRIBE rtsp://localhost:{there.port}/new" in there.asked
    session.close()
    camera.close()
    there.close()


@pytest.mark.parametrize("location", ["rtsps://localhost/x", "file:///etc/passwd"])
def test_nobody_is_followed_elsewhere(location: str) -> None:
    def reply(first: str, headers: dict[str, str]) -> bytes:
        if first.startswith("DESCRIBE"):
            return answer(headers, f"Location: {location}", status="302 Moved")
        return usual(first, headers)

    session, camera = session_with(reply)
    with pytest.raises(NotSpoken if location.startswith("rtsps") else AddressNotAllowed):
        session.describe()
    session.close()
    camera.close()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_libav_is_not_led_elsewhere_after_our_own_look(transport: Transport) -> None:
    """It would take the password along, into networks that are not allowed."""
    there = Scripted(usual)
    looked: list[str] = []

    def reply(first: str, headers: dict[str, str]) -> bytes:
        if first.startswith("DESCRIBE"):
            looked.append(headers.get("user-agent", ""))
            if "Lavf" in looked[-1]:
                return answer(headers, f"Location: rtsp://127.0.0.1:{there.port}/new", status="302 Moved")
            return answer(headers, body="v=0\r\nm=video 0 RTP/AVP 26\r\na=control:1\r\n")
        return usual(first, headers)

    camera = Scripted(reply)
    with pytest.raises(StreamRefused, match="another address"):
        open_stream(f"rtsp://op:secret@127.0.0.1:{camera.port}/x", transport=transport, open_s=5)
    assert any("Lavf" in one for one in looked)
    assert there.asked == []
    camera.close()
    there.close()


@pytest.mark.parametrize(
    ("open_to_all", "asked"),
    [("OPTIONS", ["OPTIONS", "DESCRIBE", "DESCRIBE"]), ("nothing", ["OPTIONS", "OPTIONS"])],
)
def test_a_wrong_password_is_sent_once(open_to_all: str, asked: list[str]) -> None:
    numbers = count()

    def reply(first: str, headers: dict[str, str]) -> bytes:
        fresh = f'WWW-Authenticate: Digest realm="c", nonce="{next(numbers)}"'
        if open_to_all in first:
            return usual(first, headers)
        return answer(headers, fresh, status="401 Unauthorized")

    session, camera = session_with(reply)
    with pytest.raises(StreamAuthRefused):
        session.describe()
    assert [line.split()[0] for line in camera.asked] == asked
    session.close()
    camera.close()


def test_a_nonce_may_serve_once() -> None:
    given: list[str] = []

    def reply(first: str, headers: dict[str, str]) -> bytes:
        nonce = re.search(r'nonce="(\d+)"', headers.get("authorization", ""))
        if "OPTIONS" in first or (nonce and nonce[1] in given):
            given.clear()
            return usual(first, headers)
        given[:] = [str(time.monotonic_ns())]
        return answer(headers, f'WWW-Authenticate: Digest realm="c", nonce="{given[0]}"', status="401 No")

    session, camera = started(reply)
    assert camera.asked[-1].startswith("PLAY")
    session.close()
    camera.close()


def alive(session: Session, camera: Scripted, *, rounds: int) -> list[str]:
    """Lets time pass; the signs of life that the camera got."""
    before, now_s = len(camera.asked), time.monotonic()
    for _ in range(rounds):
        now_s += 20
        for after_s in range(3):  # what an answer causes is sent with the next look
            session.keep_alive(now_s + after_s)
            end_s = time.monotonic() + 0.1
            while time.monotonic() < end_s:
                session.read(wait=False)
                time.sleep(0.005)
    return camera.asked[before:]


def test_a_refused_sign_of_life_is_not_repeated_at_once() -> None:
    """The password was changed at the camera: who goes on is locked out."""
    changed: list[bool] = []
    numbers = count()

    def reply(first: str, headers: dict[str, str]) -> bytes:
        if changed or "authorization" not in headers:
            fresh = f'WWW-Authenticate: Digest realm="c", nonce="{next(numbers)}"'
            return answer(headers, fresh, status="401 Unauthorized")
        return usual(first, headers)

    session, camera = started(reply)
    changed.append(True)
    assert len(alive(session, camera, rounds=3)) <= 4
    session.close()
    camera.close()


def test_signs_of_life_with_nonces_that_serve_once() -> None:
    given: list[str] = []
    taken: list[str] = []

    def reply(first: str, headers: dict[str, str]) -> bytes:
        nonce = re.search(r'nonce="(\d+)"', headers.get("authorization", ""))
        if nonce and nonce[1] in given:
            given.clear()
            taken.append(first.split()[0])
            return usual(first, headers)
        given[:] = [str(time.monotonic_ns())]
        return answer(headers, f'WWW-Authenticate: Digest realm="c", nonce="{given[0]}"', status="401 No")

    session, camera = started(reply)
    taken.clear()
    assert len(alive(session, camera, rounds=3)) == 6
    assert len(taken) == 3
    session.close()
    camera.close()


def test_the_camera_s_words_are_passed_on() -> None:
    def reply(first: str, headers: dict[str, str]) -> bytes:
        if first.startswith("SETUP"):
            return answer(headers, status="453 Not Enough \x07Bandwidth")
        return usual(first, headers)

    session, camera = session_with(reply)
    media = session.describe().media
    with pytest.raises(StreamRefused) as caught:
        session.set_up(media)
    assert caught.value.detail["words"] == "453 Not Enough Bandwidth, to SETUP"
    session.close()
    camera.close()


@pytest.mark.parametrize(
    ("status", "transport"),
    [("461 Unsupported Transport", ""), ("200 OK", "RTP/AVP;unicast;client_port=5000-5001")],
)
def test_a_camera_that_sends_beside_the_connection_only_is_one_for_libav(status: str, transport: str) -> None:
    def reply(first: str, headers: dict[str, str]) -> bytes:
        if first.startswith("SETUP"):
            return answer(headers, *([f"Transport: {transport}"] if transport else []), status=status)
        return usual(first, headers)

    session, camera = session_with(reply)
    media = session.describe().media
    with pytest.raises(TransportRefused) as caught:
        session.set_up(media)
    assert caught.value.url == f"rtsp://op:secret@127.0.0.1:{camera.port}/cam?channel=1"
    session.close()
    camera.close()


def test_pictures_go_on_without_the_sound_that_is_refused() -> None:
    def reply(first: str, headers: dict[str, str]) -> bytes:
        if first.startswith("DESCRIBE"):
            return answer(headers, body=SDP + "m=audio 0 RTP/AVP 0\r\na=control:sound\r\n")
        if "sound" in first:
            return answer(headers, status="403 Forbidden")
        return usual(first, headers)

    session, camera = started(reply)
    assert [track.media.kind for track in session.tracks] == ["video"]
    session.close()
    camera.close()


def test_answers_in_an_odd_form_are_understood() -> None:
    def reply(first: str, headers: dict[str, str]) -> bytes:
        head, _, body = usual(first, headers | {"cseq": "0"}).partition(b"\r\n\r\n")
        return b"RTSP/1.0 100 Continue\r\n\r\n" + head.replace(b"\r\n", b"\n") + b"\n\n" + body

    session, camera = started(reply)
    assert session.wire.channels == {0: 96, 1: -1}
    session.close()
    camera.close()


@pytest.mark.parametrize("value", ["9" * 5000, "\u00b2", "-1", "4294967296000"])
def test_numbers_that_cannot_be_meant_end_nothing_but_the_session(value: str) -> None:
    def reply(first: str, headers: dict[str, str]) -> bytes:
        if first.startswith("SETUP"):
            return answer(headers, f"Session: a;timeout={value}", f"Transport: RTP/AVP/TCP;interleaved={value}")
        return usual(first, headers)

    session, camera = started(reply)
    assert session.wire.channels == {0: 96, 1: -1}
    session.close()
    camera.close()


def test_packets_without_an_answer_to_play_are_kept_in_bounds() -> None:
    long = struct.pack(">BBH", 0x24, 0, 60_000) + PACKET.ljust(60_000, b"x")

    def reply(first: str, headers: dict[str, str]) -> bytes:
        return long * 200 + answer(headers) if first.startswith("PLAY") else usual(first, headers)

    session, camera = started(reply)
    assert sum(map(len, session.early())) < 5 << 20
    session.close()
    camera.close()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_libav_is_told_where_a_camera_that_has_moved_is_and_no_password(transport: Transport) -> None:
    """libav itself would follow, and send the password along unasked."""
    heard: list[str] = []

    def new_place(first: str, headers: dict[str, str]) -> bytes:
        heard.append(headers.get("authorization", ""))
        if first.startswith("DESCRIBE"):
            return answer(headers, body="v=0\r\nm=video 0 RTP/AVP 26\r\n")
        return (
            answer(headers, status="454 Session Not Found") if first.startswith("SETUP") else usual(first, headers)
        )

    there = Scripted(new_place)

    def reply(first: str, headers: dict[str, str]) -> bytes:
        if not first.startswith("DESCRIBE"):
            return usual(first, headers)
        if "authorization" not in headers:
            return answer(headers, 'WWW-Authenticate: Basic realm="c"', status="401 Unauthorized")
        return answer(headers, f"Location: rtsp://localhost:{there.port}/new", status="302 Moved")

    camera = Scripted(reply)
    with pytest.raises(StreamRefused):
        open_stream(f"rtsp://op:secret@127.0.0.1:{camera.port}/x", transport=transport, open_s=5, read_s=5)
    assert len(heard) >= 4, "libav was there too"
    assert not any(heard)
    camera.close()
    there.close()


def test_what_is_no_rtsp_is_told_so() -> None:
    session, camera = session_with(lambda first, headers: b"HTTP/1.1 400 Bad Request\r\n\r\n" * 50_000)
    with pytest.raises((StreamUnreachable, StreamEnded)):
        session.describe()
    session.close()
    camera.close()
