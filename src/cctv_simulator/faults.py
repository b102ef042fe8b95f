"""The faults that a simulated camera can be given while it runs, by the words of the product's table of faults.

A fault is set on one stream of a camera or on both, and stays until it is cleared; an `instant` one happens once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cctv_simulator.mischief import Mischief

Value = str | float
Values = Mapping[str, Value]


class UnknownFault(ValueError):
    """There is no such fault, or it has no such parameter."""


@dataclass(frozen=True)
class Fault:
    """One fault: `row` is the table's word for it, `values` its parameters with their defaults, `stream` what it
    falls on if nobody says."""

    name: str
    row: str
    text: str
    values: dict[str, Value] = field(default_factory=dict)
    instant: bool = False
    stream: str = "both"


_ALL = [
    Fault("unreachable", "network unreachable", "With a port of its own: connections are refused. On the shared "
          "port: reset at the first request that names the camera. Open connections are reset."),
    Fault("reset", "network reset", "Its connections end with a TCP reset; new ones are welcome.", instant=True),
    Fault("drop_connection", "network reset", "Its connections are closed in order (FIN); new ones are welcome.",
          instant=True),
    Fault("half_open", "network half-open", "Connections stay open, but nothing is read or written any more; new "
          "ones are accepted and stay silent. Those caught by it are reset when it is cleared."),
    Fault("stop_sending", "sends nothing, or stops mid-stream", "TCP stays open and requests are answered, but no "
          "media and no RTCP are sent."),
    Fault("trickle_media", "sends nothing, or stops mid-stream", "One byte a second of the media."),
    Fault("slow_answers", "sends nothing, or stops mid-stream", "Every answer comes `seconds` late.",
          {"seconds": 5.0}),
    Fault("trickle_answers", "sends nothing, or stops mid-stream", "Answers come one byte a second."),
    Fault("wrong_password", "refuses the password", "401 to everything, whatever the password."),
    Fault("not_found", "not found", "404 to DESCRIBE, SETUP and PLAY."),
    Fault("wrong_stream", "wrong stream", "The SDP has no video in it."),
    Fault("busy", "busy", "453 to SETUP: too many clients."),
    Fault("unavailable", "busy", "503 to DESCRIBE."),
    Fault("change_kind", "codec, size or parameter sets change", "Becomes another `kind`: with the same codec "
          "in-band at a key frame, else by dropping the connection and another SDP, as cameras do.",
          {"kind": "h264-high-720p"}, instant=True, stream="main"),
    Fault("b_frames", "codec, size or parameter sets change", "H.264 High with B-frames from the next key frame "
          "on; as before when cleared.", stream="main"),
    Fault("missing_parameter_sets", "undecodable stream", "No SPS and PPS: not in the SDP and not in-band."),
    Fault("late_parameter_sets", "codec, size or parameter sets change", "None in the SDP, and in-band only from "
          "`seconds` after the fault was set.", {"seconds": 3.0}),
    Fault("sets_only_in_sdp", "codec, size or parameter sets change", "SPS and PPS are in the SDP and never "
          "in-band."),
    Fault("no_sprop", "codec, size or parameter sets change", "None in the SDP; in-band as usual."),
    Fault("no_key_frames", "no key frame for 10 min", "Key frames are left out."),
    Fault("undecodable", "undecodable stream", "Coded pictures are replaced by noise (parameter sets stay)."),
    Fault("timestamp_jump", "timestamps jump", "RTP timestamps leap by `seconds` (negative: back).",
          {"seconds": 3600.0}, instant=True),
    Fault("wrong_clock", "timestamps jump", "RTCP tells a time that is `seconds` off; with `seconds` 0: 1970.",
          {"seconds": 3600.0}),
    Fault("no_clock", "timestamps jump", "No RTCP sender reports."),
    Fault("packet_loss", "packets lost", "A `share` of the RTP packets is left out (UDP and TCP).",
          {"share": 0.02}),
    Fault("mangled_packets", "packets mangled", "One byte is changed in a `share` of the packets.",
          {"share": 0.02}),
    Fault("no_marker", "packets mangled", "The marker bit is never set: a picture ends where the next begins."),
    Fault("rtp_info_lies", "packets mangled", "RTP-Info says seq=0 and rtptime=0."),
    Fault("stale_nonce", "refuses the password", "Nonces given so far are no longer good: the next request gets "
          "401 with stale=TRUE.", instant=True),
    Fault("garbage", "packets mangled", "`bytes` of noise between interleaved packets, before one frame in "
          "`every`. With `lines` 1 the noise is a line of text and an empty one, which most clients skip; "
          "without, FFmpeg ends the session.", {"bytes": 32.0, "every": 25.0, "lines": 0.0}),
]  # fmt: skip

FAULTS: dict[str, Fault] = {fault.name: fault for fault in _ALL}


def checked(name: str, values: Values) -> dict[str, Value]:
    """All parameters of fault `name`: `values` over the defaults. UnknownFault names what does not exist."""
    fault = FAULTS.get(name)
    if fault is None:
        raise UnknownFault(f"no fault {name}; there are: {', '.join(FAULTS)}")
    full = dict(fault.values)
    for key, value in values.items():
        if key not in full:
            raise UnknownFault(f"{name} has no parameter {key}; it has: {', '.join(full) or 'none'}")
        full[key] = value if isinstance(full[key], str) else float(value)
    return full


def refusal(faults: Mapping[str, Values], method: str) -> int | None:
    """The status that a stream with these faults answers `method` with instead of obeying."""
    if "wrong_password" in faults and method != "OPTIONS":
        return 401
    if "not_found" in faults and method in ("DESCRIBE", "SETUP", "PLAY"):
        return 404
    if "unavailable" in faults and method == "DESCRIBE":
        return 503
    return 453 if "busy" in faults and method == "SETUP" else None


def mischief(faults: Mapping[str, Values], since_us: Mapping[str, int]) -> Mischief | None:
    """What these faults, set at the wall times `since_us`, do to media; None: nothing."""
    made = Mischief(
        silent="stop_sending" in faults or "half_open" in faults or "unreachable" in faults,
        no_sets="missing_parameter_sets" in faults or "sets_only_in_sdp" in faults,
        no_marker="no_marker" in faults,
        no_keys="no_key_frames" in faults,
        noise="undecodable" in faults,
        trickle="trickle_media" in faults,
    )
    if "late_parameter_sets" in faults:
        seconds = float(faults["late_parameter_sets"]["seconds"])
        made.sets_after_us = since_us["late_parameter_sets"] + round(seconds * 1_000_000)
    if "packet_loss" in faults:
        made.loss = float(faults["packet_loss"]["share"])
    if "mangled_packets" in faults:
        made.mangled = float(faults["mangled_packets"]["share"])
    if "garbage" in faults:
        made.garbage = int(faults["garbage"]["bytes"])
        made.garbage_lines = float(faults["garbage"]["lines"]) > 0
        made.garbage_every = max(1, int(faults["garbage"]["every"]))
    return None if made == Mischief() else made
