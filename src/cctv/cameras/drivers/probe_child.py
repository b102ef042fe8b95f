"""The process in which a probe happens: `python -m cctv.cameras.drivers.probe_child`, one JSON line in, one out.

A camera's stream is hostile input to a large media library. Here it can crash, hang or eat memory without harming
the service; what it knows is one address, which comes by standard input, so that no process list shows it.
"""

import dataclasses
import json
import resource
import sys
from typing import Any

from cctv.base.errors import CctvError
from cctv.base.faults import CameraState, Cause
from cctv.base.networks import Networks
from cctv.media import reachable
from cctv.media.errors import StreamError
from cctv.media.intake.probe import probe

_CPU_LIMIT_S = 60
_ANSWER_LIMIT_BYTES = 64 * 1024
_MEMORY_LIMIT_BYTES = 4 * 1024**3


def main() -> None:
    """Read the order, probe, write what came of it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_LIMIT_S, _CPU_LIMIT_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT_BYTES, _MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_ANSWER_LIMIT_BYTES, _ANSWER_LIMIT_BYTES))
    order = json.loads(sys.stdin.readline())
    sys.stdout.write(json.dumps(_answer(order)) + "\n")


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    reachable.restrict(Networks.parse(order["networks"]))
    try:
        report = probe(
            order["url"],
            transport=order["transport"],
            seconds=order["seconds"],
            open_s=order["open_s"],
        )
    except StreamError as fault:
        return {"failed": {"cause": fault.cause, "state": fault.state, "words": fault.message}}
    except CctvError as fault:
        return {"failed": {"cause": Cause.CODEC, "state": CameraState.UNUSABLE, "words": fault.message}}
    return {"seen": dataclasses.asdict(report)}


if __name__ == "__main__":
    main()
