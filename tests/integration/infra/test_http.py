"""The web kit end to end over its ASGI door, with a real database behind it."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Body, FastAPI
from prometheus_client import REGISTRY
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from cctv.base.errors import NotFound
from cctv.infra.database import Database
from cctv.infra.http import ReadDep, WriteDep, add_health, create_app, provide


@pytest.fixture
async def client(database: Database, let_in: Callable[..., Any]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(service="test", title="Test")
    let_in(app, database)
    provide(app, database)
    add_health(app, "postgres", database.ping)
    _routes(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as one:
        yield one


def _routes(app: FastAPI) -> None:
    @app.get("/missing")
    async def missing() -> None:
        raise NotFound("There is no camera 7.", camera=7)

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError

    @app.get("/count")
    async def count(tx: ReadDep) -> int:
        return int((await tx.execute(text("SELECT count(*) FROM cameras"))).scalar_one())

    @app.get("/late-refusal")
    async def late(tx: WriteDep) -> str:
        await tx.execute(
            text("CREATE TEMP TABLE once (a int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP")
        )
        await tx.execute(text("INSERT INTO once VALUES (1), (1)"))
        return "never sent"

    @app.post("/narrow")
    async def narrow(given: Narrow) -> str:
        return given.model_dump_json()

    @app.post("/secret")
    async def secret(password: Annotated[int, Body(embed=True)]) -> int:
        return password


class Narrow(BaseModel):
    """A body that may hold nothing."""

    model_config = ConfigDict(extra="forbid")


async def test_a_problem_speaks_the_readers_language(client: httpx.AsyncClient) -> None:
    english = await client.get("/missing")
    assert english.status_code == 404
    assert english.headers["content-type"] == "application/problem+json"
    assert english.json() | {"request_id": ""} == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "not_found",
        "detail": "There is no camera 7.",
        "camera": 7,
        "request_id": "",
    }
    arabic = await client.get("/missing", headers={"Accept-Language": "ar-AE,ar;q=0.9,en;q=0.8"})
    assert arabic.headers["content-language"] == "ar"
    assert arabic.json()["detail"] == NotFound.message_ar


@pytest.mark.parametrize("weight", ["ar;q=\u00b2", "ar;q=\u0661", "ar;q=1e9", "ar;q=", "ar;q=-1", "ar;q=0.5.5"])
async def test_a_weight_that_is_none_is_english(client: httpx.AsyncClient, weight: str) -> None:
    answer = await client.get("/missing", headers={b"accept-language": weight.encode()})
    assert (answer.status_code, answer.headers["content-language"]) == (404, "en")
    latin = await client.get("/missing", headers={b"accept-language": b"ar;q=\xb2"})
    assert latin.status_code == 404


async def test_an_unforeseen_fault_tells_nothing_but_its_id(client: httpx.AsyncClient) -> None:
    answer = await client.get("/broken", headers={"X-Request-Id": "abcdef0123456789"})
    assert answer.status_code == 500
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "abcdef0123456789"
    assert "ZeroDivision" not in answer.text


async def test_a_commit_that_fails_is_not_answered_with_200(client: httpx.AsyncClient) -> None:
    assert (await client.get("/late-refusal")).status_code == 500


async def test_a_wrong_input_is_not_sent_back(client: httpx.AsyncClient) -> None:
    answer = await client.post("/secret", json={"password": "hunter2"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == ["body", "password"]
    assert "hunter2" not in answer.text


async def test_of_very_many_mistakes_the_first_are_told_and_how_many_there_were(client: httpx.AsyncClient) -> None:
    answer = await client.post("/narrow", json={f"{number}": 1 for number in range(20_000)})
    assert answer.status_code == 422
    told = answer.json()
    assert (len(told["errors"]), told["left_out"]) == (50, 19_950)
    assert (told["code"], told["errors"][0]["where"]) == ("invalid_input", ["body", "0"])
    assert len(answer.content) < 8_000
    few = (await client.post("/narrow", json={"x": 1})).json()
    assert (len(few["errors"]), "left_out" in few) == (1, False)


async def test_what_is_wrong_with_an_input_is_said_in_arabic_too(client: httpx.AsyncClient) -> None:
    arabic = await client.post("/secret", json={"password": "x"}, headers={"Accept-Language": "ar"})
    assert arabic.status_code == 422
    assert arabic.json()["errors"][0]["message"] == "يجب أن يكون عدداً صحيحاً."
    assert "body.password: يجب أن يكون عدداً صحيحاً." in arabic.json()["detail"]


async def test_health_and_metrics(client: httpx.AsyncClient, database: Database) -> None:
    assert (await client.get("/count")).json() == 0
    health = await client.get("/health")
    assert health.status_code == 200
    assert health.json()["dependencies"]["postgres"]["state"] == "ok"
    metrics = (await client.get("/metrics")).text
    assert 'http_requests_total{method="GET",route="/count",status="200"}' in metrics
    labels = {"method": "GET", "route": "unmatched", "status": "404"}
    before = REGISTRY.get_sample_value("http_requests_total", labels) or 0
    await client.get("/nowhere/" + "x" * 50)
    assert REGISTRY.get_sample_value("http_requests_total", labels) == before + 1
    assert "/nowhere/" not in (await client.get("/metrics")).text


async def test_a_method_that_is_not_allowed_is_told_which_are(client: httpx.AsyncClient) -> None:
    answer = await client.post("/missing")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.headers["content-type"] == "application/problem+json"
