"""go-api: the dashboard's files, who is who, and what is said about the system itself."""

from functools import partial

from cctv.access.audit import Anchors, Sealer
from cctv.access.audit.routes import router as audit_router
from cctv.access.doors.routes import router as policy_router
from cctv.access.identity.organisation.flow import Flow
from cctv.access.identity.routes import router as identity_router
from cctv.base.events import EVENTS_CHANNEL
from cctv.infra.http import Relay, provide
from cctv.services.assembly.dashboard_files import mount_dashboard
from cctv.services.assembly.events import router as events_router
from cctv.services.assembly.events import tell_changes
from cctv.services.assembly.system_info import router
from cctv.services.wiring import Assembled, Wiring, service_app
from cctv.viewing.playback import PlaybackSettings


def assemble(wiring: Wiring) -> Assembled:
    app = service_app(wiring, title="RTA CCTV")
    relay = provide(app, Relay(wiring.cache, EVENTS_CHANNEL, clock=wiring.clock))
    desk = provide(app, wiring.entrance.desk)
    provide(app, Flow(provider=wiring.entrance.provider, desk=desk, database=wiring.database))
    app.include_router(identity_router)
    app.include_router(policy_router)
    app.include_router(audit_router)
    app.include_router(router)
    app.include_router(events_router)
    mount_dashboard(app, time_zone=PlaybackSettings().time_zone)
    anchors = Anchors(wiring.folders.audit, sign=wiring.keyring.sign)
    sealer = Sealer(wiring.database, sign=wiring.keyring.sign, anchors=anchors, clock=wiring.clock)
    return Assembled(
        app=app,
        loops={
            "events": relay.run,
            "changes": partial(tell_changes, wiring.database, relay),
            "audit sealer": sealer.run,
        },
    )
