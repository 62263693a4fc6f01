"""The importer in README.md, installed as a package of somebody else's."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from persona_vault.importers.testing import check_golden, conformance, write_golden

ROOT = Path(__file__).parent.parent
SECTION = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = SECTION[SECTION.index("## Writing an importer") :]
CODE = re.search(r"^```python\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)[1]
ENTRY = re.search(r"^```toml\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)[1]
MAIN = "from persona_vault.cli import main; main()"
TALK = [
    {"who": "me", "said": "Is the lamp on?"},
    {"who": "lumen", "said": "It is, and it stays on."},
    {"who": "stranger", "said": "Hello?"},
]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package as pip would leave it: a module and its metadata."""
    site = tmp_path / "site"
    about = site / "lumen_importer-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "lumen_importer.py").write_text(CODE, encoding="utf-8")
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: lumen-importer\nVersion: 1.0\n",
        encoding="utf-8",
    )
    group, line = ENTRY.strip().splitlines()
    assert group == '[project.entry-points."persona_vault.importers"]'
    (about / "entry_points.txt").write_text(
        "[persona_vault.importers]\n" + line.replace('"', "") + "\n", encoding="utf-8"
    )
    return site


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """A file of the app, with a speaker that nobody knows."""
    path = tmp_path / "lumen.jsonl"
    path.write_text("\n".join(map(json.dumps, TALK)) + "\n", encoding="utf-8")
    return path


def test_an_importer_of_another_package_is_found(
    package: Path, talk: Path, tmp_path: Path
) -> None:
    """The command line reads the file with it; the unknown speaker is an issue."""
    vault = tmp_path / "vault"

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", MAIN, *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(package)},
        )

    run("init", "--plain", "--vault", vault)
    done = run(
        *("import", talk, "--persona", "Lumen", "--no-embed", "--json"),
        *("--vault", vault),
    )
    assert done.returncode == 4, done.stderr
    ledger = json.loads(done.stdout)
    assert ledger["source"]["importer"] == "lumen"
    assert (ledger["n_added"], ledger["n_issues"]) == (2, 1)


def test_it_passes_the_harness(
    package: Path, talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What README says of the harness holds for README's own importer."""
    monkeypatch.syspath_prepend(str(package))
    from lumen_importer import Lumen

    golden = tmp_path / "golden"
    golden.mkdir()
    export = golden / "lumen.jsonl"
    export.write_bytes(talk.read_bytes())
    (golden / "NOTE.md").write_text("Made up.\n", encoding="utf-8")
    written, refused = write_golden(golden, among=[Lumen()])
    assert (written, refused) == (["lumen.jsonl: written by lumen"], [])
    assert check_golden(golden, among=[Lumen()]) == []
    assert conformance(Lumen(), export) == []
