"""Whether anything answers at an address: the cheap question before the dear one."""

import asyncio
import contextlib
import socket

from cctv.base.networks import Networks

REACH_WITHIN_S = 4.0


async def reach(host: str, port: int, networks: Networks) -> str | None:
    """`None` when a TCP connection opens; else why not: `name`, `refused`, `silent`, `route` or `forbidden`."""
    try:
        async with asyncio.timeout(REACH_WITHIN_S):
            places = await _places(host, port)
            if not all(networks.allow(place) for place in places):
                return "forbidden"
            _, writer = await _opened(places, port)
    except TimeoutError:
        return "silent"
    except ConnectionRefusedError:
        return "refused"
    except (socket.gaierror, UnicodeError):
        return "name"
    except OSError:
        return "route"
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return None


async def _places(host: str, port: int) -> list[str]:
    """What the name means now, as numbers: what is judged is what is connected to."""
    found = await asyncio.get_running_loop().getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


async def _opened(places: list[str], port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for place in places[:-1]:
        with contextlib.suppress(OSError):
            return await asyncio.open_connection(place, port)
    return await asyncio.open_connection(places[-1], port)
