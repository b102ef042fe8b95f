"""Settings of retention."""

from typing import ClassVar

from pydantic import ByteSize, Field
from pydantic_settings import SettingsConfigDict

from cctv.infra.settings import Settings


class RetentionSettings(Settings):
    """What an operator may set. Locked footage is never deleted, whatever stands here."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(env_prefix="CCTV_STORAGE_")

    keep_days: float | None = Field(
        default=None,
        gt=0,
        description="Footage older than this many days is deleted. Not given: kept until its room is needed.",
    )
    reserve: ByteSize = Field(
        default=ByteSize(2_000_000_000),
        description="Room kept free on each volume, 5 % of it at most; the oldest unlocked footage goes first.",
    )
    store_capacity: ByteSize | None = Field(
        default=None,
        description="Bytes that recordings may take in the object store; the oldest unlocked footage goes first.",
    )
    uploads: int = Field(default=4, ge=1, le=64, description="Files that go to the object store at the same time.")
    clean_every_s: float = Field(default=5.0, gt=0, description="How often the room on the volumes is looked at.")
