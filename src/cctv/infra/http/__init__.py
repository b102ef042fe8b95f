"""The web kit: one way for every service to answer, count, log and fail."""

from cctv.base.actor import Shown
from cctv.infra.http.app import create_app
from cctv.infra.http.entry import (
    Connection,
    Gate,
    Held,
    Public,
    Requires,
    UnmarkedDoor,
    doors,
    hold,
    mark_public,
    refuse_unmarked,
)
from cctv.infra.http.framed import binary_frame, send_framed_of
from cctv.infra.http.guard import ActorDep, Doorkeeper, MaybeActorDep, PendingActorDep
from cctv.infra.http.health import add_health
from cctv.infra.http.inject import Inject, ReadDep, WriteDep, provide
from cctv.infra.http.leash import End, LeashedResponse, while_allowed
from cctv.infra.http.moments import Moment
from cctv.infra.http.problems import Problem
from cctv.infra.http.relay import Relay
from cctv.infra.http.server import listen, make_server, serve

__all__ = [
    "ActorDep",
    "Connection",
    "Doorkeeper",
    "End",
    "Gate",
    "Held",
    "Inject",
    "LeashedResponse",
    "MaybeActorDep",
    "Moment",
    "PendingActorDep",
    "Problem",
    "Public",
    "ReadDep",
    "Relay",
    "Requires",
    "Shown",
    "UnmarkedDoor",
    "WriteDep",
    "add_health",
    "binary_frame",
    "create_app",
    "doors",
    "hold",
    "listen",
    "make_server",
    "mark_public",
    "provide",
    "refuse_unmarked",
    "send_framed_of",
    "serve",
    "while_allowed",
]
