"""Watches the parameter sets in a camera's pictures and notices when they change."""

from collections import deque
from collections.abc import Sequence
from typing import Final

from cctv.media.coding.nal import kind_of, parameter_sets
from cctv.media.coding.parameters import LONGEST_SET, is_complete, jpeg_params, sps_facts, video_params
from cctv.media.errors import DamagedMedia
from cctv.media.intake.feed import FedPicture
from cctv.media.model import VideoCodec, VideoParams

_FLAPS: Final = 3
_FLAP_KEYS: Final = 30


class ParameterWatch:
    """One camera's parameters, by its pictures in the order in which they come.

    ``params`` is None until they are known: from the session description (``described``) or else from the
    first pictures that carry them. Parameter sets repeated byte for byte change nothing; sets that cannot
    be read are left in the stream and otherwise ignored.

    Some cameras change their sets to and fro at every key frame, which would begin a run for each. From the
    third change within 30 key frames on, those that leave the form of the pictures as it is are left to the
    stream, which carries the sets itself; they count again with the first key frame that comes without them.
    """

    def __init__(self, codec: VideoCodec, described: Sequence[bytes] = ()) -> None:
        self.codec = codec
        self.params: VideoParams | None = None
        self._sets: tuple[bytes, ...] = ()  # that hold now
        self._left: VideoParams | None = None
        self._keys = 0
        self._changed: deque[int] = deque(maxlen=_FLAPS - 1)
        if codec is not VideoCodec.MJPEG:
            self._learn(parameter_sets(codec, list(described)))

    def look(self, picture: FedPicture) -> VideoParams | None:
        """The parameters, if they changed with this picture; they change at key frames only."""
        if self.codec is VideoCodec.MJPEG:
            return self._learn_jpeg(picture.data)
        self._keys += picture.key
        if self._left is not None and picture.key and not picture.sets:
            self.params, self._left = self._left, None
            return self.params
        if picture.sets and (picture.key or self.params is None) and not set(picture.sets) <= set(self._sets):
            return self._learn(picture.sets)
        return None

    def _learn(self, found: list[bytes]) -> VideoParams | None:
        """Takes the found sets for those of their kind; the new parameters, if they are others and readable."""
        found = [unit for unit in found if len(unit) <= LONGEST_SET]
        kinds = {kind_of(self.codec, unit) for unit in found}
        kept = [unit for unit in self._sets if kind_of(self.codec, unit) not in kinds]
        sets = kept + found
        if not is_complete(self.codec, sets):
            if self.params is None:
                self._sets = tuple(sets)
            return None
        try:
            params = video_params(self.codec, sets)
        except DamagedMedia:
            return None
        self._sets = params.parameter_sets
        if self.params is not None:
            flaps = len(self._changed) == _FLAPS - 1 and self._keys - self._changed[0] <= _FLAP_KEYS
            self._changed.append(self._keys)
            if flaps and _form(params) == _form(self.params):
                self._left = params if params != self.params else None
                return None
        self.params, self._left = params, None
        return params

    def _learn_jpeg(self, picture: bytes) -> VideoParams | None:
        try:
            params = jpeg_params(picture)
        except DamagedMedia:
            return None
        if params == self.params:
            return None
        self.params = params
        return params


def _form(params: VideoParams) -> tuple[object, ...]:
    """What players are told of the pictures besides their parameter sets."""
    facts = sps_facts(params.codec, params.parameter_sets)
    return facts.width, facts.height, facts.profile, facts.level, facts.chroma_format, params.reorder, facts.h265
