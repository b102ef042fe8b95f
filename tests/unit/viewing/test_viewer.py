"""A slow viewer costs a bounded amount of memory, and what he gets can always be decoded."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from cctv.media.live_wire import LiveParams
from cctv.viewing.feed import Announced, FeedState, Frame, Message, Viewer
from cctv.viewing.live.show import in_messages

PARAMS = LiveParams("h264", "avc1.42C01E", 640, 360, 0, None, b"init")
LIMIT = 1000


def frame(number: int, *, key: bool, size: int = 9, wall_s: float | None = None) -> Frame:
    return Frame(bytes(size), key, number, number if wall_s is None else int(wall_s * 1e6))


def numbers(messages: list[Message]) -> list[int]:
    return [one.pts_90k for one in messages if isinstance(one, Frame)]


@given(st.lists(st.tuples(st.sampled_from("kffffffps"), st.integers(1, 400), st.booleans()), max_size=150))
async def test_only_whole_gops_reach_a_slow_viewer(story: list[tuple[str, int, bool]]) -> None:
    viewer = Viewer(limit_bytes=LIMIT)
    decodable, last, sent, got, skipped, before_key = False, -1, 0, 0, 0, 0

    async def read() -> None:
        nonlocal decodable, last, got, skipped
        messages, lost = await viewer.get()
        skipped += lost
        assert sum(len(one.data) for one in messages if isinstance(one, Frame)) <= LIMIT
        for message in messages:
            if isinstance(message, Announced):
                decodable = False
            if isinstance(message, Frame):
                got += 1
                assert message.key or (decodable and message.pts_90k == last + 1)
                decodable, last = True, message.pts_90k

    viewer.put(Announced(PARAMS))
    for what, size, reads in story:
        match what:
            case "p":
                viewer.put(Announced(PARAMS))
            case "s":
                viewer.put(FeedState("no_video"))
            case _:
                sent += 1
                before = viewer.waiting, viewer.skipped
                viewer.put(frame(sent, key=what == "k", size=size))
                before_key += before == (viewer.waiting, viewer.skipped)
        if reads and viewer.waiting:
            await read()
    while viewer.waiting:
        await read()
    assert got + skipped + viewer.skipped + before_key == sent


async def test_what_is_ready_comes_first() -> None:
    viewer = Viewer(limit_bytes=LIMIT)
    viewer.begin([FeedState("online"), Announced(PARAMS), frame(1, key=True, size=9), frame(2, key=False, size=9)])
    messages, skipped = await viewer.get()
    assert [type(one) for one in messages] == [FeedState, Announced, Frame, Frame]
    assert skipped == 0


async def test_who_waits_is_given_frames_in_hand_and_in_order() -> None:
    viewer, given_in_hand = Viewer(limit_bytes=LIMIT), []
    takes = True

    def hand(one: Frame) -> bool:
        if takes:
            given_in_hand.append(one.pts_90k)
        return takes

    viewer.hand = hand
    viewer.begin([FeedState("online"), frame(1, key=True, size=9)])
    assert given_in_hand == [], "nobody waits yet"
    await viewer.get()
    waiting = asyncio.create_task(viewer.get())
    await asyncio.sleep(0)
    viewer.put(frame(2, key=False, size=9))
    takes = False
    viewer.put(frame(3, key=False, size=9))
    takes = True
    viewer.put(frame(4, key=False, size=9))
    messages, _ = await waiting
    assert given_in_hand == [2]
    assert [one.pts_90k for one in messages if isinstance(one, Frame)] == [3, 4], "nothing overtakes what waits"


async def test_the_gop_at_hand_is_taken_whole_and_the_limit_holds_for_what_comes_after() -> None:
    viewer = Viewer(limit_bytes=LIMIT)
    gop = [frame(number, key=number == 0, size=LIMIT // 2) for number in range(8)]
    viewer.begin([Announced(PARAMS), *gop])
    viewer.put(frame(8, key=False, size=LIMIT))
    assert viewer.skipped == 0, "nobody was slow"
    viewer.put(frame(9, key=False, size=1))
    assert viewer.skipped == 10, "now somebody was"
    viewer.begin([Announced(PARAMS), *gop])
    messages, _ = await viewer.get()
    assert numbers(messages) == [0, 1, 2, 3, 4, 5, 6, 7]


async def test_what_waits_grows_no_older_than_a_second_when_a_newer_key_frame_is_there() -> None:
    viewer = Viewer(limit_bytes=LIMIT)
    for tenth in range(21):
        viewer.put(frame(tenth, key=tenth in (0, 6, 15), wall_s=100 + tenth / 10))
    messages, skipped = await viewer.get()
    assert numbers(messages) == [15, 16, 17, 18, 19, 20]
    assert skipped == 15


async def test_a_long_gop_waits_for_its_next_key_frame() -> None:
    viewer = Viewer(limit_bytes=LIMIT)
    for second in range(7):
        viewer.put(frame(second, key=second == 0, wall_s=100 + second))
    assert viewer.skipped == 0, "there is nothing newer to go on at"
    viewer.put(frame(7, key=True, wall_s=107))
    messages, skipped = await viewer.get()
    assert (numbers(messages), skipped) == ([7], 7)


async def test_who_waits_is_not_slow_when_frames_come_late_and_all_at_once() -> None:
    viewer = Viewer(limit_bytes=LIMIT)
    waiting = asyncio.create_task(viewer.get())
    await asyncio.sleep(0)
    for second in range(5):
        viewer.put(frame(second, key=True, wall_s=100 + second))
    messages, skipped = await waiting
    assert (numbers(messages), skipped) == ([0, 1, 2, 3, 4], 0)


async def test_frames_before_the_first_key_frame_are_nobodys_slowness() -> None:
    viewer = Viewer(limit_bytes=LIMIT)
    viewer.put(frame(1, key=False))
    viewer.put(frame(2, key=True))
    messages, skipped = await viewer.get()
    assert (numbers(messages), skipped) == ([2], 0)


def test_a_large_gop_goes_out_in_several_messages() -> None:
    messages: list[Message] = [Announced(PARAMS), *(frame(one, key=one == 0, size=400) for one in range(5))]
    parts = list(in_messages(messages, 1000))
    assert [numbers(part) for part in parts] == [[0, 1], [2, 3], [4]]
    assert [one for part in parts for one in part] == messages
    assert [numbers(part) for part in in_messages([frame(1, key=True, size=5000)], 1000)] == [[1]]
