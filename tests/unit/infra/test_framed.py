"""A message framed once is what any client understands."""

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from cctv.infra.http import binary_frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_frame_is_read_back_by_another_implementation(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    reader = StreamReader()
    reader.feed_data(binary_frame(data[:size]))
    parsing = Frame.parse(reader.read_exact, mask=False, max_size=1 << 20)
    with pytest.raises(StopIteration) as ended:
        while True:
            next(parsing)
    frame = ended.value.value
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.BINARY, True, data[:size])
