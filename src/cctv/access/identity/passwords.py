"""Passwords: argon2id (RFC 9106) in threads of their own, so that a sign-in never delays the loop.

Parameters: 19 MiB, three passes, one lane, which is above OWASP's least (19 MiB, two passes). About 40 ms of one
core. At most two run at once in a process, so that a flood of tries costs 38 MiB and not the machine.
"""

import asyncio
import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE: Final = 2
_ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
"""Without letters that people mistake for each other."""
_ONE_TIME_LETTERS: Final = 20


class Passwords:
    """Hashes and checks. ``checked`` counts the hashes that were computed: the same for whoever asks."""

    def __init__(self, hasher: PasswordHasher = _HASHER) -> None:
        self._hasher = hasher
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._dummy: str | None = None
        self.checked = 0

    async def hash(self, password: str) -> str:
        async with self._gate:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether ``password`` is the kept one. Without one the same work is done against a dummy, and the answer

        is no: how long a refusal takes does not tell whether there is such a user.
        """
        if self._dummy is None:
            self._dummy = await self.hash(secrets.token_urlsafe(32))
        self.checked += 1
        async with self._gate:
            right = await asyncio.to_thread(self._verify, kept or self._dummy, password)
        return right and kept is not None

    def is_old(self, kept: str) -> bool:
        """Whether it was made with other parameters and should be made anew."""
        return self._hasher.check_needs_rehash(kept)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def one_time_password() -> str:
    """Twenty letters and digits in groups of five: 116 random bits, to be typed once."""
    letters = [secrets.choice(_ALPHABET) for _ in range(_ONE_TIME_LETTERS)]
    return "-".join("".join(letters[start : start + 5]) for start in range(0, _ONE_TIME_LETTERS, 5))
