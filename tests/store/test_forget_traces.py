"""What was forgotten stands nowhere any more: no table, no page, no log, no record."""

import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from persona_vault.embedders.hashing import HashingEmbedder
from persona_vault.errors import UsageError
from persona_vault.ingest import import_file, run
from persona_vault.model import Event
from persona_vault.search import embed_messages
from persona_vault.search.holding import find_holding
from persona_vault.store import receipt
from persona_vault.store.chosen import Kind, Wanted
from persona_vault.store.clock import from_micros
from persona_vault.store.vault import Vault
from tests.ingest.desk import Desk, FakeImporter, at
from tests.store.raw_pages import decrypted_pages, word_traces

WORD = "Zephyrine"


def talk_of(word: str, n: int = 120) -> list[dict[str, Any]]:
    """A talk in which a few messages hold the word, in every place it can stand."""
    told: list[dict[str, Any]] = [
        {
            "native_id": f"m{i}",
            "text": f"We walk by the water, number {i}, and look at the boats.",
            "role": "user" if i % 2 else "persona",
            "sent_at": at(i),
            "raw": json.dumps({"id": i, "text": f"number {i}"}),
        }
        for i in range(n)
    ]
    for i in (7, 40, 41, 90):
        told[i]["text"] = f"I told {word} about it, number {i}. " + "And more. " * 40
        told[i]["raw"] = json.dumps({"id": i, "text": told[i]["text"]})
    told[60]["raw"] = json.dumps({"tries": ["By the water.", f"Ask {word}!"]})
    told[61]["attachments"] = [f"{word} at the quay.png"]
    told.append({"record": "input", "kind": "memory", "text": f"{word} is a friend"})
    told.append({"record": "input", "kind": "memory", "text": "Noor has a boat"})
    return told


def pages_and_logs(vault: Vault) -> bytes:
    """All bytes of the vault's folder."""
    return b"".join(f.read_bytes() for f in sorted(vault.path.iterdir()))


def _bring(vault: Vault, folder: Path, records: list[dict[str, Any]]) -> None:
    desk = Desk(vault, folder)
    title = {"native_id": "main", "title": f"About {WORD}"}
    desk.bring([{"conversation": dict(title), **r} for r in records])
    edited = dict(records[41]) | {"text": f"Not {WORD}, Noor. " + "Yes. " * 30}
    desk.bring([{"conversation": dict(title), **edited}])
    vault.add_event(
        Event(id=0, at=from_micros(0), kind="other", title=f"met {WORD}", persona="Ava")
    )
    embed_messages(vault, HashingEmbedder())


@pytest.fixture
def fake_importer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are of the tiny format of tests/ingest/desk.py."""
    monkeypatch.setattr(run, "find_importer", lambda *_: FakeImporter())


def test_a_name_stands_in_no_page_and_no_log(
    encrypted_vault: Callable[..., Vault],
    passphrase: str,
    tmp_path: Path,
    fake_importer: None,
) -> None:
    """Of an encrypted vault, every page decrypted: before many times, after never."""
    vault = encrypted_vault()
    _bring(vault, tmp_path, talk_of(WORD))
    receipt.compact(vault.engine, vault.path / "vault.db")
    before = decrypted_pages(vault.path, passphrase)
    assert all(before.count(n) for n in (WORD.encode(), WORD.lower()[:7].encode()))

    done = vault.forget(Wanted(kind=Kind.NAME, words="zephyrine"))

    assert (done.compacted, done.log_emptied) == (True, True)
    after = decrypted_pages(vault.path, passphrase)
    assert after.count(b"We walk by the water") >= 100
    for needle in word_traces(WORD):
        assert needle not in after
        assert needle not in pages_and_logs(vault)
    assert (vault.path / "vault.db-wal").stat().st_size == 0


def test_the_log_alone_would_have_kept_it(
    vault: Vault,
    tmp_path: Path,
    fake_importer: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The compaction is what empties it: without it the words stand in the log."""
    _bring(vault, tmp_path, talk_of(WORD))
    monkeypatch.setattr(
        "persona_vault.store.receipt.compact", lambda *_: (False, False)
    )
    vault.forget(Wanted(kind=Kind.NAME, words=WORD))
    assert WORD.encode() in pages_and_logs(vault)
    monkeypatch.undo()
    receipt.compact(vault.engine, vault.path / "vault.db")
    assert WORD.encode() not in pages_and_logs(vault)


