"""Fingerprints are the same however a picture is packed, and differ where the picture does."""

from hypothesis import given
from hypothesis import strategies as st

from cctv_simulator.bitstream import fingerprint, split_annex_b, split_lengths

SPS, PPS, SEI, IDR = b"\x67\x64\x00\x1e", b"\x68\xee\x3c\x80", b"\x06\x05\x01\x80", b"\x65\x88\x84\x01"


def annexb(*units: bytes) -> bytes:
    return b"".join(b"\x00\x00\x00\x01" + unit for unit in units)


def lengths(*units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


@given(st.lists(st.binary(min_size=1).filter(lambda u: b"\x00\x00" not in u and u[-1] != 0), min_size=1))
def test_units_come_back(units: list[bytes]) -> None:
    assert split_annex_b(annexb(*units)) == units
    assert split_lengths(lengths(*units)) == units


def test_short_and_long_start_codes() -> None:
    assert split_annex_b(b"\x00\x00\x01" + IDR + b"\x00\x00\x00\x01" + SEI + b"\x00\x00\x01" + PPS) == [
        IDR,
        SEI,
        PPS,
    ]


def test_packing_and_parameter_sets_do_not_count() -> None:
    sent = fingerprint("h264", annexb(b"\x09\xf0", SPS, PPS, SEI, IDR))
    assert sent == fingerprint("h264", lengths(SEI, IDR), form="lengths")
    assert sent == fingerprint("h264", annexb(SEI, IDR))


def test_everything_else_counts() -> None:
    sent = fingerprint("h264", annexb(SEI, IDR))
    assert sent != fingerprint("h264", annexb(IDR))
    assert sent != fingerprint("h264", annexb(SEI, IDR + b"\x01"))
    assert sent != fingerprint("h264", annexb(IDR, SEI))


def test_h265_has_other_types() -> None:
    vps, sps, pps, idr = b"\x40\x01x", b"\x42\x01x", b"\x44\x01x", b"\x26\x01x"
    assert fingerprint("h265", annexb(vps, sps, pps, idr)) == fingerprint("h265", annexb(idr))
