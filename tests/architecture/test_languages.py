"""Every refusal speaks English and Arabic: each kind of error, each sentence made where it is raised."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cctv
from cctv.base.errors import CctvError
from cctv.infra.gateway.refusals import REFUSALS

SOURCE = Path(cctv.__file__).parent
ASKED_OVER_HTTP = ("access", "cameras", "viewing", "infra/http")
NEVER_TOLD = {"cctv.access.identity.organisation.provider", "cctv.viewing.feed.feed", "cctv.viewing.feed.origin"}
"""Their sentences are for the log; whoever asks gets those of the kind, or a state of the table of faults."""

ARABIC = re.compile(r"[\u0600-\u06ff]")
_NOT_IMPORTED = re.compile(r"__main__|\.migrations\.env|\.stills\.worker|probe_child")


@cache
def kinds() -> dict[str, type[CctvError]]:
    """All errors of ours by name."""
    for module in pkgutil.walk_packages(cctv.__path__, "cctv."):
        if not _NOT_IMPORTED.search(module.name):
            importlib.import_module(module.name)
    found: dict[str, type[CctvError]] = {}
    new = [CctvError]
    while new:
        one = new.pop()
        found[one.__name__] = one
        new += one.__subclasses__()
    return {name: one for name, one in found.items() if one.__module__.startswith("cctv.")}


def test_every_code_has_a_sentence_in_both_languages_of_its_own() -> None:
    for one in kinds().values():
        if "code" not in one.__dict__:
            continue
        assert one.__doc__, one
        assert not ARABIC.search(one.__doc__), one
        assert "message_ar" in one.__dict__, f"{one.__module__}.{one.__name__} has no message_ar"
        assert ARABIC.search(one.message_ar), one


def test_every_code_means_one_thing() -> None:
    """But a hidden camera answers as one that does not exist, and a database is away before its first use, too."""
    codes = [one.code for one in kinds().values() if "code" in one.__dict__]
    twice = {code for code in codes if codes.count(code) > 1}
    assert twice <= {"camera_not_found", "database_unavailable"}, "one code, two meanings"


def test_sentences_made_where_they_are_raised_are_translated_too() -> None:
    untold = [
        f"{path.relative_to(SOURCE)}:{call.lineno}"
        for path, call in _raised()
        if call.args
        and isinstance(call.args[0], ast.Constant | ast.JoinedStr)
        and not any(given.arg == "arabic" for given in call.keywords)
    ]
    assert not untold, f"say it in Arabic, too (arabic=…): {', '.join(untold)}"


def test_the_gateways_own_refusals_are_translated() -> None:
    for one in REFUSALS:
        assert ARABIC.search(one.arabic)
        assert not ARABIC.search(one.english)
        for words in (one.arabic, one.english):
            assert not set("$'\\{}") & set(words), "nginx reads these"


def _raised() -> Iterator[tuple[Path, ast.Call]]:
    for wing in ASKED_OVER_HTTP:
        for path in sorted((SOURCE / wing).rglob("*.py")):
            module = "cctv." + ".".join(path.relative_to(SOURCE).with_suffix("").parts)
            if module in NEVER_TOLD:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                    named = node.exc.func
                    name = named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")
                    if name in kinds():
                        yield path, node.exc