def test_every_kind_of_row_is_counted_and_gone(
    vault: Vault, tmp_path: Path, fake_importer: None
) -> None:
    """A dry run says the same numbers and changes nothing; a second try finds none."""
    _bring(vault, tmp_path, talk_of(WORD))
    wanted = Wanted(kind=Kind.NAME, words=WORD)
    before = vault.info()
    planned = vault.forget(wanted, dry_run=True)
    assert vault.info() == before
    done = vault.forget(wanted)
    assert dict(done.removed) == dict(planned.removed)
    removed = dict(done.removed)
    vectors = removed.pop("n_vectors")
    assert vectors >= 4
    assert removed == {
        "n_messages": 4,
        "n_passages": 4,
        "n_revisions": 2,
        "n_attachments": 0,
        "n_model_claims": 0,
        "n_raw_records": 4,
        "n_shared_records": 1,
        "n_persona_inputs": 1,
        "n_files": 0,
        "n_labels": 5,
        "n_conversations": 0,
        "n_sources": 1,
        "n_personas": 0,
        "n_events": 0,
        "n_wrong_hits": 0,
    }
    again = vault.forget(wanted)
    assert not any(again.removed.values())
    titles = {e.title for e in vault.events()}
    assert titles == {"met [forgotten]"}


@pytest.mark.parametrize("words", ["read", "source", "time", "options", "model"])
def test_words_that_our_own_fields_bear(
    vault: Vault, tmp_path: Path, fake_importer: None, words: str
) -> None:
    """The ledger keeps its fields, whatever word of the talk is forgotten."""
    told = {"text": f"the {words}", "native_id": "1", "role": "persona"}
    Desk(vault, tmp_path).bring([told, {**told, "text": "a boat", "native_id": "2"}])
    [before] = vault.sources()
    vault.forget(Wanted(kind=Kind.PHRASE, words=words))
    [after] = vault.sources()
    assert after.ledger.keys() == before.ledger.keys()
    assert after.ledger["source"].keys() == before.ledger["source"].keys()
    assert after.ledger["options"].keys() == before.ledger["options"].keys()


def test_a_receipt_holds_no_content(
    vault: Vault, tmp_path: Path, fake_importer: None
) -> None:
    """Kind, counts, times and file names; not one word of what was forgotten."""
    _bring(vault, tmp_path, talk_of(WORD))
    done = vault.forget(Wanted(kind=Kind.NAME, words=WORD))
    told = json.dumps(done.to_dict())
    assert WORD.lower() not in told.lower()
    assert WORD not in repr(Wanted(kind=Kind.NAME, words=WORD))
    assert done.sources == ("export1.jsonl", "export2.jsonl")
    assert done.beyond


def test_older_copies_beside_the_vault_are_named(vault: Vault, tmp_path: Path) -> None:
    """A copy that an upgrade left is known, so the receipt names it."""
    (vault.path / "vault.before-upgrade-from-1.db").write_bytes(b"x" * 600)
    done = vault.forget(Wanted(kind=Kind.ALL))
    assert done.copies == ("vault.before-upgrade-from-1.db",)


def test_a_record_of_several_messages_goes_with_one_of_them(
    vault: Vault, tmp_path: Path, fake_importer: None
) -> None:
    """A try without a record of its own stands in the shown answer's; so that goes."""
    shown = "The boats are in."
    hidden = "The boats left at dawn, I think."
    far = {"text": "Far away.", "native_id": "z", "raw": '{"text": "Far away."}'}
    Desk(vault, tmp_path).bring(
        [
            {"text": "Where?", "native_id": "q", "role": "user", "raw": '["Where?"]'},
            {
                "text": shown,
                "native_id": "a1",
                "raw": json.dumps({"swipes": [hidden + "\n", shown]}),
            },
            {"text": hidden, "native_id": "a0", "shown": False},
            far,
        ]
    )
    [hidden_id] = [m.id for m in vault.messages("Ava", shown_only=False) if not m.shown]
    done = vault.forget(Wanted(kind=Kind.MESSAGE, ids=(hidden_id,)))
    assert done.removed["n_messages"] == 1
    assert 1 <= done.removed["n_shared_records"] <= 2
    assert b"dawn" not in b"".join(_records(vault))
    assert b"Where?" in b"".join(_records(vault))


def test_records_of_other_messages_with_the_same_words_stay(
    vault: Vault, tmp_path: Path, fake_importer: None
) -> None:
    """The same sentence said twice, one forgotten: the other keeps its record."""
    text = "I love how the boats come in."
    Desk(vault, tmp_path).bring(
        [
            {"text": text, "native_id": f"m{n}", "raw": json.dumps({"t": text, "n": n})}
            for n in range(3)
        ]
    )
    done = vault.forget(
        Wanted(kind=Kind.MESSAGE, ids=(next(vault.messages("Ava")).id,))
    )
    assert done.removed["n_shared_records"] == 0
    assert len(_records(vault)) == 2


