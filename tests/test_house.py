"""The house: who may import whom, how things are called, what a public name costs, what a file may say."""

from __future__ import annotations

import ast
import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

import regulars

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src" / "regulars"
MODULES = sorted(SRC.rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

FORBIDDEN_WORDS = {
    "util", "utils", "helper", "helpers", "common", "misc", "manager", "handler", "processor", "service", "core",
}  # fmt: skip

LONGEST_FILE = 400
LONGEST_FUNCTION = 60  # lines below the docstring
WORD_LISTS = {"schema.py"}  # nothing but words and their meanings: one place is worth more than short files

# What is loaded only where it is used: importing a room, or a file of it, must not load these.
HEAVY = {"sklearn", "lightgbm", "pandas", "polars", "duckdb", "pyspark", "scipy.optimize"}


def place(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


def room(path: Path) -> str:
    """The room or top-level module that a file belongs to."""
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Everything below a node but what stands under ``if TYPE_CHECKING``, which never runs."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            yield child
            yield from statements(child)


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Full names of imported modules with their lines."""
    for node in statements(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno


def run_python(code: str) -> str:
    """What a fresh interpreter prints, so that nothing is loaded yet."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---------------------------------------------------------------- who may import whom


def test_import_law() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [command, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_network_and_no_pickle() -> None:
    forbidden = {
        "socket",
        "ssl",
        "requests",
        "httpx",
        "aiohttp",
        "ftplib",
        "smtplib",
        "pickle",
        "cloudpickle",
        "joblib",
    }
    found = [
        f"{place(path)}:{line} imports {name}"
        for path in MODULES
        if room(path) != "serving"
        for name, line in imports(path)
        if name.split(".")[0] in forbidden or name.startswith(("urllib.request", "http."))
    ]
    assert not found, found


def test_dependencies_are_declared_and_used() -> None:
    """Every package that the code imports is declared, and every declared one is imported."""
    modules = {
        "python-calamine": "python_calamine",
        "tzdata": "",
        "pandas": "",
    }  # what zoneinfo and pyspark load
    extras = PROJECT["project"]["optional-dependencies"].values()
    declared = [*PROJECT["project"]["dependencies"], *chain.from_iterable(extras)]
    names = {re.split(r"[<>=\[ ;]", line)[0] for line in declared}
    wanted = {modules.get(name, name) for name in names} - {""}
    used = {name.split(".")[0] for path in MODULES for name, _ in imports(path)}
    used -= {"regulars", "polars", *sys.stdlib_module_names}  # polars: only where the user's own frames are
    assert used <= wanted, f"not declared in pyproject.toml: {sorted(used - wanted)}"
    assert wanted <= used, f"declared in pyproject.toml, imported nowhere: {sorted(wanted - used)}"


# ---------------------------------------------------------------- one expression, two engines

FRAME_ROOMS = ("features", "insight")
FORBIDDEN_METHODS = re.compile(
    r"total_\w+|weekday|truncate|join_asof|pivot|hash|approx\w*|sql|execute|executemany|query"
)
SQL = re.compile(r"\bselect\b[^.;]+\bfrom\b[^.;]+\b(where|group by|join)\b", re.IGNORECASE)


def engine_expressions(path: Path) -> Iterator[str]:
    """Expressions that mean different things on DuckDB and Spark, or that only one of them has."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            ordered = any(keyword.arg == "order_by" for keyword in node.keywords)
            if FORBIDDEN_METHODS.fullmatch(name) or (name in ("first", "last") and ordered):
                yield f"{place(path)}:{node.lineno} calls {name}(...)"
        elif isinstance(node, ast.Constant) and SQL.search(str(node.value)):
            yield f"{place(path)}:{node.lineno} holds SQL"


def test_frames_use_only_what_both_engines_share() -> None:
    found = [line for path in MODULES if room(path) in FRAME_ROOMS for line in engine_expressions(path)]
    assert not found, found


def test_no_clock_and_no_global_chance_below_the_pipeline() -> None:
    """The same input gives the same bytes: a day comes in as ``as_of``, a seed as ``random_state``."""
    rooms = {"features", "insight", "models", "decisions", "evaluation", "simulate"}
    clock = re.compile(r"(datetime|date|dt)\.(now|today|utcnow)|time\.(time|monotonic|perf_counter)\w*")
    chance = re.compile(
        r"(np|numpy)\.random\.(?!default_rng|Generator|SeedSequence|PCG64|Philox|BitGenerator)\w+"
    )
    found = []
    for path in MODULES:
        if room(path) not in rooms:
            continue
        found += [f"{place(path)}:{line} imports {name}" for name, line in imports(path) if name == "random"]
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if clock.fullmatch(called) or chance.fullmatch(called):
                    found.append(f"{place(path)}:{node.lineno} calls {called}()")
    assert not found, found


# ---------------------------------------------------------------- how things are called


def words(name: str) -> set[str]:
    """The words of a snake_case or CamelCase name.

    >>> sorted(words("EventStoreManager_of_things"))
    ['event', 'manager', 'of', 'store', 'things']
    """
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def test_no_empty_words_in_names() -> None:
    found = []
    for path in MODULES:
        found += [
            f"{place(path)}: {part}"
            for part in Path(place(path)).parts
            if words(Path(part).stem) & FORBIDDEN_WORDS
        ]
        for node in ast.walk(tree(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found += (
                    [f"{place(path)}:{node.lineno} {node.name}"] if words(node.name) & FORBIDDEN_WORDS else []
                )
    assert not found, found


def test_files_hold_one_noun() -> None:
    lengths = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    too_long = {
        name: lines for name, lines in lengths.items() if lines > LONGEST_FILE and name not in WORD_LISTS
    }
    assert not too_long, f"more than {LONGEST_FILE} lines; split by noun: {too_long}"


def test_functions_do_one_thing() -> None:
    found = []
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                found += (
                    [f"{place(path)}:{node.lineno} {node.name}: {lines}"] if lines > LONGEST_FUNCTION else []
                )
    assert not found, found


def test_every_module_says_what_it_is() -> None:
    silent = [
        place(p) for p in MODULES if p.read_text(encoding="utf-8").strip() and not ast.get_docstring(tree(p))
    ]
    assert not silent, silent


def is_blind(handler: ast.ExceptHandler) -> bool:
    broad = handler.type is None or ast.unparse(handler.type) in ("Exception", "BaseException")
    return broad and all(isinstance(part, ast.Pass | ast.Continue) for part in handler.body)


def test_no_error_passes_in_silence() -> None:
    found = [
        f"{place(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and is_blind(node)
    ]
    assert not found, found


def test_no_unfinished_work() -> None:
    """No marks of work to do, and no stubs: only a class that others are built on may leave a method to them."""
    mark = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b")
    classes = [
        (path, node) for path in MODULES for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)
    ]
    built_on = {ast.unparse(base).split(".")[-1] for _, node in classes for base in node.bases}
    found = [
        f"{place(path)}:{number} {line.strip()}"
        for path in MODULES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if mark.search(line)
    ]
    for path, node in classes:
        if node.name not in built_on and "NotImplementedError" in ast.unparse(node):
            found.append(f"{place(path)}:{node.lineno} {node.name} has a stub")
    assert not found, found


# ---------------------------------------------------------------- the public names


@pytest.mark.parametrize("name", sorted(regulars.EXPORTS))
def test_public_name_resolves(name: str) -> None:
    value = getattr(regulars, name)
    assert value.__module__ == regulars.EXPORTS[name]
    assert value.__doc__


def test_public_names_have_types() -> None:
    """``__init__.pyi`` names every export from the module that ``__init__.py`` loads it from, and no other."""
    typed = {
        alias.asname: node.module
        for node in tree(SRC / "__init__.pyi").body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == regulars.EXPORTS
    assert (SRC / "py.typed").exists()


def test_star_dir_and_unknown_names() -> None:
    assert set(regulars.__all__) == {"__version__", *regulars.EXPORTS}
    assert set(regulars.EXPORTS) <= set(dir(regulars))
    with pytest.raises(AttributeError, match="BetaGeoNDB"):
        _ = regulars.BetaGeoNDB  # type: ignore[attr-defined]


def test_every_error_is_public() -> None:
    errors = {node.name for node in tree(SRC / "errors.py").body if isinstance(node, ast.ClassDef)}
    assert errors == {name for name, module in regulars.EXPORTS.items() if module == "regulars.errors"}


def all_subclasses(parent: type) -> Iterator[type]:
    for child in parent.__subclasses__():
        yield child
        yield from all_subclasses(child)


def test_every_model_is_public() -> None:
    """A class in models/ that plays a role, and that no other class is built on, can be imported from the top."""
    import regulars.models
    from regulars.models.base import Recommender, Scorer

    for module in pkgutil.walk_packages(regulars.models.__path__, "regulars.models."):
        importlib.import_module(module.name)
    models = {cls for role in (Scorer, Recommender) for cls in all_subclasses(role)}
    finished = {cls for cls in models if cls.__module__.startswith("regulars.") and not cls.__subclasses__()}
    missing = {f"{cls.__module__}.{cls.__name__}" for cls in finished if cls.__name__ not in regulars.EXPORTS}
    assert not missing, f"add them to __init__.pyi: {sorted(missing)}"


# ---------------------------------------------------------------- what an import costs


def test_importing_the_package_loads_nothing() -> None:
    loaded = json.loads(
        run_python("import json, sys; import regulars; print(json.dumps(sorted(sys.modules)))")
    )
    ours = [name for name in loaded if name.split(".")[0] == "regulars"]
    assert ours == ["regulars"]
    assert not {"numpy", "pyarrow", "duckdb", "narwhals", "click"} & set(loaded)


def test_help_loads_no_engine_and_no_arrays() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "regulars", "--help"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert not loaded & {"numpy", "pyarrow", "duckdb", "narwhals", "scipy", "sklearn", "pandas", "jinja2"}


def test_modules_import_what_is_heavy_where_they_use_it() -> None:
    names = [
        ".".join(("regulars", *path.relative_to(SRC).with_suffix("").parts)).removesuffix(".__init__")
        for path in MODULES
        if room(path) not in ("store", "pipeline", "simulate", "__main__")  # these open an engine
    ]
    loaded = run_python(f"import importlib, json, sys\nfor name in {names}: importlib.import_module(name)\n"
                        "print(json.dumps(sorted(sys.modules)))")  # fmt: skip
    found = sorted(HEAVY & set(json.loads(loaded)))
    assert not found, found


# ---------------------------------------------------------------- what a file may say


def tracked_files() -> list[Path]:
    """The text files of the repository, or of an unpacked source archive."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, timeout=60)
    if listing.returncode == 0 and listing.stdout:
        paths = [ROOT / os.fsdecode(name) for name in listing.stdout.split(b"\0") if name]
    else:
        hidden = {".venv", ".git"}
        paths = [path for path in ROOT.rglob("*") if not hidden & set(path.relative_to(ROOT).parts)]
    return [path for path in paths if path.is_file()]


def test_no_address_of_an_index_and_no_path_of_one_machine() -> None:
    # Put together here, so that this file does not hold what it looks for.
    forbidden = re.compile(
        "|".join(
            [
                re.escape("files.python" + "hosted"),
                r"pypi\." + r"org/simple",
                r"--(extra-)?index" + r"-url[ =]",
                r"--find" + r"-links",
                r"https?://[\w.]*(pypi" + r"|artifactory|nexus)[\w.]*",
                r"(?<![\w.$}])/(work" + r"|root|Users|opt|home/\w+)/",
            ]
        )
    )
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in forbidden.finditer(text)]
    assert not found, found


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_pin_every_package_with_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "http" not in text
    assert not re.search(r"^-", text, re.MULTILINE), "an option of an installer stands in the lock file"
    packages = re.split(r"\n(?=[a-z])", text)
    for package in packages:
        assert re.match(r"[a-z0-9._-]+==\S+", package), package[:80]
        assert "--hash=sha256:" in package, package[:80]


def pins(name: str) -> dict[str, str]:
    return dict(
        re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    )


def test_locks_agree_with_the_project_and_each_other() -> None:
    run, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert run.items() <= dev.items()
    groups, extras = PROJECT["dependency-groups"], PROJECT["project"]["optional-dependencies"]
    wanted_run = PROJECT["project"]["dependencies"] + groups["build"]
    wanted_dev = [line for line in groups["dev"] if isinstance(line, str)]
    wanted_dev += chain.from_iterable(extras.values())
    for lines, lock in ((wanted_run, run), (wanted_dev, dev)):
        missing = {re.split(r"[<>=\[ ;]", line)[0] for line in lines} - set(lock)
        assert not missing, f"type: sh scripts/lock   ({sorted(missing)})"


def test_versions_agree() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    cited = re.search(r"^version: \"?([^\"\n]+)", citation, re.MULTILINE)
    assert cited
    assert PROJECT["project"]["version"] == regulars.__version__ == cited.group(1)
    released = re.search(r"^date-released: \"?([\d-]+)", citation, re.MULTILINE)
    assert released
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{regulars.__version__}] - {released.group(1)}" in changes
