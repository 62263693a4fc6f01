"""Forgetting a source leaves exactly what the other sources hold, and no trace."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from persona_vault.model import Event, Period
from persona_vault.store import forgetting
from persona_vault.store.chosen import Kind, Wanted
from persona_vault.store.clock import from_micros
from persona_vault.store.passages import (
    PREVIOUS_CHARACTERS,
    passage_text,
    refresh_passages,
    text_digest,
)
from persona_vault.store.schema import (
    attachment,
    message,
    model_claim,
    persona_input,
    persona_input_source,
    raw_record,
    vector,
)
from persona_vault.store.vault import Vault, open_vault

Tell = Callable[..., int]
Told = Sequence[tuple[str, str]]

# What a reader can find out, without row ids.
_VISIBLE = {
    "messages": """SELECT c.native_id, m.identity, m.text, s.name FROM message m
        JOIN conversation c ON c.id = m.conversation_id
        JOIN source s ON s.id = m.source_id ORDER BY 1, 2""",
    "held by": """SELECT c.native_id, m.identity, s.name FROM message_source ms
        JOIN message m ON m.id = ms.message_id
        JOIN conversation c ON c.id = m.conversation_id
        JOIN source s ON s.id = ms.source_id ORDER BY 1, 2, 3""",
    "revisions": """SELECT c.native_id, m.identity, s.name, r.text FROM revision r
        JOIN message m ON m.id = r.message_id
        JOIN conversation c ON c.id = m.conversation_id
        JOIN source s ON s.id = r.source_id ORDER BY 1, 2, 3, 4""",
    "passages": """SELECT c.native_id, m.identity, p.text, hex(p.digest)
        FROM passage p JOIN message m ON m.id = p.message_id
        JOIN conversation c ON c.id = m.conversation_id ORDER BY 1, 2""",
    "conversations": "SELECT native_id FROM conversation ORDER BY 1",
    "personas": "SELECT name FROM persona ORDER BY 1",
    "sources": "SELECT name FROM source ORDER BY 1",
}


def visible(vault: Vault) -> dict[str, list[Any]]:
    """Everything of a vault that does not depend on row ids."""
    with vault.read() as connection:
        return {
            name: [tuple(row) for row in connection.exec_driver_sql(query)]
            for name, query in _VISIBLE.items()
        }


def check_index(vault: Vault) -> None:
    """FTS5's own check that the index and the passages agree, rows included."""
    with vault.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO message_fts(message_fts, rank) VALUES ('integrity-check', 1)"
        )


def found(vault: Vault, words: str) -> list[str]:
    """Texts of the messages whose passage has these words."""
    with vault.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT message.text FROM message_fts"
            " JOIN message ON message.id = message_fts.rowid"
            " WHERE message_fts MATCH ? ORDER BY message.id",
            (words,),
        )
        return list(rows.scalars())


