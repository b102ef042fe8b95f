"""Turns samples into fragments: ``prft moof mdat``, a second long at most. The recorder's hot path.

A sample costs a list append; the boxes of a fragment are packed in one go when it ends, and its bytes are
copied once, by the join that makes them.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from cctv.base.clock import TICKS_PER_S
from cctv.media.model import Sample, TrackParams
from cctv.media.mp4.init_segment import AUDIO_TRACK, VIDEO_TRACK

WallClock = Callable[[int], int]
"""Wall-clock microseconds since 1970 of a decode time in 90 kHz ticks."""

AAC_SAMPLES_PER_UNIT = 1024
NTP_TO_UNIX_S = 2_208_988_800

_SHORTEST_GOP_90K = TICKS_PER_S // 4  # key frames that follow closer share a fragment (MJPEG, all-intra)
_FIRST_GUESS_90K = TICKS_PER_S // 25  # how long a frame lasts when nothing tells
_AUDIO_LIMIT = 1024  # units that may wait for a picture: over 10 s of sound
_U32_MAX = 0xFFFFFFFF
_OFFSET_MAX = 0x7FFFFFFF

_SYNC_SAMPLE = 0x02000000
_OTHER_SAMPLE = 0x01010000
_TFHD_FLAGS = 0x020020  # default-base-is-moof; default-sample-flags present
_TFDT_V1 = 0x01000000
_TRUN_V1 = 0x01000301  # signed offsets; data offset, durations and sizes present
_TRUN_FIRST_FLAGS = 0x004
_TRUN_FLAGS = 0x400
_TRUN_OFFSETS = 0x800
_PRFT_V1 = 0x01000018  # flags 24: the wall clock is that of the capture

_PRFT = struct.Struct(">I4sIIIIQ")
_MOOF = struct.Struct(">I4sI4sII")  # with mfhd
_TRAF = struct.Struct(">I4s I4sIII I4sIQ I4sIII")  # with tfhd, tfdt and the beginning of trun
_TRUN_HEADER = 20
_MDAT = struct.Struct(">I4s")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A finished fragment: ``data`` is to be appended to the file as it is.

    ``key_bytes`` is 0 unless it begins with a key frame, then the bytes from its start to the end of that
    frame's data. ``wall_us`` is the wall clock written into it, ``video_samples`` its number of frames.
    """

    data: bytes
    dts_90k: int
    duration_90k: int
    key_bytes: int
    video_samples: int
    wall_us: int


class Fragmenter:
    """Collects samples of one run and gives fragments. Not thread-safe; costs a list append per sample.

    A fragment ends at a key frame (unless it began with one a moment ago) and when it has lasted ``max_90k``.
    Since a frame's duration is known when the next one comes, a fragment comes out with the ``push`` of the frame
    after it. With ``max_90k=0`` each frame is a fragment of its own and comes out at once, its duration guessed
    from the one before it (for live view). Sound goes into the fragment of the pictures that it was sent with;
    sound before the first key frame, and frames before it, are dropped. Decode times must increase; one that does
    not is moved to a tick after the last.
    """

    def __init__(self, params: TrackParams, *, wall_us: WallClock, max_90k: int = TICKS_PER_S) -> None:
        self._wall_us = wall_us
        self._max_90k = max_90k
        self._video: list[Sample] = []
        self._audio: list[Sample] = []
        self._sequence = 0
        self._begin_90k = 0
        self._last_90k = -1
        self._started = False
        self._last_duration_90k = _FIRST_GUESS_90K
        rate = params.audio.sample_rate if params.audio else TICKS_PER_S
        self._audio_unit_90k = AAC_SAMPLES_PER_UNIT * TICKS_PER_S // max(rate, 1)

    def push(self, sample: Sample) -> list[Fragment]:
        """Takes a sample; gives the fragments (none or one) that it completes."""
        if sample.track != "video":
            if self._started and len(self._audio) < _AUDIO_LIMIT:
                self._audio.append(sample)
            return []
        if not self._started:
            if not sample.key:
                return []
            self._started = True
        if sample.dts_90k <= self._last_90k:
            sample.dts_90k = self._last_90k + 1
        if not self._max_90k:
            return [self._single(sample)]
        now = self._last_90k = sample.dts_90k
        done: list[Fragment] = []
        if self._video:
            lasted = now - self._begin_90k
            # After one late picture the full second ends right before each key frame. A fragment without one ends
            # there however short it is: else none would begin with a key frame again, and no file would end.
            unkeyed = not self._video[0].key
            if lasted >= self._max_90k or (sample.key and (unkeyed or lasted >= _SHORTEST_GOP_90K)):
                done = [self._finish(now)]
        if not self._video:
            self._begin_90k = now
        self._video.append(sample)
        return done

    def _single(self, sample: Sample) -> Fragment:
        """The frame as a fragment of its own, as long as the distance from the frame before."""
        if self._last_90k >= 0:
            self._last_duration_90k = min(sample.dts_90k - self._last_90k, TICKS_PER_S)
        self._last_90k = self._begin_90k = sample.dts_90k
        self._video.append(sample)
        return self._finish(sample.dts_90k + self._last_duration_90k)

    def flush(self) -> list[Fragment]:
        """Ends the fragment at hand (its last frame lasts as long as the one before) at the run's end.

        A file changes at a key frame: there ``push`` gives the last fragment of the old file.
        """
        if not self._video:
            return []
        return [self._finish(self._last_90k + self._last_duration_90k)]

    def _finish(self, end_90k: int) -> Fragment:
        video, audio = self._video, self._audio
        self._video, self._audio = [], []
        self._sequence += 1
        begin_90k = video[0].dts_90k
        if self._max_90k:
            self._last_duration_90k = min(end_90k - video[-1].dts_90k, _U32_MAX)
        pictures = [sample.data for sample in video]
        sounds = [sample.data for sample in audio]
        video_flags, video_rows = _video_rows(video, end_90k)
        audio_rows = _audio_rows(audio, self._audio_unit_90k)
        video_bytes = sum(map(len, pictures))
        moof_bytes = _MOOF.size + _TRAF.size + 4 * len(video_rows)
        if audio:
            moof_bytes += _TRAF.size + 4 * len(audio_rows)
        at = moof_bytes + _MDAT.size
        wall_us = self._wall_us(begin_90k)
        parts = [
            _prft(wall_us, begin_90k),
            _MOOF.pack(moof_bytes, b"moof", 16, b"mfhd", 0, self._sequence),
            _traf(VIDEO_TRACK, begin_90k, video_flags, len(video), at, video_rows),
        ]
        if audio:
            begin = max(audio[0].dts_90k, 0)
            parts.append(_traf(AUDIO_TRACK, begin, _TRUN_V1, len(audio), at + video_bytes, audio_rows))
        parts.append(_MDAT.pack(_MDAT.size + video_bytes + sum(map(len, sounds)), b"mdat"))
        data = b"".join(parts + pictures + sounds)
        key_bytes = _PRFT.size + at + len(pictures[0]) if video[0].key else 0
        return Fragment(data, begin_90k, end_90k - begin_90k, key_bytes, len(video), wall_us)


