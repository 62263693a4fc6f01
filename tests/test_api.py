"""The public names: all there, loaded when used, and typed as a user meets them."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import persona_vault
from persona_vault.demo import TalkShape, generate_null
from tests import typing_api

HEAVY = set(
    "torch transformers sentence_transformers faiss numpy scipy sklearn sqlalchemy "
    "alembic sqlcipher3 cryptography emoji jinja2 click".split()
)


@pytest.mark.parametrize("name", persona_vault.__all__)
def test_every_public_name_resolves(name: str) -> None:
    """What `__all__` lists is there, documented, and known by the same name."""
    found = getattr(persona_vault, name)

    assert found.__name__ == name
    assert found.__doc__
    assert name in dir(persona_vault)


def test_unknown_name_is_an_attribute_error() -> None:
    """A misspelt name fails as it does for any module."""
    with pytest.raises(AttributeError, match="no_such_name"):
        persona_vault.no_such_name  # noqa: B018


def test_import_loads_nothing_heavy(tmp_path: Path) -> None:
    """`import persona_vault` loads neither a driver, nor numbers, nor a model."""
    code = (
        "import json, sys, persona_vault; "
        "print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"
    )
    left = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )

    assert set(json.loads(left.stdout)) & HEAVY == set()


def test_the_typed_example_does_what_it_says(tmp_path: Path) -> None:
    """The calls that mypy checks in `typing_api.py` also run."""
    shape = TalkShape(n_blocks_before=6, n_blocks_after=6, n_turns=4, strength=1.0)
    world = generate_null(tmp_path, seed=2, shape=shape)
    folder = tmp_path / "vault"

    report = typing_api.keep(folder, world.path)

    assert report.n_added == report.n_read == 12 * 4 * 2
    assert typing_api.refused(folder) == ""
    assert typing_api.refused(tmp_path / "nowhere").endswith("(2)")
    with persona_vault.open_vault(folder) as vault:
        assert sum(1 for _ in typing_api.replies(vault)) == 12 * 4
        (word, *_) = next(typing_api.replies(vault)).split()
        assert typing_api.find(vault, word)
        diff, text = typing_api.compare(vault, world.update_at, tmp_path)
        assert typing_api.write_out(vault, tmp_path / "talk.out") == 12 * 4 * 2
    assert (diff.before.n_blocks, diff.after.n_blocks) == (6, 6)
    assert "Juniper" in text
    assert world.update_at > datetime(2024, 1, 1, tzinfo=UTC)
