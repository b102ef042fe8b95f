"""Our own RTSP, piece by piece: whatever comes over the wire is taken apart rightly or passed over."""

import base64
import hashlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cctv.media.coding.nal import split_lengths
from cctv.media.errors import AddressNotAllowed
from cctv.media.model import VideoCodec
from cctv.media.rtsp.aac_units import AacFraming, aac_config, aac_framing
from cctv.media.rtsp.access_units import Assembler, Picture, assembler_for
from cctv.media.rtsp.address import parse_address
from cctv.media.rtsp.auth import Signer
from cctv.media.rtsp.description import Media, parse_description
from cctv.media.rtsp.rtp import Sequence, Unwrapped, empty_receiver_report, payload, read_reports

H264, H265 = VideoCodec.H264, VideoCodec.H265


# ---- addresses


def test_credentials_leave_the_address() -> None:
    address = parse_address("rtsp://op%40dubai:p%40ss:w%2Frd@[::1]:8554/cam/1?channel=2#x")
    assert (address.host, address.port) == ("::1", 8554)
    assert (address.user, address.password) == ("op@dubai", "p@ss:w/rd")
    assert address.url == "rtsp://[::1]:8554/cam/1?channel=2"
    assert "p@ss" not in repr(address)
    assert parse_address("rtsp://camera/x").port == 554
    assert parse_address("rtsp://camera/x").user is None


@given(st.text(max_size=60))
def test_no_other_address_passes(text: str) -> None:
    try:
        assert parse_address(text).scheme in ("rtsp", "rtsps")
    except AddressNotAllowed:
        return


# ---- signing


def fields(header: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in header.removeprefix("Digest ").split(", "))
    return {name: value.strip('"') for name, _, value in pairs}


def test_digest_without_quality_of_protection() -> None:
    signer = Signer("admin", "12345")
    assert signer.sign("DESCRIBE", "rtsp://c/1") is None
    assert signer.challenged(['Basic realm="x"', 'Digest realm="IP Camera", nonce="abc", algorithm="MD5"'])
    got = fields(signer.sign("DESCRIBE", "rtsp://c/1") or "")
    one = hashlib.md5(b"admin:IP Camera:12345").hexdigest()
    two = hashlib.md5(b"DESCRIBE:rtsp://c/1").hexdigest()
    assert got["response"] == hashlib.md5(f"{one}:abc:{two}".encode()).hexdigest()


def test_the_stronger_digest_is_taken() -> None:
    signer = Signer("admin", "12345")
    assert signer.challenged(
        [
            'Digest realm="a", nonce="n", qop="auth"',
            'Digest realm="a", nonce="m", algorithm=SHA-256, qop="auth,auth-int"',
        ]
    )
    got = fields(signer.sign("PLAY", "rtsp://c/1") or "")
    one, two = (hashlib.sha256(text).hexdigest() for text in (b"admin:a:12345", b"PLAY:rtsp://c/1"))
    expected = f"{one}:m:00000001:{got['cnonce']}:auth:{two}"
    assert got["response"] == hashlib.sha256(expected.encode()).hexdigest()
    assert (got["nc"], got["qop"], got["algorithm"]) == ("00000001", "auth", "SHA-256")


def test_several_challenges_may_stand_in_one_header() -> None:
    signer = Signer("admin", "12345")
    assert signer.challenged(['Basic realm="b", Digest realm="a", nonce="n", algorithm=MD5, Basic realm="c"'])
    got = fields(signer.sign("PLAY", "rtsp://c/1") or "")
    assert (got["realm"], got["nonce"]) == ("a", "n")


def test_a_refused_password_is_not_tried_twice() -> None:
    signer = Signer("admin", "wrong")
    assert signer.challenged(['Digest realm="a", nonce="n1"'])
    signer.sign("DESCRIBE", "rtsp://c/1")
    assert not signer.challenged(['Digest realm="a", nonce="n2"'])
    assert signer.challenged(['Digest realm="a", nonce="n3", stale=TRUE'])
    signer.accepted()
    assert signer.challenged(['Digest realm="a", nonce="n4"'])
    basic = Signer("admin", "wrong")
    assert basic.challenged(['Basic realm="a"'])
    assert basic.sign("DESCRIBE", "x") == "Basic " + base64.b64encode(b"admin:wrong").decode()
    assert not basic.challenged(['Basic realm="a"'])
    assert not Signer("a", "b").challenged(["Bearer x"])


# ---- descriptions


