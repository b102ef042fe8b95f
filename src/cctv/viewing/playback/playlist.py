"""HLS playlists of footage. Blocking: a day of them takes tens of milliseconds, so call from a thread.

The text of a closed segment is made once and kept while memory allows; a playlist is such texts joined.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from cctv.base.clock import TICKS_PER_S, to_us
from cctv.base.ids import RunId
from cctv.base.span import Span
from cctv.media.errors import DamagedMedia
from cctv.media.hls import Piece, SegmentText, Variant, iframe_text, multivariant, playlist_parts, segment_text
from cctv.media.mp4.index import SegmentIndex, decode_index, gops
from cctv.recording.archive import Run
from cctv.viewing.playback.errors import NoFootage
from cctv.viewing.playback.footage import Footage, Shown, follows, gops_of
from cctv.viewing.playback.lru import WeightedLru

CONTENT_TYPE: Final = "application/vnd.apple.mpegurl"
_TEXT_OVERHEAD_BYTES: Final = 500
_EMPTY_INDEX: Final = SegmentIndex(0, 0, [])

TextKey = tuple[str, str, bool]
"""Volume, object, whether for the I-frame playlist."""


Indexes = Mapping[tuple[RunId, int], bytes]
"""Fragment indexes by run and sequence."""


class Draft(NamedTuple):
    """A playlist to be: its segments, and the text of each that is known already."""

    footage: Footage
    iframes: bool
    texts: list[SegmentText | None]

    @property
    def lacking(self) -> Span | None:
        """The time whose segments' indexes are still needed; ``None``: nothing is."""
        lacking = [
            one
            for one, text in zip(self.footage.segments, self.texts, strict=True)
            if text is None and not one.fragments
        ]
        return Span(lacking[0].start, max(one.end for one in lacking)) if lacking else None


class Playlists:
    """Makes playlists from footage and keeps the texts of closed segments, ``limit_bytes`` of them.

    First :meth:`begin`, which says of what the index must be read, then one of the others.
    ``times`` learns the time of each segment that a playlist names, for the checks that follow.
    """

    def __init__(self, *, limit_bytes: int, times: WeightedLru[str, Span]) -> None:
        self._texts: WeightedLru[TextKey, SegmentText] = WeightedLru(limit=limit_bytes, kind="playlist")
        self._times = times

    def begin(self, footage: Footage, *, iframes: bool) -> Draft:
        """What is known of a playlist of this footage."""
        keys = [
            (one.volume, one.object_name, iframes) if one.part is None and one.closed else None
            for one in footage.segments
        ]
        known = self._texts.get_many(key for key in keys if key is not None)
        return Draft(footage, iframes, [None if key is None else known.get(key) for key in keys])

    def media(self, draft: Draft, indexes: Indexes) -> list[str]:
        """The media playlist, an entry a group of pictures, or the I-frame playlist, as texts to be joined.

        :class:`NoFootage` when there is nothing.
        """
        pieces = list(_pieces(draft.footage.segments, self._all(draft, indexes)))
        if not pieces:
            raise NoFootage
        return playlist_parts(pieces, ended=draft.footage.ended, iframes=draft.iframes)

    def index(self, draft: Draft, first: Draft, indexes: Indexes, runs: Iterable[Run], *, query: str) -> str:
        """The multivariant playlist: the video with its I-frame stream, of whose beginning ``first`` is.

        ``query`` is kept in both addresses.
        """
        texts = [text for text in self._all(draft, indexes) if text.gops]
        keys = next(iter(self._all(first, indexes)), None)
        shown = list(runs)
        if not texts or not shown or keys is None:
            raise NoFootage
        codecs = dict.fromkeys(codec for run in shown for codec in run.codecs.split(","))
        rates = [run.rate for run in shown if run.rate]
        average = _bits_per_s(sum(text.bytes for text in texts), sum(text.duration_90k for text in texts))
        variant = Variant(
            uri="video.m3u8" + query,
            iframes_uri="iframes.m3u8" + query,
            codecs=",".join(codecs),
            width=max(run.width for run in shown),
            height=max(run.height for run in shown),
            rate=max(rates) if rates else None,
            # Short entries count as half a second each; the peak of nothing but such is no less than the average.
            bandwidth=max(average, *(text.peak_bit_rate for text in texts)),
            average_bandwidth=average,
            iframe_bandwidth=_bits_per_s(keys.bytes, keys.duration_90k),
        )
        return multivariant([variant])

    def _all(self, draft: Draft, indexes: Indexes) -> list[SegmentText]:
        """The text of each segment: those that are known, the others made."""
        return [
            text if text is not None else self._made(segment, indexes, iframes=draft.iframes)
            for segment, text in zip(draft.footage.segments, draft.texts, strict=True)
        ]

    def _made(self, segment: Shown, indexes: Indexes, *, iframes: bool) -> SegmentText:
        index = _index_of(segment.fragments or indexes.get((segment.run, segment.seq), b""))
        self._times.put(segment.object_name, Span(segment.start, segment.end), weight=1)
        make = iframe_text if iframes else segment_text
        text = make(
            uri=f"{segment.volume}/{segment.object_name}",
            init_bytes=index.head_bytes,
            start_us=to_us(segment.start),
            base_90k=index.base_90k,
            gops=gops_of(segment, gops(index)),
        )
        if segment.part is None and segment.closed and index is not _EMPTY_INDEX:
            self._texts.missed(1)
            key = (segment.volume, segment.object_name, iframes)
            self._texts.put(key, text, weight=len(text.body) + _TEXT_OVERHEAD_BYTES)
        return text


def _pieces(segments: Sequence[Shown], texts: Sequence[SegmentText]) -> Iterator[Piece]:
    before: Shown | None = None
    run = ""
    for segment, text in zip(segments, texts, strict=True):
        if not text.gops:
            continue
        joined = before is not None and follows(before, segment)
        hole = not joined and before is not None and before.run == segment.run
        if not joined:
            run = segment.run.hex
        yield Piece(text, run, hole)
        before = segment


def runs_of(footage: Footage) -> list[RunId]:
    """The runs that are shown, in order of time."""
    return list(dict.fromkeys(segment.run for segment in footage.segments))


def _index_of(packed: bytes) -> SegmentIndex:
    try:
        return decode_index(packed)
    except DamagedMedia:
        # Left out like missing footage: one damaged row must not cost the day around it.
        return _EMPTY_INDEX


def _bits_per_s(size: int, duration_90k: int) -> int:
    return size * 8 * TICKS_PER_S // max(duration_90k, 1)
