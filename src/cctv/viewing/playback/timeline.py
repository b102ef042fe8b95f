"""Timelines of many cameras: the catalogue's spans and gaps, with what is being recorded at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from cctv.base.ids import CameraId
from cctv.base.span import Span
from cctv.infra.database import ReadTx
from cctv.recording import archive
from cctv.recording.archive import Gap, Hidden, OpenSegment, Timeline


@dataclass(frozen=True, slots=True)
class CameraTimeline:
    """``recording_until`` is the growing end; ``oldest`` and ``newest`` bound all footage, not only the range."""

    camera: CameraId
    spans: list[Span]
    gaps: list[Gap]
    recording_until: datetime | None
    oldest: datetime | None
    newest: datetime | None
    hidden: list[Hidden] = field(default_factory=list)
    """Footage under newer footage, to be asked for by its clock epoch."""

    def since(self, earliest: datetime | None) -> "CameraTimeline":
        """Without what lies before ``earliest``, for who may not look further back."""
        if earliest is None:
            return self
        none = self.newest is None or self.newest <= earliest
        return replace(
            self,
            spans=[_clipped(one, earliest) for one in self.spans if one.end > earliest],
            gaps=[
                replace(one, start=max(one.start, earliest))
                for one in self.gaps
                if one.end is None or one.end > earliest
            ],
            hidden=[
                one._replace(span=_clipped(one.span, earliest)) for one in self.hidden if one.span.end > earliest
            ],
            oldest=None if none else max(self.oldest or earliest, earliest),
            newest=None if none else self.newest,
        )


def _clipped(span: Span, earliest: datetime) -> Span:
    return Span(max(span.start, earliest), span.end)


async def timelines(
    tx: ReadTx,
    cameras: Sequence[CameraId],
    span: Span,
    opened: dict[CameraId, list[OpenSegment]],
    *,
    epoch: UUID | None = None,
) -> list[CameraTimeline]:
    """One timeline a camera, in the order asked for; with ``epoch`` of that clock epoch alone."""
    found = await archive.timeline(tx, cameras, span, epoch=epoch)
    bounds = await archive.bounds(tx, cameras)
    return [_of_camera(camera, found[camera], opened[camera], span, bounds.get(camera)) for camera in cameras]


def _of_camera(
    camera: CameraId,
    found: Timeline,
    opened: Sequence[OpenSegment],
    span: Span,
    bounds: Span | None,
) -> CameraTimeline:
    oldest, newest = (bounds.start, bounds.end) if bounds else (None, None)
    growing = None
    for one in opened:
        common = one.span.intersect(span)
        if common is not None:
            found = archive.with_open(found, replace(one, start=common.start, end=common.end))
            growing = common.end if one.end <= span.end else None
        oldest = min(oldest or one.start, one.start)
        newest = max(newest or one.end, one.end)
    return CameraTimeline(
        camera=camera,
        spans=found.spans,
        gaps=found.gaps,
        recording_until=growing,
        oldest=oldest,
        newest=newest,
        hidden=found.hidden,
    )
