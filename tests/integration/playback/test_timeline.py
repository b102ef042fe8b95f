"""Timelines and lists of recordings over HTTP."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from cctv.base.clock import SystemClock, utc_now
from cctv.base.faults import Cause
from cctv.infra.database import Database
from cctv.recording import archive
from cctv.recording.archive import Batch, Gap

START = (utc_now(SystemClock()) - timedelta(hours=3)).replace(microsecond=0)
S = timedelta(seconds=1)
TIMELINE = "/api/v1/playback/timeline"
RECORDINGS = "/api/v1/recordings"


def moment(text: str | None) -> datetime:
    assert text is not None
    return datetime.fromisoformat(text)


def asked(*cameras: Any, start: datetime = START, end: datetime = START + S * 3600) -> dict[str, Any]:
    return {"camera": [str(one) for one in cameras], "from": start.isoformat(), "to": end.isoformat()}


async def test_spans_gaps_and_bounds_of_many_cameras(
    recorder: Any, api: httpx.AsyncClient, database: Database
) -> None:
    one = await recorder.record(start=START, seconds=20)
    await recorder.record(start=START + S * 50, seconds=20, camera=one.camera, fence=2)
    two = await recorder.record(start=START - S * 100, seconds=20)
    gap = Gap(
        id=uuid4(),
        camera_id=one.camera,
        start=START + S * 20,
        end=START + S * 50,
        cause=Cause.NETWORK,
        detail={"words": "connection reset"},
    )
    async with database.write() as tx:
        await archive.record(tx, Batch(gaps=(gap,)))
    answer = await api.get(TIMELINE, params=asked(one.camera, two.camera, uuid4()))
    body = answer.json()
    first, second, unknown = body["cameras"]
    assert [one["camera"] for one in body["cameras"]][:2] == [str(one.camera), str(two.camera)]
    edges = [(moment(span["from"]) - START, moment(span["to"]) - START) for span in first["spans"]]
    assert edges == [(S * 0, S * 20), (S * 50, S * 70)]
    assert [(gap["cause"], gap["detail"]) for gap in first["gaps"]] == [("network", "connection reset")]
    assert moment(first["gaps"][0]["from"]) == START + S * 20
    assert (moment(first["oldest"]), moment(first["newest"])) == (START, START + S * 70)
    assert first["recording_until"] is None
    assert second["spans"] == []
    assert moment(second["oldest"]) == START - S * 100
    assert (unknown["spans"], unknown["oldest"], unknown["newest"]) == ([], None, None)


async def test_the_growing_edge(recorder: Any, api: httpx.AsyncClient) -> None:
    now = utc_now(SystemClock())
    recorded = await recorder.record(start=now - S * 26, seconds=26, leave_open=True)
    body = (await api.get(TIMELINE, params=asked(recorded.camera, start=now - S * 60, end=now + S * 60))).json()
    (camera,) = body["cameras"]
    assert len(camera["spans"]) == 1
    assert moment(camera["spans"][0]["to"]) == moment(camera["recording_until"]) == recorded.opened.end
    assert moment(camera["newest"]) == recorded.opened.end
    body = (await api.get(TIMELINE, params=asked(recorded.camera, start=now - S * 60, end=now - S * 3))).json()
    assert body["cameras"][0]["recording_until"] is None
    assert moment(body["cameras"][0]["spans"][0]["to"]) == now - S * 3


async def test_a_known_timeline_is_not_sent_again(recorder: Any, api: httpx.AsyncClient) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    first = await api.get(TIMELINE, params=asked(recorded.camera))
    again = await api.get(
        TIMELINE, params=asked(recorded.camera), headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    await recorder.record(start=START + S * 12, seconds=12, camera=recorded.camera, fence=2)
    changed = await api.get(
        TIMELINE, params=asked(recorded.camera), headers={"If-None-Match": first.headers["etag"]}
    )
    assert changed.status_code == 200


async def test_a_timeline_is_known_by_one_of_a_list_of_tags_and_not_by_a_part_of_one(
    recorder: Any, api: httpx.AsyncClient
) -> None:
    recorded = await recorder.record(start=START, seconds=12)
    tag = (await api.get(TIMELINE, params=asked(recorded.camera))).headers["etag"]
    strong = tag.removeprefix("W/")
    known = ["*", tag, strong, f'"a,b", {tag}', f'W/"x",{strong} ,"y"', f" , {tag},, "]
    unknown = [f'"{tag}"', f"x{tag}", f"{tag}x", f'"a" {tag}', strong.strip('"'), '"*", "x"', f"*, {tag}", "", '"']
    for statuses, headers in ((304, known), (200, unknown)):
        for header in headers:
            answer = await api.get(TIMELINE, params=asked(recorded.camera), headers={"If-None-Match": header})
            assert answer.status_code == statuses, header


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to": START.isoformat()}, "bad_range"),
        ({"from": (START - timedelta(days=500)).isoformat()}, "bad_range"),
        ({"camera": [str(uuid4()) for _ in range(501)]}, "too_many_cameras"),
        ({"camera": []}, "invalid_input"),
        ({"from": "yesterday"}, "invalid_input"),
    ],
)
async def test_wrong_questions_are_refused(api: httpx.AsyncClient, change: dict[str, Any], code: str) -> None:
    answer = await api.get(TIMELINE, params=asked(uuid4()) | change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_500_cameras_at_once(api: httpx.AsyncClient) -> None:
    answer = await api.get(TIMELINE, params=asked(*(uuid4() for _ in range(500))))
    assert answer.status_code == 200
    assert len(answer.json()["cameras"]) == 500


async def test_recordings_are_listed_by_pages_with_their_hashes(recorder: Any, api: httpx.AsyncClient) -> None:
    recorded = await recorder.record(start=START, seconds=50)
    page = {"camera": str(recorded.camera), "from": START.isoformat(), "to": (START + S * 60).isoformat()}
    found: list[Any] = []
    more: dict[str, str] | None = {}
    while more is not None:
        body = (await api.get(RECORDINGS, params=page | {"limit": "2"} | more)).json()
        found += body["items"]
        more = body["next"] and {"cursor": body["next"]}
    assert [one["sha256"] for one in found] == [one.sha256.hex() for one in recorded.segments]
    assert [one["seq"] for one in found] == list(range(5))
    assert {one["state"] for one in found} == {"stored"}
    assert found[0]["object"] == recorded.segments[0].object_name


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 14, 15])
async def test_pages_hold_each_recording_once_though_many_overlap(
    recorder: Any, api: httpx.AsyncClient, limit: int
) -> None:
    first = await recorder.record(start=START, seconds=50)
    others = [
        await recorder.record(start=START, seconds=50, camera=first.camera, fence=2),
        await recorder.record(start=START + S * 5, seconds=50, camera=first.camera, fence=3, segment_s=13),
    ]
    wanted = {(str(one.run_id), one.seq) for run in (first, *others) for one in run.segments}
    assert len(wanted) == 14
    page = {"camera": str(first.camera), "from": START.isoformat(), "to": (START + S * 49).isoformat()}
    found: list[Any] = []
    more: dict[str, str] | None = {}
    while more is not None:
        answer = await api.get(RECORDINGS, params=page | {"limit": str(limit)} | more)
        assert answer.status_code == 200, answer.text
        assert 1 <= len(answer.json()["items"]) <= limit
        found += answer.json()["items"]
        assert len(found) <= len(wanted)
        more = answer.json()["next"] and {"cursor": answer.json()["next"]}
    assert len(found) == len(wanted)
    assert {(one["run"], one["seq"]) for one in found} == wanted
    assert [one["from"] for one in found] == sorted(one["from"] for one in found)


@pytest.mark.parametrize("cursor", ["", "x", "A" * 39, "_" * 39, "٣" * 39, "A" * 61, "2026-11-27T00:00:22+00:00"])
async def test_a_cursor_of_somebody_s_own_making_is_refused(api: httpx.AsyncClient, cursor: str) -> None:
    page = {"camera": str(uuid4()), "from": START.isoformat(), "to": (START + S * 49).isoformat()}
    answer = await api.get(RECORDINGS, params=page | {"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["code"] in ("bad_cursor", "invalid_input")
