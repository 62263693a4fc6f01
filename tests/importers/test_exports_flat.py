"""Real exports of the flat formats, compared with counts that are made apart."""

import json
from collections import Counter
from pathlib import Path

from persona_vault.importers.formats.ai_studio import AiStudio
from persona_vault.importers.formats.letta.importer import Letta
from persona_vault.importers.formats.pi.importer import Pi
from persona_vault.model import ImportIssue, PersonaInput, Role, SourceFact
from tests.importers.flat import chosen, messages, read


def test_ai_studio(samples: Path) -> None:
    """Every chunk is a message; thoughts are hidden, the rest is shown."""
    (path,) = (samples / "exports" / "aistudio").iterdir()
    chunks = json.loads(path.read_text(encoding="utf-8"))["chunkedPrompt"]["chunks"]
    thoughts = [chunk for chunk in chunks if chunk.get("isThought")]

    records = read(AiStudio(), path)

    assert chosen(path) == "ai_studio"
    found = messages(records)
    assert [each.text for each in found] == [chunk["text"] for chunk in chunks]
    assert sum(not each.shown for each in found) == len(thoughts)
    assert not [each for each in records if isinstance(each, ImportIssue)]


def test_letta(samples: Path) -> None:
    """Messages and blocks of every agent are accounted for, by their role."""
    (path,) = (samples / "exports" / "letta").iterdir()
    file = json.loads(path.read_text(encoding="utf-8"))
    turns = [turn for agent in file["agents"] for turn in agent["messages"]]

    records = read(Letta(), path)

    assert chosen(path) == "letta"
    inputs = [each for each in records if isinstance(each, PersonaInput)]
    titles = Counter(
        each.title for each in inputs if each.kind != "custom_instructions"
    )
    assert titles == Counter(block["label"] for block in file["blocks"])
    assert len(messages(records)) == len(turns)
    n_system = sum(turn["role"] == "system" for turn in turns)
    assert sum(each.role is Role.SYSTEM for each in messages(records)) == n_system
    assert not [each for each in records if isinstance(each, ImportIssue)]


def test_pi_example_of_the_vendor_is_authentic(samples: Path) -> None:
    """The vendor's own file bears a signature that the bundled key verifies."""
    (path,) = (samples / "exports" / "pi").iterdir()
    written = json.loads(path.read_text(encoding="utf-8"))["user_data"]["messages"]

    records = read(Pi(), path)

    assert chosen(path) == "pi"
    assert records[0] == SourceFact("signature", "authentic", path.name)
    assert [each.text for each in messages(records)] == [
        each["text"] for each in written
    ]
    assert [each.speaker for each in messages(records)] == [
        each["sender"] for each in written
    ]


def test_pi_example_with_one_word_changed_is_altered(
    samples: Path, tmp_path: Path
) -> None:
    """A change of one letter in the talk is told."""
    (path,) = (samples / "exports" / "pi").iterdir()
    text = path.read_text(encoding="utf-8")
    changed = tmp_path / "pi.json"
    changed.write_text(text.replace("great to meet", "good to meet"), encoding="utf-8")

    assert text != changed.read_text(encoding="utf-8")
    assert read(Pi(), changed)[0] == SourceFact("signature", "altered", "pi.json")
