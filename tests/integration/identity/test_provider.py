"""Signing in at a real OpenID Connect provider (node-oidc-provider), and its tokens at our API."""

import base64
import hashlib
import json
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, RSAKey
from pydantic import SecretStr
from tests.integration.identity.conftest import HOST, Replica, Site, refusals

from cctv.access.audit.store import Wanted, search
from cctv.access.identity import IdentitySettings, store
from cctv.access.identity.organisation.bearers import ProviderBearers
from cctv.access.identity.organisation.flow import Flow, challenge
from cctv.access.identity.organisation.notices import sign
from cctv.access.identity.organisation.provider import Provider
from cctv.infra.embedded import free_port
from cctv.infra.http import provide

HERE = Path(__file__).parent / "provider"
CALLBACK = f"{HOST}/api/v1/oidc/callback"
AUDIENCE = "https://cctv.example/api"
SECRET = "a secret of the tests: 100%"
WEBHOOK = "the agreed key"
PICTURE = "/api/v1/picture"
NOTHING: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    """The provider, running. Its packages are installed by the test setup, or here when they are not."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no Node for the provider")
    if not (HERE / "node_modules").exists():
        done = subprocess.run([npm, "ci", "--no-fund", "--no-audit"], cwd=HERE, capture_output=True, check=False)
        if done.returncode != 0:
            pytest.skip("the provider's packages cannot be installed")
    process = subprocess.Popen(
        [node, str(HERE / "provider.mjs"), str(free_port(0)), CALLBACK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    yield process.stdout.readline().strip()
    process.stdin.close()
    process.stdout.close()
    process.wait(10)


@pytest.fixture
def settings(issuer: str) -> IdentitySettings:
    return IdentitySettings(
        oidc_issuer=issuer,
        oidc_name="The authority",
        oidc_client_id="cctv",
        oidc_client_secret=SecretStr(SECRET),
        oidc_audience=AUDIENCE,
        iam_webhook_secret=SecretStr(WEBHOOK),
    )


def connected(site: Site, settings: IdentitySettings) -> Replica:
    """A replica that knows the provider."""
    site.settings = settings
    one = site.replica()
    provider = Provider(settings)
    bearers = ProviderBearers(provider=provider, database=site.database, desk=one.desk)
    one.keeper._bearers = bearers
    provide(one.app, Flow(provider=provider, desk=one.desk, database=site.database))
    return one


@pytest.fixture
def replica(site: Site, settings: IdentitySettings) -> Replica:
    return connected(site, settings)


async def at_provider(url: str, who: str) -> str:
    """Go through the provider's pages; the address it sends the browser back to."""
    issuer = "://".join(urlsplit(url)[:2])
    async with httpx.AsyncClient(timeout=30) as browser:
        await browser.get(f"{issuer}/who/{who}")
        while not url.startswith(CALLBACK):
            answer = await browser.get(url)
            assert answer.is_redirect, answer.text
            url = str(answer.next_request.url) if answer.next_request else ""
    return url


async def sign_in(replica: Replica, who: str = "mariam") -> httpx.AsyncClient:
    """A browser that has come back from the provider."""
    browser = replica.browser()
    begun = await browser.get("/api/v1/oidc/start")
    assert begun.status_code == 303, begun.text
    back = await at_provider(begun.headers["location"], who)
    came = await browser.get(back)
    assert came.status_code == 303
    browser.headers["x-came-to"] = came.headers["location"]
    return browser


async def test_who_the_provider_knows_is_let_in_with_what_it_says(replica: Replica, site: Site) -> None:
    assert (await replica.browser().get("/api/v1/session/ways")).json()["provider"]["name"] == "The authority"
    browser = await sign_in(replica)
    assert browser.headers["x-came-to"] == "/"
    said = (await browser.get("/api/v1/session")).json()
    assert (said["name"], said["full_name_ar"], said["agency"]) == ("mariam.k", "مريم", "METRO")
    async with site.database.read() as tx:
        user = await store.user_called(tx, "mariam.k")
    assert user is not None
    assert user.claims == {"camera:METRO:live", "camera:METRO:playback", "camera:METRO:export"}
    assert user.groups == {"operators"}
    assert (user.employee_number, user.camera_sources) == ("4711", ("METRO",))


