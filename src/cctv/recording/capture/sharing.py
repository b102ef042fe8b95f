"""Who records which camera: pure rules that every recorder applies to the same rows.

Every recorder takes free cameras up to its fair share, ceil(cameras / live recorders), and hands over what it has
beyond that, a little at a time and only when the surplus has lasted. What was its own slot's before it takes back
at once. Since all decide alike and a taking is guarded by the fence that was seen, no arbiter is needed.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cctv.base.faults import Cause
from cctv.base.ids import CameraId
from cctv.recording.capture.model import LeaseRow, RecorderRow, node_of


@dataclass(frozen=True, slots=True)
class Taking:
    """A camera to take, if its lease still has fence ``seen`` (0: there is none yet)."""

    camera: CameraId
    seen: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class View:
    """What one heartbeat saw. ``live`` holds ourselves too; ``leases`` every row; ``enabled`` every camera."""

    holder: str
    enabled: frozenset[CameraId]
    leases: Mapping[CameraId, LeaseRow]
    live: Sequence[RecorderRow]

    @property
    def mine(self) -> int:
        return self.load[self.holder]

    @property
    def load(self) -> Counter[str]:
        """How many enabled cameras each recorder holds."""
        return Counter(
            row.holder for row in self.leases.values() if not row.expired and row.camera in self.enabled
        )

    def with_taken(self, takings: Iterable[Taking]) -> "View":
        """As it will be when these are taken: a camera that was handed over and that nobody took is its slot's own
        and free at once, and must not be taken twice.
        """
        ours = {one.camera: LeaseRow(one.camera, self.holder, one.seen + 1, expired=False) for one in takings}
        return replace(self, leases={**self.leases, **ours})


def shares(cameras: int, live: Sequence[RecorderRow]) -> dict[str, tuple[int, int]]:
    """Least and most that each recorder should hold; what one has no capacity for the others carry."""
    bounds: dict[str, tuple[int, int]] = {}
    rest, smallest_first = cameras, sorted(live, key=lambda one: (one.capacity, one.holder))
    for index, one in enumerate(smallest_first):
        number = len(smallest_first) - index
        if one.capacity > rest // number:
            even = (rest // number, -(-rest // number))
            return bounds | {other.holder: even for other in smallest_first[index:]}
        bounds[one.holder] = (one.capacity, one.capacity)
        rest -= one.capacity
    return bounds


def own_again(view: View, held: Mapping[CameraId, int]) -> list[Taking]:
    """Leases of our slot that this process does not hold: its predecessor's."""
    return [
        Taking(row.camera, row.fence, Cause.RESTART)
        for row in view.leases.values()
        if row.holder == view.holder and row.camera in view.enabled and row.camera not in held
    ]


def free_to_take(view: View, *, inherit: bool = True) -> list[Taking]:
    """Free cameras up to our share, those first that a hash of camera and holder prefers here.

    Without ``inherit`` only what nobody ever had and what a living recorder gave up: a lease that ran out with its
    holder unseen may be that of one that records on.
    """
    live = {one.holder for one in view.live}
    free = [
        camera
        for camera in view.enabled
        if (row := view.leases.get(camera)) is None or (row.expired and (inherit or row.holder in live))
    ]
    room = shares(len(view.enabled), view.live).get(view.holder, (0, 0))[1] - view.mine
    takings = (_taking(camera, view) for camera in sorted(free, key=lambda one: _preference(one, view.holder)))
    return list(takings)[: max(0, room)]


def surplus(view: View) -> int:
    """How many cameras to hand over in all, given that somebody has room for them."""
    bounds, load = shares(len(view.enabled), view.live), view.load
    least, most = bounds.get(view.holder, (0, 0))
    wanted = sum(max(0, bounds[one.holder][0] - load[one.holder]) for one in view.live)
    if view.mine > most:
        return min(view.mine - most, max(wanted, 1)) if wanted else 0
    heaviest = min((one.holder for one in view.live if load[one.holder] == most), default="")
    return 1 if wanted and view.mine > least and heaviest == view.holder else 0


def to_hand_over(held: Iterable[CameraId], holder: str, number: int) -> list[CameraId]:
    """Which ones go: those that this recorder's hash likes least."""
    return sorted(held, key=lambda one: _preference(one, holder), reverse=True)[:number]


def _taking(camera: CameraId, view: View) -> Taking:
    row = view.leases.get(camera)
    if row is None:
        return Taking(camera, 0, Cause.CAMERA)  # nobody ever had it: what is waited for is its first picture
    same_node = node_of(row.holder) == node_of(view.holder)
    alive = any(one.holder == row.holder for one in view.live)
    return Taking(camera, row.fence, Cause.RESTART if same_node or alive else Cause.NODE)


def _preference(camera: CameraId, holder: str) -> bytes:
    return hashlib.blake2b(camera.bytes + holder.encode(), digest_size=8).digest()
