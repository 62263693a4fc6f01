"""Vectors beside what the model makes of their texts; what cannot be compared."""

from pathlib import Path

import pytest

from persona_vault.demo import TalkShape, generate_null
from persona_vault.embedders.hashing import HashingEmbedder
from persona_vault.ingest import import_file
from persona_vault.search import checking
from persona_vault.search.checking import check_vectors
from persona_vault.search.embed import embed_messages
from persona_vault.snapshot.sentences import embed_said
from persona_vault.store.vault import Vault
from persona_vault.store.verify import (
    Damage,
    NotCompared,
    drop_vectors_of_no_text,
    find_damage,
    repair,
)

SHAPE = TalkShape(n_blocks_before=2, n_blocks_after=2, n_turns=3, strength=1.0)


@pytest.fixture
def embedded(vault: Vault, tmp_path: Path) -> Vault:
    """A small talk with vectors of the hashing embedder."""
    import_file(vault, generate_null(tmp_path, seed=5, shape=SHAPE).path, persona="Ava")
    embed_messages(vault, "hashing")
    return vault


def looked_at(vault: Vault) -> tuple[list[Damage], list[NotCompared]]:
    """What is wrong, and what was left out."""
    left_out: list[NotCompared] = []
    return list(check_vectors(vault, left_out.append)), left_out


def change(vault: Vault, statement: str) -> int:
    """Write as a program of ours does: the hashes agree with it."""
    with vault.write() as connection:
        return connection.exec_driver_sql(statement).rowcount


def n_vectors(vault: Vault) -> int:
    """How many there are."""
    with vault.read() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM vector").scalar_one()
        return int(found)


@pytest.fixture
def every_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample is all there are."""
    monkeypatch.setattr(checking, "N_SAMPLED", 10_000)


def embed_bare_words(vault: Vault) -> int:
    """Vectors as comparisons read them."""
    return embed_said(vault, HashingEmbedder())


@pytest.mark.usefixtures("every_one")
def test_sound_vectors_are_those_of_their_texts(embedded: Vault) -> None:
    """Those of bare messages as well."""
    assert embed_bare_words(embedded)
    assert looked_at(embedded) == ([], [])


@pytest.mark.usefixtures("every_one")
@pytest.mark.parametrize("bare", [False, True])
def test_swapped_vectors_are_found_and_made_anew(embedded: Vault, bare: bool) -> None:
    """Their hashes say nothing, being new; after a repair the model reads all again."""
    if bare:
        embed_bare_words(embedded)
    of_passage = "(SELECT 1 FROM passage WHERE passage.digest = vector.digest)"
    which = f"{'NOT' if bare else ''} EXISTS {of_passage}"
    with embedded.write() as connection:
        run = connection.exec_driver_sql
        rows = run(f"SELECT digest, data FROM vector WHERE {which} LIMIT 2").all()  # noqa: S608
        for row, other in (rows, rows[::-1]):
            say = "UPDATE vector SET data = ? WHERE digest = ?"
            run(say, (other.data, row.digest))
    assert list(find_damage(embedded)) == []
    (damage,), left_out = looked_at(embedded)
    assert (damage.kind, damage.n, len(damage.ids)) == ("vector_text", 2, 2)
    assert damage.rebuildable
    assert left_out == []
    assert repair(embedded, [damage]) == ["vector"]
    assert n_vectors(embedded) == 0
    embed_messages(embedded)
    assert looked_at(embedded) == ([], [])


def test_a_sample_is_enough_where_all_are_wrong(embedded: Vault) -> None:
    """At most 32 texts are read, and the same ones each time."""
    change(embedded, "UPDATE vector SET data = zeroblob(octet_length(data))")
    (first,), _ = looked_at(embedded)
    (second,), _ = looked_at(embedded)
    assert first == second
    assert first.n == min(32, n_vectors(embedded))


def test_a_vector_of_no_text_is_told_and_removed(embedded: Vault) -> None:
    """It is no damage: an import that changes the turn before leaves such ones."""
    embed_bare_words(embedded)
    n_before = n_vectors(embedded)
    change(
        embedded,
        "INSERT INTO vector SELECT randomblob(16), model_id, precision, data"
        " FROM vector LIMIT 3",
    )
    found, (left_out,) = looked_at(embedded)
    assert found == []
    assert (left_out.table, left_out.n, left_out.reason) == ("vector", 3, "no_text")
    assert drop_vectors_of_no_text(embedded) == 3
    assert n_vectors(embedded) == n_before
    assert looked_at(embedded) == ([], [])


def test_vectors_of_a_model_that_is_not_here_are_not_compared(embedded: Vault) -> None:
    """That is said; what else can be compared is."""
    change(embedded, "UPDATE vector SET model_id = 'far-away'")
    found, (left_out,) = looked_at(embedded)
    assert found == []
    assert (left_out.of, left_out.reason) == ("far-away", "no_model")
    assert left_out.n == n_vectors(embedded)
    embedded.set_setting("embedder", "/no/such/folder")
    assert looked_at(embedded) == (found, [left_out])
