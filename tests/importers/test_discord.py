"""Discord: parts, bots, and what counts as speech."""

from pathlib import Path
from typing import Any

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.discord import Discord
from persona_vault.importers.testing import check_golden
from persona_vault.model import Role
from tests.importers.messengers import messages, read, save

GOLDEN = Path(__file__).parent / "golden" / "discord"


def line(n: int, who: str, text: str = "Hm.", **fields: Any) -> dict[str, Any]:
    """A message of few fields; who writes with a capital is a bot."""
    return {
        "id": str(n),
        "type": "Default",
        "timestamp": f"2025-01-01T10:00:{n % 60:02}+00:00",
        "content": text,
        "author": {"id": f"id-{who}", "name": who, "isBot": who[0].isupper()},
        **fields,
    }


def channel(*lines: Any, native_id: str = "7", name: str = "talk") -> dict[str, Any]:
    """A file of one channel."""
    return {
        "guild": {"id": "0", "name": "Direct Messages"},
        "channel": {"id": native_id, "type": "DirectTextChat", "name": name},
        "messages": list(lines),
    }


def test_golden() -> None:
    """A talk with one bot and a server in parts give their expected records."""
    assert check_golden(GOLDEN) == []


def test_parts_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """Part 10 comes after part 2, whatever the order of the names."""
    for part in (10, 2, 1):
        lines = [line(part, "Mira"), line(part + 20, "sam")]
        name = "talk.json" if part == 1 else f"talk [part {part}].json"
        save(tmp_path / name, channel(*lines))

    found = messages(read(Discord(), tmp_path))

    assert [each.native_id for each in found] == ["1", "21", "2", "22", "10", "30"]
    assert len({each.conversation.native_id for each in found}) == 1
    assert len({id(each.conversation) for each in found}) == 1


def test_one_bot_needs_no_name_and_two_bots_do(tmp_path: Path) -> None:
    """`isBot` marks the companion; with a second bot the user has to say which."""
    one = save(tmp_path / "one.json", channel(line(1, "Mira"), line(2, "sam")))
    two = save(
        tmp_path / "two.json",
        channel(line(1, "Mira"), line(2, "sam"), line(3, "Keeper")),
    )

    assert [m.role for m in messages(read(Discord(), one))] == [
        Role.PERSONA,
        Role.USER,
    ]
    with pytest.raises(InputRejectedError) as caught:
        read(Discord(), two)
    assert caught.value.hint.endswith("Speakers: Keeper, Mira, sam.")
    roles = [m.role for m in messages(read(Discord(), two, them=("mira",)))]
    assert roles == [Role.PERSONA, Role.USER, Role.SYSTEM]


def test_them_may_name_a_human_and_any_of_the_names(tmp_path: Path) -> None:
    """A companion behind a human account is named; nickname, tag and id all do."""
    author = {
        "id": "99",
        "name": "mira_k",
        "discriminator": "1234",
        "nickname": "Mira of the quay",
        "isBot": False,
    }
    path = save(
        tmp_path / "talk.json", channel(line(1, "sam"), line(2, "x", author=author))
    )

    for name in ("mira_k", "MIRA OF THE QUAY", "mira_k#1234", "99"):
        found = messages(read(Discord(), path, them=(name,)))
        assert [m.role for m in found] == [Role.USER, Role.PERSONA], name


def test_an_embed_is_speech_and_a_link_preview_is_not(tmp_path: Path) -> None:
    """Bots answer inside embeds; a preview with an address is no word of theirs."""
    embeds = [
        {"title": "A card", "description": "Two of cups.", "fields": []},
        {"title": "A page", "description": "Seen from far.", "url": "https://e.org"},
    ]
    path = save(
        tmp_path / "talk.json",
        channel(line(1, "sam", "Draw"), line(2, "Mira", "", embeds=embeds)),
    )

    assert messages(read(Discord(), path))[1].text == "A card\nTwo of cups."


def test_old_numeric_types_are_known(tmp_path: Path) -> None:
    """Types may be numbers: 0 is speech, 7 is a join."""
    path = save(
        tmp_path / "talk.json",
        channel(line(1, "Mira", type=0), line(2, "sam", type=7), line(3, "sam")),
    )

    assert [m.kind for m in messages(read(Discord(), path))] == [
        "text",
        "service",
        "text",
    ]
