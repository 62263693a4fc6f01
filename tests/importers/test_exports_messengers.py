"""Real exports of messengers, where samples are at hand, against independent counts."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.meta_messages import MetaMessages
from persona_vault.importers.formats.telegram import Telegram
from persona_vault.importers.formats.whatsapp.importer import WhatsApp
from persona_vault.model import Role, SourceFact, TimeQuality
from tests.importers.messengers import messages, read


def telegram_rows(path: Path) -> list[dict[str, Any]]:
    """Every message of an account."""
    account = json.loads(path.read_text(encoding="utf-8"))
    return [row for chat in account["chats"]["list"] for row in chat["messages"]]


def test_telegram_generations(samples: Path) -> None:
    """Five dated files: each row is one record, speech and service told apart."""
    paths = sorted((samples / "exports" / "telegram").glob("result_*.json"))
    assert len(paths) == 5
    n_read = 0
    for path in paths:
        rows = telegram_rows(path)
        spoken = [row for row in rows if row["type"] == "message"]
        with pytest.raises(InputRejectedError, match="who is the companion"):
            read(Telegram(), path)
        # Two of the files hold nothing but lines of the app about somebody.
        them = spoken[0]["from_id"] if spoken else rows[0]["actor_id"]
        records = read(Telegram(), path, them=(them,))
        found = messages(records)
        assert len(found) == len(records) == len(rows), path.name
        assert [m.role is Role.PERSONA for m in found] == [
            row["type"] == "message" for row in rows
        ]
        assert [m.native_id for m in found] == [str(row["id"]) for row in rows]
        # Unix times came with June 2022.
        exact = {"date_unixtime" in row for row in rows}
        assert {m.time_quality is TimeQuality.EXACT for m in found} == exact
        n_read += len(found)
    assert n_read == 15


def test_telegram_text_in_pieces(samples: Path) -> None:
    """The text of pieces is what their own list of entities spells."""
    path = samples / "exports" / "telegram" / "result_2023-01.json"
    (row,) = [row for row in telegram_rows(path) if row["type"] == "message"]
    spelled = "".join(entity["text"] for entity in row["text_entities"])

    (found,) = [
        m
        for m in messages(read(Telegram(), path, them=("user44444444",)))
        if m.role is Role.PERSONA
    ]

    assert found.text == spelled


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("test_[mmddyy]_24hrs.txt", r"\[(\d\d)/(\d\d)/(\d\d) "),
        ("test_ddmmyy_24hrs.txt", r"(?P<d>\d\d)/(?P<m>\d\d)/(\d\d),"),
        ("test_mmddyy_24hrs.txt", r"(\d\d)/(\d\d)/(\d\d),"),
        ("test_mmddyyyy_12hrs.txt", r"(\d\d)/(\d\d)/20(\d\d),"),
        ("test_yyyymmdd_24hrs.txt", r"20(?P<y>\d\d)/(\d\d)/(\d\d),"),
    ],
)
def test_whatsapp_forms(samples: Path, name: str, days: str) -> None:
    """Five forms of one talk: the same messages on the same days in all of them."""
    path = samples / "exports" / "whatsapp" / name
    text = path.read_text(encoding="utf-8")
    n_openers = len(re.findall(rf"^{days}", text, re.MULTILINE))

    records = read(WhatsApp(), path, them=("John Doe",))
    found = messages(records)

    (fact,) = [each for each in records if isinstance(each, SourceFact)]
    assert fact.name == "user"  # a group in which nobody was named with --me
    assert len(found) == len(records) - 1 == n_openers == 9
    assert [(m.local_at or "")[:10] for m in found] == [
        *("2019-01-01", "2019-01-20", "2019-01-30", "2020-06-10"),
        *("2020-06-20", "2020-06-30", "2021-12-10", "2021-12-20", "2021-12-30"),
    ]
    assert Counter(m.role for m in found)[Role.PERSONA] == 3
    assert found[-1].text.count("\n") == 1


def test_instagram(samples: Path) -> None:
    """Newest first in the file, oldest first here; two speakers are two sides."""
    path = samples / "exports" / "instagram" / "message_1.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["messages"]

    found = messages(read(MetaMessages(), path, them=("Jane Doe",)))

    assert [m.text for m in found] == [
        row["content"] for row in sorted(rows, key=lambda row: row["timestamp_ms"])
    ]
    assert [m.role for m in found] == [Role.PERSONA, Role.USER]