def test_a_description_as_cameras_write_it() -> None:
    text = (
        "v=0\r\ns= \r\ns=again\r\nc=IN IP4\r\na=control:*\r\nm=application 0 RTP/AVP 107\r\n"
        "a=rtpmap:107 vnd.onvif/90000\r\n"
        "m=video 0 RTP/AVP 96 \r\na=rtpmap:96  H264/90000 \r\na=control:trackID=1\r\n"
        "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/16000/2\r\na=control:rtsp://10.0.0.1/audio\r\n"
        "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0IAKeKQFAe2AtwEBAaQeJEV,aM48gA==;\r\n"
        "a=fmtp:97 streamtype=5; mode=AAC-hbr; config=1408; SizeLength=13; IndexLength=3\r\nnonsense\r\n"
    )
    found = parse_description(text)
    video, audio = found.first("video"), found.first("audio")
    assert video is not None
    assert audio is not None
    assert (video.codec, video.clock_rate, video.payload_type, video.control) == ("H264", 90_000, 96, "trackID=1")
    assert [unit[0] & 31 for unit in video.parameter_sets()] == [7, 8]
    assert (audio.codec, audio.clock_rate, audio.channels) == ("MPEG4-GENERIC", 16_000, 2)
    assert aac_config(audio) == b"\x14\x08"
    assert aac_framing(audio) == AacFraming(13, 3)
    assert found.control == "*"


def test_what_stands_below_a_media_that_is_not_known_is_not_of_the_one_above() -> None:
    text = (
        "m=video 0 RTP/AVP 96\na=control:track1\na=rtpmap:96 H264/90000\n"
        "m=audio 0 RTP/AVP 0\na=sendonly\na=control:back\nm=audio 0 RTP/AVP 8\na=control:track2\n"
        "m=application/TP-LINK 0 RTP/AVP smart/1/90000\na=rtpmap:95 TP-LINK/90000\na=control:track3\n"
    )
    found = parse_description(text)
    assert [media.control for media in found.media] == ["track1", "back", "track2", "track3"]
    assert [media.control for media in found.sounds()] == ["track2", "back"]


def test_numbers_that_are_none_are_passed_over() -> None:
    digits = "9" * 5000
    found = parse_description(f"m=video 0 RTP/AVP {digits} 96\na=rtpmap:96 H264/{digits}\na=fmtp:{digits} a=b\n")
    assert (found.media[0].payload_type, found.media[0].clock_rate) == (96, 0)
    assert aac_framing(Media("audio", 97, codec="MPEG4-GENERIC", fmtp={"sizelength": digits})) is None
    assert len(parse_description("m=video 0 RTP/AVP 96\n" * 5000).media) == 64


def test_static_payload_types_need_no_map() -> None:
    found = parse_description("m=video 0 RTP/AVP 26\nm=audio 0 RTP/AVP 8\n")
    assert [media.codec for media in found.media] == ["JPEG", "PCMA"]


@given(st.text(max_size=500))
def test_any_description_can_be_read(text: str) -> None:
    for media in parse_description("m=video 0 RTP/AVP 96\n" + text).media:
        media.parameter_sets()
        aac_config(media)
        aac_framing(media)


# ---- RTP


@given(st.binary(min_size=12, max_size=80))
def test_a_payload_lies_inside_its_packet(packet: bytes) -> None:
    begin, end = payload(bytearray(packet), 0, len(packet))
    assert 0 <= begin <= end <= len(packet)


@given(st.lists(st.integers(-(2**31) + 1, 2**31 - 1), max_size=50))
def test_timestamps_go_on_for_ever(steps: list[int]) -> None:
    clock = Unwrapped()
    real = 5
    assert clock.take(5) == 5
    for step in steps:
        real += step
        assert clock.near(real % 2**32) == real
        assert clock.take(real % 2**32) == real


def test_missing_packets_are_counted() -> None:
    sequence = Sequence()
    assert [sequence.take(number) for number in (65_534, 65_535, 0, 3, 4)] == [True, True, True, False, True]
    assert sequence.lost == 2


def test_a_camera_that_does_not_count_loses_nothing() -> None:
    sequence = Sequence()
    assert all(sequence.take(number) for number in (7, 7, 7, 7, 3))
    assert sequence.lost == 0


def test_reports() -> None:
    report = struct.pack(">BBHIQIII", 0x80, 200, 6, 7, (2_208_988_800 + 100) << 32 | 1 << 31, 12_345, 1, 2)
    found, goodbye = read_reports(report + struct.pack(">BBHI", 0x81, 203, 1, 7))
    assert found is not None
    assert (found.clock_us, found.timestamp, goodbye) == (100_500_000, 12_345, True)
    assert read_reports(empty_receiver_report(3, 9)[4:]) == (None, False)


@given(st.binary(max_size=100))
def test_any_report_can_be_read(data: bytes) -> None:
    read_reports(data)


# ---- pictures


def unit_of(codec: VideoCodec, kind: int, body: bytes) -> bytes:
    return bytes((kind << 1, 1)) + body if codec is H265 else bytes((0x60 | kind,)) + body


