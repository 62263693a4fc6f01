"""Objects that name their fields differently: no word is lost, and no false alarm."""

import json
import time
from collections.abc import Sequence
from typing import Any

import pytest

from persona_vault.ingest import import_file
from persona_vault.ingest.checking import check_records
from persona_vault.model import ReadOptions
from persona_vault.store.chosen import Kind, Wanted
from persona_vault.store.forgetting import forget_chosen
from persona_vault.store.vault import Vault

MIXED = (
    {"id": 1, "role": "user", "text": "One?", "date": "2024-05-01 10:00"},
    {"id": 2, "role": "assistant", "content": "Two.", "date": "2024-05-01 10:01"},
    {"id": 3, "sender": "user", "message": "Three?", "time": "2024-05-01 10:02"},
    {"id": 4, "role": "assistant", "text": None, "body": "Four.", "model": "m-1"},
    {"uuid": "x", "role": "user", "text": "Five?", "created_at": "2024-05-01 10:04"},
)


def brought(vault: Vault, rows: Sequence[dict[str, Any]], **options: Any) -> list[str]:
    """Import the objects as JSON Lines; the texts that are kept, in order."""
    file = vault.path.parent / f"talk-{len(list(vault.sources()))}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    import_file(vault, file, persona="Wren", options=ReadOptions(**options))
    return [message.text for message in vault.messages(shown_only=False)]


def n_found(vault: Vault) -> int:
    """How many messages are unlike their records."""
    return sum(damage.n for damage in check_records(vault))


def test_no_words_are_lost_and_none_are_called_damaged(vault: Vault) -> None:
    """What holds the text in other objects lacks it here: another key has it."""
    assert brought(vault, MIXED) == ["One?", "Two.", "Three?", "Four.", "Five?"]
    assert n_found(vault) == 0


def test_other_words_than_the_records_are_still_found(vault: Vault) -> None:
    """Each of them, by whatever key its record names its words."""
    brought(vault, MIXED)
    with vault.write() as connection:
        connection.exec_driver_sql("UPDATE message SET text = 'other words'")
    assert n_found(vault) == len(MIXED)


@pytest.mark.parametrize(
    "columns",
    [{"text": "content"}, {"timestamp": ""}, {"id": ""}, {"speaker": "role"}],
    ids=str,
)
def test_what_the_user_chose_holds_for_each_record(
    columns: dict[str, str], vault: Vault
) -> None:
    """A chosen key that an object lacks is not sought elsewhere, now and later."""
    texts = brought(vault, MIXED, columns=columns)
    assert n_found(vault) == 0
    if "text" in columns:
        assert "One?" not in texts


def test_names_without_end_cost_no_time(vault: Vault) -> None:
    """Spellings of one word, in objects that lack the one that was chosen."""
    spelled: dict[str, Any] = {" " * n + "text": 1 for n in range(2_000)}
    rows = [{"role": "user", "text": "One?"}, {"role": "user", **spelled, "text": None}]
    rows += [{"role": "user", "id": n, f"key {n}": 1} for n in range(20_000)]
    began = time.process_time()
    assert brought(vault, rows)[0] == "One?"
    assert time.process_time() - began < 20


def test_a_ledger_tells_the_columns_only_where_it_must(vault: Vault) -> None:
    """Objects that each tell it themselves need no word about it."""
    file = vault.path.parent / "even.jsonl"
    rows = [{**MIXED[0], "model": "m"}, MIXED[0] | {"id": 2, "text": "Two."}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert import_file(vault, file, persona="Wren").facts == ()
    brought(vault, MIXED)
    (fact,) = max(vault.sources(), key=lambda source: source.id).ledger["facts"]
    assert json.loads(fact["value"])["text"] == "text"


def test_a_source_without_that_word_is_read_as_before(vault: Vault) -> None:
    """One of an older vault: by its own keys, so that most of it is still compared."""
    brought(vault, MIXED[:2])
    with vault.write() as connection:
        connection.exec_driver_sql(
            "UPDATE source SET ledger = json_remove(ledger, '$.facts')"
        )
    assert n_found(vault) == 0


def test_a_forgotten_name_among_the_columns_is_no_column(vault: Vault) -> None:
    """Blotted in the ledger: records speak for themselves again, without an alarm."""
    rows = [{("Ann Müller" if "text" in r else "w"): 1, **r} for r in MIXED]
    brought(vault, rows, columns={"model": "Ann Müller"})
    with vault.write() as connection:
        wanted = Wanted(kind=Kind.NAME, words="Müller", persona=None)
        forget_chosen(connection, wanted)
        (ledger,) = connection.exec_driver_sql("SELECT ledger FROM source").one()
    assert "ller" not in ledger
    list(check_records(vault))
