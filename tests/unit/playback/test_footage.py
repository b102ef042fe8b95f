"""What is shown of a range, and the playlists made of it."""

import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.base.clock import ManualClock, from_us
from cctv.base.ids import CameraId, RunId, new_run_id, object_name
from cctv.base.span import Span
from cctv.media.mp4.index import FragmentEntry, encode_index
from cctv.recording.archive import OpenSegment, Run, SegmentRow
from cctv.viewing.playback.errors import BadRange, NoFootage, TooManyCameras
from cctv.viewing.playback.footage import Footage, select
from cctv.viewing.playback.lru import WeightedLru
from cctv.viewing.playback.model import MAX_RANGE, check_count, checked_range, window_of
from cctv.viewing.playback.pending import Pending
from cctv.viewing.playback.playlist import Playlists, runs_of

CAMERA = CameraId(UUID("0192f0c1-7d2e-8a3b-9c4d-5e6f708192a3"))
START = from_us(1_795_000_020_000_000)
S = timedelta(seconds=1)
HEAD = 900
GOP_BYTES = 500
GOP_S = 2


def run_id(number: int = 1) -> RunId:
    return new_run_id(started_us=1_795_000_000_000_000 + number, fence=number)


RUN = run_id()


def index(seq: int, seconds: int) -> bytes:
    """Fragments of a second, a key frame every other one."""
    entries = [
        FragmentEntry(300 if second % GOP_S == 0 else 200, 90_000, 120 if second % GOP_S == 0 else 0)
        for second in range(seconds)
    ]
    return encode_index(HEAD, seq * 10 * 90_000, entries)


def row(seq: int, *, run: RunId = RUN, at: datetime | None = None, seconds: int = 10) -> SegmentRow:
    begin = at or START + S * 10 * seq
    name = object_name(agency="BUS", camera=CAMERA, run=run, seq=seq, started=begin)
    return SegmentRow(
        run_id=run,
        seq=seq,
        start=begin,
        end=begin + S * seconds,
        volume="default",
        object_name=name,
        fragments=index(seq, seconds),
        size_bytes=HEAD + seconds * 250,
    )


def opened(seq: int, seconds: int, *, run: RunId = RUN, at: datetime | None = None) -> OpenSegment:
    as_row = row(seq, run=run, at=at, seconds=seconds)
    return OpenSegment(
        camera_id=CAMERA,
        run_id=run,
        seq=seq,
        start=as_row.start,
        end=as_row.end,
        volume=as_row.volume,
        object_name=as_row.object_name,
        fragments=as_row.fragments,
    )


def text_of(made: Playlists, footage: Footage, *, iframes: bool = False) -> str:
    return "".join(made.media(made.begin(footage, iframes=iframes), {}))


def index_of(made: Playlists, footage: Footage, runs: list[Run], *, query: str) -> str:
    first = Footage(footage.segments[:1], footage.ended)
    drafts = made.begin(footage, iframes=False), made.begin(first, iframes=True)
    return made.index(*drafts, {}, runs, query=query)


def playlists(limit: int = 10_000_000) -> Playlists:
    return Playlists(limit_bytes=limit, times=WeightedLru(limit=1000))


def span(begin_s: float, end_s: float) -> Span:
    return Span(START + S * begin_s, START + S * end_s)


LATER = START + timedelta(days=1)


def entries(text: str) -> list[str]:
    """Address and byte range of each entry, in order."""
    return [f"{address}:{where}" for where, address in re.findall(r"#EXT-X-BYTERANGE:(\S+)\n(\S+)\n", text)]


def seconds_of(text: str) -> float:
    return sum(float(one) for one in re.findall(r"#EXTINF:([\d.]+)", text))


def media(rows: list[SegmentRow], asked: Span, *, iframes: bool = False, now: datetime = LATER) -> str:
    return text_of(playlists(), select(rows, [], asked, now=now), iframes=iframes)


def test_a_range_inside_a_run_needs_no_discontinuity() -> None:
    text = media([row(0), row(1), row(2)], span(0, 30))
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in text
    assert text.endswith("#EXT-X-ENDLIST\n")
    assert "DISCONTINUITY" not in text
    assert text.count("#EXT-X-MAP") == 1
    assert text.count("#EXT-X-PROGRAM-DATE-TIME") == 3
    assert seconds_of(text) == 30
    assert len(entries(text)) == 15


@given(st.floats(0, 29), st.floats(0.1, 30))
def test_any_range_begins_at_the_key_frame_before_it_and_covers_it(begin_s: float, length_s: float) -> None:
    asked = span(begin_s, min(30, begin_s + length_s))
    text = media([row(0), row(1), row(2)], asked)
    first = re.search(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)", text)
    assert first is not None
    begins = datetime.fromisoformat(first[1])
    assert begins <= asked.start + S / 1000
    assert asked.start - begins < S * GOP_S
    covered = begins + S * seconds_of(text)
    assert covered >= asked.end - S / 1000
    assert covered - asked.end < S * GOP_S + S / 1000


