"""Shapes of probing in the API."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from cctv.base.faults import CameraState, Cause, Fault
from cctv.cameras.drivers.model import Failed, Found, Seen
from cctv.cameras.drivers.words import FAILURES, UNREACHABLE, WARNINGS
from cctv.cameras.registry import CredentialsIn, Transport

Seconds = Annotated[float, Field(ge=1, le=20, allow_inf_nan=False, description="How long to look at the stream.")]


class ProbeIn(BaseModel):
    """An address to be probed before a camera is added."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, Field(max_length=2000, examples=["rtsp://10.20.0.7/Streaming/Channels/101"])]
    transport: Transport = Transport.TCP
    credentials: CredentialsIn | None = None
    seconds: Seconds = 5.0


class AdviceOut(BaseModel):
    """Something that will not work well, and what to change in the camera."""

    code: Annotated[str, Field(examples=["b_frames"])]
    message: str
    message_ar: str
    advice: str
    advice_ar: str

    @classmethod
    def of(cls, code: str) -> "AdviceOut":
        message, message_ar, advice, advice_ar = WARNINGS.get(code, (code, code, "", ""))
        return cls(code=code, message=message, message_ar=message_ar, advice=advice, advice_ar=advice_ar)


class SeenOut(BaseModel):
    """The stream as it was measured."""

    codec: Annotated[str, Field(examples=["h264"])]
    profile: Annotated[str, Field(examples=["Main"])]
    level: str
    codecs: Annotated[str, Field(description="For `MediaSource.isTypeSupported`.", examples=["avc1.4d4028"])]
    width: int
    height: int
    fps: Annotated[float, Field(description="Frames a second.")]
    gop_s: Annotated[float | None, Field(description="Seconds between key frames; null when only one came.")]
    bit_rate: Annotated[int, Field(description="Bits a second.")]
    b_frames: bool
    audio: Annotated[str | None, Field(examples=["aac"])]
    seconds: Annotated[float, Field(description="How long the stream was looked at.")]
    first_frame_s: Annotated[float, Field(description="From opening to the first frame.")]

    @classmethod
    def of(cls, seen: Seen) -> "SeenOut":
        return cls(
            codec=seen.codec,
            profile=seen.profile,
            level=seen.level,
            codecs=seen.codecs,
            width=seen.width,
            height=seen.height,
            fps=seen.fps,
            gop_s=seen.gop_s,
            bit_rate=seen.bit_rate,
            b_frames=seen.reorder > 0,
            audio=seen.audio,
            seconds=seen.seconds,
            first_frame_s=seen.first_frame_s,
        )


class FailedOut(BaseModel):
    """Why there is no stream, in the words of the fault table, and what to do."""

    fault: Fault
    cause: Cause
    state: Annotated[CameraState, Field(description="The state that the camera would have.")]
    message: str
    message_ar: str
    advice: str
    advice_ar: str
    words: Annotated[str, Field(description="What camera or network said themselves.")]

    @classmethod
    def of(cls, failed: Failed) -> "FailedOut":
        message, message_ar, advice, advice_ar = FAILURES[failed.fault]
        why = UNREACHABLE.get(failed.why or "", ("", ""))
        return cls(
            fault=failed.fault,
            cause=failed.cause,
            state=failed.state,
            message=_with(message, why[0]),
            message_ar=_with(message_ar, why[1]),
            advice=advice,
            advice_ar=advice_ar,
            words=failed.words,
        )


class ProbeOut(BaseModel):
    """What a probe found: `stream` with `warnings`, or `failure`."""

    ok: Annotated[bool, Field(description="Whether video came.")]
    stream: SeenOut | None
    warnings: list[AdviceOut]
    failure: FailedOut | None

    @classmethod
    def of(cls, found: Found) -> "ProbeOut":
        return cls(
            ok=found.seen is not None,
            stream=SeenOut.of(found.seen) if found.seen is not None else None,
            warnings=[AdviceOut.of(code) for code in found.seen.warnings] if found.seen is not None else [],
            failure=FailedOut.of(found.failed) if found.failed is not None else None,
        )


def _with(sentence: str, why: str) -> str:
    return f"{sentence.rstrip('.')}: {why}." if why else sentence
