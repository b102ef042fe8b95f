"""What a camera's connection gives, whoever speaks to the camera: our own RTSP or libav."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from cctv.media.model import AudioParams, Sample, VideoCodec

Transport = Literal["tcp", "udp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialling:
    """Whom to call and how. ``open_s`` bounds connecting and signing in, ``read_s`` later silence."""

    url: str
    transport: Transport
    open_s: float
    read_s: float
    sound: bool


class FedPicture(NamedTuple):
    """A coded picture in MP4 form; ``pts_90k`` is None when it is not known."""

    data: bytes
    key: bool
    pts_90k: int | None
    sets: list[bytes]


class Taker(Protocol):
    """Who takes what a feed gives."""

    def take_picture(self, picture: FedPicture) -> None:
        """A picture in decode order."""
        ...

    def take_sound(self, samples: list[Sample]) -> None:
        """Access units of sound."""
        ...


class Feed(Protocol):
    """An open connection that plays."""

    codec: VideoCodec
    described: list[bytes]
    """The parameter sets in the session description."""
    description: str | None
    """The session description, where it is known."""
    sound_codec: str | None
    """What sound the camera offers, when sound was wanted."""
    sound: AudioParams | None
    """What is made of it."""

    @property
    def lost_packets(self) -> int:
        """Video packets that never came, as far as that can be seen."""
        ...

    def advance(self, taker: Taker, *, wait: bool = True) -> None:
        """Takes packets and hands on what they complete; ``wait`` blocks. Raises a StreamError at the end."""
        ...

    def fileno(self) -> int | None:
        """A socket to wait for; None when ``advance`` can only block."""
        ...

    def tend(self) -> None:
        """What is to be done now and then where nobody blocks: signs of life, deadlines."""
        ...

    def camera_time_us(self, pts_90k: int) -> int | None:
        """The camera's own clock at a presentation time."""
        ...

    def close(self) -> None:
        """Ends the connection; safe to call twice."""
        ...
