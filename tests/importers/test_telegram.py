"""Telegram: accounts and single chats, times, texts in pieces, edits."""

from pathlib import Path
from typing import Any

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.telegram import Telegram
from persona_vault.importers.talk.people import WITHOUT_COMPANION
from persona_vault.importers.testing import check_golden
from persona_vault.ingest import import_file, list_conversations
from persona_vault.model import Ignored, ReadOptions, Role, TimeQuality
from persona_vault.store.vault import Vault
from tests.importers.messengers import messages, read, save

GOLDEN = Path(__file__).parent / "golden" / "telegram"


def line(n: int, who: str | None, text: Any = "Hm.", **fields: Any) -> dict[str, Any]:
    """A message of few fields."""
    return {
        "id": n,
        "type": "message",
        "date": "2024-01-05T10:42:00",
        "date_unixtime": str(1704447720 + n),
        "from": who,
        "from_id": f"user{who}",
        "text": text,
        **fields,
    }


def chat(*lines: Any, **fields: Any) -> dict[str, Any]:
    """One chat, which is a file by itself."""
    return {
        "name": "A chat",
        "type": "personal_chat",
        "id": 5,
        **fields,
        "messages": list(lines),
    }


def account(*chats: dict[str, Any]) -> dict[str, Any]:
    """An account with these chats."""
    return {
        "about": "",
        "personal_information": {"user_id": 1},
        "chats": {"about": "", "list": list(chats)},
    }


def test_golden() -> None:
    """A bot chat, a file of 2020 and an account give their expected records."""
    assert check_golden(GOLDEN) == []


def test_a_bot_chat_names_its_companion(tmp_path: Path) -> None:
    """In a bot_chat, the one whose id the chat bears is the companion."""
    path = save(
        tmp_path / "result.json",
        chat(line(1, "9"), line(2, "5"), type="bot_chat", id=5),
    )

    assert [m.role for m in messages(read(Telegram(), path))] == [
        Role.USER,
        Role.PERSONA,
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("plain", "plain"),
        (
            ["a ", {"type": "bold", "text": "b"}, {"type": "link", "text": " c"}],
            "a b c",
        ),
        ([{"type": "custom_emoji", "text": "😁", "document_id": "x"}, None, 7], "😁"),
    ],
)
def test_text_in_pieces(tmp_path: Path, text: Any, told: str) -> None:
    """A text is a string, or a list of strings and pieces; all else is nothing."""
    path = save(tmp_path / "result.json", chat(line(1, "M", text), line(2, "s")))

    assert messages(read(Telegram(), path, them=("M",)))[0].text == told


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({"edited": "2024-01-05T10:43:00"}, ("edited",)),
        ({"edited_unixtime": "1704447790"}, ("edited",)),
        ({"edited": "1970-01-01T01:00:00"}, ()),
        ({"edited_unixtime": "0"}, ()),
        ({"edited_unixtime": "1704447790", "reactions": [{"emoji": "x"}]}, ()),
        ({}, ()),
    ],
)
def test_edits(tmp_path: Path, fields: dict[str, Any], flags: tuple[str, ...]) -> None:
    """1970 means no edit, and beside a reaction the field says nothing."""
    path = save(tmp_path / "result.json", chat(line(1, "M", **fields), line(2, "s")))

    assert messages(read(Telegram(), path, them=("M",)))[0].flags == flags


def test_the_unix_time_wins_over_the_wall_time(tmp_path: Path) -> None:
    """Exact where there is a Unix time, else the wall time of an unknown zone."""
    old = line(2, "s")
    del old["date_unixtime"]
    path = save(tmp_path / "result.json", chat(line(1, "M"), old))

    one, two = messages(read(Telegram(), path, them=("M",)))

    assert (one.time_quality, one.sent_at and one.sent_at.minute) == (
        TimeQuality.EXACT,
        42,
    )
    assert (two.time_quality, two.local_at) == (
        TimeQuality.LOCAL,
        "2024-01-05T10:42:00",
    )


def test_facts_behind_the_messages_are_found(tmp_path: Path) -> None:
    """Keys may stand in any order: the title counts wherever it stands."""
    whole = chat(line(1, "M"), line(2, "s"))
    turned = account({key: whole[key] for key in reversed(whole)})
    path = save(tmp_path / "result.json", turned)

    found = messages(read(Telegram(), path, them=("M",)))

    assert {(m.conversation.title, m.conversation.native_id) for m in found} == {
        ("A chat", "5")
    }


def test_an_account_is_chosen_from(vault: Vault, tmp_path: Path) -> None:
    """--list shows the chats with the companion, --only takes one of them."""
    path = save(
        tmp_path / "result.json",
        account(
            chat(line(1, "M"), line(2, "s"), name="One", id=1),
            chat(line(3, "M"), line(4, "s"), name="Two", id=2),
            chat(line(5, "s"), line(6, "i"), name="Three", id=3),
        ),
    )
    options = ReadOptions(them=("M",))

    listed = list_conversations(path, options=options)
    report = import_file(vault, path, persona="M", options=options, only=["Two"])

    assert [each.title for each in listed] == ["One", "Two"]
    assert report.n_added == 2
    left = [r for r in read(Telegram(), path, them=("M",)) if isinstance(r, Ignored)]
    assert [each.reason for each in left] == [WITHOUT_COMPANION] * 2


def test_a_cut_account_is_an_error_of_the_file(tmp_path: Path) -> None:
    """A file that ends inside a chat is refused as a whole."""
    path = save(tmp_path / "result.json", account(chat(line(1, "M"), line(2, "s"))))
    path.write_bytes(path.read_bytes()[:-30])

    with pytest.raises(InputRejectedError, match="cut off"):
        read(Telegram(), path, them=("M",))
