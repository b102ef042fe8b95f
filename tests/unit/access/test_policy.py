"""Properties of rights: nothing is reached that no grant reaches; limits only take away; lists agree with may."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, Text, Uuid, create_engine, insert, select

from cctv.access.policy import ALMIGHTY, Owned, Part, within
from cctv.access.policy.model import (
    ADMINISTRATOR,
    BUILT_IN,
    EVERYTHING,
    Grant,
    Role,
    rights_of,
)
from cctv.base.actor import LOCAL, SERVICE, Actor
from cctv.base.permission import Permission, System, UnknownPermission, Verb, parse_permission

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
AGENCIES = ["METRO", "BUS", "POLICE"]
GROUPS = [UUID(int=n) for n in range(1, 4)]
CAMERAS = [UUID(int=n) for n in range(100, 106)]

agencies = st.sampled_from(AGENCIES)
groups = st.sampled_from(GROUPS)
cameras = st.builds(Owned, st.sampled_from(CAMERAS), agencies, st.none() | groups)
parts = st.one_of(
    st.just(EVERYTHING),
    st.builds(Part, agency=agencies),
    st.builds(Part, group=groups),
    st.builds(Part, camera=st.sampled_from(CAMERAS)),
)
permissions = st.one_of(
    st.builds(Permission, st.sampled_from(Verb), st.none() | agencies),
    st.builds(Permission, st.sampled_from([one for one in System if one is not System.INTERNAL])),
)
backs = st.none() | st.integers(1, 1000).map(lambda hours: timedelta(hours=hours))
roles = st.builds(
    Role, code=st.just("r"), name=st.just("r"), permissions=st.frozensets(permissions), look_back=backs
)
ends = st.none() | st.integers(-5, 5).map(lambda hours: NOW + timedelta(hours=hours))
grants = st.lists(st.builds(Grant, roles, parts, ends), max_size=6)
limits = st.none() | st.frozensets(permissions.map(str), max_size=6)
claims = st.frozensets(permissions.map(str), max_size=3)
actors = st.builds(lambda limits, claims: Actor("u", limits=limits, claims=claims), limits, claims)


@given(actors, grants, grants)
def test_who_covers_somebody_may_whatever_they_may(actor: Actor, mine: list[Grant], theirs: list[Grant]) -> None:
    one, other = rights_of(actor, mine), rights_of(Actor("v"), theirs)
    assert one.cover(one, now=NOW)
    assert ALMIGHTY.cover(other, now=NOW)
    assert rights_of(Actor("v"), [*mine, *theirs]).cover(other, now=NOW)
    if one.cover(other, now=NOW):
        for verb in Verb:
            for owned in (Owned(camera, agency) for camera in CAMERAS for agency in AGENCIES):
                assert one.may(verb, owned, now=NOW) or not other.may(verb, owned, now=NOW)
        for right in System:
            assert one.may_system(right, now=NOW) or not other.may_system(right, now=NOW)


def by_definition(actor: Actor, given_: list[Grant], verb: Verb, owned: Owned) -> bool:
    """The same question, answered from the words of the design and not from holds."""
    token = Role(code="t", name="t", permissions=frozenset(map(parse_permission, actor.claims)))
    reached = any(
        permission.verb is verb
        and permission.agency in (None, owned.agency)
        and grant.part.has(owned)
        and (grant.until is None or grant.until > NOW)
        for grant in [*given_, Grant(token, EVERYTHING)]
        for permission in grant.role.permissions
    )
    allowed = actor.limits is None or any(
        limit.verb is verb and limit.agency in (None, owned.agency)
        for limit in map(parse_permission, actor.limits)
    )
    return reached and allowed


@given(actors, grants, st.sampled_from(Verb), cameras)
def test_may_is_what_the_words_say(actor: Actor, given_: list[Grant], verb: Verb, owned: Owned) -> None:
    assert rights_of(actor, given_).may(verb, owned, now=NOW) == by_definition(actor, given_, verb, owned)


@given(
    actors,
    grants,
    st.none() | st.sampled_from(Verb),
    st.lists(cameras, max_size=8, unique_by=lambda one: one.camera),
)
def test_a_list_has_exactly_what_the_question_allows(
    actor: Actor, given_: list[Grant], verb: Verb | None, there: list[Owned]
) -> None:
    """The scope's WHERE, run by a database, against ``may``."""
    rights = rights_of(actor, given_)
    table = Table("c", MetaData(), Column("id", Uuid), Column("agency", Text), Column("group_id", Uuid))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        if there:
            rows = [{"id": one.camera, "agency": one.agency, "group_id": one.group} for one in there]
            connection.execute(insert(table), rows)
        condition = within(
            rights.scope(verb, now=NOW), agency=table.c.agency, group=table.c.group_id, camera=table.c.id
        )
        found = set(connection.execute(select(table.c.id).where(condition)).scalars())
    engine.dispose()
    assert found == {one.camera for one in there if rights.may(verb, one, now=NOW)}


