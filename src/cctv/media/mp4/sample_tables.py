"""The sample tables of a plain MP4 (``stbl``), gathered fragment by fragment.

Numbers lie in arrays of 32 bits: a day of one camera is two million frames.
"""

import sys
from array import array
from itertools import groupby

from cctv.media.mp4.boxes import box, full_box, u32, u64
from cctv.media.mp4.moof import TrackRun

_U32_MAX = 0xFFFFFFFF


class TrackTable:
    """One track of a plain MP4 while it is gathered. Times are 90 kHz ticks of the new file's time line."""

    def __init__(self) -> None:
        self.end_90k = 0
        self.begin_90k = 0
        self._durations = array("I")
        self._sizes = array("I")
        self._offsets = array("i")
        self._keys = array("I")
        self._chunks: list[tuple[int, int, int]] = []  # place in mdat, samples, sample entry
        self._entries: list[bytes] = []
        self._entry = 0

    @property
    def count(self) -> int:
        """Samples so far."""
        return len(self._sizes)

    @property
    def duration_90k(self) -> int:
        """From the first sample's begin to the last one's end."""
        return self.end_90k - self.begin_90k

    def describe(self, entry: bytes) -> None:
        """The sample entry of the samples that come next."""
        if entry not in self._entries:
            self._entries.append(entry)
        self._entry = self._entries.index(entry) + 1

    def add(self, run: TrackRun, place: int, at_90k: int) -> None:
        """The samples of a fragment: where they lie in ``mdat``, and when the first one begins.

        A sample lasts until the next one begins, so the last one so far is made longer or shorter to fit.
        """
        if not run.sizes:
            return
        if self.count:
            last = self._durations[-1]
            fitted = min(max(last + at_90k - self.end_90k, 1), _U32_MAX)
            self._durations[-1] = fitted
            self.end_90k += fitted - last
        else:
            self.begin_90k = self.end_90k = at_90k
        self._keys.extend(self.count + number for number, key in enumerate(run.keys, 1) if key)
        self._durations.extend(run.durations)
        self._sizes.extend(run.sizes)
        self._offsets.extend(run.offsets or [0] * len(run.sizes))
        self._chunks.append((place, len(run.sizes), self._entry))
        self.end_90k += sum(run.durations)

    @property
    def _shift_90k(self) -> int:
        """By how much composition offsets are raised so that none is negative (old players take none)."""
        return max(-min(self._offsets, default=0), 0)

    def edits(self, skip_90k: int, shown_90k: int) -> bytes:
        """``edts``: begins ``skip_90k`` into the time line; nothing when there is nothing to say."""
        media_90k = self._shift_90k + skip_90k - self.begin_90k
        if not media_90k:
            return b""
        rows = []
        if media_90k < 0:
            rows.append(u64(-media_90k, (1 << 64) - 1) + u32(0x10000))
            media_90k = 0
        rows.append(u64(shown_90k, media_90k) + u32(0x10000))
        return box(b"edts", full_box(b"elst", 1, 0, u32(len(rows)), *rows))

    def boxes(self, mdat_at: int) -> bytes:
        """``stbl``, with the media beginning at ``mdat_at`` in the file."""
        tables = [
            full_box(b"stsd", 0, 0, u32(len(self._entries)), *self._entries),
            full_box(b"stts", 0, 0, _runs(self._durations)),
        ]
        if any(self._offsets):
            shift = self._shift_90k
            raised = array("I", (offset + shift for offset in self._offsets))
            tables.append(full_box(b"ctts", 0, 0, _runs(raised)))
        if len(self._keys) < self.count:
            tables.append(full_box(b"stss", 0, 0, u32(len(self._keys)), _big_endian(self._keys)))
        places = array("Q", (mdat_at + place for place, _, _ in self._chunks))
        tables += [
            full_box(b"stsc", 0, 0, self._samples_per_chunk()),
            full_box(b"stsz", 0, 0, u32(0, self.count), _big_endian(self._sizes)),
            full_box(b"co64", 0, 0, u32(len(places)), _big_endian(places)),
        ]
        return box(b"stbl", *tables)

    def _samples_per_chunk(self) -> bytes:
        rows = []
        chunk = 1
        for (samples, entry), group in groupby(self._chunks, lambda one: one[1:]):
            rows.append(u32(chunk, samples, entry))
            chunk += len(list(group))
        return u32(len(rows)) + b"".join(rows)


def _runs(values: "array[int]") -> bytes:
    """Rows of (how many, value), counted."""
    rows = array("I")
    for value, group in groupby(values):
        rows.extend((sum(1 for _ in group), value))
    return u32(len(rows) // 2) + _big_endian(rows)


def _big_endian(values: "array[int]") -> bytes:
    if sys.byteorder == "little":
        values = values[:]
        values.byteswap()
    return values.tobytes()