async def test_a_users_name_is_not_taken_by_somebody_from_outside(
    site: Site, replica: Replica, first: Any
) -> None:
    browser = await sign_in(replica, "omar")
    said = (await browser.get("/api/v1/session")).json()
    assert said["name"] == "administrator@127.0.0.1"
    assert said["agency"] is None, "an agency that we do not have"


async def test_the_way_back_works_once_here_and_for_who_began_it(replica: Replica, site: Site) -> None:
    browser = replica.browser()
    begun = await browser.get("/api/v1/oidc/start")
    back = await at_provider(begun.headers["location"], "mariam")
    async with replica.browser() as stranger:
        assert (await stranger.get(back)).headers["location"] == "/?sign-in-failed"
        assert not stranger.cookies
    forged = back.replace("state=", "state=x")
    other = connected(site, replica.desk.settings).browser()
    other.cookies = browser.cookies
    assert (await browser.get(forged)).headers["location"] == "/?sign-in-failed"
    assert (await other.get(back)).headers["location"] == "/", "any replica finishes what another began"
    assert (await other.get(back)).headers["location"] == "/?sign-in-failed", "a code works once"


async def test_a_way_back_that_took_too_long_is_shut(replica: Replica) -> None:
    browser = replica.browser()
    begun = await browser.get("/api/v1/oidc/start")
    back = await at_provider(begun.headers["location"], "mariam")
    replica.clock.advance(601 * 1_000_000)
    assert (await browser.get(back)).headers["location"] == "/?sign-in-failed"


async def test_what_is_sent_to_the_provider(replica: Replica, issuer: str) -> None:
    begun = await replica.browser().get("/api/v1/oidc/start")
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [CALLBACK]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert "SameSite=lax" in begun.headers["set-cookie"]
    assert "HttpOnly" in begun.headers["set-cookie"]


async def tokens(issuer: str, who: str = "mariam", client: str = "cctv", secret: str = SECRET) -> dict[str, Any]:
    """What a program gets from the provider for our API."""
    verifier = "v" * 64
    asked = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": CALLBACK,
        "scope": "openid profile",
        "resource": AUDIENCE,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
        "nonce": "n",
        "state": "s",
    }
    back = await at_provider(str(httpx.URL(f"{issuer}/auth", params=asked)), who)
    sent = {
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(back).query)["code"][0],
        "redirect_uri": CALLBACK,
        "code_verifier": verifier,
        "resource": AUDIENCE,
    }
    from urllib.parse import quote

    async with httpx.AsyncClient(timeout=30) as program:
        answer = await program.post(f"{issuer}/token", data=sent, auth=(quote(client), quote(secret, safe="")))
    given: dict[str, Any] = answer.json()
    assert "access_token" in given, given
    return given


@pytest.fixture
async def given(issuer: str) -> dict[str, Any]:
    return await tokens(issuer)


async def test_the_providers_token_opens_the_api(replica: Replica, given: dict[str, Any]) -> None:
    async with replica.program(given["access_token"]) as program:
        assert (await program.get(PICTURE)).json() == {"for": "mariam.k"}


