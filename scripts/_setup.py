"""Makes `.venv` at the repository root and keeps it in step with the project's files.

Standard library only, and readable by old Pythons up to the version check: this runs
before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
CONSTRAINTS = ROOT / "scripts" / "constraints.txt"
STAMP = "persona-vault-setup.txt"
OLDEST = (3, 11)
ABOUT = {"run": "the program and its embedding model", "dev": "that and the test tools"}


class SetupError(Exception):
    """The environment cannot be made; the message ends with the next step."""


def ensure_environment(*, dev: bool = False) -> Path:
    """Path of the environment's Python, made or brought up to date first if needed.

    Args:
        dev: Also install the test tools; an environment that has them serves both.

    Raises:
        SetupError: Python is too old, the environment cannot be made, or pip failed.
    """
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        raise SetupError(
            f"persona_vault needs Python 3.11 or newer; this is {found}.\n"
            f"Hint: install a newer Python and start the script with it, "
            f"such as: python3.12 {sys.argv[0]}"
        )
    kinds = ["dev"] if dev else ["run", "dev"]
    stamp = VENV / STAMP
    found_stamp = stamp.read_text(encoding="utf-8") if stamp.is_file() else ""
    if found_stamp in {_stamp(kind) for kind in kinds} and venv_python().is_file():
        return venv_python()
    kind = "dev" if dev or found_stamp.startswith("dev ") else "run"
    _say_what_comes(kind)
    stamp.unlink(missing_ok=True)
    _make_venv()
    _install(kind)
    # Written last: an interrupted run leaves no stamp, and the next one starts again.
    stamp.write_text(_stamp(kind), encoding="utf-8")
    print("Set-up finished.\n", flush=True)
    return venv_python()


def venv_python() -> Path:
    """Where the environment's Python stands, whether or not it is there yet."""
    return venv_program("python")


def venv_program(name: str) -> Path:
    """Where a program of the environment stands on this system."""
    if os.name == "nt":
        return VENV / "Scripts" / f"{name}.exe"
    return VENV / "bin" / name


def _stamp(kind: str) -> str:
    """What the environment was made from; a moved folder or changed file differs."""
    digest = hashlib.sha256()
    for path in (ROOT / "pyproject.toml", CONSTRAINTS):
        digest.update(path.read_bytes())
    version = ".".join(str(part) for part in sys.version_info[:2])
    return f"{kind} {digest.hexdigest()} {version} {ROOT}"


def _say_what_comes(kind: str) -> None:
    verb = "Bringing up to date" if VENV.exists() else "Making"
    print(
        f"{verb} {VENV}: {ABOUT[kind]}.\n"
        "Nothing outside this folder is changed. The first time, pip downloads about "
        "0.5 GB\n(on Linux up to 3 GB, as torch comes with its GPU parts there); with "
        "a fast line this takes\n2 to 10 minutes. Later runs start at once.",
        flush=True,
    )


def _make_venv() -> None:
    """A fresh environment, unless the one that is there runs and is of this version."""
    if venv_python().is_file() and _is_usable():
        return
    if VENV.exists():
        shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
    if made.returncode != 0:
        raise SetupError(
            f"Python could not make an environment in {VENV}.\n"
            "Hint: on Debian and Ubuntu, install the package python3-venv, then start "
            "the script again."
        )


def _is_usable() -> bool:
    """Whether the environment's Python starts, here, as the version that made it."""
    code = "import sys; print(*sys.version_info[:2], sys.prefix)"
    try:
        answer = subprocess.run(
            [str(venv_python()), "-c", code],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return False
    major, minor, prefix = (*answer.stdout.strip().split(" ", 2), "", "", "")[:3]
    version = tuple(str(part) for part in sys.version_info[:2])
    return (major, minor) == version and Path(prefix) == VENV


def _install(kind: str) -> None:
    extras = "model,dev" if kind == "dev" else "model"
    command = [str(venv_python()), "-m", "pip", "install"]
    command += ["--disable-pip-version-check", "--no-input"]
    # Progress bars are for people; in a log they are thousands of lines.
    command += [] if sys.stdout.isatty() else ["--quiet", "--quiet"]
    command += ["--constraint", str(CONSTRAINTS), "--editable", f"{ROOT}[{extras}]"]
    if kind == "dev":
        command += _build_requirements()
    if subprocess.run(command, check=False, cwd=ROOT).returncode != 0:
        raise SetupError(
            "pip could not install what persona_vault needs; its own words stand "
            "above.\nHint: check the connection and the free disk space, then start "
            "the script again."
        )


def _build_requirements() -> list[str]:
    """What builds a wheel, so that the tests can build one without a connection."""
    import tomllib  # noqa: PLC0415 - absent before 3.11, which is checked first

    with (ROOT / "pyproject.toml").open("rb") as file:
        return [str(name) for name in tomllib.load(file)["build-system"]["requires"]]
