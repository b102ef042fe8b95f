"""Coding the film (and a tone) with PyAV: runs once for each kind, or live for the time code."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame

from cctv_simulator.footage import NoFootage
from cctv_simulator.kinds import AudioCodec, Kind
from cctv_simulator.renditions import LOOP_S, VIDEO_RATE, Rendition, Unit

_TONE_S = 8  # a whole number of packets at every rate used here
_G711_SAMPLES = 320  # 40 ms a packet


def video(film: Path, kind: Kind, name: str) -> Rendition:
    """`LOOP_S` seconds of the film as `kind`; a shorter film is repeated."""
    encoder = video_encoder(kind)
    step = VIDEO_RATE // kind.fps
    units: list[Unit] = []
    for number, picture in enumerate(pictures(film, kind, LOOP_S * kind.fps)):
        picture.pts = number
        picture.pict_type = av.video.frame.PictureType.NONE
        units += _units(encoder.encode(picture), step)
    units += _units(encoder.encode(None), step)
    first = units[0].dts
    return Rendition(
        name=name,
        codec=kind.codec,
        clock_rate=VIDEO_RATE,
        duration=LOOP_S * VIDEO_RATE,
        units=[Unit(unit.data, unit.dts - first, unit.pts - first, unit.key) for unit in units],
        width=kind.width,
        height=kind.height,
        fps=kind.fps,
    )


def _units(packets: list[av.Packet[av.VideoStream]], step: int) -> list[Unit]:
    made = []
    for packet in packets:
        assert packet.dts is not None
        assert packet.pts is not None
        made.append(Unit(bytes(packet), packet.dts * step, packet.pts * step, packet.is_keyframe))
    return made


def video_encoder(kind: Kind, *, low_delay: bool = False) -> av.VideoCodecContext:
    """An open encoder for `kind`: time base one picture, headers repeated at each key frame."""
    library = {"h264": "libx264", "h265": "libx265", "mjpeg": "mjpeg"}[kind.codec]
    encoder = av.CodecContext.create(library, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = kind.width, kind.height
    encoder.time_base, encoder.framerate = Fraction(1, kind.fps), Fraction(kind.fps)
    encoder.pix_fmt = "yuvj420p" if kind.codec == "mjpeg" else "yuv420p"
    if kind.codec != "mjpeg":
        encoder.bit_rate = kind.kbit * 1000
        encoder.gop_size = kind.fps * kind.gop_s
    encoder.options = _options(kind, low_delay=low_delay)
    if kind.codec == "mjpeg":
        encoder.thread_count = 1
    return encoder


def _options(kind: Kind, *, low_delay: bool) -> dict[str, str]:
    rate = f"{kind.kbit}k"
    if kind.codec == "mjpeg":
        return {"huffman": "default", "qmin": "8", "qmax": "8", "color_range": "pc"}
    gop = kind.fps * kind.gop_s
    if kind.codec == "h265":
        fixed = f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:bframes=0:repeat-headers=1:info=0"
        limit = f"vbv-maxrate={kind.kbit}:vbv-bufsize={kind.kbit}"
        return {"preset": "ultrafast", "x265-params": f"log-level=error:{fixed}:{limit}"}
    options = {
        "preset": "ultrafast" if low_delay else "veryfast",
        "profile": kind.profile,
        "maxrate": rate,
        "bufsize": rate,
        "bf": "2" if kind.b_frames else "0",
        "keyint_min": str(gop),
        "sc_threshold": "0",
        "flags": "+cgop",
    }
    if low_delay:
        options["tune"] = "zerolatency"
    return options


def pictures(film: Path, kind: Kind, count: int) -> Iterator[VideoFrame]:
    """`count` pictures of the film at the kind's size and rate; from its start again when it ends."""
    given = 0
    while given < count:
        before = given
        for picture in _once(film, kind):
            yield picture
            given += 1
            if given == count:
                return
        if given == before:
            raise NoFootage(f"{film} has no pictures")


def _once(film: Path, kind: Kind) -> Iterator[VideoFrame]:
    """The film once, scaled to cover the size and cropped (never stretched), at the rate of `kind`."""
    with av.open(str(film)) as container:
        if not container.streams.video:
            raise NoFootage(f"{film} has no video in it")
        stream = container.streams.video[0]
        graph = av.filter.Graph()
        size = f"{kind.width}:{kind.height}"
        colours = "yuvj420p" if kind.codec == "mjpeg" else "yuv420p"
        chain = [
            graph.add_buffer(template=stream),
            graph.add("fps", str(kind.fps)),
            graph.add("scale", f"{size}:force_original_aspect_ratio=increase"),
            graph.add("crop", size),
            graph.add("setsar", "1"),
            graph.add("format", colours),
            graph.add("buffersink"),
        ]
        graph.link_nodes(*chain).configure()
        for frame in container.decode(stream):
            graph.push(frame)
            yield from _pulled(graph)
        graph.push(None)
        yield from _pulled(graph)


def _pulled(graph: av.filter.Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        assert isinstance(frame, VideoFrame)
        yield frame


def tone(codec: AudioCodec, name: str) -> Rendition:
    """Eight seconds of a soft tone with a beep each second: AAC at 16 kHz, G.711 at 8 kHz, one channel."""
    rate = 16_000 if codec == "aac" else 8_000
    size = 1024 if codec == "aac" else _G711_SAMPLES
    library = {"aac": "aac", "pcmu": "pcm_mulaw", "pcma": "pcm_alaw"}[codec]
    encoder = av.CodecContext.create(library, "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout = rate, "mono"
    encoder.format = "fltp" if codec == "aac" else "s16"
    encoder.time_base = Fraction(1, rate)
    if codec == "aac":
        encoder.bit_rate = 32_000
        encoder.flags |= av.codec.context.Flags.global_header
    packets: list[bytes] = []
    for start in range(0, _TONE_S * rate, size):
        packets += [bytes(packet) for packet in encoder.encode(_sound(codec, rate, start, size))]
    packets += [bytes(packet) for packet in encoder.encode(None)]
    wanted = _TONE_S * rate // size
    units = [Unit(data, index * size, index * size, key=True) for index, data in enumerate(packets[-wanted:])]
    config = bytes(encoder.extradata or b"") if codec == "aac" else b""
    return Rendition(name, codec, rate, _TONE_S * rate, units, channels=1, config=config)


def _sound(codec: AudioCodec, rate: int, start: int, size: int) -> av.AudioFrame:
    values = []
    for sample in range(start, start + size):
        loud = 0.25 if sample % rate < rate // 10 else 0.03
        values.append(loud * math.sin(2 * math.pi * 440 * sample / rate))
    frame = av.AudioFrame(format="fltp" if codec == "aac" else "s16", layout="mono", samples=size)
    frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
    as_numbers = array("f", values) if codec == "aac" else array("h", (int(v * 32767) for v in values))
    frame.planes[0].update(as_numbers.tobytes())
    return frame