def packets_of(codec: VideoCodec, units: list[bytes], size: int, *, many: bool) -> list[bytes]:
    """The units as payloads of at most ``size`` bytes."""
    head = 2 if codec is H265 else 1
    if many and all(len(unit) < size for unit in units):
        joined = b"".join(struct.pack(">H", len(unit)) + unit for unit in units)
        return [(b"\x60\x01" if codec is H265 else b"\x78") + joined]
    packets = []
    for unit in units:
        if len(unit) <= size:
            packets.append(unit)
            continue
        kind = unit[0] >> 1 & 0x3F if codec is H265 else unit[0] & 0x1F
        lead = bytes((49 << 1, unit[1])) if codec is H265 else bytes((unit[0] & 0xE0 | 28,))
        parts = [unit[at : at + size] for at in range(head, len(unit), size)]
        for number, part in enumerate(parts):
            bits = 0x80 * (number == 0) | 0x40 * (number == len(parts) - 1) | kind
            packets.append(lead + bytes((bits,)) + part)
    return packets


bodies = st.binary(min_size=3, max_size=300).map(lambda body: b"\x88" + body.replace(b"\0", b"\1") + b"\x80")
pictures_of_units = st.lists(st.lists(bodies, min_size=1, max_size=4), min_size=1, max_size=6)


def fed(assembler: Assembler, payloads: list[bytes], timestamp: int, *, marker: bool = True) -> list[Picture]:
    for number, one in enumerate(payloads):
        last = marker and number == len(payloads) - 1
        assembler.take(memoryview(one), timestamp, marker=last, follows=True)
    ready, assembler.ready = assembler.ready, []
    return ready


@settings(deadline=None)
@given(
    codec=st.sampled_from([H264, H265]),
    wanted=pictures_of_units,
    size=st.integers(5, 120),
    marker=st.booleans(),
    many=st.booleans(),
)
def test_pictures_come_out_as_they_went_in(
    codec: VideoCodec, wanted: list[list[bytes]], size: int, marker: bool, many: bool
) -> None:
    assembler = assembler_for(codec)
    sent, found = [], []
    for number, parts in enumerate(wanted):
        # A first slice, then slices that begin no picture.
        units = [unit_of(codec, 1, parts[0]), *(unit_of(codec, 1, b"\x08" + body[1:]) for body in parts[1:])]
        sent.append(units)
        found += fed(assembler, packets_of(codec, units, size, many=many), number * 3600, marker=marker)
    end = unit_of(codec, 1, b"\x88\x88\x88")
    found += fed(assembler, [end], 10**6)
    assert [split_lengths(picture.data) for picture in found[: len(sent)]] == sent
    assert [picture.timestamp for picture in found[: len(sent)]] == [number * 3600 for number in range(len(sent))]
    assert all(picture.whole for picture in found)


def test_parameter_sets_with_a_marker_of_their_own_wait_for_their_picture() -> None:
    assembler = assembler_for(H264)
    sps, pps, key = b"\x67\x42\x00\x29", b"\x68\xce\x3c\x80", b"\x65\x88\x84\x21"
    assert not fed(assembler, [sps], 0)
    assert not fed(assembler, [pps], 1000)
    (picture,) = fed(assembler, [key], 3600)
    assert split_lengths(picture.data) == [sps, pps, key]
    assert (picture.key, picture.sets, picture.timestamp) == (True, [sps, pps], 3600)


def test_a_marker_on_each_slice_is_seen_through() -> None:
    assembler = assembler_for(H264)
    found: list[Picture] = []
    for number in range(4):
        for unit in (b"\x61\x88\x80", b"\x61\x48\x80", b"\x61\x28\x80"):
            found += fed(assembler, [unit], number * 3600)
    assert [len(split_lengths(picture.data)) for picture in found] == [1, 2, 3, 3]


def test_two_pictures_with_one_timestamp_are_two() -> None:
    assembler = assembler_for(H264)
    assembler.take(memoryview(b"\x65\x88\x80"), 0, marker=False, follows=True)
    assembler.take(memoryview(b"\x61\x88\x80"), 0, marker=True, follows=True)
    assert [picture.key for picture in assembler.ready] == [True, False]


def test_missing_packets_cost_the_torn_unit_only() -> None:
    assembler = assembler_for(H264)
    whole, torn = b"\x61\x88" + b"\1" * 50, b"\x61\x48" + b"\2" * 300
    payloads = packets_of(H264, [whole, torn], 60, many=False)
    for number, one in enumerate(payloads):
        if number == 2:
            continue
        assembler.take(memoryview(one), 0, marker=number == len(payloads) - 1, follows=number != 3)
    (picture,) = assembler.ready
    assert split_lengths(picture.data) == [whole]
    assert not picture.whole


