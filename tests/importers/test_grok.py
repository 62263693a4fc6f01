"""Grok exports: times, models, roots and files; what the golden files do not show."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from persona_vault.importers.files.containers import secret_reason
from persona_vault.importers.formats.grok import Grok
from persona_vault.importers.source import Source
from persona_vault.model import Role, SourceFact
from tests.importers.trees import (
    GOLDEN,
    identify,
    inputs,
    left_out,
    make_zip,
    messages,
    read,
    read_value,
    shown,
)

GROK = Grok()
NOON = "2026-06-16T12:00:00Z"
BASE = "ttl/30d/export_data/u-1"


def reply(rid: str, parent: str | None, sender: str, text: str, **more: Any) -> Any:
    """A response with few fields."""
    said = {"_id": rid, "sender": sender, "message": text, "create_time": NOON, **more}
    return {"response": said | ({"parent_response_id": parent} if parent else {})}


def export(*responses: Any, **about: Any) -> dict[str, Any]:
    """An export of one conversation."""
    head = {"id": "talk", "title": "A talk", "system_prompt_name": "", **about}
    return {"conversations": [{"conversation": head, "responses": list(responses)}]}


@pytest.mark.parametrize(
    "written",
    [
        "2026-06-16T12:00:00Z",
        {"$date": "2026-06-16T12:00:00.000Z"},
        {"$date": {"$numberLong": "1781611200000"}},
        {"$date": 1781611200000},
    ],
)
def test_time_encodings(tmp_path: Path, written: Any) -> None:
    """Every way to write a time gives the same exact instant."""
    told = export(reply("q", None, "human", "Hm.", create_time=written))

    (message,) = messages(read_value(GROK, tmp_path / "g.json", told)).values()

    assert message.sent_at == datetime(2026, 6, 16, 12, tzinfo=UTC)
    assert message.time_quality == "exact"


@pytest.mark.parametrize("written", [None, {}, {"$date": {}}, "soon", 7, {"x": 1}, []])
def test_unknown_times_are_none(tmp_path: Path, written: Any) -> None:
    """A time that cannot be read is no time, and the message stays."""
    told = export(reply("q", None, "human", "Hm.", create_time=written))

    (message,) = messages(read_value(GROK, tmp_path / "g.json", told)).values()

    assert message.sent_at is None
    assert message.time_quality == "none"


@pytest.mark.parametrize(
    ("sender", "role"),
    [
        ("human", Role.USER),
        ("HUMAN", Role.USER),
        ("assistant", Role.PERSONA),
        ("ASSISTANT", Role.PERSONA),
        ("Grok-4-Auto", Role.PERSONA),
    ],
)
def test_senders(tmp_path: Path, sender: str, role: Role) -> None:
    """Whoever is not the human is the assistant, in capitals or not."""
    told = export(reply("q", None, sender, "Hm."))

    (message,) = messages(read_value(GROK, tmp_path / "g.json", told)).values()

    assert (message.role, message.speaker) == (role, sender.lower())


def test_model_claims(tmp_path: Path) -> None:
    """An answer's model is observed, a question's is a wish, blank says nothing."""
    asked = {"requestModelDetails": {"modelId": "grok-3"}}
    told = export(
        reply("q", None, "human", "?", model="grok-4", metadata=asked),
        reply("a", "q", "assistant", "!", model="grok-4-fast", metadata=asked),
        reply("b", "a", "assistant", "!", model=" "),
        reply("c", "b", "human", "?", model="grok-3", metadata=asked),
    )

    found = messages(read_value(GROK, tmp_path / "g.json", told))

    def claims(rid: str) -> list[tuple[str, str]]:
        return [(c.value, c.part) for c in found[rid].models]

    assert claims("q") == [("grok-4", "requested"), ("grok-3", "requested")]
    assert claims("a") == [("grok-4-fast", "answered"), ("grok-3", "requested")]
    assert claims("b") == []
    assert claims("c") == [("grok-3", "requested")]


def test_the_named_leaf_is_shown(tmp_path: Path) -> None:
    """Of two answers the one that the conversation names; else the newest."""
    told = [
        reply("q", None, "human", "Tea?"),
        reply("a", "q", "assistant", "Mint."),
        reply("b", "q", "assistant", "Black."),
    ]

    plain = read_value(GROK, tmp_path / "g.json", export(*told))
    named = read_value(GROK, tmp_path / "g.json", export(*told, leaf_response_id="a"))

    assert shown(plain) == ["Tea?", "Black."]
    assert shown(named) == ["Tea?", "Mint."]


def test_second_roots_and_orphans_stay_shown(tmp_path: Path) -> None:
    """A lost parent cuts a thread, and hides nothing of it."""
    told = export(
        reply("q", None, "human", "One."),
        reply("r", None, "human", "Two."),
        reply("s", "gone", "human", "Three."),
    )

    found = read_value(GROK, tmp_path / "g.json", told)

    assert shown(found) == ["One.", "Two.", "Three."]
    assert messages(found)["s"].flags == ("orphan",)


def test_responses_without_words_are_kept_and_counted(tmp_path: Path) -> None:
    """An aborted answer and a picture are messages without text; the ledger counts."""
    told = export(
        reply("q", None, "human", "Draw a kite."),
        reply("a", "q", "assistant", "", partial=True),
        reply("b", "a", "assistant", " ", generated_image_urls=["u/1/image.jpg"]),
        reply("c", "b", "assistant", None),
    )

    found = read_value(GROK, tmp_path / "g.json", told)

    assert [m.text for m in messages(found).values()] == ["Draw a kite.", "", "", ""]
    assert messages(found)["a"].flags == ("no_text", "truncated")
    assert messages(found)["b"].kind == "image"
    assert SourceFact("messages_without_text", "3", "g.json") in found


def test_citation_cards_leave_the_sentence_whole(tmp_path: Path) -> None:
    """The marks of sources go, and no space is doubled, lost or put before a stop."""
    inner = '<argument name="i">3</argument>'
    card = f'<grok:render card_id="1" type="x">{inner}</grok:render>'
    told = export(
        reply("a", None, "assistant", f"Low {card}{card} tide {card}. Six{card}"),
        reply("q", "a", "human", f"Why {card}?"),
    )

    found = messages(read_value(GROK, tmp_path / "g.json", told))

    assert found["a"].text == "Low tide. Six"
    assert found["a"].flags == ("citations_removed",)
    assert found["q"].text == f"Why {card}?"


def test_zip_with_a_double_slash(tmp_path: Path) -> None:
    """The asset server's members are named so in real zips; they hold the bytes."""
    asset = f"{BASE}/prod-mc-asset-server//a1-2/content"
    told = export(
        reply("q", None, "human", "See.", file_attachments=["a1-2", "gone"]),
    )
    path = make_zip(
        tmp_path / "g.zip",
        {
            f"{BASE}/prod-grok-backend.json": told,
            f"{BASE}/prod-mc-auth-mgmt-api.json": {"secret": 1},
            f"{BASE}/prod-mc-billing.json": {"secret": 1},
            asset: b"bytes",
        },
    )

    found = read(GROK, path)

    (message,) = messages(found).values()
    assert [(a.name, a.member) for a in message.attachments] == [
        ("a1-2", asset),
        ("gone", ""),
    ]
    with Source.open(path) as source, source.stream(asset) as stream:
        assert stream.read(9) == b"bytes"
    assert [reason for reason, _ in left_out(found)] == [
        "may hold a login, key or payment data"
    ] * 2
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    "name", ["prod-mc-auth-mgmt-api.json", f"{BASE}/prod-mc-billing.json"]
)
def test_account_and_payment_files_are_secret(name: str) -> None:
    """Both names of the real export are refused by the container itself."""
    assert secret_reason(name)


