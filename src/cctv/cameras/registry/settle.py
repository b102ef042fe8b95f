"""The rules by which what somebody wrote becomes a camera: the same for the form, a file, the command line.

:func:`settle` checks a draft whole and gives either canonical values with the credentials apart, or every
:class:`Problem` at once.
"""

import unicodedata
from enum import StrEnum

from cctv.base.ids import is_agency_code
from cctv.cameras.registry import address
from cctv.cameras.registry.model import (
    MAX_MARKS,
    MAX_TEXT,
    Audio,
    Credentials,
    Draft,
    Known,
    Mode,
    Place,
    Settled,
    StreamSource,
    Transport,
    World,
    has_heap,
    normal,
)
from cctv.cameras.registry.problems import Problem

MAX_NAME = 200
MAX_PLACE = 500
# Marks that turn the direction of the text after them: they can make one name look like another.
_DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BAD_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Zl", "Zp"})
NOTHING_KNOWN = Known()


def settle(draft: Draft, world: World, known: Known = NOTHING_KNOWN) -> Settled | list[Problem]:
    """The camera that `draft` describes, or all that is wrong with it."""
    problems = [*_text_problems(draft), *_world_problems(draft, world), *_place_problems(draft)]
    problems += _choice_problems(draft)
    main = address.parse(draft.main_url)
    sub = address.parse(draft.sub_url, name="sub.url") if draft.sub_url else None
    if isinstance(main, Problem):
        problems.append(main)
    if isinstance(sub, Problem):
        problems.append(sub)
    if isinstance(main, Problem) or isinstance(sub, Problem):
        return problems
    credentials = _settle_credentials(draft, main, sub, known)
    if isinstance(credentials, Problem):
        problems.append(credentials)
    if problems or isinstance(credentials, Problem):
        return problems
    return Settled(
        name=clean_text(draft.name),
        name_ar=clean_text(draft.name_ar),
        agency=draft.agency,
        group_id=draft.group_id,
        place=Place(draft.lat, draft.lon, clean_text(draft.place)),
        main=StreamSource(main.url, Transport(draft.main_transport)),
        sub=StreamSource(sub.url, Transport(draft.sub_transport)) if sub is not None else None,
        credentials=credentials,
        mode=Mode(draft.mode),
        audio=Audio(draft.audio),
        enabled=draft.enabled,
    )


def _text_problems(draft: Draft) -> list[Problem]:
    return [
        *names_problems(draft.name, draft.name_ar),
        *name_problems("place.text", draft.place, needed=False, limit=MAX_PLACE),
    ]


def _world_problems(draft: Draft, world: World) -> list[Problem]:
    problems: list[Problem] = []
    if not draft.agency:
        problems.append(Problem("agency", "agency_missing"))
    elif not is_agency_code(draft.agency) or draft.agency not in world.agencies:
        known = world.agencies if world.told is None else world.told
        problems.append(Problem("agency", "agency_unknown", {"known": ", ".join(sorted(known))}))
    if draft.group_id is not None and draft.group_id not in world.groups:
        problems.append(Problem("group_id", "group_unknown"))
    return problems


def _place_problems(draft: Draft) -> list[Problem]:
    problems: list[Problem] = []
    if draft.lat is not None and not -90 <= draft.lat <= 90:
        problems.append(Problem("place.lat", "lat_range"))
    if draft.lon is not None and not -180 <= draft.lon <= 180:
        problems.append(Problem("place.lon", "lon_range"))
    if (draft.lat is None) != (draft.lon is None):
        problems.append(Problem("place.lon" if draft.lon is None else "place.lat", "place_half"))
    return problems


def _choice_problems(draft: Draft) -> list[Problem]:
    choices: tuple[tuple[str, str, type[StrEnum]], ...] = (
        ("main.transport", draft.main_transport, Transport),
        ("sub.transport", draft.sub_transport, Transport),
        ("mode", draft.mode, Mode),
        ("audio", draft.audio, Audio),
    )
    return [
        Problem(name, "choice", {"allowed": ", ".join(kind)})
        for name, value, kind in choices
        if value not in list(kind)
    ]


def _settle_credentials(
    draft: Draft, main: address.Address, sub: address.Address | None, known: Known
) -> Credentials | Problem:
    """One user and password of all that were given; a known password goes only to a host that had it before."""
    given = {
        (user, password or None)
        for user, password in (
            (draft.username, draft.password),
            (main.user, main.password),
            (sub.user, sub.password) if sub is not None else (None, None),
        )
        if user or password
    }
    if len(given) > 1:
        return Problem("credentials", "credentials_twice")
    hosts = {main.host} | ({sub.host} if sub is not None else set())
    takes_known = bool(known.credentials) and (
        (draft.keep and not given) or None in main.secrets or (sub is not None and None in sub.secrets)
    )
    if takes_known and not hosts <= known.hosts:
        return Problem("credentials", "credentials_needed")
    if given:
        user, password = next(iter(given))
    else:
        user, password = (known.credentials.user, known.credentials.password) if draft.keep else (None, None)
    if password and not user:
        return Problem("credentials.username", "username_missing")
    if not address.is_secret_text(user or "") or not address.is_secret_text(password or ""):
        return Problem("credentials", "text_control")
    main_secrets = _filled(main.secrets, known.credentials.main)
    sub_secrets = _filled(sub.secrets, known.credentials.sub) if sub is not None else ()
    if main_secrets is None or sub_secrets is None:
        return Problem("main.url" if main_secrets is None else "sub.url", "url_secret")
    return Credentials(user=user, password=password, main=main_secrets, sub=sub_secrets)


def _filled(given: tuple[str | None, ...], known: tuple[str, ...]) -> tuple[str, ...] | None:
    """The secrets with each unknown one taken from `known`; `None` when that has none there."""
    filled = [known[at] if secret is None and at < len(known) else secret for at, secret in enumerate(given)]
    whole = [secret for secret in filled if secret is not None]
    return tuple(whole) if len(whole) == len(filled) else None


def names_problems(name: str, name_ar: str) -> list[Problem]:
    """What is wrong with how something is called in English, and perhaps in Arabic."""
    return [*name_problems("name", name), *name_problems("name_ar", name_ar, needed=False)]


def name_problems(field: str, text: str, *, needed: bool = True, limit: int = MAX_NAME) -> list[Problem]:
    """What is wrong with a name or another short text that people read."""
    if len(text) > MAX_TEXT:
        return [Problem(field, "text_too_long", {"limit": limit})]
    problems: list[Problem] = []
    if needed and not any(unicodedata.category(char)[0] in "LNPS" for char in text):
        problems.append(Problem(field, "name_missing"))
    if len(clean_text(text)) > limit:
        problems.append(Problem(field, "text_too_long", {"limit": limit}))
    if has_control(text):
        problems.append(Problem(field, "text_control"))
    if has_heap(text):
        problems.append(Problem(field, "text_marks", {"limit": MAX_MARKS}))
    return problems


def clean_text(text: str) -> str:
    """Spaces collapsed at the ends, composed form: what is kept of a name or a place."""
    return normal("NFC", text).strip()


def has_control(text: str) -> bool:
    """Whether `text` has characters that a name must not have: controls, line separators, direction overrides."""
    return any(char in _DIRECTION_MARKS or unicodedata.category(char) in _BAD_CATEGORIES for char in text)
