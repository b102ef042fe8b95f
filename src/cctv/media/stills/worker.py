"""The child process that decodes stills: ``python -m cctv.media.stills.worker``.

It reads requests from standard input and writes answers to standard output (``cctv.media.stills.wire``) until
its input closes, one at a time. Memory is limited, so that a stream made to explode costs this process and
nothing else.
"""

import os
import resource
import sys
from typing import BinaryIO, Final

from cctv.media.errors import DamagedMedia
from cctv.media.stills.still import decode_still, prove
from cctv.media.stills.wire import DAMAGED, DONE, REPLY, REQUEST, Wish

_MEMORY_BYTES: Final = 2 << 30
_NICENESS: Final = 5


def main() -> None:
    """Answer until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    os.nice(_NICENESS)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # libav writes where it likes; whatever it says must not stand between two answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while _answer(sys.stdin.buffer, answers):
        pass


def _answer(requests: BinaryIO, answers: BinaryIO) -> bool:
    header = requests.read(REQUEST.size)
    if len(header) < REQUEST.size:
        return False
    at_90k, wish, width, init_bytes, gop_bytes = REQUEST.unpack(header)
    init, gop = requests.read(init_bytes), requests.read(gop_bytes)
    try:
        if wish == Wish.PROOF:
            prove(init, gop)
            answers.write(REPLY.pack(DONE, at_90k, 0))
        else:
            still = decode_still(init, gop, at_90k=at_90k, exact=wish == Wish.EXACT, width=width or None)
            answers.write(REPLY.pack(DONE, still.at_90k, len(still.jpeg)) + still.jpeg)
    except DamagedMedia as fault:
        words = str(fault).encode()[:1000]
        answers.write(REPLY.pack(DAMAGED, 0, len(words)) + words)
    answers.flush()
    return True


if __name__ == "__main__":
    main()
