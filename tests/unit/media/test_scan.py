"""The scan survives whatever a crash, a disk or an enemy leaves in a file."""

import io
import os
import random
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cctv.media.errors import DamagedMedia
from cctv.media.mp4 import fmp4
from cctv.media.mp4.boxes import box
from cctv.media.mp4.fmp4 import Fragmenter, SegmentHead, SegmentScan

ROUNDS = 200_000 if os.environ.get("CCTV_TEST_LONG") else 3000

lenient = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@lru_cache
def recorded(make: Callable[..., Any]) -> tuple[bytes, tuple[int, ...]]:
    """A segment of six fragments and where each of them ends."""
    made = make(frames=60, gop=10)
    fragmenter = Fragmenter(made.params, wall_us=lambda dts: 10**15 + dts * 100 // 9)
    fragments = [one for sample in made.fresh() for one in fragmenter.push(sample)] + fragmenter.flush()
    head = SegmentHead(
        camera=UUID(int=1),
        run=UUID(int=2),
        seq=0,
        fence=1,
        agency="A",
        start_us=10**15,
        base_90k=0,
        run_start_us=10**15,
    )
    data = fmp4.head(made.params, head)
    ends = [len(data)]
    for one in fragments:
        data += one.data
        ends.append(len(data))
    return data, tuple(ends)


class CountingFile(io.BytesIO):
    """Counts what is read of it."""

    read_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.read_bytes += len(found)
        return found


def try_scan(data: bytes) -> SegmentScan | None:
    """The scan, or None for a file that is not ours; nothing else may happen, and little may be read."""
    file = CountingFile(data)
    try:
        return fmp4.scan(file)
    except DamagedMedia:
        return None
    finally:
        assert file.read_bytes <= len(data) + 100_000


@lenient
@given(cut=st.integers(0, 10**6))
def test_a_torn_tail_costs_the_torn_fragment_only(footage: Callable[..., Any], cut: int) -> None:
    data, ends = recorded(footage)
    cut %= len(data) + 1
    found = try_scan(data[:cut])
    whole = [end for end in ends if end <= cut]
    if not whole:
        assert found is None
        return
    assert found is not None
    assert found.valid_bytes == whole[-1]
    assert len(found.fragments) == len(whole) - 1
    assert found.index.head_bytes == ends[0]


def test_zeros_after_a_loss_of_power_are_cut_off(footage: Callable[..., Any]) -> None:
    data, ends = recorded(footage)
    found = try_scan(data[: ends[3]] + bytes(100_000))
    assert found is not None
    assert (found.valid_bytes, len(found.fragments)) == (ends[3], 3)


@lenient
@given(noise=st.binary(max_size=200))
def test_noise_after_whole_fragments_is_cut_off(footage: Callable[..., Any], noise: bytes) -> None:
    data, ends = recorded(footage)
    found = try_scan(data + noise)
    assert found is not None
    assert found.valid_bytes == ends[-1]


@given(data=st.binary(max_size=2000))
def test_noise_is_not_a_segment(data: bytes) -> None:
    assert try_scan(data) is None


def test_bytes_changed_at_random_never_break_out(footage: Callable[..., Any]) -> None:
    data, _ = recorded(footage)
    seed = int(os.environ.get("CCTV_TEST_SEED") or random.randrange(2**32))
    sys.stdout.write(f"seed {seed}\n")
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        hurt = bytearray(data)
        at = chance.choice((0, chance.randrange(len(data)), chance.randrange(1500)))
        for _ in range(chance.randrange(1, 9)):
            place = min(at + chance.randrange(64), len(hurt) - 1)
            hurt[place] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        found = try_scan(bytes(hurt[: chance.choice((len(hurt), chance.randrange(len(hurt))))]))
        if found is not None:
            assert found.valid_bytes <= len(hurt)
            assert found.index.head_bytes + sum(one.bytes for one in found.fragments) == found.valid_bytes


def huge(kind: bytes, size: int) -> bytes:
    return b"\0\0\0\1" + kind + size.to_bytes(8, "big")


def test_strange_boxes_end_the_list(footage: Callable[..., Any]) -> None:
    data, ends = recorded(footage)
    prft_and_moof = data[ends[0] : data.index(b"mdat", ends[0]) - 4]
    strange = [
        b"\0\0\0\0mdat",  # to the end of the file
        b"\0\0\0\4moof",  # smaller than its header
        huge(b"moof", 2**63),
        huge(b"moof", 8),
        huge(b"prft", 2**40) + bytes(100),
        box(b"prft", bytes(3)),
        box(b"free", b"hello"),
        box(b"moof", box(b"moof", box(b"moof"))),
        prft_and_moof + box(b"mdat"),  # samples outside of the fragment
        prft_and_moof + b"\0\0\0\0mdat",
        data[ends[0] : ends[0] + 32] + box(b"moof", b"\xff" * 5000) + box(b"mdat"),
    ]
    for one in strange:
        found = try_scan(data + one)
        assert found is not None
        assert found.valid_bytes == ends[-1]


def test_64_bit_sizes_are_understood(footage: Callable[..., Any]) -> None:
    data, ends = recorded(footage)
    at = data.index(b"mdat", ends[0]) - 4
    media = data[at + 8 : ends[1]]
    fragment = data[ends[0] : at] + huge(b"mdat", 16 + len(media)) + media
    # The data offset now points 8 bytes too early, but still into the fragment.
    found = try_scan(data[: ends[0]] + fragment + data[ends[1] :])
    assert found is not None
    assert len(found.fragments) == 6


def test_media_is_not_read(footage: Callable[..., Any]) -> None:
    data, _ = recorded(footage)
    file = CountingFile(data)
    fmp4.scan(file)
    assert file.read_bytes < len(data) / 2


def test_files_of_others_are_refused(footage: Callable[..., Any]) -> None:
    data, ends = recorded(footage)
    at = data.index(b"uuid") + 4
    foreign = data[:at] + bytes(16) + data[at + 16 :]
    newer = data[: at + 16] + b"\0\0" + data[at + 18 :]
    for one in (b"", foreign, newer, data[ends[0] :]):
        with pytest.raises(DamagedMedia):
            fmp4.scan(io.BytesIO(one))


def test_a_newer_head_with_more_in_it_is_read(footage: Callable[..., Any]) -> None:
    data, ends = recorded(footage)
    at = data.index(b"uuid") - 4
    body = data[at + 8 : ends[0]]
    fixed = body[16:]
    longer = (2).to_bytes(2, "big") + (len(fixed) + 40).to_bytes(2, "big") + fixed[4:] + bytes(40)
    newer = data[:at] + box(b"uuid", body[:16], longer) + data[ends[0] :]
    found = fmp4.scan(io.BytesIO(newer))
    assert found.head == fmp4.scan(io.BytesIO(data)).head
    assert len(found.fragments) == 6
