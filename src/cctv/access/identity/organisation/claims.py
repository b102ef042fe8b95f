"""What an organisation's token says of a user, in our words."""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from cctv.access.identity.model import Told
from cctv.access.identity.settings import IdentitySettings
from cctv.base.permission import UnknownPermission, parse_permission

_LONGEST = 200
_MOST = 500


def told(claims: Mapping[str, Any], names: Mapping[str, tuple[str, ...]], settings: IdentitySettings) -> Told:
    """The user that ``claims`` (with a checked ``iat``) tell of; ``names`` translate permissions.

    What else is missing or odd is left out.
    """

    def text(name: str) -> str:
        value = claims.get(name)
        return known_as(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else ""

    return Told(
        issuer=text("iss"),
        subject=text("sub"),
        issued_at=datetime.fromtimestamp(int(claims["iat"]), UTC),
        name=text("preferred_username") or text("email") or text("sub"),
        full_name=text("name"),
        full_name_ar=text(settings.oidc_name_ar_claim),
        employee_number=text(settings.oidc_employee_claim),
        agency=text(settings.oidc_agency_claim).upper() or None,
        claims=translated(_words(claims.get(settings.oidc_permissions_claim)), names),
        groups=frozenset(_words(claims.get(settings.oidc_groups_claim))),
        camera_sources=tuple(sorted(_words(claims.get(settings.oidc_sources_claim)))),
    )


def known_as(text: str) -> str:
    """A text of the provider's as it is kept: a subject, a name."""
    return text.strip()[:_LONGEST]


def translated(theirs: Iterable[str], names: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Our permissions for their names; a name that nobody translates gives nothing.

    An asterisk in a name of the table stands for an agency, which takes the asterisk's place in ours.
    """
    ours: set[str] = set()
    for name in theirs:
        for pattern, meant in names.items():
            agency = _agency(pattern, name)
            if agency is not None:
                ours.update(_known(one.replace("*", agency) for one in meant))
    return frozenset(ours)


def _agency(pattern: str, name: str) -> str | None:
    """What stands in ``name`` where ``pattern`` has its asterisk; an asterisk again where it has none."""
    before, star, after = pattern.partition("*")
    if not star:
        return "*" if name == pattern else None
    if len(name) < len(before) + len(after) or not (name.startswith(before) and name.endswith(after)):
        return None
    middle = name[len(before) : len(name) - len(after)]
    return middle if middle and ":" not in middle else None


def _known(texts: Iterable[str]) -> set[str]:
    known = set()
    for text in texts:
        try:
            known.add(str(parse_permission(text)))
        except UnknownPermission:
            continue
    return known


def _words(value: Any) -> list[str]:
    """A list of words, or words with spaces between (as OAuth's ``scope``)."""
    found = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return [plain for one in found if isinstance(one, str) and (plain := _plain(one)[:_LONGEST])][:_MOST]


def _plain(text: str) -> str:
    """Without control characters and halves of characters, which the database does not keep."""
    return "".join(letter for letter in text if unicodedata.category(letter) not in ("Cc", "Cs"))
