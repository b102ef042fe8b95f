"""playback-service: what was recorded, for viewers, and the gateway's question about each object."""

import asyncio
from functools import partial

from cctv.infra.http import add_health, provide
from cctv.services.wiring import Assembled, Wiring, service_app
from cctv.viewing.playback import Machines, Playback, PlaybackSettings, Watching
from cctv.viewing.playback.routes import media_router, router


def assemble(wiring: Wiring) -> Assembled:
    app = service_app(wiring, title="Playback")
    playback = Playback(
        machines=Machines(
            database=wiring.database,
            cache=wiring.cache,
            signer=wiring.keyring,
            clock=wiring.clock,
            folder=wiring.folders.cache / f"playback-{wiring.index}",
        ),
        volumes=wiring.places,
        settings=PlaybackSettings(),
        watching=Watching(policy=wiring.entrance.policy, audit=wiring.entrance.audit),
    )
    if wiring.store is not None:
        add_health(app, "object store", partial(asyncio.to_thread, wiring.store.ping), vital=False)
    provide(app, playback)
    app.include_router(router)
    app.include_router(media_router)
    return Assembled(app=app, loops={"playback": playback.run})
