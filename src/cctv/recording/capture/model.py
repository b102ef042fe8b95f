"""Words of capture: slots and leases."""

from dataclasses import dataclass

from cctv.base.faults import Cause
from cctv.base.ids import CameraId


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place for one recorder process: a node and a number. Whoever starts in it succeeds whoever was there."""

    node: str
    number: int = 0
    address: str = ""

    @property
    def holder(self) -> str:
        return f"{self.node}/{self.number}"


def node_of(holder: str) -> str:
    """The node in a holder's name."""
    return holder.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """A lease as PostgreSQL tells it; ``expired`` by its clock."""

    camera: CameraId
    holder: str
    fence: int
    expired: bool


@dataclass(frozen=True, slots=True)
class RecorderRow:
    """A recorder that gave a sign of life within a lease's time."""

    holder: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Grant:
    """A lease that this process got just now. ``cause`` is why the time before it was not recorded."""

    camera: CameraId
    fence: int
    cause: Cause
