"""The card: only what the vault has, by a rule, and nothing active by accident."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.errors import UnknownPersonaError
from persona_vault.ingest import import_file
from persona_vault.kits import export_talk
from persona_vault.kits.card import MAX_LETTERS, N_EXAMPLES, inactive
from persona_vault.model import Conversation, Period, PersonaInput, Role
from persona_vault.store.outgoing import read_inputs
from persona_vault.store.vault import Vault
from tests.kits.talks import START, NewVault, keep, said, talk

GOLDEN = Path(__file__).parent / "golden"
# The fields that version 2 asks for, each with its type.
FIELDS = {
    **dict.fromkeys(
        "name description personality scenario first_mes mes_example creator_notes"
        " system_prompt post_history_instructions creator character_version".split(),
        str,
    ),
    "alternate_greetings": list,
    "tags": list,
    "extensions": dict,
}
MACRO = re.compile(r"\{\{|<(START|USER|BOT|CHAR)>", re.IGNORECASE)


def written(vault: Vault, folder: Path, **asked: Any) -> dict[str, Any]:
    """The card of a vault."""
    path = folder / "card.json"
    path.unlink(missing_ok=True)
    export_talk(vault, path, format="card", **asked)
    found: dict[str, Any] = json.loads(path.read_text("ascii"))
    return found


def told(kind: str, text: str, day: int | None = None, **more: Any) -> PersonaInput:
    """What the companion was told to be, from a day on."""
    valid_from = None if day is None else START + timedelta(days=day)
    where = f"{kind} {text[:9]} {day}"
    return PersonaInput(
        kind=kind, text=text, valid_from=valid_from, where=where, **more
    )


INPUTS = (
    told("backstory", "Born by the sea.", 1),
    told("backstory", "Born by the river {{char}}.", 5),
    told("custom_instructions", "Call me Sam.", 2, native_id="about"),
    told("greeting", "Hello, {{user}}!"),
    told("memory", "Sam likes tea.", 3),
    told("memory", "Sam has a dog.", 4, title="Dog"),
)


def test_the_card_is_the_expected_one(vault: Vault, tmp_path: Path) -> None:
    """Letter by letter, examples and the ids of all that is in it included."""
    texts = ["tea?", "Yes, <START> of the day.", "and {{milk}}?", "A drop. ☕\n\nSoon."]
    keep(vault, [*INPUTS, *talk(texts)])
    written(vault, tmp_path)

    found = (tmp_path / "card.json").read_text("ascii")
    assert found == (GOLDEN / "card.json").read_text("ascii")


def test_the_card_has_the_fields_of_version_two(vault: Vault, tmp_path: Path) -> None:
    """Each of its type; empty where nothing is known."""
    keep(vault, talk(["tea?"]))
    keep(vault, [told("memory", "Sam likes tea.")])
    card = written(vault, tmp_path)

    assert (card["spec"], card["spec_version"]) == ("chara_card_v2", "2.0")
    data = card["data"]
    assert {key: type(data[key]) for key in FIELDS} == FIELDS
    empty = {key for key in FIELDS if not data[key]}
    assert empty == set(FIELDS) - {"name", "extensions"}
    assert data["name"] == "Wren"


def test_the_newest_version_of_each(vault: Vault, tmp_path: Path) -> None:
    """Older words of one input give way; two memories are two."""
    keep(vault, [*INPUTS, *talk(["tea?", "yes"])])
    path = tmp_path / "card"
    report = export_talk(vault, path, format="card")

    assert report.n_persona_inputs == 5
    assert report.n_inputs_left_out == {"older_version": 1}
    data = json.loads(path.read_text())["data"]
    assert data["description"] == "Born by the river { {char}}."
    assert data["system_prompt"] == "Call me Sam."
    entries = data["character_book"]["entries"]
    assert [one["content"] for one in entries] == ["Sam likes tea.", "Sam has a dog."]


def test_a_period_takes_what_held_before_its_end(vault: Vault, tmp_path: Path) -> None:
    """The companion as it was told to be before a date."""
    keep(vault, [*INPUTS, *talk(["tea?", "yes"])])
    until = START + timedelta(days=4)
    path = tmp_path / "card"
    report = export_talk(vault, path, format="card", period=Period(until=until))

    assert report.n_inputs_left_out == {"later": 2}
    assert json.loads(path.read_text())["data"]["description"] == "Born by the sea."


def test_examples_are_the_latest_complete_pairs(vault: Vault, tmp_path: Path) -> None:
    """By the rule that the card states, and each traceable."""
    endless = Conversation(threaded=False)
    other = Conversation(native_id="other")
    keep(vault, talk((f"turn {n}" for n in range(40)), conversation=endless))
    odd = [
        said("alone", 50, conversation=other),
        said("sorry?", 52, conversation=other),
        said("x" * (MAX_LETTERS + 1), 53, conversation=other),
        said("I want to die", 54, conversation=other),
        said("Stay with me.", 55, conversation=other),
        said("look", 56, conversation=other, kind="image"),
        said("Pretty.", 57, conversation=other),
        said("hm?", 58, conversation=other),
        said("set aside", 59, conversation=other, shown=False, native_id="a"),
        said(" ", 59, conversation=other, native_id="b"),
        said("wait", 60, conversation=other),
        said("Note", 61, conversation=other, role=Role.SYSTEM, speaker="app"),
        said("Yes.", 63, conversation=other),
    ]
    keep(vault, odd)
    report = export_talk(vault, tmp_path / "card", format="card")
    data = json.loads((tmp_path / "card").read_text())["data"]

    found = data["extensions"]["persona_vault"]["examples"]
    assert len(found) == N_EXAMPLES
    pairs = [(vault.message(p["user"]), vault.message(p["persona"])) for p in found]
    first = 40 - 2 * N_EXAMPLES
    assert [m.text for pair in pairs for m in pair] == [
        f"turn {n}" for n in range(first, 40)
    ]
    assert data["mes_example"] == "\n".join(
        f"<START>\n{{{{user}}}}: {a.text}\n{{{{char}}}}: {b.text}" for a, b in pairs
    )
    assert report.n_messages == 2 * N_EXAMPLES
    assert report.n_left_out == {
        "hidden": 1,
        "not_an_example": 40 + 12 - report.n_messages,
    }


@given(st.one_of(st.text(), st.text(alphabet="{}<>/STARTuserchar ")))
def test_no_macro_is_left(text: str) -> None:
    """Brackets open no more, the words stay, and once is enough."""
    found = inactive(text)

    assert not MACRO.search(found)
    assert found.replace(" ", "") == text.replace(" ", "")
    assert inactive(found) == found


def test_words_that_came_from_a_card_keep_their_macros(
    new_vault: NewVault, tmp_path: Path
) -> None:
    """A card in, the same card out; and read again, nothing is new."""
    card = {
        "spec": "chara_card_v2",
        "spec_version": "2.0",
        "data": {
            "name": "Wren",
            "creator": "Sam",
            "description": "{{char}} lives by the sea.",
            "personality": "Calm.",
            "scenario": "A quay.",
            "first_mes": "Hello, {{user}}.",
            "alternate_greetings": ["You again, {{user}}."],
            "mes_example": "<START>\n{{user}}: Hi.\n{{char}}: Hi.",
            "creator_notes": "Mild.",
            "system_prompt": "{{original}} Be brief.",
            "post_history_instructions": "Stay calm.",
            "character_book": {
                "entries": [{"id": 1, "name": "Sea", "keys": [], "content": "Deep."}]
            },
        },
    }
    path = tmp_path / "given.json"
    path.write_text(json.dumps(card), encoding="utf-8")
    with new_vault() as vault:
        import_file(vault, path, persona="Wren")
        found = written(vault, tmp_path)["data"]
        wanted = card["data"]
        texts = {key: found[key] for key in wanted if key in FIELDS}
        assert texts | {"creator": "Sam"} == {
            key: wanted[key] for key in wanted if key in FIELDS
        }
        assert found["character_book"]["entries"][0]["content"] == "Deep."


def test_our_own_importer_reads_it(
    new_vault: NewVault, vault: Vault, tmp_path: Path
) -> None:
    """Every text that stands in a field comes back as an input of that kind."""
    keep(vault, [*INPUTS, *talk(["tea?", "yes"])])
    card = written(vault, tmp_path)["data"]
    with new_vault() as second:
        report = import_file(second, tmp_path / "card.json", persona="Wren")
        with second.read() as connection:
            found = read_inputs(connection, second.persona("Wren").id)
    assert report.source["importer"] == "character_card"
    assert report.n_issues == report.n_ignored == 0
    texts = [one.text for one in found if one.kind != "profile"]
    entries = card["character_book"]["entries"]
    keys = ("description", "first_mes", "mes_example", "system_prompt")
    assert sorted(texts) == sorted(
        [*(card[key] for key in keys), *(one["content"] for one in entries)]
    )


def test_a_card_is_of_one_companion(vault: Vault, tmp_path: Path) -> None:
    """Of several, one must be named."""
    keep(vault, talk(["tea?", "yes"]))
    keep(vault, talk(["sea?", "no"]), persona="Robin")
    with pytest.raises(UnknownPersonaError, match="2 companions"):
        export_talk(vault, tmp_path / "card", format="card")
    assert written(vault, tmp_path, persona="Robin")["data"]["name"] == "Robin"


def test_instructions_that_each_talk_repeats_stand_there_once(
    vault: Vault, tmp_path: Path
) -> None:
    """An export writes them with each conversation, under an id of each."""
    again = [
        told("custom_instructions", f"Call me {name}.", day, native_id=f"talk {day}")
        for day, name in enumerate(("Sam", "Sam", "Sammy"), start=1)
    ]
    keep(vault, [*again, *talk(["tea?", "yes"])])
    card = written(vault, tmp_path)
    assert card["data"]["system_prompt"] == "Call me Sammy."