turns = st.lists(
    st.tuples(st.sampled_from("123456"), st.sampled_from(["", "tide", "gull", "sand"])),
    max_size=5,
    unique_by=lambda turn: turn[0],
).map(sorted)
tellings = st.lists(
    st.dictionaries(st.sampled_from(["quay", "dune"]), turns, max_size=2),
    min_size=1,
    max_size=4,
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(told=tellings, data=st.data())
def test_forgetting_equals_never_having_imported(
    told: list[dict[str, Told]],
    data: st.DataObject,
    vault: Vault,
    tell: Tell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Import some sources, forget one: as if only the others had been imported."""
    gone = data.draw(st.integers(min_value=0, max_value=len(told) - 1))
    ratio = data.draw(st.sampled_from([0, 10**9]))
    monkeypatch.setattr(forgetting, "REBUILD_RATIO", ratio)
    _empty(vault)
    numbers = [tell(vault, f"s{n}", talks) for n, talks in enumerate(told)]
    vault.forget_source(numbers[gone])
    check_index(vault)
    after = visible(vault)
    _empty(vault)
    for n, talks in enumerate(told):
        if n != gone:
            tell(vault, f"s{n}", {name: t for name, t in talks.items() if t})
    assert after == visible(vault)


def _empty(vault: Vault) -> None:
    for source in vault.sources():
        vault.forget_source(source.id)
    assert not any(visible(vault).values())
    check_index(vault)


def test_a_text_falls_back_to_what_the_others_show(vault: Vault, tell: Tell) -> None:
    """The newest text of the remaining sources counts, and search finds it."""
    tell(vault, "a", {"quay": [("1", "the tide is low")]})
    tell(vault, "b", {"quay": [("1", "the water is high")]})
    third = tell(vault, "c", {"quay": [("1", "the harbour is empty")]})
    assert vault.forget_source(third)["n_revisions"] == 1
    assert [m.text for m in vault.messages()] == ["the water is high"]
    assert found(vault, "harbour") == []
    assert found(vault, "waters") == ["the water is high"]
    check_index(vault)


def test_a_neighbour_no_longer_quotes_what_was_forgotten(
    vault: Vault, tell: Tell
) -> None:
    """The passage of the next message held the forgotten turn; now it does not."""
    first = tell(vault, "a", {"quay": [("1", "marzipan for breakfast"), ("2", "nice")]})
    tell(vault, "b", {"quay": [("2", "nice")]})
    assert found(vault, "marzipan") == ["marzipan for breakfast", "nice"]
    vault.forget_source(first)
    assert found(vault, "marzipan") == []
    assert found(vault, "nice") == ["nice"]
    check_index(vault)


def test_everything_that_hangs_on_a_message_goes_with_it(
    vault: Vault, tell: Tell
) -> None:
    """Claims, attachments, raw records, inputs and vectors go; the counts say so."""
    source_id = tell(vault, "a", {"quay": [("1", "low tide"), ("2", "yes")]})
    other = tell(vault, "b", {"dune": [("1", "sand")]})
    message_id = next(vault.messages()).id
    persona_id = vault.persona().id
    with vault.write() as connection:
        connection.execute(
            insert(model_claim).values(
                message_id=message_id,
                value="z",
                claim_source="message",
                part="answered",
            )
        )
        connection.execute(
            insert(attachment).values(
                message_id=message_id, name="a.png", media_type="image", kept=0
            )
        )
        for place, owner in (("1", message_id), ("2", None)):
            connection.execute(
                insert(raw_record).values(
                    source_id=source_id, message_id=owner, place=place, data=b"x"
                )
            )
        for n, sources in enumerate(((source_id,), (source_id, other))):
            number = connection.execute(
                insert(persona_input)
                .values(
                    persona_id=persona_id,
                    source_id=source_id,
                    identity=str(n),
                    kind="memory",
                    title="",
                    text=f"memory {n}",
                )
                .returning(persona_input.c.id)
            ).scalar_one()
            for held in sources:
                connection.execute(
                    insert(persona_input_source).values(
                        persona_input_id=number, source_id=held
                    )
                )
        for digest in connection.exec_driver_sql(
            "SELECT digest FROM passage"
        ).scalars():
            connection.execute(
                insert(vector).values(
                    digest=digest, model_id="m", precision="fp16", data=b"1234"
                )
            )
    assert vault.forget_source(source_id) == {
        "n_messages": 2,
        "n_passages": 2,
        "n_revisions": 0,
        "n_attachments": 1,
        "n_model_claims": 1,
        "n_raw_records": 2,
        "n_files": 0,
        "n_persona_inputs": 1,
        "n_conversations": 1,
        "n_personas": 0,
        "n_vectors": 2,
    }
    with vault.read() as connection:
        kept = connection.execute(
            select(persona_input.c.text, persona_input.c.source_id)
        ).all()
        assert kept == [("memory 1", other)]
        assert connection.exec_driver_sql("SELECT count(*) FROM vector").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").first() is None


def test_a_companion_with_events_of_the_users_stays(vault: Vault, tell: Tell) -> None:
    """What the user wrote down is not undone by undoing an import."""
    source_id = tell(vault, "a", {"quay": [("1", "low tide")]})
    vault.add_event(
        Event(id=0, at=from_micros(0), kind="other", title="first day", persona="Ada")
    )
    assert vault.forget_source(source_id)["n_personas"] == 0
    assert [e.title for e in vault.events("Ada")] == ["first day"]


def test_message_numbers_are_never_given_again(vault: Vault, tell: Tell) -> None:
    """A number in an old report never comes to mean another message."""
    source_id = tell(vault, "a", {"quay": [("1", "low tide")]})
    old = next(vault.messages()).id
    vault.forget_source(source_id)
    assert tell(vault, "b", {"quay": [("1", "high tide")]}) > source_id
    assert next(vault.messages()).id > old


@pytest.mark.parametrize("ratio", [0, 10**9], ids=["row by row", "rebuilt"])
def test_nothing_forgotten_stays_in_the_file_or_its_log(
    vault: Vault, tell: Tell, monkeypatch: pytest.MonkeyPatch, ratio: int
) -> None:
    """No byte of the words is left, not in the index and not in the log."""
    monkeypatch.setattr(forgetting, "REBUILD_RATIO", ratio)
    tell(vault, "kept", {"dune": [("1", "sand"), ("2", "and more sand")]})
    word = "marzipanlighthouse"
    source_id = tell(
        vault,
        "a",
        {
            "quay": [
                (str(n), f"{word} number {n} " + "and more " * 9) for n in range(99)
            ]
        },
    )
    files = [vault.path / name for name in ("vault.db", "vault.db-wal")]
    assert any(word.encode() in file.read_bytes() for file in files)
    vault.forget_source(source_id)
    check_index(vault)
    vault.close()
    for file in vault.path.iterdir():
        content = file.read_bytes()
        assert word.encode() not in content
        assert word[:9].encode() not in content


def test_the_log_is_emptied_while_the_vault_stays_open(
    vault: Vault, tell: Tell
) -> None:
    """Forgetting cuts the log to nothing; it does not wait for the vault to close."""
    source_id = tell(vault, "a", {"quay": [("1", "low tide")]})
    log = vault.path / "vault.db-wal"
    assert log.stat().st_size > 0
    vault.forget_source(source_id)
    assert log.stat().st_size == 0


def test_a_passage_is_speaker_previous_turn_and_turn() -> None:
    """The form that was measured; a long turn before keeps its end, in whole words."""
    assert passage_text("Ada", "", "hello") == "Ada: hello"
    assert passage_text("Ada", "hi", "hello") == "Ada: hi\nhello"
    assert passage_text("", "hi", "hello") == "hi\nhello"
    long = "first " + "word " * 200 + "last"
    lead, text = passage_text("Ada", long, "hello").split("\n")
    assert text == "hello"
    assert lead.endswith(" last")
    assert lead.startswith("Ada: word")
    assert len(lead) <= PREVIOUS_CHARACTERS + len("Ada: ")
    assert len(passage_text("", "x" * 999, "y")) == PREVIOUS_CHARACTERS + 2


def test_passages_follow_the_shown_messages_with_text(vault: Vault, tell: Tell) -> None:
    """The turn before is the other side's last shown one; a second refresh is idle."""
    tell(vault, "a", {"quay": [("1", "one"), ("2", "  "), ("3", "three"), ("4", "4")]})
    with vault.write() as connection:
        connection.exec_driver_sql("UPDATE message SET shown = 0 WHERE identity = '3'")
        numbers = connection.execute(select(message.c.conversation_id)).scalars().all()
        assert refresh_passages(connection, set(numbers)) == 1
        assert refresh_passages(connection, set(numbers)) == 0
        rows = connection.exec_driver_sql(
            "SELECT text, digest FROM passage ORDER BY message_id"
        ).all()
    assert [row[0] for row in rows] == ["Noor: one", "Noor: three", "Ada: one\n4"]
    assert all(row[1] == text_digest(row[0]) for row in rows)
    check_index(vault)


def test_search_works_and_nothing_is_readable_when_encrypted(
    encrypted_vault: Callable[..., Vault], passphrase: str, tell: Tell
) -> None:
    """Full text works under encryption, and no file of the vault holds a word of it."""
    vault = encrypted_vault()
    sentence = "The lighthouse keeper sells marzipan on Sundays"
    tell(vault, "diary-2024.json", {"quay": [("1", sentence), ("2", "ok")]})
    assert found(vault, "lighthouses marzipan") == [sentence, "ok"]
    check_index(vault)
    while_open = b"".join(file.read_bytes() for file in vault.path.iterdir())
    vault.close()
    closed = b"".join(file.read_bytes() for file in vault.path.iterdir())
    for content in (while_open, closed):
        for words in (sentence, "lighthouse", "lighthous", "marzipan", "diary-2024"):
            for encoding in ("utf-8", "utf-16-le"):
                assert words.encode(encoding) not in content
        assert b"SQLite format 3" not in content
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(vault.path / "vault.db").execute("SELECT * FROM message")
    with open_vault(vault.path, passphrase=passphrase) as again:
        assert [m.text for m in again.messages()] == [sentence, "ok"]


def test_no_error_prints_what_was_written(vault: Vault, tell: Tell) -> None:
    """A failing statement names no value: chat text never reaches a traceback."""
    import traceback

    sentence = "The lighthouse keeper sells marzipan"
    tell(vault, "a", {"quay": [("1", sentence)]})

    def twice() -> None:
        with vault.write() as connection:
            row = connection.execute(select(message)).one()
            connection.execute(insert(message), [dict(row._mapping)])

    with pytest.raises(Exception, match="UNIQUE") as caught:
        twice()
    told = "".join(traceback.format_exception(caught.value))
    assert "marzipan" not in told
    assert "marzipan" not in repr(vault)


def test_no_error_prints_the_passphrase(
    encrypted_vault: Callable[..., Vault], passphrase: str
) -> None:
    """Neither a wrong nor a right passphrase stands in any error or its causes."""
    import traceback

    vault = encrypted_vault()
    vault.close()
    for damaged in (False, True):
        if damaged:
            data = bytearray((vault.path / "vault.db").read_bytes())
            data[200] ^= 1
            (vault.path / "vault.db").write_bytes(bytes(data))
        given = passphrase if damaged else "some other words"
        with pytest.raises(Exception, match=r"damaged|does not open") as caught:
            open_vault(vault.path, passphrase=given)
        told = "".join(traceback.format_exception(caught.value))
        assert given not in told
        assert "PRAGMA key" not in told


def test_vectors_of_messages_that_stay_are_kept(vault: Vault, tell: Tell) -> None:
    """A comparison reads vectors of bare messages: only those of what went go."""
    tell(vault, "a", {"quay": [("1", "low tide"), ("2", "yes")]})
    with vault.write() as connection:
        for text in ("low tide", "yes", "what an earlier forgetting left"):
            for model in ("m", "n"):
                connection.execute(
                    insert(vector).values(
                        digest=text_digest(text),
                        model_id=model,
                        precision="fp16",
                        data=b"1234",
                    )
                )
    ids = tuple(m.id for m in vault.messages() if m.text == "yes")
    done = vault.forget(Wanted(kind=Kind.MESSAGE, ids=ids))
    assert done.removed["n_vectors"] == 4
    with vault.read() as connection:
        left = set(connection.execute(select(vector.c.digest)).scalars())
    assert left == {text_digest("low tide")}


def test_a_span_takes_answers_set_aside_along(vault: Vault, tell: Tell) -> None:
    """They bear no time of their own, and stand in the place of one that goes."""
    tell(vault, "a", {"quay": [("1", "low tide"), ("2", "yes"), ("4", "indeed")]})
    with vault.write() as connection:
        connection.exec_driver_sql(
            "UPDATE message SET shown = 0, flags = 'regenerated', sent_at = NULL"
            " WHERE text = 'indeed'"
        )
    done = vault.forget(Wanted(kind=Kind.PERIOD, period=Period()))
    assert (done.removed["n_messages"], done.n_versions) == (3, 1)
    assert done.n_without_time == 0


def test_titles_that_stay_are_counted(vault: Vault, tell: Tell) -> None:
    """A title may tell what the forgotten messages were about."""
    tell(vault, "a", {"quay": [("1", "low"), ("2", "yes")], "dune": [("1", "sand")]})
    ids = tuple(m.id for m in vault.messages() if m.text in ("low", "sand"))
    done = vault.forget(Wanted(kind=Kind.MESSAGE, ids=ids))
    assert done.removed["n_conversations"] == done.n_titles == 1
