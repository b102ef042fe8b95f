"""Settings of playback."""

from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, ByteSize, Field

from cctv.infra.settings import Settings


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name} is no time zone of the IANA's list, such as Asia/Dubai or UTC")
    return name


class PlaybackSettings(Settings):
    """What an operator may set; the defaults suit one machine with 500 cameras."""

    cache_size: ByteSize = Field(
        default=ByteSize(10_000_000_000),
        validation_alias="PLAYBACK_CACHE_SIZE",
        description=(
            "Disk that stills and segments from an object store may take, for example 10GB;"
            " the least recently used go first."
        ),
    )
    text_cache_size: ByteSize = Field(
        default=ByteSize(96_000_000),
        validation_alias="CCTV_PLAYBACK_TEXT_CACHE_SIZE",
        description="Memory for the playlist texts of closed segments; a camera's day takes about 3 MB.",
    )
    still_workers: int = Field(
        default=2,
        ge=1,
        le=32,
        validation_alias="CCTV_PLAYBACK_STILL_WORKERS",
        description="Child processes that decode stills; started when needed, ended when idle.",
    )
    stills: int = Field(
        default=64,
        ge=1,
        validation_alias="CCTV_PLAYBACK_STILLS",
        description=(
            "Stills that are decoded or wait for it in one playback process, at most half of them one user's;"
            " more are told to try again."
        ),
    )
    still_timeout_s: float = Field(
        default=10.0,
        gt=0,
        validation_alias="CCTV_PLAYBACK_STILL_TIMEOUT_S",
        description="A child that takes longer over one still is killed.",
    )
    downloads: int = Field(
        default=4,
        ge=1,
        validation_alias="CCTV_PLAYBACK_DOWNLOADS",
        description=(
            "Downloads that run at once in one playback process, at most half of them one user's;"
            " more are told to wait."
        ),
    )
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="Asia/Dubai",
        validation_alias="CCTV_TIME_ZONE",
        description="The site's time, for the dashboard's clocks and the names of downloaded files; an IANA name.",
    )
