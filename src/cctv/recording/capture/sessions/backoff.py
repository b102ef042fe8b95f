"""How long to wait before the next try to connect.

Doubling waits with jitter, so that 500 cameras behind a dead switch do not come back in step. A camera that
refused the password is asked at most once a minute: many lock an account after a few tries.
"""

import random
from collections.abc import Callable

from cctv.base.faults import Cause


class Backoff:
    """Waits of one camera's session. ``uniform(a, b)`` draws a number between ``a`` and ``b``."""

    def __init__(
        self,
        *,
        first_s: float,
        most_s: float,
        auth_s: float,
        good_s: float,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._auth_s = auth_s
        self._good_s = good_s
        self._uniform = uniform
        self.failures = 0

    def failed(self, cause: Cause, *, lasted_s: float = 0.0) -> float:
        """Seconds to wait after a session that ended for ``cause`` and had given video for ``lasted_s``."""
        if lasted_s >= self._good_s:
            self.failures = 0
        self.failures += 1
        if cause is Cause.AUTH:
            return self._uniform(self._auth_s, self._auth_s * 1.2)
        full_s = min(self._first_s * 2 ** min(self.failures - 1, 16), self._most_s)
        return self._uniform(max(full_s / 2, min(self._first_s, full_s)), full_s)

    def reset(self) -> None:
        """The camera was changed: what was learnt about it is void."""
        self.failures = 0
