"""Stream addresses: what is taken, what is refused, and that no secret stays in what is shown."""

import re
from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.cameras.registry.address import SECRET, Address, assemble, parse
from cctv.cameras.registry.problems import Problem

SHOWN = re.compile(
    r"rtsps?://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:[/?][A-Za-z0-9._~:/?!&*+,;=%-]*(?:\{secret\}[A-Za-z0-9._~:/?!&*+,;=%-]*)*)?",
    re.ASCII,
)


def good(text: str) -> Address:
    parsed = parse(text)
    assert isinstance(parsed, Address), parsed
    return parsed


def code(text: str) -> str:
    parsed = parse(text)
    assert isinstance(parsed, Problem), parsed
    return parsed.code


def test_user_and_password_leave_the_address() -> None:
    parsed = good("rtsp://admin:p%40ss%2Fw@Cam7.Example:8554/Streaming/Channels/101?a=1")
    assert parsed.url == "rtsp://cam7.example:8554/Streaming/Channels/101?a=1"
    assert (parsed.user, parsed.password) == ("admin", "p@ss/w")
    assert "p@ss" not in repr(parsed)
    assert "admin" not in repr(parsed)


def test_an_at_sign_in_the_password_is_no_second_host() -> None:
    parsed = good("rtsp://admin:p@ss@10.0.0.7/x")
    assert (parsed.host, parsed.password) == ("10.0.0.7", "p@ss")


def test_a_slash_in_the_password_never_becomes_a_shown_path() -> None:
    assert code("rtsp://admin:12/34@10.0.0.7/x") == "url_host"
    assert code("rtsp://admin:pa/ss@10.0.0.7/x") in ("url_host", "url_port")


@pytest.mark.parametrize(
    ("text", "shown", "secrets"),
    [
        ("rtsp://h/user=a&password=b&channel=1", "rtsp://h/user=a&password={secret}&channel=1", ("b",)),
        ("rtsp://h/s?PWD=x%20y&n=1", "rtsp://h/s?PWD={secret}&n=1", ("x%20y",)),
        ("rtsp://h/user=a_password=b_channel=1_stream=0.sdp", "rtsp://h/user=a_password={secret}", None),
        ("rtsp://h/a?token={secret}", "rtsp://h/a?token={secret}", (None,)),
        ("rtsp://h/bypass=1", "rtsp://h/bypass=1", ()),
    ],
)
def test_secrets_in_the_path_are_hidden(text: str, shown: str, secrets: tuple[str | None, ...] | None) -> None:
    parsed = good(text)
    assert parsed.url == shown
    if secrets is not None:
        assert parsed.secrets == secrets
    if None not in parsed.secrets:
        filled = tuple(secret for secret in parsed.secrets if secret is not None)
        assert assemble(parsed.url, user=None, password=None, secrets=filled) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "url_missing"),
        ("   ", "url_missing"),
        ("file:///etc/passwd", "url_scheme"),
        ("concat:rtsp://a/b|file:///etc/passwd", "url_scheme"),
        ("exec:/bin/sh", "url_scheme"),
        ("http://10.0.0.7/x", "url_scheme"),
        ("rtsp:/10.0.0.7/x", "url_scheme"),
        ("rtspu://10.0.0.7/x", "url_scheme"),
        (" rtsp\n://h/", "url_scheme"),
        ("rtsp://", "url_host"),
        ("rtsp:///x", "url_host"),
        ("rtsp://user:pw@/x", "url_host"),
        ("rtsp://a b/x", "url_host"),
        ("rtsp://-x/", "url_host"),
        ("rtsp://a..b/", "url_host"),
        ("rtsp://127.1/x", "url_host"),
        ("rtsp://0x7f000001/x", "url_host"),
        ("rtsp://2130706433/x", "url_host"),
        ("rtsp://010.0.0.1/x", "url_host"),
        ("rtsp://[::1/x", "url_host"),
        ("rtsp://[fe80::1%25eth0]/x", "url_host"),
        ("rtsp://قناة/x", "url_host"),
        ("rtsp://h:0/x", "url_port"),
        ("rtsp://h:65536/x", "url_port"),
        ("rtsp://h:٥٥٤/x", "url_port"),
        ("rtsp://[::1]x/", "url_port"),
        ("rtsp://rtsp://h/x", "url_host"),
        ("rtsp://h/a b", "url_character"),
        ("rtsp://h/a\nb", "url_character"),
        ("rtsp://h/a\r\nHost: x", "url_character"),
        ("rtsp://h/$(id)", "url_character"),
        ("rtsp://h/`id`", "url_character"),
        ("rtsp://h/a|b", "url_character"),
        ("rtsp://h/a#b", "url_character"),
        ("rtsp://h/\u202e", "url_character"),
        ("rtsp://h/\ud800", "url_character"),
        ("rtsp://u:a%0d%0aX@h/x", "url_character"),
        ("rtsp://u:%ff@h/x", "url_percent"),
        ("rtsp://u:%zz@h/x", "url_percent"),
        ("rtsp://h/%0a", "url_percent"),
        ("rtsp://h/%00", "url_percent"),
        ("rtsp://h/%", "url_percent"),
        ("rtsp://h/" + "a" * 2000, "url_too_long"),
    ],
)
def test_what_is_refused(text: str, expected: str) -> None:
    assert code(text) == expected


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("RTSP://10.0.0.7:554/x", "rtsp://10.0.0.7/x"),
        ("rtsps://H.example:322", "rtsps://h.example"),
        ("rtsp://[2001:DB8::0:1]:8554/x", "rtsp://[2001:db8::1]:8554/x"),
        ("rtsp://h/قناة", "rtsp://h/%D9%82%D9%86%D8%A7%D8%A9"),
        ("rtsp://h:/x", "rtsp://h/x"),
        ("  rtsp://h/x ", "rtsp://h/x"),
        ("rtsp://cam_7/x", "rtsp://cam_7/x"),
    ],
)
def test_one_spelling(text: str, url: str) -> None:
    assert good(text).url == url


@given(st.text(max_size=60))
def test_any_text_is_safe_or_refused(text: str) -> None:
    for candidate in (text, "rtsp://" + text, "rtsp://u:" + text + "@h/x", "rtsp://h/" + text, "rtsps://[" + text):
        parsed = parse(candidate)
        if isinstance(parsed, Problem):
            assert parsed.message
            assert parsed.hint_ar
        else:
            assert SHOWN.fullmatch(parsed.url), parsed.url
            again = parse(parsed.url)
            assert isinstance(again, Address)
            assert again.url == parsed.url, "parsing what is stored changes nothing"


@given(
    user=st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=20),
    password=st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=20),
)
def test_any_password_comes_back_and_is_never_shown(user: str, password: str) -> None:
    parsed = good(f"rtsp://{quote(user, safe='')}:{quote(password, safe='')}@cam.example/path")
    assert parsed.url == "rtsp://cam.example/path"
    assert (parsed.user, parsed.password) == (user, password)
    opened = urlsplit(assemble(parsed.url, user=user, password=password))
    assert (opened.hostname, unquote(opened.username or ""), unquote(opened.password or "")) == (
        "cam.example",
        user,
        password,
    )


def test_the_mark_cannot_be_smuggled() -> None:
    assert code("rtsp://h/password=%00") == "url_percent"
    assert code("rtsp://h/password=x{secret}y") == "url_secret"
    assert good("rtsp://h/{secret}").secrets == (None,)
    assert SECRET not in assemble("rtsp://h/{secret}", user=None, password=None, secrets=("x",))