def test_a_new_run_is_a_discontinuity_with_its_own_map() -> None:
    other = run_id(2)
    text = media([row(0), row(0, run=other, at=START + S * 14)], span(0, 30))
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1
    assert text.count("#EXT-X-MAP") == 2
    assert text.index("#EXT-X-DISCONTINUITY\n") < text.rindex("#EXT-X-MAP")


def test_a_missing_file_inside_a_run_is_a_discontinuity() -> None:
    text = media([row(0), row(2)], span(0, 30))
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1
    assert "-000001.mp4" not in text


def test_a_damaged_index_is_left_out_like_missing_footage() -> None:
    broken = row(1)._replace(fragments=b"\x01not zlib")
    text = media([row(0), broken, row(2)], span(0, 30))
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1
    assert seconds_of(text) == 20


def test_footage_under_newer_footage_is_cut_to_what_shows() -> None:
    newer = run_id(2)
    below = row(0, seconds=10)._replace(shown=Span(START, START + S * 4))
    text = media([below, row(0, run=newer, at=START + S * 4)], span(0, 30))
    assert seconds_of(text) == 4 + 10
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1


def test_iframes_name_the_key_frames_alone() -> None:
    text = media([row(0)], span(0, 10), iframes=True)
    assert "#EXT-X-I-FRAMES-ONLY" in text
    assert [one.split(":")[1] for one in entries(text)] == [f"120@{HEAD + 500 * n}" for n in range(5)]


def test_nothing_is_no_footage() -> None:
    with pytest.raises(NoFootage):
        media([], span(0, 10))


def test_the_multivariant_playlist_names_both_and_keeps_the_window() -> None:
    footage = select([row(0)], [], span(0, 10), now=LATER)
    run = Run(
        id=RUN,
        camera_id=CAMERA,
        fence=1,
        epoch=UUID(int=0),
        codec="h264",
        codecs="avc1.640028,mp4a.40.2",
        width=1920,
        height=1080,
        rate=25.0,
        init=b"",
        started_at=START,
    )
    text = index_of(playlists(), footage, [run], query="?from=x")
    assert "\nvideo.m3u8?from=x\n" in text
    assert 'URI="iframes.m3u8?from=x"' in text
    assert 'CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=25.000' in text
    assert runs_of(footage) == [RUN]
    with pytest.raises(NoFootage):
        index_of(playlists(), Footage([], ended=True), [], query="")


def test_closed_segments_are_made_once_and_parts_never_kept() -> None:
    made = playlists()
    rows = [row(0), row(1)]
    whole = text_of(made, select(rows, [], span(0, 20), now=LATER))
    forgotten = [one._replace(fragments=b"") for one in rows]
    assert text_of(made, select(forgotten, [], span(0, 20), now=LATER)) == whole
    part = text_of(made, select(rows, [], span(3, 20), now=LATER))
    assert seconds_of(part) == 18
    assert text_of(made, select(rows, [], span(0, 20), now=LATER)) == whole


