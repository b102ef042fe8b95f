"""What can be set of a recorder. Times in seconds, sizes in bytes."""

from typing import ClassVar, Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from cctv.infra.settings import Settings

_MIB = 1 << 20


class CaptureSettings(Settings):
    """``CCTV_CAPTURE_…``; the defaults are right for hundreds of cameras, tests shorten the times."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(env_prefix="CCTV_CAPTURE_")

    heartbeat_s: float = Field(1.0, gt=0, description="How often leases are renewed and shared anew.")
    lease_s: float = Field(10.0, gt=0, description="How long a lease lasts without a heartbeat.")
    settle_s: float = Field(
        1.0, ge=0, description="How long a new recorder waits for others before it takes cameras."
    )
    handover_beats: int = Field(
        5, ge=0, description="Heartbeats for which a surplus must last before it is handed over."
    )
    handover_share: float = Field(0.1, gt=0, le=1, description="Part of the surplus handed over at one heartbeat.")
    capacity: int = Field(1000, ge=1, description="Most cameras that this recorder takes.")
    poll_s: float = Field(
        5.0, gt=0, description="How often the registry is read anew when nobody tells of a change."
    )

    open_s: float = Field(10.0, gt=0, description="Longest opening of a camera's stream.")
    silence_s: float = Field(10.0, gt=0, description="Longest time without video before a session is opened anew.")
    key_frame_s: float = Field(600.0, gt=0, description="Longest time without a key frame before that.")
    retry_first_s: float = Field(1.0, ge=0, description="Wait before the second try to connect.")
    retry_most_s: float = Field(30.0, ge=0, description="Longest wait between tries.")
    retry_auth_s: float = Field(60.0, ge=0, description="Wait after a refused password.")
    good_s: float = Field(60.0, ge=0, description="A session that lasted this long forgets earlier failures.")
    connects_per_s: float = Field(50.0, gt=0, description="Most connections begun in a second, over all cameras.")

    prove_s: float = Field(
        20.0,
        ge=0,
        description="How often it is tried whether a camera's pictures can be decoded, one a second; 0: never.",
    )
    prove_first_s: float = Field(5.0, gt=0, description="How long after video begins that is seen first.")

    segment_s: float = Field(
        60.0, gt=0, le=240, description="Length of a segment, 240 at most; it ends at the key frame after that."
    )
    sync_s: float = Field(5.0, gt=0, description="How often an open file's data are forced to the disk.")
    camera_queue_bytes: int = Field(16 * _MIB, gt=0, description="Video of one camera that may wait for the disk.")
    queue_bytes: int = Field(512 * _MIB, gt=0, description="Video of all cameras that may wait for the disk.")
    writers: int = Field(2, ge=1, description="Threads that write to one volume.")
    syncers: int = Field(2, ge=1, description="Threads that force data to one volume and close files.")
    reserve_bytes: int = Field(
        256 * _MIB, ge=0, description="Free space below which room is asked for on a volume."
    )

    publish_s: float = Field(0.25, gt=0, description="How often the indexes of open segments are told.")
    rows_s: float = Field(0.5, gt=0, description="How often rows go from the journal to the database.")
    status_s: float = Field(0.25, gt=0, description="How often changed states are written.")
    stop_s: float = Field(8.0, gt=0, description="Longest orderly stop.")
    gop_bytes: int = Field(
        4 * _MIB, gt=0, description="Most that is kept of a stream's GOP at hand, for live viewers."
    )
    tap_bytes: int = Field(8 * _MIB, gt=0, description="Live video of one stream that may wait for one edge.")
    stack_bytes: int = Field(512 << 10, ge=128 << 10, description="Stack of a session's thread.")

    @model_validator(mode="after")
    def _a_lease_outlives_heartbeats(self) -> Self:
        if self.lease_s < 2 * self.heartbeat_s:
            raise ValueError("CCTV_CAPTURE_LEASE_S must be two CCTV_CAPTURE_HEARTBEAT_S or more")
        return self