@pytest.mark.parametrize("codec", [H264, H265])
@pytest.mark.parametrize("marker", [True, False])
def test_a_picture_without_a_whole_slice_is_left_out(codec: VideoCodec, marker: bool) -> None:
    assembler = assembler_for(codec)
    heads = [unit_of(codec, 33 if codec is H265 else 7, b"\x42\x01\x29"), unit_of(codec, 1, b"\x88" + b"\2" * 300)]
    for number, one in enumerate(torn := packets_of(codec, heads, 60, many=False)):
        if number != 2:
            assembler.take(memoryview(one), 0, marker=marker and number == len(torn) - 1, follows=number != 3)
    assert not assembler.ready
    after = unit_of(codec, 1, b"\x88\x84\x80")
    (picture,) = fed(assembler, [after], 3600)
    assert split_lengths(picture.data) == [after]
    assert (picture.timestamp, picture.whole, picture.sets) == (3600, True, [])


def test_start_codes_inside_rtp_are_understood() -> None:
    assembler = assembler_for(H264)
    (picture,) = fed(assembler, [b"\0\0\0\1\x67\x42\x00\x29\0\0\1\x68\xce\x3c\x80\0\0\0\1\x65\x88\x84"], 0)
    assert [unit[0] & 31 for unit in split_lengths(picture.data)] == [7, 8, 5]
    assert picture.key


def test_start_codes_behind_a_parameter_set_are_understood() -> None:
    together = b"\x67\x42\x00\x29\0\0\0\1\x68\xce\x3c\x80\0\0\0\1\x65\x88" + b"\x84" * 200
    for size in (1000, 60):
        (picture,) = fed(assembler_for(H264), packets_of(H264, [together], size, many=False), 0)
        assert [unit[0] & 31 for unit in split_lengths(picture.data)] == [7, 8, 5]
        assert (picture.key, len(picture.sets)) == (True, 2)


def test_a_marker_on_each_piece_cuts_no_unit() -> None:
    assembler = assembler_for(H264)
    unit = b"\x65\x88" + b"\x84" * 300
    for payload_of in packets_of(H264, [unit], 60, many=False):
        assembler.take(memoryview(payload_of), 0, marker=True, follows=True)
    assert [split_lengths(picture.data) for picture in assembler.ready] == [[unit]]


def test_an_empty_last_piece_ends_its_unit() -> None:
    assembler = assembler_for(H264)
    assembler.take(memoryview(b"\x7c\x85\x88\x84"), 0, marker=False, follows=True)
    assembler.take(memoryview(b"\x7c\x45"), 0, marker=True, follows=True)
    assert [split_lengths(picture.data) for picture in assembler.ready] == [[b"\x65\x88\x84"]]


def test_parameter_sets_without_end_are_kept_in_bounds() -> None:
    assembler = assembler_for(H264)
    fed(assembler, [b"\x67\x42" + number.to_bytes(2, "big") for number in range(5000)], 0)
    (picture,) = fed(assembler, [b"\x65\x88\x84"], 3600)
    assert len(picture.sets) == 64


def test_a_recovery_point_is_a_key_frame() -> None:
    assembler = assembler_for(H264)
    (picture,) = fed(assembler, [b"\x06\x05\x02\xaa\xbb\x06\x01\xc4\x80", b"\x61\x88\x80"], 0)
    assert picture.key
    (other,) = fed(assembler, [b"\x06\x05\x02\xaa\xbb\x80", b"\x61\x88\x80"], 3600)
    assert not other.key


@given(codec=st.sampled_from([H264, H265]), payloads=st.lists(st.binary(max_size=60), max_size=30))
def test_any_payloads_can_be_taken(codec: VideoCodec, payloads: list[bytes]) -> None:
    assembler = assembler_for(codec)
    for number, one in enumerate(payloads):
        assembler.take(memoryview(one), number // 3, marker=number % 4 == 0, follows=number % 5 != 0)
    for picture in assembler.ready:
        assert picture.data
        assert sum(4 + len(unit) for unit in split_lengths(picture.data)) == len(picture.data)


# ---- AAC


@given(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=8))
def test_aac_units_come_out_as_they_went_in(units: list[bytes]) -> None:
    heads = b"".join(struct.pack(">H", len(unit) << 3) for unit in units)
    data = struct.pack(">H", 16 * len(units)) + heads + b"".join(units)
    assert AacFraming(13, 3).units(memoryview(data)) == units
    assert AacFraming(13, 3).units(memoryview(data[:-1])) == []


@given(st.binary(max_size=60), st.integers(1, 16), st.integers(0, 16))
def test_any_aac_payload_can_be_read(data: bytes, size_bits: int, index_bits: int) -> None:
    AacFraming(size_bits, index_bits).units(memoryview(data))
    aac_framing(Media("audio", 97, codec="MPEG4-GENERIC", fmtp={"sizelength": "999", "indexlength": "x"}))