async def test_the_providers_token_makes_no_key_that_outlasts_it(replica: Replica, given: dict[str, Any]) -> None:
    async with replica.program(given["access_token"]) as program:
        answer = await program.post("/api/v1/keys", json={"name": "x", "scopes": ["camera:METRO:live"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "people_only")


async def test_its_sign_in_token_does_not(replica: Replica, given: dict[str, Any]) -> None:
    async with replica.program(given["id_token"]) as program:
        assert (await program.get(PICTURE)).status_code == 401


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    def read(part: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return found

    header, claims, _ = token.split(".")
    return read(header), read(claims)


async def _get(url: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=30) as program:
        return await program.get(url)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


async def test_forged_tokens_are_refused(replica: Replica, given: dict[str, Any], issuer: str) -> None:
    header, claims = _parts(given["access_token"])
    published = (await _get(f"{issuer}/jwks")).json()["keys"]
    public = next(key for key in published if key["kty"] == "RSA")
    pem = RSAKey.import_key(public).as_pem(private=False)
    mine = RSAKey.generate_key(2048, parameters={"kid": header["kid"]}, private=True)
    with_public_key = {"alg": "HS256", "kid": header["kid"]}
    head, body, signature = given["access_token"].split(".")
    unsigned = _b64(json.dumps({"alg": "none", "kid": header["kid"]}).encode())
    forged = {
        "none": f"{unsigned}.{body}.",
        "alg confusion": _hs256(with_public_key, claims, pem),
        "another's key": jwt.encode({"alg": "RS256", "kid": header["kid"]}, claims, mine, algorithms=["RS256"]),
        "key in the token": jwt.encode(
            {"alg": "RS256", "kid": "mine", "jwk": mine.as_dict(private=False)}, claims, mine, algorithms=["RS256"]
        ),
        "changed claims": f"{head}.{_b64(json.dumps(claims | {'sub': 'omar'}).encode())}.{signature}",
    }
    for what, token in forged.items():
        async with replica.program(token) as program:
            answer = await program.get(PICTURE)
            assert (answer.status_code, answer.json()["code"]) == (401, "bad_credential"), what


def _hs256(header: dict[str, Any], claims: dict[str, Any], key: bytes) -> str:
    import hmac

    text = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}"
    return f"{text}.{_b64(hmac.digest(key, text.encode(), hashlib.sha256))}"


async def test_tokens_for_others_are_refused(
    site: Site, settings: IdentitySettings, given: dict[str, Any]
) -> None:
    for wrong in ({"oidc_audience": "https://other.example/api"}, {"oidc_audience": ""}):
        other = connected(site, settings.model_copy(update=wrong))
        async with other.program(given["access_token"]) as program:
            assert (await program.get(PICTURE)).status_code == 401, wrong


async def test_kinds_of_tokens_do_not_stand_in_for_each_other(
    site: Site, replica: Replica, given: dict[str, Any]
) -> None:
    from cctv.access.identity import CONSOLE, ServiceTokens

    service = ServiceTokens(site.keyring, replica.clock)
    ours = service.issue(CONSOLE)
    header, claims = _parts(ours)
    key = OctKey.import_key(site.keyring.sign("service-token-key", b"1"))
    livekit = OctKey.import_key(b"LIVEKIT_API_SECRET of a test, 32 bytes or more")
    room = {"iss": "APIabc", "sub": "local", "aud": "cctv", "video": {"roomJoin": True, "room": "gate"}}
    room |= {name: claims[name] for name in ("iat", "exp")}
    with pytest.raises(JoseError):
        jwt.decode(ours, livekit, algorithms=["HS256"])  # nor does ours open a room
    wrong = {
        "of LiveKit": jwt.encode({"alg": "HS256", "typ": "JWT"}, room, livekit),
        "of LiveKit, by our key": jwt.encode({"alg": "HS256", "typ": "JWT"}, room, key),
        "for another audience": service.issue(CONSOLE, audience="media"),
        "of another type": jwt.encode({**header, "typ": "JWT"}, claims, key),
        "by another purpose's key": jwt.encode(
            header, claims, OctKey.import_key(site.keyring.sign("media-grant", b"1"))
        ),
        "a monitoring key that is cut": service.metrics()[:-1],
        "a session's secret": (await _session_secret(replica)),
    }
    for what, token in wrong.items():
        async with replica.program(token) as program:
            assert (await program.get(PICTURE)).status_code == 401, what
    async with replica.program(ours) as program:
        assert (await program.get(PICTURE)).status_code == 200
        replica.clock.advance(91 * 1_000_000)
        assert (await program.get(PICTURE)).status_code in (200, 401)
    replica.keeper.forget("")
    async with replica.program(ours) as program:
        assert (await program.get(PICTURE)).status_code == 401, "a minute is over"


async def _session_secret(replica: Replica) -> str:
    browser = await sign_in(replica)
    return str(next(iter(browser.cookies.values())))


async def test_keys_that_the_provider_replaced(replica: Replica, issuer: str) -> None:
    before = await tokens(issuer)
    async with replica.program(before["access_token"]) as program:
        assert (await program.get(PICTURE)).status_code == 200
    assert (await _get(f"{issuer}/keys/rotate")).text == "rotated"
    after = await tokens(issuer)
    provider = replica.keeper._bearers._provider  # type: ignore[union-attr]
    provider._keys = (time.monotonic() - 11, provider._keys[1])
    async with replica.program(after["access_token"]) as program:
        assert (await program.get(PICTURE)).status_code == 200, "an unknown key is asked for"
    replica.keeper.forget("")
    async with replica.program(before["access_token"]) as program:
        assert (await program.get(PICTURE)).status_code == 401, "the old key is gone"


async def test_a_provider_that_is_away_shuts_nobody_else_out(
    site: Site, settings: IdentitySettings, first: Any, given: dict[str, Any]
) -> None:
    away = connected(site, settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:1"}))
    answer = await away.browser().get("/api/v1/oidc/start")
    assert (answer.status_code, answer.json()["code"]) == (503, "provider_away")
    async with away.program(given["access_token"]) as program:
        assert (await program.get(PICTURE)).status_code == 503
    signed = await away.browser().post(
        "/api/v1/session", json={"name": "administrator", "password": first.password}
    )
    assert signed.status_code == 200


async def notice(replica: Replica, event: str, subject: str, **wrong: Any) -> httpx.Response:
    """Send a signed notice, right but for what is said to be wrong."""
    body = json.dumps({"event": event, "subject": subject}).encode()
    at_s = replica.clock.wall_us() // 1_000_000 - wrong.get("age_s", 0)
    signature = sign(wrong.get("key", WEBHOOK), at_s, body)
    async with replica.program() as program:
        return await program.post(
            "/api/v1/iam/webhook",
            content=body + wrong.get("more", b""),
            headers={"x-iam-signature": f"t={at_s},v1={signature}"} if wrong.get("signed", True) else {},
        )


@pytest.fixture
async def signed_in(replica: Replica) -> AsyncIterator[httpx.AsyncClient]:
    browser = await sign_in(replica)
    yield browser
    await browser.aclose()


async def past(replica: Replica, given: dict[str, Any]) -> int:
    """Go to just after the second in which the provider issued its token; a second that lies behind it."""
    after_s = int(_parts(given["access_token"])[1]["iat"]) + 1
    replica.clock.advance(max(0, after_s * 1_000_000 + 1 - replica.clock.wall_us()))
    return replica.clock.wall_us() // 1_000_000 + 1


async def outlast(second: int) -> None:
    """Wait until what the provider issues is of ``second`` at least: the provider's clock is the machine's."""
    import asyncio

    while time.time() < second:
        await asyncio.sleep(0.05)


async def kept(site: Site, name: str = "mariam.k") -> tuple[frozenset[str], frozenset[str]]:
    """Claims and groups of the user's row, which sessions, keys and rights go by."""
    async with site.database.read() as tx:
        user = await store.user_called(tx, name)
    assert user is not None
    return user.claims, user.groups


async def test_a_dead_token_gives_nothing_back(site: Site, replica: Replica, given: dict[str, Any]) -> None:
    async with replica.program(given["access_token"]) as program:
        assert (await program.get(PICTURE)).status_code == 200
        assert await kept(site) != NOTHING
        after_s = await past(replica, given)
        assert (await notice(replica, "GROUP_CHANGED", "mariam")).json() == {"done": True}
        replica.keeper.forget("")
        assert (await program.get(PICTURE)).status_code == 401
        assert await kept(site) == NOTHING, "what the notice took away stays away"
    await outlast(after_s)
    assert (await sign_in(replica)).headers["x-came-to"] == "/"
    assert await kept(site) != NOTHING, "until the provider says anew what holds"


async def test_who_was_at_the_provider_before_a_notice_came_signs_in_again(
    site: Site, replica: Replica, given: dict[str, Any]
) -> None:
    async with replica.program(given["access_token"]) as program:
        assert (await program.get(PICTURE)).status_code == 200
    replica.clock.advance(10_000_000)  # so that all that the provider issues meanwhile is from before the notice
    await notice(replica, "GROUP_CHANGED", "mariam")
    assert (await sign_in(replica)).headers["x-came-to"] == "/?sign-in-failed"
    assert await kept(site) == NOTHING
    async with site.database.read() as tx:
        user = await store.user_called(tx, "mariam.k")
    assert user is not None
    await replica.browser().get(CALLBACK, params={"state": "s", "code": "never begun here"})
    assert [one for one in await refusals(replica) if one[1] == "session.begin"] == [
        ("", "session.begin", str(user.id), "sign_in_refused"),
        ("", "session.begin", "", "flow_broken"),
    ]


@pytest.mark.parametrize("event", ["USER_DISABLED", "GROUP_CHANGED"])
async def test_a_notice_of_somebody_who_was_never_here_is_not_lost(
    site: Site, replica: Replica, given: dict[str, Any], event: str
) -> None:
    after_s = await past(replica, given)
    assert (await notice(replica, event, "mariam")).json() == {"done": True}
    async with replica.program(given["access_token"]) as program:
        assert (await program.get(PICTURE)).status_code == 401, "it was issued before"
    assert await kept(site, "mariam") == NOTHING, "by the provider's id until it says more"
    async with site.database.read() as tx:
        user = await store.user_of(tx, str(replica.desk.settings.oidc_issuer), "mariam")
        entries = await search(tx, Wanted(actor="iam"), limit=9)
    assert user is not None
    act = "user.disable" if event == "USER_DISABLED" else "user.groups"
    assert [(one.action, one.thing_id) for one in entries] == [(act, str(user.id)), ("user.add", str(user.id))]
    await outlast(after_s)
    came_to = (await sign_in(replica)).headers["x-came-to"]
    if event == "USER_DISABLED":
        assert came_to == "/?sign-in-failed"
    else:
        assert came_to == "/"
        assert await kept(site, "mariam.k") != NOTHING, "with the name that it has there"


async def test_a_notice_of_who_comes_for_the_first_time_in_that_moment(
    site: Site, replica: Replica, given: dict[str, Any]
) -> None:
    import asyncio

    from cctv.access.identity.organisation.claims import told
    from cctv.access.identity.organisation.provisioning import provision

    await past(replica, given)
    async with site.database.write() as tx:
        await provision(tx, replica.desk, told(_parts(given["access_token"])[1], {}, replica.desk.settings))
        sending = asyncio.create_task(notice(replica, "USER_DISABLED", "mariam"))
        await asyncio.sleep(0.5)  # so that it has looked for the user before there is one
    assert (await sending).json() == {"done": True}
    async with site.database.read() as tx:
        user = await store.user_called(tx, "mariam.k")
    assert user is not None
    assert not user.active


async def test_an_older_token_does_not_take_the_place_of_a_newer_one(
    site: Site, replica: Replica, issuer: str, given: dict[str, Any]
) -> None:
    def issued_s(token: dict[str, Any]) -> int:
        return int(_parts(token["access_token"])[1]["iat"])

    second = await later(issuer, issued_s(given))
    await _get(f"{issuer}/group/night")
    try:
        newest = await later(issuer, issued_s(second))
    finally:
        await _get(f"{issuer}/group/operators")
    for token, groups in ((given, "operators"), (newest, "night"), (given, "night"), (second, "night")):
        replica.keeper.forget("")
        async with replica.program(token["access_token"]) as program:
            assert (await program.get(PICTURE)).status_code == 200, "it is good until it runs out"
        assert (await kept(site))[1] == {groups}


async def test_what_still_holds_is_as_new_as_its_last_token(
    site: Site, replica: Replica, issuer: str, given: dict[str, Any]
) -> None:
    await _get(f"{issuer}/group/night")
    try:
        between = await later(issuer, int(_parts(given["access_token"])[1]["iat"]))
    finally:
        await _get(f"{issuer}/group/operators")
    last = await later(issuer, int(_parts(between["access_token"])[1]["iat"]))
    for token in (given, last, between):
        async with replica.program(token["access_token"]) as program:
            assert (await program.get(PICTURE)).status_code == 200
        assert (await kept(site))[1] == {"operators"}


async def later(issuer: str, second: int) -> dict[str, Any]:
    """Tokens of a later second than ``second``."""
    await outlast(second + 1)
    return await tokens(issuer)


@pytest.mark.parametrize("event", ["USER_DISABLED", "GROUP_CHANGED"])
async def test_a_notice_ends_everything_of_a_user(
    site: Site, replica: Replica, signed_in: httpx.AsyncClient, given: dict[str, Any], event: str
) -> None:
    other = connected(site, replica.desk.settings)
    made = await signed_in.post("/api/v1/keys", json={"name": "robot", "scopes": ["camera:METRO:live"]})
    who = (await signed_in.get("/api/v1/session")).json()["user_id"]
    programs = [other.program(made.json()["secret"]), other.program(given["access_token"])]
    for program in programs:
        assert (await program.get(PICTURE)).status_code == 200
    after_s = await past(replica, given)
    answer = await notice(replica, event, "mariam")
    assert (answer.status_code, answer.json()) == (200, {"done": True})
    other.clock.advance(4_100_000)  # it did not hear of it, and looks again
    replica.keeper.forget("")
    for program in (signed_in, *programs):
        assert (await program.get(PICTURE)).status_code == 401
    assert str(site.ended[-1]) == who
    assert (await notice(replica, event, "mariam")).json() == {"done": False}, "once"
    await outlast(after_s)
    again = await sign_in(replica)
    assert again.headers["x-came-to"] == ("/?sign-in-failed" if event == "USER_DISABLED" else "/")


@pytest.mark.parametrize(
    "wrong",
    [{"signed": False}, {"key": "another"}, {"more": b" "}, {"age_s": 301}, {"age_s": -301}],
    ids=["not signed", "another key", "another body", "old", "of the future"],
)
async def test_notices_that_are_not_good_do_nothing(
    replica: Replica, signed_in: httpx.AsyncClient, wrong: dict[str, Any]
) -> None:
    answer = await notice(replica, "USER_DISABLED", "mariam", **wrong)
    assert (answer.status_code, answer.json()["code"]) == (401, "notice_refused")
    assert (await signed_in.get(PICTURE)).status_code == 200
    ((who, action, _, why),) = await refusals(replica)
    assert (who, action) == ("", "access.refused")
    assert why in ("not signed", "signed with another key, or changed", "not of these five minutes")


async def test_running_streams_hear_of_it(site: Site, replica: Replica, signed_in: httpx.AsyncClient) -> None:
    import asyncio

    from cctv.base.actor import Actor

    found = (await signed_in.get("/api/v1/session")).json()
    actor = Actor(id=found["user_id"], session=f"token:x@{replica.clock.wall_us() // 1_000_000}")
    stream = asyncio.create_task(replica.keeper.until_revoked(replace(actor)))
    await asyncio.sleep(0)
    await notice(replica, "USER_DISABLED", "mariam")
    replica.keeper.forget(found["user_id"])
    async with asyncio.timeout(5):
        await stream