def test_projects_are_inputs(tmp_path: Path) -> None:
    """Words and preferred model of a project are dated inputs; a null list is none."""
    found = inputs(read(GROK, GOLDEN / "grok" / "export_2026"))

    assert [(i.kind, i.text[:12], i.title) for i in found] == [
        ("project_prompt", "You are Orla", "Lighthouse"),
        ("preferred_model", "grok-4-auto", "Lighthouse"),
    ]
    told = {**export(reply("q", None, "human", "Hm.")), "projects": None, "tasks": []}
    assert inputs(read_value(GROK, tmp_path / "g.json", told)) == []


def test_only_its_shape_is_claimed(tmp_path: Path) -> None:
    """Other lists of conversations, and the words inside a text, are not Grok's."""
    others = (
        {"conversations": []},
        {"conversations": [{"responses": [{"text": "x"}]}]},
        [{"text": '"conversations": [ "responses": [{"response": {'}],
    )
    for number, value in enumerate(others):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(value))
        assert not identify(GROK, path)


def test_cards_that_never_end_stay_as_they_are(tmp_path: Path) -> None:
    """Half a mark is text; hundreds of thousands of them cost one look each."""
    text = "<grok:render>" * 200_000
    told = export(reply("a", None, "assistant", text))

    (message,) = messages(read_value(GROK, tmp_path / "g.json", told)).values()

    assert message.text == text
