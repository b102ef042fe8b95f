"""Fragments by our own writer against the same fragments by libav's MP4 muxer through PyAV.

One camera of 25 frames/s and 2 Mbit/s for some hundred seconds, both into a sink that only counts; CPU time of
this process. ``python -m bench.fragments`` prints one line.
"""

import io
import os
import sys
import time
from fractions import Fraction

import av

from bench.ground import line
from cctv.media.coding.nal import split_annexb
from cctv.media.coding.parameters import video_params
from cctv.media.model import Sample, TrackParams, VideoCodec
from cctv.media.mp4.fmp4 import Fragmenter
from cctv.media.mp4.init_segment import avc_configuration

SECONDS = 400
FPS, GOP = 25, 50
TARGET = 1.0


class Sink(io.RawIOBase):
    """Takes bytes and counts them."""

    def __init__(self) -> None:
        self.taken = 0

    def write(self, data: object) -> int:
        size = len(memoryview(data))  # type: ignore[arg-type]
        self.taken += size
        return size

    def writable(self) -> bool:
        return True


def params() -> TrackParams:
    """Of a real stream: made by the encoder that the tests use."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 1920, 1080, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.options = {"preset": "ultrafast", "x264-params": "log-level=none:repeat-headers=1:bframes=0"}
    frame = av.VideoFrame(1920, 1080, "yuv420p")
    frame.pts = 0
    unit = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    return TrackParams(video_params(VideoCodec.H264, split_annexb(unit)))


def samples() -> list[Sample]:
    """2 Mbit/s with key frames five times as large as the others."""
    key, other = os.urandom(46_000), os.urandom(9_250)
    return [
        Sample("video", number * 3600, number * 3600, number % GOP == 0, key if number % GOP == 0 else other)
        for number in range(SECONDS * FPS)
    ]


def ours(tracks: TrackParams, frames: list[Sample]) -> tuple[float, int, int]:
    """CPU seconds, fragments and bytes."""
    fragmenter = Fragmenter(tracks, wall_us=lambda dts_90k: dts_90k * 100 // 9)
    sink, fragments = Sink(), 0
    began = time.process_time()
    for frame in frames:
        for fragment in fragmenter.push(frame):
            fragments += 1
            sink.write(fragment.data)
    return time.process_time() - began, fragments, sink.taken


def libavs(tracks: TrackParams, frames: list[Sample]) -> tuple[float, int]:
    """CPU seconds and bytes of PyAV's muxer with the same cuts."""
    sink = Sink()
    flags = "empty_moov+default_base_moof+frag_keyframe+cmaf"
    options = {"movflags": flags, "min_frag_duration": "0", "frag_duration": "1000000"}
    container = av.open(sink, "w", format="mp4", options=options)
    stream = container.add_stream("h264", rate=FPS)
    stream.width, stream.height, stream.time_base = 1920, 1080, Fraction(1, 90_000)
    stream.codec_context.extradata = avc_configuration(tracks.video)
    began = time.process_time()
    for frame in frames:
        packet = av.Packet(frame.data)
        packet.stream, packet.time_base = stream, Fraction(1, 90_000)
        packet.pts, packet.dts, packet.duration = frame.pts_90k, frame.dts_90k, 3600
        packet.is_keyframe = frame.key
        container.mux(packet)
    used = time.process_time() - began
    container.close()
    return used, sink.taken


def main() -> int:
    """One JSON line; the best of three rounds of each, taken in turn. 1 when the target is missed."""
    tracks = params()
    own: list[float] = []
    other: list[float] = []
    fragments = 1
    for _ in range(3):
        used, fragments, _ = ours(tracks, samples())
        own.append(used)
        other.append(libavs(tracks, samples())[0])
    mine, theirs = (1e6 * min(used) / fragments for used in (own, other))
    line(
        "CPU of writing a fragment of 25 frames, us, against PyAV's muxer",
        ours=mine,
        other=theirs,
        ratio=mine / theirs,
        target=f"<= {TARGET}",
        met=mine <= TARGET * theirs,
    )
    return 0 if mine <= TARGET * theirs else 1


if __name__ == "__main__":
    sys.exit(main())
