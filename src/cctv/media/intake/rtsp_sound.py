"""The sound track of our own RTSP: packets to AAC, on the time line of the pictures."""

from typing import Final

from cctv.base.clock import TICKS_PER_S
from cctv.media.intake.kept_sound import KeptAac
from cctv.media.model import AudioParams, AudioWish, Sample
from cctv.media.rtsp.aac_units import AacFraming, aac_config, aac_framing
from cctv.media.rtsp.description import Media
from cctv.media.rtsp.rtp import HEADER, Unwrapped, payload

_G711: Final = {"PCMU": "pcm_mulaw", "PCMA": "pcm_alaw"}


class RtspSound:
    """One sound track. Its first packet is taken to belong to the picture that came last before it."""

    def __init__(self, media: Media, audio: AudioWish) -> None:
        self.codec = _G711.get(media.codec) or ("aac" if media.codec == "MPEG4-GENERIC" else media.codec.lower())
        self.params: AudioParams | None = None
        self._payload_type = media.payload_type
        self._rate = media.clock_rate
        self._clock = Unwrapped()
        self._shift: int | None = None
        self._framing: AacFraming | None = None
        if self._rate <= 0:
            return
        if media.codec in _G711 and audio == "aac":
            self._make(media)
        elif media.codec == "MPEG4-GENERIC":
            self._keep(media)

    def _keep(self, media: Media) -> None:
        config, self._framing = aac_config(media), aac_framing(media)
        if config and self._framing is not None:
            self._kept = KeptAac(AudioParams(self._rate, max(media.channels, 1), config))
            self.params = self._kept.params

    def _make(self, media: Media) -> None:
        # libav takes 40 MB; recorders of cameras without such sound do without it.
        from cctv.media.intake.made_sound import from_codec  # noqa: PLC0415

        self._made = from_codec(_G711[media.codec], self._rate, media.channels)
        self.params = self._made.params if self._made is not None else None

    def take(self, packet: memoryview, pictures_90k: int) -> list[Sample]:
        """The access units of a packet that came when the pictures were at ``pictures_90k``."""
        if self.params is None or len(packet) <= HEADER or packet[1] & 0x7F != self._payload_type:
            return []
        buffer = bytearray(packet)
        begin, end = payload(buffer, 0, len(buffer))
        ticks = self._clock.take(int.from_bytes(packet[4:8], "big")) * TICKS_PER_S // self._rate
        if self._shift is None:
            self._shift = pictures_90k - ticks
        at_90k = ticks + self._shift
        if self._framing is not None:
            return self._kept.take(self._framing.units(packet[begin:end]), at_90k)
        return self._made.take(bytes(packet[begin:end]), at_90k) if self._made is not None else []
