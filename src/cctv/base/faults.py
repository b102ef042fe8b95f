"""One table of faults: what can go wrong with a recording, what it is called everywhere, and who acts.

Recorder, dashboard, alerts, runbooks and tests use these words; the simulator, a stranger to this package,
uses the same words and a test compares them.
"""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why a second of the plan was not recorded, or why a camera is in its state."""

    NETWORK = "network"
    CAMERA = "camera"
    AUTH = "auth"
    CODEC = "codec"
    RESTART = "restart"
    NODE = "node"
    DISK = "disk"
    OVERLOAD = "overload"
    CLOCK = "clock"
    MAINTENANCE = "maintenance"


class CameraState(StrEnum):
    """One word for how a camera is; the reason stands beside it."""

    ONLINE = "online"
    DEGRADED = "degraded"
    CONNECTING = "connecting"
    AUTH_FAILED = "auth_failed"
    REFUSED = "refused"
    NO_VIDEO = "no_video"
    UNUSABLE = "unusable"
    OFF = "off"


class Fault(StrEnum):
    """What happened, in the order of the table below."""

    NETWORK_LOST = "network_lost"
    SENDS_NOTHING = "sends_nothing"
    PASSWORD_REFUSED = "password_refused"  # noqa: S105 - the name of a fault, not a password
    STREAM_REFUSED = "stream_refused"
    PARAMETERS_CHANGED = "parameters_changed"
    NO_KEY_FRAME = "no_key_frame"
    TIMESTAMPS_JUMP = "timestamps_jump"
    OUR_RESTART = "our_restart"
    NODE_LOST = "node_lost"
    DISK_FAILING = "disk_failing"
    OVERLOADED = "overloaded"
    CLOCK_STEPPED = "clock_stepped"
    SWITCHED_OFF = "switched_off"


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A row: ``cause`` is ``None`` where nothing is lost, ``state`` where the camera is not at fault."""

    fault: Fault
    cause: Cause | None
    state: CameraState | None
    acts: str


FAULTS: tuple[FaultRow, ...] = (
    FaultRow(Fault.NETWORK_LOST, Cause.NETWORK, CameraState.CONNECTING, "back-off of 1 to 30 s with jitter"),
    FaultRow(Fault.SENDS_NOTHING, Cause.CAMERA, CameraState.NO_VIDEO, "watchdog on the last video packet, 10 s"),
    FaultRow(Fault.PASSWORD_REFUSED, Cause.AUTH, CameraState.AUTH_FAILED, "at most one try a minute"),
    FaultRow(Fault.STREAM_REFUSED, Cause.CAMERA, CameraState.REFUSED, "back-off, with the camera's own words"),
    FaultRow(Fault.PARAMETERS_CHANGED, None, CameraState.ONLINE, "new run at the next key frame, debounced"),
    FaultRow(Fault.NO_KEY_FRAME, Cause.CODEC, CameraState.UNUSABLE, "the session is opened anew"),
    FaultRow(Fault.TIMESTAMPS_JUMP, Cause.CAMERA, CameraState.DEGRADED, "the run goes on or is cut; counted"),
    FaultRow(Fault.OUR_RESTART, Cause.RESTART, None, "the next recorder writes the gap"),
    FaultRow(Fault.NODE_LOST, Cause.NODE, None, "another recorder takes the lease"),
    FaultRow(Fault.DISK_FAILING, Cause.DISK, None, "free, next volume, then drop with a gap"),
    FaultRow(Fault.OVERLOADED, Cause.OVERLOAD, None, "load is shed in the order of the design"),
    FaultRow(Fault.CLOCK_STEPPED, Cause.CLOCK, None, "a new clock epoch begins"),
    FaultRow(Fault.SWITCHED_OFF, Cause.MAINTENANCE, CameraState.OFF, "nothing is planned, or maintenance is"),
)