class TestGrowing:
    """The open segment, second by second, in a range that reaches past now."""

    def at(self, second: int, asked: Span, *, lag_s: int = 0, pending: Pending | None = None) -> Footage:
        """What is shown when segments are 10 s long and rows come ``lag_s`` after a file is closed."""
        now = START + S * second
        rows = [row(seq) for seq in range(max(0, (second - lag_s) // 10))]
        writing = {CAMERA: opened(second // 10, max(second % 10, 1))}
        memory = pending or Pending(clock=ManualClock(0))
        return select(rows, memory.note([CAMERA], writing)[CAMERA], asked, now=now)

    @pytest.mark.parametrize("lag_s", [0, 3, 12])
    def test_a_growing_playlist_is_only_added_to(self, lag_s: int) -> None:
        made, asked = playlists(), span(0, 45)
        clock = ManualClock(0)
        pending = Pending(clock=clock)
        before: list[str] = []
        for second in range(4, 45):
            clock.advance(1_000_000)
            footage = self.at(second, asked, lag_s=lag_s, pending=pending)
            assert not footage.ended
            text = text_of(made, footage)
            assert "#EXT-X-PLAYLIST-TYPE:EVENT" in text
            assert "ENDLIST" not in text
            now = entries(text)
            assert now[: len(before)] == before
            before = now
        assert len(before) >= (45 - lag_s - 10) // GOP_S

    def test_its_last_group_of_pictures_waits_until_it_is_whole(self) -> None:
        text = text_of(playlists(), self.at(15, span(0, 60)))
        assert seconds_of(text) == 14

    def test_it_ends_when_the_range_lies_behind(self) -> None:
        footage = self.at(25, span(0, 21.5))
        assert footage.ended
        text = text_of(playlists(), footage)
        assert seconds_of(text) == 22
        assert text.endswith("#EXT-X-ENDLIST\n")

    def test_it_does_not_end_before_the_last_second_has_come(self) -> None:
        asked = span(0, 21.5)
        now = START + S * 22
        behind = select([row(0), row(1)], [opened(2, 1)], asked, now=now)
        assert not behind.ended
        assert select([row(0), row(1)], [opened(2, 1)], asked, now=now + S * 30).ended
        assert select([row(0), row(1)], [], asked, now=now).ended

    @pytest.mark.parametrize("end_s", [18, 20.5])
    def test_it_does_not_end_while_the_file_before_the_open_one_has_no_row(self, end_s: float) -> None:
        asked, now = span(0, end_s), START + S * 21
        waiting = select([row(0)], [opened(2, 1)], asked, now=now)
        assert not waiting.ended
        assert [one.seq for one in waiting.segments] == [0]
        assert select([row(0)], [opened(2, 1)], asked, now=now + S * 20).ended
        assert select([row(0), row(1)], [opened(2, 1)], asked, now=now).ended

    def test_the_open_text_is_never_kept_for_the_closed_file(self) -> None:
        made, asked = playlists(), span(0, 10)
        early = text_of(made, select([], [opened(0, 5)], asked, now=START + S * 60))
        late = text_of(made, select([row(0)], [], asked, now=START + S * 60))
        assert (seconds_of(early), seconds_of(late)) == (5, 10)

    def test_a_new_run_waits_for_the_row_of_the_last(self) -> None:
        fresh = opened(0, 1, run=run_id(2), at=START + S * 10)
        held = select([row(0)], [fresh], span(0, 60), now=START + S * 11)
        shown = select([row(0)], [fresh], span(0, 60), now=START + S * 14)
        assert (len(held.segments), len(shown.segments)) == (1, 2)

    def test_after_the_clock_went_back_the_older_epoch_lies_beneath(self) -> None:
        now = START + S * 16
        rows = [row(0), row(1), row(2)]
        footage = select(rows, [opened(0, 6, run=run_id(2), at=START + S * 10)], span(0, 60), now=now)
        assert [one.start for one in footage.segments] == [START, START + S * 10]

    def test_one_that_was_catalogued_meanwhile_is_shown_once(self) -> None:
        footage = select([row(0), row(1)], [opened(1, 9)], span(0, 60), now=START + S * 20)
        assert [one.seq for one in footage.segments] == [0, 1]


def test_ranges_are_checked() -> None:
    with pytest.raises(BadRange):
        checked_range(START, START, longest=MAX_RANGE)
    with pytest.raises(BadRange):
        checked_range(START + S, START, longest=MAX_RANGE)
    with pytest.raises(BadRange):
        checked_range(START, START + MAX_RANGE + S, longest=MAX_RANGE)
    assert checked_range(START, START + MAX_RANGE, longest=MAX_RANGE).duration == MAX_RANGE


def test_windows_stay_inside_the_grant() -> None:
    whole = span(0, 100)
    assert window_of(whole, None, None) == whole
    assert window_of(whole, START + S * 10, None) == span(10, 100)
    assert window_of(whole, START - S * 10, START + S * 500) == whole
    with pytest.raises(BadRange):
        window_of(whole, START + S * 200, START + S * 300)
    with pytest.raises(BadRange):
        window_of(whole, START + S * 20, START + S * 10)


@pytest.mark.parametrize("count", [0, 501])
def test_cameras_are_counted(count: int) -> None:
    with pytest.raises(TooManyCameras):
        check_count(count)


def test_indexes_that_were_left_out_are_asked_for_once_and_where_they_are_needed() -> None:
    made, asked = playlists(), span(0, 30)
    rows = [row(0), row(1), row(2)]
    whole = text_of(playlists(), select(rows, [], asked, now=LATER))
    bare = select([one._replace(fragments=b"") for one in rows], [], asked, now=LATER)
    indexes = {(one.run_id, one.seq): one.fragments for one in rows}
    draft = made.begin(bare, iframes=False)
    assert draft.lacking == asked
    assert "".join(made.media(draft, indexes)) == whole
    again = made.begin(bare, iframes=False)
    assert again.lacking is None
    assert "".join(made.media(again, {})) == whole


def test_an_index_that_went_meanwhile_leaves_a_hole_that_is_not_remembered() -> None:
    made, asked = playlists(), span(0, 10)
    rows = [row(0)]
    bare = select([one._replace(fragments=b"") for one in rows], [], asked, now=LATER)
    with pytest.raises(NoFootage):
        made.media(made.begin(bare, iframes=False), {})
    assert made.begin(bare, iframes=False).lacking == asked