def _records(vault: Vault) -> list[bytes]:
    with vault.read() as connection:
        rows = connection.exec_driver_sql("SELECT data FROM raw_record").scalars()
        return [zlib.decompress(row) for row in rows]


@pytest.mark.parametrize(
    ("words", "text", "is_in"),
    [
        ("Ann", "Ann's boat", True),
        ("Ann", "an annual fair", False),
        ("Ann", "ANN!", True),
        ("Zoë", "Zoe\u0308 came", True),
        ("Mary Ann", "Mary  Ann", True),
        ("Mary Ann", "Ann, Mary", False),
        ("red door", "the red, door", True),
        ("マルタ", "昨日マルタさんと", True),
        ("Straße", "STRASSE", True),
        ("Zoe", "Zoë", True),
        ("Zoë", "Zoe", True),
        ("Ann", "_walks with Ann_", True),
        ("Ann", "ann_92", True),
        ("Ann", "ann92 wrote", True),
        ("Ann", "Ann™", True),
        ("room 4", "room_4b", True),
        ("room 4", "room 42", False),
        ("red door", "the __red__ door", True),
    ],
)
def test_words_are_whole_words(
    vault: Vault,
    tmp_path: Path,
    fake_importer: None,
    words: str,
    text: str,
    is_in: bool,
) -> None:
    """A name inside another word is another word; case and composition do not count."""
    Desk(vault, tmp_path).bring([{"text": text, "native_id": "1"}])
    done = vault.forget(Wanted(kind=Kind.PHRASE, words=words), dry_run=True)
    assert done.removed["n_messages"] == is_in


def test_the_companions_own_name_is_refused(
    vault: Vault, tmp_path: Path, fake_importer: None
) -> None:
    """It would take nearly everything; --persona says that honestly."""
    Desk(vault, tmp_path).bring([{"text": "hello", "native_id": "1"}])
    with pytest.raises(UsageError, match="companion"):
        vault.forget(Wanted(kind=Kind.NAME, words="ava"))
    with pytest.raises(UsageError, match="No word"):
        vault.forget(Wanted(kind=Kind.NAME, words=" ! "))


def test_a_search_takes_only_what_holds_all_words_itself(
    vault: Vault, tmp_path: Path, fake_importer: None
) -> None:
    """Not the neighbour that quotes it, not a message with one of two words."""
    Desk(vault, tmp_path).bring(
        [
            {"text": "The marzipan boats", "native_id": "1", "role": "user"},
            {"text": "Nice!", "native_id": "2"},
            {"text": "Marzipan for all", "native_id": "3", "role": "user"},
            {"text": "A boat of marzipan 🚢", "native_id": "4", "shown": False},
        ]
    )
    ids = {m.native_id: m.id for m in vault.messages("Ava", shown_only=False)}
    assert find_holding(vault, "marzipan boat") == (ids["1"], ids["4"])
    assert find_holding(vault, '"marzipan boats"') == (ids["1"],)
    assert find_holding(vault, "marz*", persona="Ava") == (ids["1"], ids["3"], ids["4"])
    assert find_holding(vault, "🚢") == (ids["4"],)
    assert find_holding(vault, "nothing of it") == ()


def test_a_search_sees_words_in_markup(
    vault: Vault, tmp_path: Path, fake_importer: None
) -> None:
    """To the index `_` is no letter, so it is none to quoted words and beginnings."""
    Desk(vault, tmp_path).bring([{"text": "_hugs Wilhelmina_", "native_id": "1"}])
    for query in ("Wilhelmina", '"hugs Wilhelmina"', '"wilhelmina"', "hug*"):
        assert len(find_holding(vault, query)) == 1, query


def test_a_search_looks_at_earlier_wordings(
    vault: Vault, tmp_path: Path, fake_importer: None
) -> None:
    """Each by itself: words of two wordings are no find; what is left out counts."""
    desk = Desk(vault, tmp_path)
    desk.bring([{"text": "The marzipan boats 散步 🚢", "native_id": "1"}])
    desk.bring([{"text": "The quiet rain", "native_id": "1"}])
    [message] = vault.messages("Ava")
    found = ("marzipan boat", '"marzipan boats"', "marz*", "散步", "🚢", "quiet -boats")
    for query in found:
        assert find_holding(vault, query, persona="Ava") == (message.id,), query
    missed = ("marzipan quiet", "marzipan -boats", "marzipan -rain", "boats -散步")
    for query in (*missed, 'boats -"quiet rain"', "🚢 rain", "marzipan -mar*"):
        assert find_holding(vault, query) == (), query


