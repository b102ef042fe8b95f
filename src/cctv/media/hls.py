"""HLS playlists as text (RFC 8216 and its revision). Knows nothing of rights, files or HTTP.

The text of a closed segment is made once (``segment_text``) and kept; a playlist is those texts joined, so a
day of 43,200 entries costs a join of 1,440 strings. Addresses are the caller's, relative to the playlist.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cctv.base.clock import TICKS_PER_S, from_us
from cctv.media.mp4.index import Gop

_HALF_SECOND_90K = TICKS_PER_S // 2
_TARGETS_S = (2, 4, 6, 10, 20, 60, 120, 300, 600)
"""Target durations of a growing playlist. It must not change while it grows, so it goes by steps."""
_SOUND = "mp4a."


@dataclass(frozen=True, slots=True)
class SegmentText:
    """The lines of one segment, ready to be joined.

    ``first`` is its EXT-X-MAP line, written where a run begins; ``longest_ms`` bounds the target duration.
    ``peak_bit_rate`` is that of its fattest entry of half a second or more.
    """

    first: str
    body: str
    longest_ms: int
    duration_90k: int
    bytes: int
    gops: int
    peak_bit_rate: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment's text in a playlist.

    Another ``run`` than the piece before it asks for EXT-X-DISCONTINUITY and EXT-X-MAP, and so does a
    ``hole``: footage of the same run that is missing between the two.
    """

    text: SegmentText
    run: str
    hole: bool = False


def segment_text(*, uri: str, init_bytes: int, start_us: int, base_90k: int, gops: Sequence[Gop]) -> SegmentText:
    """The entries of a segment (or of some of its GOPs), an entry a GOP, the date-time first.

    ``start_us`` is the wall clock of the segment's first sample and ``base_90k`` its decode time;
    ``init_bytes`` is how much of the file's beginning an EXT-X-MAP names (the index's ``head_bytes`` will do).
    A GOP that still grows must not be among ``gops``: what a playlist has said stays so.
    """
    entries = [(gop.duration_90k, gop.bytes, gop.offset) for gop in gops]
    return _text(uri, init_bytes, _moment(start_us, base_90k, gops), entries)


def iframe_text(*, uri: str, init_bytes: int, start_us: int, base_90k: int, gops: Sequence[Gop]) -> SegmentText:
    """The same for an I-frame playlist: an entry a key frame, with its bytes and the time to the next one."""
    keyed = [gop for gop in gops if gop.key_bytes]
    entries = [(gop.duration_90k, gop.key_bytes, gop.offset) for gop in keyed]
    return _text(uri, init_bytes, _moment(start_us, base_90k, keyed), entries)


def _moment(start_us: int, base_90k: int, gops: Sequence[Gop]) -> str:
    begin_90k = gops[0].start_90k if gops else base_90k
    moment = from_us(start_us + (begin_90k - base_90k) * 100 // 9)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _text(uri: str, init_bytes: int, moment: str, entries: list[tuple[int, int, int]]) -> SegmentText:
    if any(letter in uri for letter in '"\r\n'):
        raise ValueError("an address in a playlist has no quotes and no line breaks")
    lines = [f"#EXT-X-PROGRAM-DATE-TIME:{moment}\n"] if entries else []
    longest_90k = duration_90k = size = peak = 0
    for entry_90k, entry_bytes, offset in entries:
        lines.append(f"#EXTINF:{entry_90k / TICKS_PER_S:.5f},\n#EXT-X-BYTERANGE:{entry_bytes}@{offset}\n{uri}\n")
        duration_90k += entry_90k
        size += entry_bytes
        if entry_90k > longest_90k:
            longest_90k = entry_90k
        bits = 8 * entry_bytes * TICKS_PER_S // (entry_90k if entry_90k > _HALF_SECOND_90K else _HALF_SECOND_90K)
        if bits > peak:
            peak = bits
    return SegmentText(
        first=f'#EXT-X-MAP:URI="{uri}",BYTERANGE="{init_bytes}@0"\n',
        body="".join(lines),
        longest_ms=-(-longest_90k // 90),
        duration_90k=duration_90k,
        bytes=size,
        gops=len(entries),
        peak_bit_rate=peak,
    )


def media_playlist(pieces: Iterable[Piece], *, ended: bool, iframes: bool = False) -> str:
    """The lines of :func:`playlist_parts` as one text."""
    return "".join(playlist_parts(pieces, ended=ended, iframes=iframes))


def playlist_parts(pieces: Iterable[Piece], *, ended: bool, iframes: bool = False) -> list[str]:
    """Joins texts: EXT-X-MAP where the run changes, EXT-X-DISCONTINUITY before it but for the first.

    ``ended`` gives a VOD playlist with EXT-X-ENDLIST, else EVENT, which may only grow. Pieces without
    entries are left out. The texts come as they are: a day of them is 7 MB, and making one string of that costs
    more (in fresh memory) than all the rest.
    """
    parts = [""]
    longest_ms = 0
    run: str | None = None
    for piece in pieces:
        text = piece.text
        if not text.gops:
            continue
        if piece.run != run or piece.hole:
            if run is not None:
                parts.append("#EXT-X-DISCONTINUITY\n")
            parts.append(text.first)
            run = piece.run
        parts.append(text.body)
        longest_ms = max(longest_ms, text.longest_ms)
    longest_s = max(-(-longest_ms // 1000), 1)
    if not ended:
        longest_s = next((target for target in _TARGETS_S if target >= longest_s), longest_s)
    head = (
        f"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{longest_s}\n#EXT-X-MEDIA-SEQUENCE:0\n"
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if ended else 'EVENT'}\n#EXT-X-INDEPENDENT-SEGMENTS\n"
    )
    if iframes:
        head += "#EXT-X-I-FRAMES-ONLY\n"
    parts[0] = head
    if ended:
        parts.append("#EXT-X-ENDLIST\n")
    return parts


@dataclass(frozen=True, slots=True)
class Variant:
    """A line of the multivariant playlist. ``codecs`` is RFC 6381 of all tracks, as the run's row has it."""

    uri: str
    iframes_uri: str | None
    codecs: str
    width: int
    height: int
    rate: float | None
    bandwidth: int
    average_bandwidth: int | None = None
    iframe_bandwidth: int | None = None


def multivariant(variants: Sequence[Variant]) -> str:
    """The playlist of playlists. Bandwidths are bits a second and at least 1."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for variant in variants:
        attributes = [f"BANDWIDTH={max(variant.bandwidth, 1)}"]
        if variant.average_bandwidth:
            attributes.append(f"AVERAGE-BANDWIDTH={variant.average_bandwidth}")
        attributes += [f'CODECS="{variant.codecs}"', f"RESOLUTION={variant.width}x{variant.height}"]
        if variant.rate:
            attributes.append(f"FRAME-RATE={variant.rate:.3f}")
        lines += ["#EXT-X-STREAM-INF:" + ",".join(attributes), variant.uri]
    lines += [_iframe_line(variant) for variant in variants if variant.iframes_uri]
    return "\n".join(lines) + "\n"


def _iframe_line(variant: Variant) -> str:
    bandwidth = variant.iframe_bandwidth or variant.bandwidth
    pictures = ",".join(codec for codec in variant.codecs.split(",") if not codec.startswith(_SOUND))
    return (
        f'#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={max(bandwidth, 1)},CODECS="{pictures}",'
        f'RESOLUTION={variant.width}x{variant.height},URI="{variant.iframes_uri}"'
    )
