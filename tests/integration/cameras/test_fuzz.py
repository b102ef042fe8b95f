"""The cameras' API under requests that nobody would write: refused in order, never a failure of ours."""

import contextlib
import os
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok

EXAMPLES = 300 if os.environ.get("CCTV_TEST_LONG") else 15
"""For each operation and kind of request."""


def test_no_request_makes_us_fail(served: str) -> None:
    schema = schemathesis.openapi.from_url(f"{served}/internal/openapi.json", wait_for_schema=10)
    tried = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        _try(found.ok(), schemathesis.GenerationMode.POSITIVE)
        with contextlib.suppress(Unsatisfiable):  # there is nothing to get wrong in it
            _try(found.ok(), schemathesis.GenerationMode.NEGATIVE)
        tried += 1
    assert tried >= 15


def _try(operation: Any, mode: schemathesis.GenerationMode) -> None:
    """Valid or invalid requests of one operation."""

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        answer = case.call(timeout=30)
        assert answer.status_code < 500, case.as_curl_command()
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == ["application/problem+json"], case.as_curl_command()

    ask()
