"""Packets made by the simulator are put together again as the RFCs say, by code that shares nothing with it."""

from hypothesis import given
from hypothesis import strategies as st

from cctv_simulator import packetise
from cctv_simulator.bitstream import split_jpeg


def units(header_bytes: int) -> st.SearchStrategy[list[bytes]]:
    first = st.integers(1, 23) if header_bytes == 1 else st.integers(0, 40).map(lambda kind: kind << 1)
    body = st.integers(0, 5000).map(lambda size: bytes(i * 7 % 251 for i in range(size)))
    head = st.tuples(first, body).map(
        lambda both: bytes((both[0] | (0x60 if header_bytes == 1 else 0),)) + both[1]
    )
    return st.lists(
        head.map(lambda unit: unit if header_bytes == 1 else unit[:1] + b"\x01" + unit[1:]), min_size=1
    )


@given(units(1), st.integers(50, 1400))
def test_h264_fragments_make_the_same_units(given_units: list[bytes], limit: int) -> None:
    made: list[bytes] = []
    part = b""
    for payload in packetise.h264(given_units, limit):
        assert len(payload) <= limit
        if payload[0] & 0x1F != 28:
            assert not part
            made.append(payload)
            continue
        start, end = bool(payload[1] & 0x80), bool(payload[1] & 0x40)
        assert start != bool(part), "the start bit is on the first fragment and on no other"
        part = part or bytes(((payload[0] & 0xE0) | (payload[1] & 0x1F),))
        part += payload[2:]
        if end:
            made.append(part)
            part = b""
    assert not part
    assert made == given_units


@given(units(2), st.integers(50, 1400))
def test_h265_fragments_make_the_same_units(given_units: list[bytes], limit: int) -> None:
    made: list[bytes] = []
    part = b""
    for payload in packetise.h265(given_units, limit):
        assert len(payload) <= limit
        if payload[0] >> 1 & 0x3F != 49:
            made.append(payload)
            continue
        assert bool(payload[2] & 0x80) != bool(part)
        part = part or bytes(((payload[0] & 0x81) | (payload[2] & 0x3F) << 1, payload[1]))
        part += payload[3:]
        if payload[2] & 0x40:
            made.append(part)
            part = b""
    assert not part
    assert made == given_units


def test_no_fragment_is_start_and_end_at_once() -> None:
    for size in range(1390, 1420):
        for payload in packetise.h264([b"\x65" + bytes(size)]):
            assert payload[0] & 0x1F != 28 or payload[1] & 0xC0 != 0xC0


def picture(scan: bytes, *, restart: int = 0) -> bytes:
    tables = b"\xff\xdb\x00\x43\x00" + bytes(range(64)) + b"\xff\xdb\x00\x43\x01" + bytes(range(64, 128))
    size = b"\xff\xc0\x00\x11\x08" + (360).to_bytes(2, "big") + (640).to_bytes(2, "big")
    size += b"\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
    again = b"\xff\xdd\x00\x04" + restart.to_bytes(2, "big") if restart else b""
    return b"\xff\xd8" + tables + size + again + b"\xff\xda\x00\x0c" + bytes(10) + scan + b"\xff\xd9"


@given(st.binary(min_size=1, max_size=6000).filter(lambda scan: b"\xff\xd9" not in scan), st.sampled_from([0, 8]))
def test_jpeg_fragments_make_the_same_scan(scan: bytes, restart: int) -> None:
    made = b""
    for number, payload in enumerate(packetise.jpeg(picture(scan, restart=restart))):
        assert len(payload) <= packetise.MAX_PAYLOAD
        assert payload[1:4] == len(made).to_bytes(3, "big"), "the fragment offset counts bytes of the scan"
        assert payload[4:8] == bytes((65 if restart else 1, 255, 80, 45))
        head = 12 if restart else 8
        if number == 0:
            assert payload[head : head + 4] == b"\x00\x00\x00\x80"
            assert payload[head + 4 : head + 132] == bytes(range(128))
            head += 132
        made += payload[head:]
    assert made == scan


def test_jpeg_is_taken_to_pieces() -> None:
    parts = split_jpeg(picture(b"scan", restart=5))
    assert (parts.width, parts.height, parts.sampling, parts.restart_interval, parts.scan) == (
        640,
        360,
        1,
        5,
        b"scan",
    )


def test_aac_has_its_size_in_the_header_section() -> None:
    (payload,) = packetise.aac(b"x" * 300)
    assert payload[:2] == b"\x00\x10", "sixteen bits of headers"
    assert int.from_bytes(payload[2:4], "big") >> 3 == 300
    assert payload[4:] == b"x" * 300


def test_g711_is_the_samples() -> None:
    assert packetise.g711(b"\xff" * 320) == [b"\xff" * 320]
