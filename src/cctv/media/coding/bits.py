"""Reads the bits of a NAL unit: fixed widths and Exp-Golomb codes (H.264 and H.265, clause 9)."""

from cctv.media.errors import DamagedMedia

_LONGEST_CODE = 32


def unescape(nal: bytes) -> bytes:
    """The NAL unit's bytes without the emulation prevention bytes (00 00 03 becomes 00 00)."""
    if b"\x00\x00\x03" not in nal:
        return nal
    out = bytearray()
    begin = 0
    while (at := nal.find(b"\x00\x00\x03", begin)) >= 0:
        out += nal[begin : at + 2]
        begin = at + 3
    return bytes(out + nal[begin:])


class BitReader:
    """Reads from the first bit on; raises DamagedMedia past the end, whatever the input."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def bits(self, count: int) -> int:
        """The next ``count`` bits as a number."""
        self._left -= count
        if self._left < 0:
            raise DamagedMedia("parameter set is cut short")
        return self._value >> self._left & (1 << count) - 1

    def flag(self) -> bool:
        """The next bit."""
        return bool(self.bits(1))

    def skip(self, count: int) -> None:
        """Passes over ``count`` bits."""
        self.bits(count)

    def ue(self) -> int:
        """An unsigned Exp-Golomb code."""
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > _LONGEST_CODE:
                raise DamagedMedia("parameter set has an endless code")
        return (1 << zeros) - 1 + self.bits(zeros)

    def se(self) -> int:
        """A signed Exp-Golomb code."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)
