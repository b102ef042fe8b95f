"""What the storage API says."""

from typing import Annotated

from pydantic import BaseModel, Field

from cctv.recording.archive import VolumeState


class VolumeOut(BaseModel):
    """A place for recordings, and how full it is. Bytes are unknown (null) for volumes of other machines."""

    id: Annotated[str, Field(examples=["default"])]
    state: VolumeState
    here: Annotated[bool, Field(description="Whether it belongs to the machine that answers.")]
    total_bytes: int | None
    free_bytes: int | None
    keep_days: Annotated[float | None, Field(description="null: kept until its room is needed")]


class StorageOut(BaseModel):
    """All volumes."""

    volumes: list[VolumeOut]
