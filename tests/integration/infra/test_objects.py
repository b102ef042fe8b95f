"""The door to the object store, against a real one."""

from typing import Any

import pytest

from cctv.infra.objects import ObjectStore, ObjectStoreSettings, StoreFault, configured_store


def test_an_object_goes_in_and_comes_back(object_store: ObjectStore) -> None:
    data = bytes(range(256)) * 10_000
    object_store.put("METRO/cam/2026/03/01/a.mp4", data)
    object_store.put("METRO/cam/2026/03/01/b c.mp4", b"")
    assert object_store.size_of("METRO/cam/2026/03/01/a.mp4") == len(data)
    with object_store.open("METRO/cam/2026/03/01/a.mp4") as file:
        assert file.read() == data
    assert object_store.size_of("METRO/cam/2026/03/01/none.mp4") is None
    with pytest.raises(FileNotFoundError):
        object_store.open("METRO/cam/2026/03/01/none.mp4")


def test_folders_are_looked_into_one_by_one(object_store: ObjectStore) -> None:
    for name in ("A/x/1.mp4", "A/x/2.mp4", "A/y/1.mp4", "top.txt"):
        object_store.put(name, name.encode())
    assert (object_store.look("").folders, object_store.look("").objects) == (["A"], {"top.txt": 7})
    assert object_store.look("A").folders == ["x", "y"]
    assert object_store.look("A/x").objects == {"1.mp4": 9, "2.mp4": 9}
    assert not object_store.look("B").objects


def test_deleting_what_is_gone_is_no_fault(object_store: ObjectStore) -> None:
    object_store.put("A/1.mp4", b"x")
    assert object_store.delete_many(["A/0.mp4", "A/1.mp4"]).count == 2
    assert object_store.size_of("A/1.mp4") is None


def test_a_folder_of_a_bucket_is_a_store_of_its_own(s3_server: Any, bucket: str) -> None:
    inner, outer = s3_server.store(f"{bucket}/city/north"), s3_server.store("cctv-recordings")
    inner.put("A/1.mp4", b"x")
    folder = bucket.removeprefix("cctv-recordings/")
    assert inner.look("A").objects == outer.look(f"{folder}/city/north/A").objects == {"1.mp4": 1}


def test_a_bucket_that_is_not_there_is_said_and_nothing_passes_for_deleted(s3_server: Any) -> None:
    lost = s3_server.store("no-such-bucket")
    assert "NoSuchBucket" in str(lost.ping())
    with pytest.raises(StoreFault):
        lost.put("A/1.mp4", b"x")
    with pytest.raises(StoreFault):
        lost.size_of("A/1.mp4")
    with pytest.raises(StoreFault):
        lost.look("")
    deleted = lost.delete_many(["A/1.mp4"])
    assert (deleted.count, isinstance(deleted.fault, StoreFault)) == (0, True)


def test_a_wrong_password_is_said_without_it(s3_server: Any, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (s3_server.settings(bucket) | {"MINIO_ROOT_PASSWORD": "not this one"}).items():
        monkeypatch.setenv(name, value)
    store = configured_store()
    assert store is not None
    assert "SignatureDoesNotMatch" in str(store.ping())
    assert "not this one" not in f"{store.ping()} {ObjectStoreSettings()!r}"


def test_credentials_come_from_files_and_by_their_usual_names(
    s3_server: Any, bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "secret").write_text(s3_server.secret + "\n")
    given = s3_server.settings(bucket)
    monkeypatch.setenv("CCTV_OBJECT_STORE", given["CCTV_OBJECT_STORE"])
    monkeypatch.setenv("CCTV_OBJECT_STORE_ENDPOINT", given["CCTV_OBJECT_STORE_ENDPOINT"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY_FILE", str(tmp_path / "secret"))
    store = configured_store()
    assert store is not None
    assert store.ping() is None


def test_a_store_that_is_away_is_away_and_then_there(s3_server: Any, object_store: ObjectStore) -> None:
    object_store.put("A/1.mp4", b"x")
    s3_server.stop()
    try:
        with pytest.raises(StoreFault):
            object_store.put("A/2.mp4", b"y")
        assert object_store.ping() is not None
    finally:
        s3_server.start()
    assert object_store.look("A").objects == {"1.mp4": 1}


def test_without_an_address_there_is_no_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CCTV_OBJECT_STORE", raising=False)
    assert configured_store() is None
