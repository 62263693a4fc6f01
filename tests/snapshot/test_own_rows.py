"""Word lists of one's own reach a comparison from the vault's folder."""

import json
import re
from pathlib import Path

import pytest

from persona_vault.dimensions.own import FILE_NAME
from persona_vault.errors import InputRejectedError
from persona_vault.ingest import import_file
from persona_vault.snapshot import take_snapshot
from persona_vault.store.vault import Vault

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
EXAMPLE = re.search(
    r"^```toml\n(\[\[dimension.*?)^```$", README, re.MULTILINE | re.DOTALL
)[1]
SAID = "I was by the harbour all morning, and we went sailing when the wind came up."
TALK = "\n".join(
    [
        json.dumps({"speaker": "user", "text": "Where were you, and what did you do?"}),
        json.dumps({"speaker": "persona", "text": SAID}),
    ]
)


def test_the_list_in_readme_is_measured(vault: Vault, tmp_path: Path) -> None:
    """README's own example becomes a row that is no headline row."""
    talk = tmp_path / "talk.jsonl"
    talk.write_text(TALK, encoding="utf-8")
    import_file(vault, talk, persona="Ada")
    (vault.path / FILE_NAME).write_text(EXAMPLE, encoding="utf-8")

    found = take_snapshot(vault)

    assert not found.specs["sea_words"].headline
    assert found.rows["persona"]["sea_words"].column("num").sum() == 1


def test_a_broken_list_is_refused_with_its_place(vault: Vault, tmp_path: Path) -> None:
    """A file that cannot be read as a list stops the comparison with one sentence."""
    talk = tmp_path / "talk.jsonl"
    talk.write_text(TALK, encoding="utf-8")
    import_file(vault, talk, persona="Ada")
    (vault.path / FILE_NAME).write_text("[[dimension]]\nname = 3\n", encoding="utf-8")

    with pytest.raises(InputRejectedError, match=r"dimensions\.toml"):
        take_snapshot(vault)
