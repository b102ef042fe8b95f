"""Runs an application on a socket until it is told to stop; uvicorn with uvloop, no access log of its own."""

import contextlib
import socket
import ssl
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from cctv.infra.http.entry import refuse_unmarked
from cctv.infra.http.framed import FramedProtocol

_BACKLOG = 512
_MOST_SAID_BYTES = 4096
"""Of one message from a client of a socket: ours say nothing at all, the sockets only tell."""


class _Server(uvicorn.Server):
    """uvicorn whose signals are handled by the service's frame, not by itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: see the class."""
        yield


def make_server(app: FastAPI, *, stop_within_s: float = 5.0, tls: ssl.SSLContext | None = None) -> uvicorn.Server:
    """A server for :func:`serve`; ``server.should_exit = True`` ends it. With ``tls`` it speaks nothing else.

    An application with a door that does not say what it needs is not served: :class:`UnmarkedDoor`.
    """
    refuse_unmarked(app)
    return _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=int(stop_within_s),
            timeout_keep_alive=75,
            h11_max_incomplete_event_size=16 * 1024,
            ssl_context_factory=None if tls is None else lambda *_: tls,
            ws=FramedProtocol,
            ws_max_size=_MOST_SAID_BYTES,
            ws_per_message_deflate=False,  # video does not get smaller, and each viewer would cost a deflate of it
        )
    )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; ``OSError`` when the port is taken."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(_BACKLOG)
    return listening


async def serve(server: uvicorn.Server, listening: socket.socket) -> None:
    """Answer until the server is told to exit and open requests are done."""
    await server.serve(sockets=[listening])
