"""AAC made of G.711 and the like. It never stops the pictures: what cannot be decoded is left out."""

from typing import Final

import av
import av.error
from av.audio.codeccontext import AudioCodecContext
from av.audio.resampler import AudioResampler

from cctv.base.clock import TICKS_PER_S
from cctv.media.intake.kept_sound import AAC_UNIT
from cctv.media.model import AudioParams, Sample

_BIT_RATE_PER_CHANNEL: Final = 32_000
_MAX_CHANNELS: Final = 2
_RESYNC_90K: Final = TICKS_PER_S // 4  # the encoder counts samples; further off than this it begins anew
_AAC_RATES: Final = frozenset((8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000))


class MadeAac:
    """Decodes and encodes anew; about 0.1 % of a core for G.711."""

    def __init__(self, decoder: AudioCodecContext) -> None:
        self._decoder = decoder
        self._rate = decoder.sample_rate if decoder.sample_rate in _AAC_RATES else 16_000
        self._channels = min(max(decoder.channels, 1), _MAX_CHANNELS)
        self._layout = "mono" if self._channels == 1 else "stereo"
        self._start()
        self.params = AudioParams(self._rate, self._channels, bytes(self._encoder.extradata or b""))

    def _start(self) -> None:
        encoder = av.CodecContext.create("aac", "w")
        encoder.sample_rate = self._rate
        encoder.layout = self._layout
        encoder.format = "fltp"
        encoder.bit_rate = _BIT_RATE_PER_CHANNEL * self._channels
        encoder.open()
        self._encoder = encoder
        self._resampler = AudioResampler("fltp", self._layout, self._rate, frame_size=AAC_UNIT)
        self._begin_90k: int | None = None
        self._heard_90k = 0
        self._given = 0

    def take(self, data: bytes, pts_90k: int | None) -> list[Sample]:
        """The access units that a packet completes."""
        try:
            return self._convert(data, pts_90k)
        except (av.error.FFmpegError, ValueError):
            return []

    def _convert(self, data: bytes, pts_90k: int | None) -> list[Sample]:
        if pts_90k is not None:
            begin = self._begin_90k
            if begin is not None and abs(pts_90k - begin - self._heard_90k) > _RESYNC_90K:
                self._start()
            if self._begin_90k is None:
                self._begin_90k = pts_90k
        if self._begin_90k is None:
            return []
        samples: list[Sample] = []
        for frame in self._decoder.decode(av.Packet(data)):
            self._heard_90k += frame.samples * TICKS_PER_S // (frame.sample_rate or self._rate)
            frame.pts = None
            for even in self._resampler.resample(frame):
                even.pts = None
                samples += [self._unit(self._begin_90k, bytes(unit)) for unit in self._encoder.encode(even)]
        return samples

    def _unit(self, begin_90k: int, data: bytes) -> Sample:
        """The encoder gives a unit of silence first (its delay), so the n-th begins a unit earlier."""
        at = begin_90k + (self._given - 1) * AAC_UNIT * TICKS_PER_S // self._rate
        self._given += 1
        return Sample("audio", at, at, key=True, data=data)


def from_decoder(decoder: AudioCodecContext) -> MadeAac | None:
    """AAC of whatever this decodes; None when that cannot be."""
    try:
        return MadeAac(decoder)
    except (av.error.FFmpegError, ValueError):
        return None


def from_codec(name: str, sample_rate: int, channels: int) -> MadeAac | None:
    """AAC of a codec that needs no more than its name (``pcm_mulaw``); None when that cannot be."""
    try:
        decoder = av.CodecContext.create(name, "r")
        assert isinstance(decoder, AudioCodecContext)
        decoder.sample_rate = sample_rate
        decoder.layout = "mono" if channels == 1 else "stereo"
        return MadeAac(decoder)
    except (av.error.FFmpegError, ValueError):
        return None
