"""Which code decides the calibration's numbers, as one fingerprint.

Only what a run can reach by its imports counts: a command or a table that prints
otherwise leaves kept results good, a changed rule does not.
"""

import ast
import hashlib
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"
# What runs are made of, and the readers that the registry finds by name for the files
# that worlds and demo write.
STARTS = (
    "worlds.jobs",
    *(
        f"persona_vault.importers.formats.{name}"
        for name in ("character_ai", "chatgpt", "generic", "kindroid", "replika")
    ),
)
# They keep, order and print results.
NO_PART = frozenset({"code.py", "schedule.py", "tables.py"})
PACKAGES = ("persona_vault", "worlds")
# Read beside the modules of a folder: words, calendars, templates.
DATA = frozenset({".toml", ".j2"})
LIBRARIES = ("numpy", "scipy", "scikit-learn")


def fingerprint() -> str:
    """Ten hex digits over every file that decides a result."""
    digest = hashlib.sha256()
    for path in deciding_files():
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def versions() -> str:
    """Python and the libraries whose numbers these are."""
    found = [f"{name} {version(name)}" for name in LIBRARIES]
    return ", ".join((f"Python {platform.python_version()}", *found))


def deciding_files() -> list[Path]:
    """Modules within reach of a run, and the data beside them, sorted."""
    modules: set[Path] = set()
    waiting = [path for name in STARTS for path in _all_of(name)]
    while waiting:
        path = waiting.pop()
        if path in modules or (path.parent.name == "worlds" and path.name in NO_PART):
            continue
        modules.add(path)
        for name in _imported(path):
            waiting += _modules_on_the_way(name)
    folders = {path.parent for path in modules}
    data = {
        p
        for folder in folders
        for p in folder.rglob("*")
        if p.suffix in DATA and (p.parent in folders or p.parent.name == "templates")
    }
    return sorted(modules | data)


def _all_of(name: str) -> Iterator[Path]:
    place = _place(name)
    yield from sorted(place.rglob("*.py")) if place.is_dir() else [_file(place)]


def _place(name: str) -> Path:
    root = SCRIPTS if name.startswith("worlds") else ROOT
    return root.joinpath(*name.split("."))


def _file(place: Path) -> Path:
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def _modules_on_the_way(name: str) -> Iterator[Path]:
    """The module named, and the packages that hold it; a name inside one is no file."""
    parts = name.split(".")
    if parts[0] not in PACKAGES:
        return
    # The package itself only names what it offers; its version is told beside.
    for n in range(2, len(parts) + 1):
        path = _file(_place(".".join(parts[:n])))
        if path.is_file():
            yield path


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
