"""What was vendored is what its authors published, with its licence beside it."""

import hashlib
import tomllib
from importlib import resources

import pytest

STATIC = resources.files("regulars.show") / "static"
FILES = tomllib.loads((STATIC / "VENDORED.toml").read_text(encoding="utf-8"))["file"]


def sha256(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()


@pytest.mark.parametrize("entry", FILES, ids=[entry["name"] for entry in FILES])
def test_file_and_licence_are_unchanged(entry):
    assert sha256(entry["file"]) == entry["sha256"]
    assert sha256(entry["licence_file"]) == entry["licence_sha256"]
    assert (
        entry["version"] in (STATIC / entry["file"]).read_text(encoding="utf-8")
        or entry["name"] == "vega-lite"
    )


def test_every_vendored_file_is_listed():
    listed = {entry[key] for entry in FILES for key in ("file", "licence_file")} | {"VENDORED.toml"}
    assert {path.name for path in STATIC.iterdir()} == listed
