"""The wheel: what is inside, that the same files give the same bytes, and that it works where there is no repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "regulars"


def build(into: Path, root: Path = ROOT) -> tuple[Path, Path]:
    """The wheel and the source archive, as scripts/build makes them."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", into], cwd=root, check=True, capture_output=True
    )
    return next(into.glob("*.whl")), next(into.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return build(tmp_path_factory.mktemp("dist"))


def test_the_script_builds_as_this_test_does() -> None:
    text = (ROOT / "scripts" / "build").read_text(encoding="utf-8")
    assert '.venv/bin/python -m hatchling build -d "$into"' in text
    done = subprocess.run(["sh", ROOT / "scripts" / "build", "--help"], capture_output=True, check=False)
    assert done.returncode == 2


@pytest.mark.slow
def test_everything_that_is_read_at_run_time_is_inside(built: tuple[Path, Path]) -> None:
    names = set(zipfile.ZipFile(built[0]).namelist())
    wanted = {
        f"regulars/{path.relative_to(SRC).as_posix()}"
        for path in SRC.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= names
    for part in ("py.typed", "__init__.pyi", "show/languages/en.toml", "show/languages/zh.toml", "show/static/vega.min.js",
                 "show/templates/report.html.j2"):  # fmt: skip
        assert f"regulars/{part}" in names
    assert not [name for name in names if not name.startswith(("regulars/", "regulars-"))]
    assert any(name.endswith("licenses/LICENSE") for name in names)


@pytest.mark.slow
def test_the_same_files_give_the_same_bytes(built: tuple[Path, Path], tmp_path: Path) -> None:
    again = build(tmp_path)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in built]


@pytest.mark.slow
def test_the_source_archive_makes_the_same_wheel(built: tuple[Path, Path], tmp_path: Path) -> None:
    with tarfile.open(built[1]) as archive:
        archive.extractall(tmp_path, filter="data")
    (root,) = tmp_path.iterdir()
    assert {"deploy", "Containerfile", "requirements.lock", "tests"} <= {path.name for path in root.iterdir()}
    wheel, _ = build(tmp_path / "dist", root)
    assert wheel.read_bytes() == built[0].read_bytes()


@pytest.mark.slow
def test_the_wheel_works_in_an_environment_of_its_own(built: tuple[Path, Path], tmp_path: Path) -> None:
    """Only the packages that it needs come from here: they stand behind it on the search path."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = ["-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]  # fmt: skip
    subprocess.run([sys.executable, *install, built[0]], check=True)
    site = Path(_said([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], tmp_path))
    here = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "dependencies.pth").write_text("".join(f"{path}\n" for path in sorted(here)), encoding="utf-8")
    assert _said([python, "-c", "import regulars; print(regulars.__file__)"], tmp_path).startswith(str(venv))

    command = python.with_name("regulars")
    assert _said([command, "--version"], tmp_path).startswith("regulars, version ")
    assert "report.html" in _said([command, "demo", "--customers", "50", "--days", "120"], tmp_path)
    shown = _said([command, "show", "actions", "--shop", "demo-shop", "--format", "json"], tmp_path)
    assert json.loads(shown)
    assert "阶段" in _said(
        [command, "show", "customers", "--shop", "demo-shop", "--language", "zh"], tmp_path
    )


def _said(words: list[object], folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "REGULARS"))}  # fmt: skip
    done = subprocess.run(
        [str(word) for word in words], cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=300,
        env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
