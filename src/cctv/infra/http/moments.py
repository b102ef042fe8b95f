"""Moments as requests may name them: aware, and of a time that every part of the system can count in."""

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime

_FIRST: Final = datetime(1970, 1, 2, tzinfo=UTC)
_LAST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def _countable(moment: datetime) -> datetime:
    """Microseconds since 1970 are never negative, and a day more or less is a moment still."""
    if not _FIRST <= moment < _LAST:
        raise ValueError("a moment lies between 1970-01-02 and 2200")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_countable)]
"""For parameters and bodies."""