def _prft(wall_us: int, media_90k: int) -> bytes:
    seconds, us = divmod(wall_us, 1_000_000)
    ntp = (seconds + NTP_TO_UNIX_S & _U32_MAX), (us << 32) // 1_000_000
    return _PRFT.pack(_PRFT.size, b"prft", _PRFT_V1, VIDEO_TRACK, *ntp, media_90k)


def _traf(track: int, begin_90k: int, flags: int, count: int, data_at: int, rows: list[int]) -> bytes:
    default_flags = _OTHER_SAMPLE if track == VIDEO_TRACK else _SYNC_SAMPLE
    table = 4 * len(rows)
    return _TRAF.pack(
        *(_TRAF.size + table, b"traf"),
        *(20, b"tfhd", _TFHD_FLAGS, track, default_flags),
        *(20, b"tfdt", _TFDT_V1, begin_90k),
        *(_TRUN_HEADER + table, b"trun", flags, count, data_at),
    ) + struct.pack(f">{len(rows)}I", *rows)


def _video_rows(video: list[Sample], end_90k: int) -> tuple[int, list[int]]:
    """The flags of ``trun`` and its numbers after the data offset."""
    times = [sample.dts_90k for sample in video]
    columns = [
        [min(later - time, _U32_MAX) for time, later in zip(times, [*times[1:], end_90k], strict=True)],
        [len(sample.data) for sample in video],
    ]
    flags = _TRUN_V1
    first: list[int] = []
    if any(sample.key for sample in video[1:]):
        flags |= _TRUN_FLAGS
        columns.append([_SYNC_SAMPLE if sample.key else _OTHER_SAMPLE for sample in video])
    elif video[0].key:
        flags |= _TRUN_FIRST_FLAGS
        first = [_SYNC_SAMPLE]
    offsets = [sample.pts_90k - sample.dts_90k for sample in video]
    if any(offsets):
        flags |= _TRUN_OFFSETS
        columns.append([max(-_OFFSET_MAX, min(offset, _OFFSET_MAX)) & _U32_MAX for offset in offsets])
    return flags, first + _interleaved(columns)


def _audio_rows(audio: list[Sample], unit_90k: int) -> list[int]:
    times = [sample.dts_90k for sample in audio]
    ends = [*times[1:], times[-1] + unit_90k] if times else []
    durations = [min(max(end - time, 1), _U32_MAX) for time, end in zip(times, ends, strict=True)]
    return _interleaved([durations, [len(sample.data) for sample in audio]])


def _interleaved(columns: list[list[int]]) -> list[int]:
    rows = [0] * (len(columns) * len(columns[0]))
    for number, column in enumerate(columns):
        rows[number :: len(columns)] = column
    return rows
