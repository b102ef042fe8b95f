"""A few places at once, of which nobody gets all."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from cctv.base.errors import TooMany


class Places:
    """``limit`` of them, one user half at most; who comes when none is free is told ``busy`` and does not wait."""

    def __init__(self, *, limit: int, busy: type[TooMany]) -> None:
        self._limit = limit
        self._share = max(1, limit // 2)
        self._busy = busy
        self._taken: Counter[str] = Counter()
        """By the id of the user who has them."""

    @contextmanager
    def taken(self, user: str) -> Iterator[None]:
        """A place for ``user`` as long as this lasts."""
        if self._taken.total() >= self._limit:
            raise self._busy(limit=self._limit)
        if self._taken[user] >= self._share:
            raise self._busy(limit=self._share)
        self._taken[user] += 1
        try:
            yield
        finally:
            self._taken[user] -= 1
            if not self._taken[user]:
                del self._taken[user]
