"""Playlists over real segments are played by libav's HLS reader, frame by frame."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import pytest

from cctv.media import hls
from cctv.media.hls import Piece
from cctv.media.model import VideoCodec
from cctv.media.mp4 import fmp4
from cctv.media.mp4.fmp4 import Fragment, Fragmenter, SegmentHead
from cctv.media.mp4.index import Gop, SegmentIndex, gops

START_US = 1_795_456_800_000_000
KINDS = [(VideoCodec.H264, 0), (VideoCodec.H264, 2), (VideoCodec.H265, 3), (VideoCodec.MJPEG, 0)]


def wall_us(dts_90k: int) -> int:
    return START_US + dts_90k * 100 // 9


def record(folder: Path, made: Any, run: str) -> list[tuple[str, SegmentIndex]]:
    """A run in two files, changed in the middle: their names and indexes."""
    fragmenter = Fragmenter(made.params, wall_us=wall_us)
    fragments = [one for sample in made.fresh() for one in fragmenter.push(sample)] + fragmenter.flush()
    middle = next(number for number, one in enumerate(fragments) if one.key_bytes and one.dts_90k >= 180_000)
    return [
        write(folder, f"{run}-{seq}.mp4", made, part, seq)
        for seq, part in enumerate((fragments[:middle], fragments[middle:]))
    ]


def write(folder: Path, name: str, made: Any, fragments: list[Fragment], seq: int) -> tuple[str, SegmentIndex]:
    head = SegmentHead(
        camera=UUID(int=1),
        run=UUID(int=2),
        seq=seq,
        fence=1,
        agency="A",
        start_us=fragments[0].wall_us,
        base_90k=fragments[0].dts_90k,
        run_start_us=START_US,
    )
    file = folder / name
    file.write_bytes(fmp4.head(made.params, head) + b"".join(one.data for one in fragments))
    with file.open("rb") as opened:
        return name, fmp4.scan(opened).index


def piece(name: str, index: SegmentIndex, run: str, wanted: list[Gop], *, iframes: bool = False) -> Piece:
    make = hls.iframe_text if iframes else hls.segment_text
    start_us = wall_us(index.base_90k)
    text = make(uri=name, init_bytes=index.head_bytes, start_us=start_us, base_90k=index.base_90k, gops=wanted)
    return Piece(text, run)


def played(folder: Path, playlist: str) -> tuple[list[bytes], list[tuple[int, int]]]:
    """The coded frames that libav finds in the playlist, and the sizes of the pictures it decodes."""
    file = folder / "video.m3u8"
    file.write_text(playlist)
    with av.open(str(file), "r", options={"allowed_extensions": "ALL"}) as container:
        frames = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    with av.open(str(file), "r", options={"allowed_extensions": "ALL"}) as container:
        pictures = [(frame.width, frame.height) for frame in container.decode(video=0)]
    return frames, pictures


@pytest.mark.parametrize(("codec", "bframes"), KINDS)
def test_a_run_over_two_files(
    footage: Callable[..., Any], tmp_path: Path, codec: VideoCodec, bframes: int
) -> None:
    made = footage(codec, bframes=bframes)
    pieces = [piece(name, index, "one", gops(index)) for name, index in record(tmp_path, made, "one")]
    frames, pictures = played(tmp_path, hls.media_playlist(pieces, ended=True))
    assert frames == [sample.data for sample in made.samples]
    assert len(pictures) == 100


def test_a_window_begins_and_ends_at_gops(footage: Callable[..., Any], tmp_path: Path) -> None:
    made = footage(bframes=2)
    (first, one), (second, two) = record(tmp_path, made, "one")
    pieces = [piece(first, one, "one", gops(one)[1:]), piece(second, two, "one", gops(two)[:1])]
    frames, pictures = played(tmp_path, hls.media_playlist(pieces, ended=True))
    assert frames == [sample.data for sample in made.samples[25:75]]
    assert len(pictures) == 50


def test_another_run_has_another_size(footage: Callable[..., Any], tmp_path: Path) -> None:
    small, large = footage(), footage(size=(640, 360))
    pieces = [piece(name, index, "one", gops(index)) for name, index in record(tmp_path, small, "one")]
    pieces += [piece(name, index, "two", gops(index)) for name, index in record(tmp_path, large, "two")]
    frames, pictures = played(tmp_path, hls.media_playlist(pieces, ended=True))
    assert frames == [sample.data for made in (small, large) for sample in made.samples]
    # libav's decoder shows nothing of the first GOP after a change of size; browsers get a new init segment.
    assert pictures == [(320, 180)] * 100 + [(640, 360)] * 75


@pytest.mark.parametrize(("codec", "bframes"), KINDS[:3])
def test_every_entry_of_an_iframe_playlist_is_one_picture(
    footage: Callable[..., Any], tmp_path: Path, codec: VideoCodec, bframes: int
) -> None:
    made = footage(codec, bframes=bframes)
    segments = record(tmp_path, made, "one")
    pieces = [piece(name, index, "one", gops(index), iframes=True) for name, index in segments]
    playlist = hls.media_playlist(pieces, ended=True, iframes=True)
    assert playlist.count("#EXTINF") == 4
    keys = [sample.data for sample in made.samples if sample.key]
    for (name, index), wanted in zip(segments, (keys[:2], keys[2:]), strict=True):
        data = (tmp_path / name).read_bytes()
        for gop, key in zip(gops(index), wanted, strict=True):
            picture = data[: index.head_bytes] + data[gop.offset : gop.offset + gop.key_bytes]
            (tmp_path / "picture.mp4").write_bytes(picture)
            with av.open(str(tmp_path / "picture.mp4"), "r") as container:
                packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
            assert packets == [key]


def test_entries_follow_each_other_without_a_hole(footage: Callable[..., Any], tmp_path: Path) -> None:
    for _, index in record(tmp_path, footage(gop=10), "one"):
        for one, later in pairwise(gops(index)):
            assert one.offset + one.bytes == later.offset
            assert one.start_90k + one.duration_90k == later.start_90k
