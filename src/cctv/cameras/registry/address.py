"""Stream addresses as people paste them, made safe: `rtsp` and `rtsps` only, passwords taken out.

An address is hostile until parsed. What comes out of :func:`parse` is rebuilt from checked parts, so that nothing
that a media library, a shell or a log line could read in another way gets further: no other scheme, no white
space, no quotes, no second host. User and password leave the text and are given back beside it. Many cameras want
their password in the path or query (`/user=admin&password=x`); such values leave the text too, and :data:`SECRET`
marks the places where :func:`assemble` puts them back.
"""

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from cctv.cameras.registry.problems import Problem

MAX_LENGTH = 2000
DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}
SECRET = "{secret}"  # noqa: S105 - marks where a secret was

# Stands for SECRET while the path is parsed; cannot be in it, for encoded control characters are refused before.
_MARK = "%00"
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.ASCII)
_NUMERIC_LAST = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)\.?", re.ASCII)
_TARGET = re.compile(r"(?:[/?][A-Za-z0-9._~:/?!&*+,;=%-]*)?", re.ASCII)
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL_PERCENT = re.compile(r"%(?:[01][0-9A-Fa-f]|7[fF])")
_SECRET_VALUE = re.compile(
    r"(?P<key>(?<![A-Za-z])(?:password|passwd|passwort|pass|pwd|pw|secret|token|auth|apikey|api_key)=)(?P<value>[^&]+)"
    r"|%00",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Address:
    """A stream address without its secrets.

    `url` is what may be stored, shown and logged; `user` and `password` are decoded; `secrets` are the values that
    stood in path and query, in order, `None` where the text had :data:`SECRET` itself ("the one you know").
    """

    url: str
    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    secrets: tuple[str | None, ...] = field(default=(), repr=False)


def parse(text: str, *, name: str = "main.url") -> Address | Problem:
    """The address in `text`, or what is wrong with it; `name` is the field that the problem names."""
    text = text.strip(" ")
    if not text:
        return Problem(name, "url_missing")
    if len(text) > MAX_LENGTH:
        return Problem(name, "url_too_long", {"limit": MAX_LENGTH})
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in DEFAULT_PORTS:
        return Problem(name, "url_scheme")
    slash = re.search(r"[/?]", rest)
    end = len(rest) if slash is None else slash.start()
    try:
        user, password = _parse_userinfo(rest[:end].rpartition("@")[0])
        host, port = _parse_host(rest[:end].rpartition("@")[2], DEFAULT_PORTS[scheme])
        target, secrets = _parse_target(rest[end:])
    except _Wrong as wrong:
        return Problem(name, wrong.code)
    shown_port = "" if port == DEFAULT_PORTS[scheme] else f":{port}"
    return Address(
        url=f"{scheme}://{host}{shown_port}{target}",
        host=host,
        port=port,
        user=user,
        password=password,
        secrets=secrets,
    )


def assemble(url: str, *, user: str | None, password: str | None, secrets: tuple[str, ...] = ()) -> str:
    """The address that is handed to the media library: `url` of an :class:`Address` with everything put back."""
    for secret in secrets:
        url = url.replace(SECRET, secret, 1)
    if not user:
        return url
    scheme, _, rest = url.partition("://")
    userinfo = quote(user, safe="") + (":" + quote(password, safe="") if password is not None else "")
    return f"{scheme}://{userinfo}@{rest}"


def is_secret_text(text: str) -> bool:
    """Whether `text` may be a user or a password: printable, so that it cannot break out of a header."""
    return len(text) <= 200 and text.isprintable()


class _Wrong(Exception):
    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def _parse_userinfo(text: str) -> tuple[str | None, str | None]:
    """User and password, decoded. The last @ of the authority ends them, so an @ inside does no harm."""
    if not text:
        return None, None
    if _BROKEN_PERCENT.search(text):
        raise _Wrong("url_percent")
    user, colon, password = text.partition(":")
    try:
        decoded_user = unquote(user, errors="strict")
        decoded_password = unquote(password, errors="strict") if colon else None
    except UnicodeDecodeError:
        raise _Wrong("url_percent") from None
    if not is_secret_text(decoded_user) or not is_secret_text(decoded_password or ""):
        raise _Wrong("url_character")
    return decoded_user or None, decoded_password


def _parse_host(text: str, default_port: int) -> tuple[str, int]:
    """Host in its one spelling (lower case, brackets around IPv6) and port."""
    if text.startswith("["):
        inner, bracket, port_text = text[1:].partition("]")
        if not bracket or "%" in inner:
            raise _Wrong("url_host")
        try:
            host = f"[{ipaddress.IPv6Address(inner).compressed}]"
        except ValueError:
            raise _Wrong("url_host") from None
    else:
        host, colon, port_text = text.partition(":")
        port_text = colon + port_text
        host = host.lower()
        if not _is_host(host) or host in DEFAULT_PORTS:  # rtsp://rtsp://host is a slip of the hand
            raise _Wrong("url_host")
    if port_text in ("", ":"):
        return host, default_port
    if re.fullmatch(r":[0-9]{1,5}", port_text, re.ASCII) is None or not 1 <= int(port_text[1:]) <= 65535:
        raise _Wrong("url_port")
    return host, int(port_text[1:])


def _is_host(host: str) -> bool:
    """A name, or IPv4 in four decimal parts; the C library's other spellings (127.1, 0x7f000001) are refused."""
    if _NUMERIC_LAST.fullmatch(host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return False
        return True
    return len(host) <= 253 and _HOST_NAME.fullmatch(host) is not None


def _parse_target(text: str) -> tuple[str, tuple[str | None, ...]]:
    """Path and query, letters beyond ASCII encoded, and the secrets that were inside.

    An @ is refused although a path may have one: it is nearly always the rest of a password with a slash, which
    would otherwise be stored and shown as a part of the path.
    """
    if "@" in text:
        raise _Wrong("url_host")
    if _BROKEN_PERCENT.search(text) or _CONTROL_PERCENT.search(text):
        raise _Wrong("url_percent")
    marked = text.replace(SECRET, _MARK)
    encoded = "".join(char if char.isascii() else _encode(char) for char in marked)
    if _TARGET.fullmatch(encoded) is None:
        raise _Wrong("url_character")
    secrets: list[str | None] = []

    def take(found: re.Match[str]) -> str:
        value = found["value"]
        if value is None or value == _MARK:
            secrets.append(None)
        elif _MARK in value:
            raise _Wrong("url_secret")
        else:
            secrets.append(value)
        return (found["key"] or "") + SECRET

    return _SECRET_VALUE.sub(take, encoded), tuple(secrets)


def _encode(char: str) -> str:
    if not char.isprintable():
        raise _Wrong("url_character")
    return quote(char, safe="")
