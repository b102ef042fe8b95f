"""Embedded servers: ports that others take, passwords that are lost, odd folders, starts after a death."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from cctv.infra.embedded import EmbeddedPostgres, EmbeddedValkey, StartFailed
from cctv.infra.embedded.child import free_port, start_on_free_port
from cctv.services.ballast import Ballast


def test_a_port_that_is_taken_after_the_look_is_left_to_who_has_it(tmp_path: Path) -> None:
    server, tries, other = EmbeddedValkey(tmp_path), [], socket.socket()

    def start(port: int) -> None:
        tries.append(port)
        if len(tries) == 1:
            other.bind(("127.0.0.1", port))
            other.listen()
        server._serve(port)

    (tmp_path / "password").write_text("of-this-test")
    with other:
        port = start_on_free_port(start, wanted=free_port())
        assert port != tries[0]
        assert server.port == port
        assert server.child.process.poll() is None
        server.stop()


def test_what_fails_for_another_reason_is_not_tried_again() -> None:
    tries = []

    def start(port: int) -> None:
        tries.append(port)
        raise StartFailed("no such program")

    with pytest.raises(StartFailed, match="no such program"):
        start_on_free_port(start)
    assert len(tries) == 1


def test_a_folder_may_have_quotes_and_spaces_in_its_name(tmp_path: Path) -> None:
    odd = tmp_path / 'data "of" the \\ city'
    server = EmbeddedValkey(odd)
    server.start()
    server.stop()
    assert "FATAL" not in (odd / "valkey.log").read_text()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "pg")
    server.start()
    yield server
    server.stop()


def answers(server: EmbeddedPostgres, *, within_s: float = 30.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            with closing(psycopg.connect(server.url, connect_timeout=2)):
                return True
        except psycopg.OperationalError:
            time.sleep(0.1)
    return False


def test_a_dead_cluster_starts_again_on_its_port_without_being_waited_for(cluster: EmbeddedPostgres) -> None:
    port, url = cluster.port, cluster.url
    cluster.child.process.kill()
    cluster.child.process.wait()
    cluster.start_again()
    assert (cluster.port, cluster.url) == (port, url)
    assert answers(cluster)


def test_a_lost_or_wrong_password_is_said_at_once(cluster: EmbeddedPostgres) -> None:
    cluster.stop()
    file = cluster.folder / "password"
    password = file.read_text()
    for content, words in (("something-else", "refuses the password"), ("", "its password is missing")):
        file.write_text(content)
        with pytest.raises(StartFailed, match=words):
            EmbeddedPostgres(cluster.folder).start()
        assert file.read_text() == content, "nothing is invented in its place"
    file.write_text(password)
    again = EmbeddedPostgres(cluster.folder)
    again.start()
    again.stop()


def test_a_first_start_that_a_power_loss_ended_is_begun_anew(tmp_path: Path) -> None:
    folder = tmp_path / "pg"
    (folder / "data.new" / "base").mkdir(parents=True)
    (folder / "data.new" / "PG_VERSION").write_text("17")
    server = EmbeddedPostgres(folder)
    server.start()
    server.stop()
    assert not (folder / "data.new").exists()


@pytest.fixture
def small_disk(mount_small: Callable[[int], Path]) -> Path:
    """A file system of 160 MB."""
    return mount_small(160)


def test_on_a_full_disk_it_starts_once_the_ballast_is_given_up(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = EmbeddedPostgres(small_disk / "pg")
    server.start()
    ballast = Ballast(small_disk / "ballast")
    monkeypatch.setattr("cctv.services.ballast._PLENTY_BYTES", 0)
    ballast.put_by()
    server.child.process.kill()
    server.child.process.wait()
    with (small_disk / "footage").open("wb") as out, pytest.raises(OSError, match="No space"):
        while True:
            out.write(bytes(1 << 20))
            out.flush()
    try:
        server.start_again()
        assert server.child.process.wait(20) != 0, "without room it ends again"
        ballast.give_up_when_full()
        server.start_again()
        assert answers(server)
    finally:
        server.stop()
