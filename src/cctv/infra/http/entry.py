"""Doors: each route says what it needs, a gate admits or refuses; an application with an unmarked door is refused.

This kit knows no rights. ``guard`` has found out who asks; a ``Gate``, provided to the application, decides.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from fastapi import Depends, FastAPI
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Mount

from cctv.base.actor import Actor
from cctv.base.errors import Unavailable
from cctv.base.permission import IDENTIFIED, Need
from cctv.infra.http.guard import anybody, in_good_standing
from cctv.infra.http.inject import provided_to

Connection = HTTPConnection


class Gate(Protocol):
    """Decides who comes in."""

    async def admit(self, connection: HTTPConnection, actor: Actor, need: Need) -> None:
        """Put down with :func:`hold` what handlers ask about, or raise Forbidden or NotFound."""
        ...


class NoGate(Unavailable):
    """This service was put together without a gate; nobody comes in."""

    code = "no_gate"
    message_ar = "هذه الخدمة بلا بوابة؛ لا يدخل أحد."


class UnmarkedDoor(RuntimeError):
    """Routes that do not say what they need. An application that has some does not start."""


def Requires(need: Need) -> Any:  # noqa: N802 - reads like fastapi.Depends
    """For ``dependencies=[Requires(need)]``: asks the gate before anything else of the route runs."""

    async def door(connection: HTTPConnection) -> None:
        if need == IDENTIFIED:
            await anybody(connection)
            return
        actor = await in_good_standing(connection)
        gate: Gate | None = provided_to(connection.app).get(Gate)
        if gate is None:
            raise NoGate
        await gate.admit(connection, actor, need)

    door.need = need  # type: ignore[attr-defined]
    return Depends(door)


def Public(why: str) -> Any:  # noqa: N802 - reads like fastapi.Depends
    """For routes that ask nobody; ``why`` they may be open."""

    async def door(_connection: HTTPConnection) -> None:
        return None

    door.need = Need("nothing", why=why)  # type: ignore[attr-defined]
    return Depends(door)


def hold(connection: HTTPConnection, thing: Any, *, as_type: type[Any] | None = None) -> None:
    """Put ``thing`` down for this request's handler, who asks for it by ``Held(its type)``."""
    held: dict[type[Any], Any] = connection.scope.setdefault("state", {}).setdefault("held", {})
    held[as_type or type(thing)] = thing


def Held(kind: type[Any]) -> Any:  # noqa: N802 - reads like fastapi.Depends
    """For ``Annotated[Kind, Held(Kind)]``: what the gate put down; the door must have been asked first."""

    def give(connection: HTTPConnection) -> Any:
        return connection.scope["state"]["held"][kind]

    return Depends(give)


def doors(app: FastAPI) -> Iterator[tuple[str, frozenset[str], Need | None]]:
    """Each route as (path, methods, need); methods of a socket are ``{"WS"}``, of mounted files ``{"GET"}``."""
    yield from _doors(app.routes, getattr(app.state, "public_mounts", {}))


def refuse_unmarked(app: FastAPI) -> None:
    """Raise :class:`UnmarkedDoor` when a route does not say what it needs."""
    unmarked = [f"{'/'.join(sorted(methods))} {path}" for path, methods, need in doors(app) if need is None]
    if unmarked:
        raise UnmarkedDoor(f"these routes of {app.title} do not say what they need: {', '.join(unmarked)}")


def mark_public(app: FastAPI, mounted: str, why: str) -> None:
    """Say that files mounted at ``mounted`` are open to all."""
    if not hasattr(app.state, "public_mounts"):
        app.state.public_mounts = {}
    app.state.public_mounts[mounted] = Need("nothing", why=why)


def _doors(routes: list[BaseRoute], mounts: dict[str, Need]) -> Iterator[tuple[str, frozenset[str], Need | None]]:
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from _doors(included.routes, mounts)
        elif isinstance(route, Mount):
            yield route.path + "/*", frozenset({"GET"}), mounts.get(route.name or "")
        else:
            methods = frozenset(getattr(route, "methods", None) or {"WS"})
            yield str(getattr(route, "path", "?")), methods, _need_of(route)


def _need_of(route: BaseRoute) -> Need | None:
    dependant = getattr(route, "dependant", None)
    for dependency in dependant.dependencies if dependant is not None else ():
        need: Need | None = getattr(dependency.call, "need", None)
        if need is not None:
            return need
    return None