def test_a_search_keeps_what_holds_a_word_left_out(
    vault: Vault, tmp_path: Path, fake_importer: None
) -> None:
    """`walk -rain` never takes a message with rain in it; the turn before may."""
    Desk(vault, tmp_path).bring(
        [
            {"text": "A walk in the rain", "native_id": "1", "role": "user"},
            {"text": "A walk is a walk", "native_id": "2"},
            {"text": "We walked, it rained", "native_id": "3", "role": "user"},
            {"text": "The walk by rainbow light", "native_id": "4", "shown": False},
            {"text": "Rain, and no stroll", "native_id": "5", "role": "user"},
            {"text": "我们去散步吧 walk", "native_id": "6"},
        ]
    )
    ids = {m.native_id: m.id for m in vault.messages("Ava", shown_only=False)}
    taken = find_holding(vault, "walk -rain")
    assert taken == (ids["2"], ids["4"], ids["6"])
    assert find_holding(vault, "walk -rain*") == (ids["2"], ids["6"])
    assert find_holding(vault, 'walk -"in the rain"') == (*(ids[n] for n in "2346"),)
    assert find_holding(vault, "walk -rain -散步") == (ids["2"], ids["4"])


def test_kept_files_go_unless_another_message_has_them(
    vault: Vault, tmp_path: Path, fake_importer: None
) -> None:
    """The bytes of an attachment go with the last message that names them."""
    archive = tmp_path / "export.zip"
    records = [
        {
            "text": f"picture {n}",
            "native_id": str(n),
            "attachments": [{"name": "boat.png", "member": "boat.png"}],
        }
        for n in range(2)
    ]
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("talk.jsonl", "\n".join(map(json.dumps, records)))
        made.writestr("boat.png", b"\x89PNG" + b"boat" * 400)
    import_file(vault, archive, persona="Ava", with_attachments=True)
    first, second = [m.id for m in vault.messages("Ava")]
    for message_id, n_files in ((first, 0), (second, 1)):
        done = vault.forget(Wanted(kind=Kind.MESSAGE, ids=(message_id,)))
        assert done.removed["n_attachments"] == 1
        assert done.removed["n_files"] == n_files
    assert b"boatboat" not in pages_and_logs(vault)


def test_a_companion_goes_with_all_that_is_theirs(
    vault: Vault, tmp_path: Path, fake_importer: None
) -> None:
    """The other companion keeps everything, moved talks of a shared file included."""
    _bring(vault, tmp_path, talk_of(WORD, n=100))
    desk = Desk(vault, tmp_path)
    desk._n_files = 5
    desk.bring([{"text": "ahoy", "native_id": "x"}], persona="Ben")
    shared = {"native_id": "shared"}
    desk.bring([{"text": "stays", "native_id": "y", "conversation": shared}])
    thread = next(c for c in vault.conversations() if c.native_id == "shared")
    vault.move_conversation(thread.id, "Ben")
    done = vault.forget(Wanted(kind=Kind.PERSONA, persona="Ava"))
    assert done.removed["n_personas"] == 1
    assert [p.name for p in vault.personas()] == ["Ben"]
    assert sorted(m.text for m in vault.messages()) == ["ahoy", "stays"]
    assert vault.events() == []
    assert {s.persona for s in vault.sources()} == {"Ben"}
    with vault.read() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").first() is None
    desk.check_index()


def test_all_leaves_a_vault_as_new(
    vault: Vault, tmp_path: Path, fake_importer: None
) -> None:
    """No row, no mark; the zone of the owner and the vault's id stay."""
    vault.set_zone("Europe/Berlin")
    _bring(vault, tmp_path, talk_of(WORD, n=100))
    vault.forget(Wanted(kind=Kind.NAME, words=WORD))
    vault.forget(Wanted(kind=Kind.ALL))
    info = vault.info()
    assert info["zone"] == "Europe/Berlin"
    assert (info["n_messages"], info["personas"], info["sources"]) == (0, [], [])
    with vault.read() as connection:
        names = connection.exec_driver_sql(
            "SELECT name FROM sqlite_schema WHERE type = 'table'"
            " AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'message_fts%'"
        ).scalars()
        filled = {
            name
            for name in names.all()
            if connection.exec_driver_sql(f'SELECT 1 FROM "{name}"').first()  # noqa: S608
        }
    assert filled <= {"setting", "alembic_version", "row_hash"}
    assert b"We walk" not in pages_and_logs(vault)
