"""The main job without a person: sign in, record, lose a recorder, read everything back by the gateway, judge.

The verdict is one JSON object. Everything is asked over HTTP as a browser asks it; only the decoding of the first
frame and the archive's invariants are done here.
"""

import contextlib
import json
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from cctv.services import leftovers
from cctv.services.demo.guide import Guide, say, states
from cctv.services.demo.reading_back import first_frame_ms, still_is_there
from cctv.services.demo.signing_in import CannotSignIn, signed_in
from cctv.services.invariants import check_invariants
from cctv.services.settings import Folders, ServeSettings

DONE, FINDINGS, COULD_NOT = 0, 1, 2
ENOUGH = 0.95
_ONLINE_WITHIN_S = 60.0
_SETTLED_WITHIN_S = 20.0
_VICTIM = "recording-service-1"
_TOLERANCE_S = 1.0
_ROUNDING_S = 0.05


@dataclass(slots=True)
class Check:
    """One check; ``findings`` fills up as things turn out wrong."""

    guide: Guide
    settings: ServeSettings
    seconds: int
    findings: list[str] = field(default_factory=list)

    def run(self) -> int:
        """Exit code: 0 all is well, 1 something is off (the verdict names it), 2 the check could not be made."""
        try:
            api = signed_in(self.guide.unknown(headers={"Origin": self.guide.url}), self.guide.folders)
        except (CannotSignIn, httpx.HTTPError, OSError) as fault:
            say(f"The check could not be made: {fault}")
            return COULD_NOT
        with contextlib.closing(api):
            try:
                cameras = self.guide.register(api)
                self._await_online(api, cameras)
            except (TimeoutError, httpx.HTTPError, OSError) as fault:
                say(f"The check could not be made: {fault}")
                return COULD_NOT
            began = datetime.now(UTC)
            self._record()
            verdict = self._verdict(api, cameras, began, began + timedelta(seconds=self.seconds))
        sys.stdout.write(json.dumps(verdict, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        return FINDINGS if self.findings else DONE

    def _await_online(self, api: httpx.Client, cameras: list[str]) -> None:
        deadline = time.monotonic() + _ONLINE_WITHIN_S
        while True:
            now = states(api) or {}
            online = [one for one in cameras if one in now and now[one]["status"]["state"] == "online"]
            if len(online) == len(cameras):
                say(f"All {len(cameras)} cameras are online; recording for {self.seconds} s")
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(cameras) - len(online)} cameras are not online: {_shown(now)}")
            time.sleep(0.2)

    def _record(self) -> None:
        """Wait for the time asked for; half-way, kill a recorder as a crash would."""
        began = time.monotonic()
        time.sleep(self.seconds / 2)
        victim = next((row for row in self._parts() if row["name"] == _VICTIM), None)
        if victim is None:
            self.findings.append(f"{_VICTIM} does not run")
        else:
            say(f"Half-way: kill -9 of {_VICTIM} (process {victim['pid']})")
            os.kill(victim["pid"], signal.SIGKILL)
        time.sleep(max(0.0, self.seconds - (time.monotonic() - began)))

    def _parts(self) -> list[dict[str, Any]]:
        told = leftovers.read(Folders(self.settings.data).run) or {"services": []}
        parts: list[dict[str, Any]] = told["services"]
        return parts

    def _judge_restarts(self) -> None:
        """One restart is ours; any other is a crash."""
        for row in self._parts():
            if row["restarts"] != (row["name"] == _VICTIM):
                self.findings.append(f"{row['name']} was started again {row['restarts']} times")

    def _verdict(self, api: httpx.Client, cameras: list[str], start: datetime, end: datetime) -> dict[str, Any]:
        say("Reading back: timeline, playback, stills, invariants")
        timelines = self._settled_timelines(api, cameras, start, end)
        recorded = {one["camera"]: _total_s(one["spans"]) for one in timelines}
        gaps = [{"camera": one["camera"], **gap} for one in timelines for gap in one["gaps"]]
        self._judge(timelines, recorded, gaps, len(cameras) * (end - start).total_seconds())
        first_frames = [self._first_frame(api, one, start, end) for one in cameras]
        for one in cameras:
            still_is_there(api, one, start + (end - start) / 4, findings=self.findings)
        self._judge_restarts()
        archive = check_invariants(self.settings, hashes=True)
        self.findings.extend(f"archive: {finding['words']}" for finding in archive["findings"])
        return {
            "cameras": len(cameras),
            "seconds": self.seconds,
            "expected_seconds": len(cameras) * self.seconds,
            "recorded_seconds": round(sum(recorded.values()), 2),
            "gaps": gaps,
            "playback_first_frame_ms": max((ms for ms in first_frames if ms is not None), default=None),
            "invariants": archive["invariants"],
            "findings": self.findings,
        }

    def _settled_timelines(
        self, api: httpx.Client, cameras: list[str], start: datetime, end: datetime
    ) -> list[dict[str, Any]]:
        """The timelines, as soon as every second is either recorded or explained, or when that takes too long."""
        deadline = time.monotonic() + _SETTLED_WITHIN_S
        while True:
            found_now = _timelines(api, cameras, start, end)
            whole = (end - start).total_seconds() - _ROUNDING_S
            settled = all(_total_s(one["spans"]) + _total_s(one["gaps"]) >= whole for one in found_now)
            if (settled and len(found_now) == len(cameras)) or time.monotonic() > deadline:
                return found_now
            time.sleep(0.5)

    def _judge(
        self,
        timelines: list[dict[str, Any]],
        recorded: dict[str, float],
        gaps: list[dict[str, Any]],
        expected_s: float,
    ) -> None:
        total_s = sum(recorded.values())
        if total_s < ENOUGH * expected_s:
            self.findings.append(f"{total_s:.1f} of {expected_s:.0f} s are recorded")
        for one in timelines:
            missing_s = self.seconds - recorded[one["camera"]] - _total_s(one["gaps"])
            if missing_s > _TOLERANCE_S:
                self.findings.append(f"{one['camera']}: {missing_s:.1f} s are missing without a gap")
        self.findings.extend(f"{gap['camera']}: a gap has no cause" for gap in gaps if not gap["cause"])

    def _first_frame(self, api: httpx.Client, camera: str, start: datetime, end: datetime) -> float | None:
        try:
            return first_frame_ms(api, camera, start, end)
        except Exception as fault:  # noqa: BLE001 - whatever keeps the picture away is the finding
            self.findings.append(f"{camera}: no first frame: {type(fault).__name__}: {fault}")
            return None


def _timelines(api: httpx.Client, cameras: list[str], start: datetime, end: datetime) -> list[dict[str, Any]]:
    asked = {"camera": cameras, "from": start.isoformat(), "to": end.isoformat()}
    with contextlib.suppress(httpx.TransportError):
        answer = api.get("/api/v1/playback/timeline", params=asked)
        if answer.is_success:
            timelines: list[dict[str, Any]] = answer.json()["cameras"]
            return timelines
    return []


def _total_s(spans: list[dict[str, Any]]) -> float:
    """Seconds of spans or gaps; a gap that lasts has no end yet and counts as nothing."""
    return sum(
        (datetime.fromisoformat(one["to"]) - datetime.fromisoformat(one["from"])).total_seconds()
        for one in spans
        if one["to"] is not None
    )


def _shown(cameras: dict[str, dict[str, Any]]) -> str:
    return ", ".join(f"{one['name']}: {one['status']['state']}" for one in cameras.values())
