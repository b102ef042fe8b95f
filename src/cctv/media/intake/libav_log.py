"""What libav says while a stream is opened: the camera's own words are in its log and nowhere else.

It is heard in the thread and in the moment in which libav says it, so whoever listens can stop what libav is about
to do. Listening costs a call into Python per message, so libav is mute again as soon as no stream is being opened.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, get_ident

import av.logging

Records = list[str]
"""What libav said, in order."""

_WORDS = re.compile(r"method (?P<method>[A-Z_]+) failed: (?P<status>\d{3})\s*(?:\((?P<words>[^)]*)\))?")
_REDIRECTION = re.compile(r"Redirecting to ")
"""libavformat's ``ff_rtsp_connect`` says so before it connects there."""
_LONGEST = 200


class _Ears(logging.Handler):
    """Hands on what libav says in a thread to who listens in that thread."""

    def __init__(self) -> None:
        super().__init__()
        self._listeners: dict[int, Callable[[str], None]] = {}
        self._lock = Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Called by PyAV's log callback."""
        hear = self._listeners.get(get_ident())
        if hear is not None:
            hear(record.getMessage())

    def begin(self, hear: Callable[[str], None]) -> None:
        """This thread listens from now on. libav's level is one for the whole process."""
        with self._lock:
            self._listeners[get_ident()] = hear
            av.logging.set_level(av.logging.INFO)

    def end(self) -> None:
        """This thread listens no longer."""
        with self._lock:
            self._listeners.pop(get_ident(), None)
            if not self._listeners:
                av.logging.set_level(None)


_ears = _Ears()
_logger = logging.getLogger("libav")
_logger.setLevel(logging.INFO)
_logger.propagate = False
_logger.addHandler(_ears)
av.logging.set_skip_repeated(False)


@contextmanager
def listening(redirected: Callable[[], None]) -> Iterator[Records]:
    """Collects what libav says in this thread while the block runs.

    ``redirected`` is called when the camera sent libav elsewhere, before libav goes there.
    """
    records: Records = []

    def hear(text: str) -> None:
        records.append(text)
        if _REDIRECTION.search(text):
            redirected()

    _ears.begin(hear)
    try:
        yield records
    finally:
        _ears.end()


def refusal(records: Records) -> str | None:
    """The last refusal in the camera's words (``453 Not Enough Bandwidth, to SETUP``), or None."""
    for text in reversed(records):
        match = _WORDS.search(text)
        if match:
            words = "".join(letter for letter in match["words"] or "" if letter.isprintable())
            return f"{match['status']} {words[:_LONGEST]}".strip() + f", to {match['method']}"
    return None
