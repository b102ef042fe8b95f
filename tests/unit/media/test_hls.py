"""Playlists obey RFC 8216 and say the right bytes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.media import hls
from cctv.media.hls import Piece, SegmentText, Variant
from cctv.media.mp4.index import FragmentEntry, Gop, SegmentIndex, decode_index, encode_index, gops

START_US = 1_795_456_800_250_000  # 2026-11-23T18:00:00.250Z

entries = st.lists(
    st.builds(
        FragmentEntry,
        bytes=st.integers(1, 2**32 - 1),
        duration_90k=st.integers(1, 2**32 - 1),
        key_bytes=st.integers(0, 2**32 - 1),
    ),
    max_size=80,
)


@given(head=st.integers(0, 2**32 - 1), base=st.integers(0, 2**63), rows=entries)
def test_an_index_comes_back_as_it_was(head: int, base: int, rows: list[FragmentEntry]) -> None:
    assert decode_index(encode_index(head, base, rows)) == SegmentIndex(head, base, rows)


@given(head=st.integers(0, 5000), base=st.integers(0, 2**40), rows=entries)
def test_gops_cover_the_segment(head: int, base: int, rows: list[FragmentEntry]) -> None:
    found = gops(SegmentIndex(head, base, rows))
    assert sum(gop.bytes for gop in found) == sum(row.bytes for row in rows)
    assert sum(gop.duration_90k for gop in found) == sum(row.duration_90k for row in rows)
    at, time = head, base
    for gop in found:
        assert (gop.offset, gop.start_90k) == (at, time)
        at, time = at + gop.bytes, time + gop.duration_90k
    assert all(gop.key_bytes for gop in found[1:])
    assert [gop.key_bytes for gop in found if gop.key_bytes] == [r.key_bytes for r in rows if r.key_bytes]


def segment(uri: str, *durations: float, base_90k: int = 0, start_us: int = START_US) -> SegmentText:
    rows = [FragmentEntry(1000, round(seconds * 90_000), 100) for seconds in durations]
    index = SegmentIndex(700, base_90k, rows)
    return hls.segment_text(uri=uri, init_bytes=700, start_us=start_us, base_90k=base_90k, gops=gops(index))


def test_a_playlist_of_one_run_has_one_map_and_no_discontinuity() -> None:
    texts = [segment("a.mp4", 2, 2), segment("b.mp4", 2, base_90k=360_000, start_us=START_US + 4_000_000)]
    playlist = hls.media_playlist([Piece(text, "run") for text in texts], ended=True)
    assert playlist == (
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"
        "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MAP:URI="a.mp4",BYTERANGE="700@0"\n'
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T18:00:00.250Z\n"
        "#EXTINF:2.00000,\n#EXT-X-BYTERANGE:1000@700\na.mp4\n"
        "#EXTINF:2.00000,\n#EXT-X-BYTERANGE:1000@1700\na.mp4\n"
        "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T18:00:04.250Z\n"
        "#EXTINF:2.00000,\n#EXT-X-BYTERANGE:1000@700\nb.mp4\n"
        "#EXT-X-ENDLIST\n"
    )


def test_another_run_and_a_hole_are_discontinuities_with_their_own_map() -> None:
    pieces = [
        Piece(segment("a.mp4", 2), "one"),
        Piece(segment("b.mp4", 2), "two"),
        Piece(segment("c.mp4", 2), "two", hole=True),
    ]
    lines = hls.media_playlist(pieces, ended=True).splitlines()
    assert lines.count("#EXT-X-DISCONTINUITY") == 2
    maps = [line for line in lines if line.startswith("#EXT-X-MAP")]
    assert maps == [f'#EXT-X-MAP:URI="{name}.mp4",BYTERANGE="700@0"' for name in "abc"]
    for number, line in enumerate(lines):
        if line == "#EXT-X-DISCONTINUITY":
            assert lines[number + 1].startswith("#EXT-X-MAP")
            assert lines[number + 2].startswith("#EXT-X-PROGRAM-DATE-TIME")


@given(st.lists(st.floats(0.04, 700), min_size=1, max_size=20), st.booleans())
def test_no_entry_is_longer_than_the_target(durations: list[float], ended: bool) -> None:
    playlist = hls.media_playlist([Piece(segment("a.mp4", *durations), "run")], ended=ended)
    target = int(re.findall(r"TARGETDURATION:(\d+)", playlist)[0])
    assert max(float(each) for each in re.findall(r"#EXTINF:([\d.]+),", playlist)) <= target + 0.00001


def test_a_growing_playlist_keeps_its_target_and_only_grows() -> None:
    few = hls.media_playlist([Piece(segment("a.mp4", 2.0), "run")], ended=False)
    more = hls.media_playlist([Piece(segment("a.mp4", 2.0, 1.5, 1.99), "run")], ended=False)
    assert more.startswith(few)
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in few
    assert "ENDLIST" not in more


def test_a_window_begins_with_its_first_gop() -> None:
    index = SegmentIndex(700, 90_000, [FragmentEntry(1000, 180_000, 100)] * 3)
    text = hls.segment_text(uri="a.mp4", init_bytes=700, start_us=START_US, base_90k=90_000, gops=gops(index)[1:])
    assert text.body.startswith("#EXT-X-PROGRAM-DATE-TIME:2026-11-23T18:00:02.250Z\n")
    assert "1000@1700" in text.body
    assert (text.gops, text.duration_90k, text.bytes) == (2, 360_000, 2000)
    assert text.peak_bit_rate == 4000


def test_an_iframe_playlist_names_key_frames_only() -> None:
    found = [Gop(700, 1000, 0, 90_000, 0), Gop(1700, 1000, 90_000, 180_000, 150)]
    text = hls.iframe_text(uri="a.mp4", init_bytes=700, start_us=START_US, base_90k=0, gops=found)
    playlist = hls.media_playlist([Piece(text, "run")], ended=True, iframes=True)
    assert "#EXT-X-I-FRAMES-ONLY\n" in playlist
    assert playlist.count("#EXTINF") == 1
    assert "#EXT-X-BYTERANGE:150@1700\n" in playlist
    assert "18:00:01.250Z" in playlist


def test_nothing_recorded_is_still_a_playlist() -> None:
    empty = hls.segment_text(uri="a.mp4", init_bytes=700, start_us=START_US, base_90k=0, gops=[])
    playlist = hls.media_playlist([Piece(empty, "run")], ended=True)
    assert "#EXT-X-TARGETDURATION:1\n" in playlist
    assert "EXT-X-MAP" not in playlist


def test_an_address_cannot_break_out_of_its_line() -> None:
    with pytest.raises(ValueError, match="line breaks"):
        segment("a.mp4\n#EXT-X-KEY", 2)


def test_the_playlist_of_playlists() -> None:
    variant = Variant(
        uri="video.m3u8",
        iframes_uri="iframes.m3u8",
        codecs="avc1.640028,mp4a.40.2",
        width=1920,
        height=1080,
        rate=25.0,
        bandwidth=2_500_000,
        average_bandwidth=2_000_000,
        iframe_bandwidth=300_000,
    )
    assert hls.multivariant([variant]) == (
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-STREAM-INF:BANDWIDTH=2500000,AVERAGE-BANDWIDTH=2000000,CODECS="avc1.640028,mp4a.40.2",'
        "RESOLUTION=1920x1080,FRAME-RATE=25.000\nvideo.m3u8\n"
        '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=300000,CODECS="avc1.640028",RESOLUTION=1920x1080,'
        'URI="iframes.m3u8"\n'
    )


def test_the_iframe_line_names_all_codecs_of_pictures() -> None:
    """A range with a change of codec has more than one."""
    variant = Variant(
        uri="video.m3u8",
        iframes_uri="iframes.m3u8",
        codecs="avc1.4D401E,mp4a.40.2,hvc1.1.6.L63.90",
        width=640,
        height=360,
        rate=None,
        bandwidth=1,
    )
    assert 'CODECS="avc1.4D401E,hvc1.1.6.L63.90"' in hls.multivariant([variant]).splitlines()[-1]
