"""A shop into one file and back, whole or not at all."""

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile

import pyarrow as pa
import pytest

from regulars.errors import FileError, ShopError, StoreBusy
from regulars.pipeline.backup import backup, restore
from regulars.pipeline.run import run
from regulars.pipeline.shop import Shop
from regulars.schema import CONTACTS
from regulars.store.contacts import merge_contacts, read_contacts


@pytest.fixture(scope="module")
def busy_shop(finished, tmp_path_factory):
    """A finished shop with contacts, a draft of a run that was killed, and a report."""
    folder = tmp_path_factory.mktemp("backup") / "shop"
    shutil.copytree(finished[0].folder, folder)
    contact = {"user_id": "C000001", "email": "ann@example.org", "accepts_marketing": True, "stated_us": 1}
    merge_contacts(folder, pa.Table.from_pylist([contact], schema=CONTACTS.arrow_schema()))
    (folder / "published" / ".draft-x").mkdir()
    (folder / "published" / ".draft-x" / "sales.parquet").write_text("half")
    (folder / "receipts").mkdir()
    (folder / "receipts" / "erased-20250601093000-745b6a48.json").write_text("{}")
    (folder / "report.html").write_text("report")
    return Shop.open(folder)


@pytest.fixture(scope="module")
def archive(busy_shop, tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "shop.zip"
    backup(busy_shop, path)
    return path


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_restored_shop_is_the_shop(busy_shop, archive, tmp_path):
    made = restore(archive, tmp_path / "again")
    there, here = files(tmp_path / "again"), files(busy_shop.folder)
    made_anew = {name for name in here if name in ("lock", "report.html") or name.startswith("published/.")}
    assert {name: there[name] for name in there} == {name: here[name] for name in set(here) - made_anew}
    assert made.file_count == len(there)
    again = Shop.open(tmp_path / "again")
    assert again.hash_key == busy_shop.hash_key
    assert read_contacts(again.folder).equals(read_contacts(busy_shop.folder))
    assert run(again).run_id == run(busy_shop).run_id


def test_the_archive_and_what_is_secret_are_for_their_owner_alone(archive, tmp_path):
    restore(archive, tmp_path / "again")
    for path in (archive, tmp_path / "again" / "access.json", tmp_path / "again" / "contacts.parquet"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_is_overwritten(busy_shop, archive):
    before = archive.read_bytes()
    with pytest.raises(FileError, match="exists already"):
        backup(busy_shop, archive)
    assert archive.read_bytes() == before
    with pytest.raises(ShopError, match=r"is a shop already(.|\n)*give a DIR that does not exist"):
        restore(archive, busy_shop.folder)


def test_a_folder_with_something_in_it_is_left_alone(archive, tmp_path):
    (tmp_path / "letters.txt").write_text("dear Ann")
    with pytest.raises(ShopError, match="is not empty"):
        restore(archive, tmp_path)
    (tmp_path / "empty").mkdir()
    restore(archive, tmp_path / "empty")
    assert Shop.open(tmp_path / "empty").settings.shop.name == "Test"


def test_a_shop_that_is_written_to_is_not_backed_up(busy_shop, tmp_path):
    held = "import sys, time\nfrom pathlib import Path\nfrom regulars.store.lock import writing\n" \
           "with writing(Path(sys.argv[1]), 'import'):\n    print('held', flush=True)\n    time.sleep(600)"  # fmt: skip
    other = subprocess.Popen(
        [sys.executable, "-c", held, str(busy_shop.folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(StoreBusy, match="regulars import"):
            backup(busy_shop, tmp_path / "a.zip")
    finally:
        other.kill()
        other.communicate()
    assert list(tmp_path.iterdir()) == []


def damaged(archive, path, change):
    """The archive with one file of it changed, its checksum in the zip made right."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return path


def one_byte(name, content):
    return content[:-1] + bytes([content[-1] ^ 1]) if name == "store.duckdb" else content


def missing(name, content):
    return None if name == "contacts.parquet" else content


def newer(name, content):
    return (
        content.replace(b'"format_version": 1', b'"format_version": 9') if name == "backup.json" else content
    )


def escaping(name, content):
    if name != "backup.json":
        return content
    manifest = json.loads(content)
    manifest["files"].append({"name": "published/../../gone.txt", "size": 0, "sha256": ""})
    return json.dumps(manifest)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (one_byte, "is damaged: store.duckdb"),
        (missing, "is damaged: contacts.parquet"),
        (newer, "pip install --upgrade"),
        (escaping, "no file of a shop"),
        (lambda name, content: None if name == "backup.json" else content, "is no backup of a shop"),
    ],
)
def test_a_damaged_archive_restores_nothing(archive, tmp_path, change, words):
    with pytest.raises(FileError, match=words):
        restore(damaged(archive, tmp_path / "bad.zip", change), tmp_path / "again")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.zip"]


def test_a_part_of_an_archive_is_no_backup(archive, tmp_path):
    (tmp_path / "half.zip").write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    with pytest.raises(FileError, match="only a part of one"):
        restore(tmp_path / "half.zip", tmp_path / "again")


CUT_OFF = """
import sys, time
from pathlib import Path
from regulars.pipeline.backup import backup
from regulars.pipeline.shop import Shop
from regulars.store import backup as archive

def slow(source, target, copied=archive._copied):
    done = copied(source, target)
    if source.name.endswith("store.duckdb"):
        print("half", flush=True)
        time.sleep(600)
    return done

archive._copied = slow
backup(Shop.open(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_backup_that_is_killed_leaves_no_file_of_its_name(busy_shop, tmp_path):
    target = tmp_path / "shop.zip"
    cut = subprocess.Popen(
        [sys.executable, "-c", CUT_OFF, str(busy_shop.folder), str(target)], stdout=subprocess.PIPE, text=True
    )
    assert cut.stdout.readline() == "half\n"
    os.kill(cut.pid, signal.SIGKILL)
    cut.communicate()
    assert not target.exists()
    backup(busy_shop, target)
    assert [path.name for path in tmp_path.iterdir()] == ["shop.zip"]
    restore(target, tmp_path / "again")


def test_a_shop_in_memory_has_no_files(stored, tmp_path):
    from regulars.config import Settings

    with pytest.raises(ShopError, match="in memory"):
        backup(Shop(tmp_path, Settings(), stored([])), tmp_path / "a.zip")
