"""Decoding children that die, hang and talk nonsense. The children are real processes."""

import asyncio
import sys
from collections.abc import AsyncIterator

import pytest

from cctv.media.errors import DamagedMedia, DecoderLost
from cctv.media.stills.decoders import DecodeJob, Decoders, Picture
from cctv.media.stills.wire import Wish

_CHILD = """
import os, struct, sys, time
ask, said = struct.Struct(">qBIII"), struct.Struct(">BqI")
while True:
    header = sys.stdin.buffer.read(ask.size)
    if len(header) < ask.size:
        break
    at, exact, width, init_bytes, gop_bytes = ask.unpack(header)
    init, gop = sys.stdin.buffer.read(init_bytes), sys.stdin.buffer.read(gop_bytes)
    if gop == b"die":
        os.kill(os.getpid(), 11)
    if gop == b"hang":
        time.sleep(60)
    if gop == b"nonsense":
        answer = said.pack(0, 0, 4_000_000_000)
    elif gop == b"damaged":
        answer = said.pack(1, 0, 5) + b"words"
    else:
        body = b"%d %d %d " % (os.getpid(), exact, width) + init + gop
        answer = said.pack(0, at + 1, len(body)) + body
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
"""
COMMAND = (sys.executable, "-c", _CHILD)


@pytest.fixture
async def decoders() -> AsyncIterator[Decoders]:
    made = Decoders(workers=2, timeout_s=5.0, command=COMMAND)
    yield made
    await made.close()


def job(gop: bytes = b"G" * 300_000) -> DecodeJob:
    return DecodeJob(init=b"I", gop=gop, wish=Wish.EXACT, at_90k=-7)


def pid_of(picture: Picture) -> int:
    return int(picture.jpeg.split()[0])


async def test_a_child_answers_and_is_used_again(decoders: Decoders) -> None:
    first = await decoders.decode(job())
    second = await decoders.decode(job(b"g"))
    assert first.at_90k == -6
    assert first.jpeg.endswith(b"IGGG") is False
    assert first.jpeg.split()[1:3] == [b"1", b"0"]
    assert pid_of(first) == pid_of(second)


async def test_no_more_children_than_workers(decoders: Decoders) -> None:
    async def in_turn() -> Picture:
        async with decoders.turn:
            return await decoders.decode(job())

    pictures = await asyncio.gather(*(in_turn() for _ in range(12)))
    assert len({pid_of(one) for one in pictures}) <= 2


@pytest.mark.parametrize("gop", [b"die", b"nonsense"])
async def test_a_child_that_breaks_is_replaced(decoders: Decoders, gop: bytes) -> None:
    before = pid_of(await decoders.decode(job()))
    with pytest.raises(DecoderLost):
        await decoders.decode(job(gop))
    assert pid_of(await decoders.decode(job())) != before


async def test_damaged_footage_keeps_the_child(decoders: Decoders) -> None:
    before = pid_of(await decoders.decode(job()))
    with pytest.raises(DamagedMedia, match="words"):
        await decoders.decode(job(b"damaged"))
    assert pid_of(await decoders.decode(job())) == before


async def test_a_child_that_hangs_is_killed_and_others_go_on() -> None:
    decoders = Decoders(workers=1, timeout_s=0.5, command=COMMAND)
    try:
        with pytest.raises(DecoderLost):
            await decoders.decode(job(b"hang"))
        assert await decoders.decode(job())
    finally:
        await decoders.close()


async def test_a_child_whose_caller_leaves_is_replaced() -> None:
    decoders = Decoders(workers=1, timeout_s=30.0, command=COMMAND)
    try:
        leaving = asyncio.create_task(decoders.decode(job(b"hang")))
        await asyncio.sleep(0.2)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert await decoders.decode(job())
    finally:
        await decoders.close()


async def test_a_program_that_is_not_there_is_a_lost_decoder() -> None:
    decoders = Decoders(workers=1, timeout_s=5.0, command=("/nonexistent/decoder",))
    with pytest.raises(DecoderLost):
        await decoders.decode(job())