@given(actors, grants, grants, st.sampled_from(Verb), cameras)
def test_a_further_grant_never_takes_away(
    actor: Actor, some: list[Grant], more: list[Grant], verb: Verb, owned: Owned
) -> None:
    if rights_of(actor, some).may(verb, owned, now=NOW):
        assert rights_of(actor, [*some, *more]).may(verb, owned, now=NOW)


@given(actors, grants, st.sampled_from(System))
def test_rights_on_the_system_come_from_grants_on_everything(
    actor: Actor, given_: list[Grant], right: System
) -> None:
    narrow = [Grant(one.role, Part(agency="METRO"), one.until) for one in given_]
    nobody = Actor("u", limits=actor.limits)
    assert not rights_of(nobody, narrow).may_system(right, now=NOW)
    assert not rights_of(actor, given_).may_system(System.INTERNAL, now=NOW)


@given(grants, st.sampled_from(Verb), cameras)
def test_how_far_back_is_the_widest_of_what_reaches(given_: list[Grant], verb: Verb, owned: Owned) -> None:
    rights = rights_of(Actor("u"), given_)
    reaching = [
        grant.role.look_back for grant in given_ if rights_of(Actor("u"), [grant]).may(verb, owned, now=NOW)
    ]
    earliest = rights.earliest(verb, owned, now=NOW)
    if not reaching:
        assert earliest == NOW
    elif None in reaching:
        assert earliest is None
    else:
        assert earliest == NOW - max(back for back in reaching if back is not None)


@given(grants, roles, parts, ends)
def test_nobody_hands_out_more_than_they_hold(
    given_: list[Grant], role: Role, part: Part, until: datetime | None
) -> None:
    """Whoever may grant a role gives nobody a camera, verb, time or right that they do not have themselves."""
    mine = rights_of(Actor("u"), given_)
    if not all(mine.covers(one, part, now=NOW, back=role.look_back, until=until) for one in role.permissions):
        return
    theirs = rights_of(Actor("v"), [Grant(role, part, until)])
    latest = until - timedelta(seconds=1) if until else NOW + timedelta(days=1)
    for at in {NOW, max(NOW, latest)}:
        for verb in Verb:
            for camera in CAMERAS:
                for agency in AGENCIES:
                    for group in (None, *GROUPS):
                        owned = Owned(camera, agency, group)
                        if theirs.may(verb, owned, now=at):
                            assert mine.may(verb, owned, now=at)
                            limit, own = theirs.earliest(verb, owned, now=at), mine.earliest(verb, owned, now=at)
                            assert own is None or (limit is not None and own <= limit)
        for right in System:
            if theirs.may_system(right, now=at):
                assert mine.may_system(right, now=at)


@given(st.text(max_size=60))
def test_words_that_are_no_permission_give_nothing(text: str) -> None:
    try:
        known = str(parse_permission(text)) == text
    except UnknownPermission:
        known = False
    rights = rights_of(Actor("u", claims=frozenset({text})), ())
    assert known or (not rights.holds and not rights.system)


def test_only_services_may_what_is_internal() -> None:
    claims = frozenset({"system:internal"})
    assert rights_of(Actor("s", SERVICE, claims=claims), ()).may_system(System.INTERNAL, now=NOW)
    assert not rights_of(Actor("u", claims=claims), ()).may_system(System.INTERNAL, now=NOW)
    assert not rights_of(LOCAL, ()).may_system(System.INTERNAL, now=NOW)
    assert all(Permission(System.INTERNAL) not in role.permissions for role in BUILT_IN)


@pytest.mark.parametrize("verb", list(Verb))
def test_an_administrator_may_everything(verb: Verb) -> None:
    rights = rights_of(Actor("u"), [Grant(ADMINISTRATOR, EVERYTHING)])
    assert rights.scope(verb, now=NOW).everything
    assert ALMIGHTY.scope(verb, now=NOW).everything
    assert rights.earliest(verb, Owned(CAMERAS[0], "METRO"), now=NOW) is None
