"""From libav's errors to ours. libav's own are never chained: they carry the address with its password."""

import av.error

from cctv.media.errors import (
    StreamAuthRefused,
    StreamEnded,
    StreamError,
    StreamNotFound,
    StreamRefused,
    StreamTimeout,
    StreamUnreachable,
)
from cctv.media.intake.libav_log import Records, refusal

_UNREACHABLE = (
    av.error.ConnectionRefusedError,
    av.error.ConnectionResetError,
    av.error.ConnectionAbortedError,
    av.error.BrokenPipeError,
)


def opening_error(error: Exception, records: Records, *, waited_s: float, limit_s: float) -> StreamError:
    """Why a stream could not be opened."""
    words = refusal(records)
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return StreamAuthRefused(words=words)
    if isinstance(error, av.error.HTTPNotFoundError):
        return StreamNotFound(words=words)
    if words is not None or isinstance(error, av.error.HTTPClientError | av.error.HTTPError):
        return StreamRefused(
            f"The camera refuses to send the stream: {words or 'it does not say why'}.", words=words
        )
    if isinstance(error, _UNREACHABLE):
        return StreamUnreachable(f"The camera's connection failed: {_plain(error)}.")
    if isinstance(error, av.error.TimeoutError) or waited_s >= 0.95 * limit_s:
        return StreamTimeout("The camera did not answer in time.")
    if any("resolve" in text for text in records):
        return StreamUnreachable("The camera's name is not known on the network.")
    if isinstance(error, av.error.InvalidDataError | av.error.EOFError):
        return StreamUnreachable("The camera closed the connection without an answer that makes sense.")
    return StreamUnreachable(f"The camera cannot be reached: {_plain(error)}.")


def reading_error(error: Exception, *, waited_s: float, limit_s: float) -> StreamError:
    """Why an open stream gives nothing more. libav does not always say that it was a deadline."""
    if isinstance(error, av.error.ExitError | av.error.TimeoutError) or waited_s >= 0.95 * limit_s:
        return StreamTimeout()
    return StreamEnded(f"The connection to the camera broke: {_plain(error)}.")


def _plain(error: Exception) -> str:
    """libav's words without the address that it adds."""
    words = error.strerror if isinstance(error, av.error.FFmpegError) else None
    return str(words or type(error).__name__).lower()
