"""The diary: what it looks like, and that nothing in it is active."""

from pathlib import Path

import pytest

from persona_vault.kits import export_talk
from persona_vault.model import Attachment, Conversation, Role, TimeQuality
from persona_vault.reports.inert import inert
from persona_vault.store.vault import Vault
from tests.kits.talks import HOSTILE, keep, said, talk
from tests.reports.payloads import PAYLOADS

GOLDEN = Path(__file__).parent / "golden"
ACTIVE = (
    *PAYLOADS,
    *HOSTILE,
    "# heading\n\n- item\n\n1. item\n\n---\n\nheading\n===",
    "![x](https://example.invalid/x.png)",
    "[x](https://example.invalid)",
    "[x]: https://example.invalid\n\n[x]",
    "<https://example.invalid> https://example.invalid www.example.invalid",
    "someone@example.invalid",
    "```\n# out\n```",
    "~~~\n# out\n`````\n# out",
    "| a | b |\n|---|---|\n| *c* | **d** |",
    "\\`x\\`",
)


def written(vault: Vault, folder: Path, **asked: object) -> str:
    """The diary of a vault."""
    path = folder / "diary.md"
    path.unlink(missing_ok=True)
    export_talk(vault, path, format="md", **asked)  # type: ignore[arg-type]
    return path.read_text("utf-8")


def test_the_diary_is_the_expected_one(vault: Vault, tmp_path: Path) -> None:
    """By conversation and day, in the vault's zone, letter by letter."""
    vault.set_zone("Europe/Berlin")
    tea = Conversation(native_id="tea", title="Tea *at* five", group="kitchen")
    endless = Conversation(threaded=False)
    wall = {
        "sent_at": None,
        "local_at": "2024-05-01T07:05",
        "time_quality": TimeQuality.LOCAL,
    }
    none = {"sent_at": None, "time_quality": TimeQuality.NONE}
    keep(
        vault,
        [
            said("Is the kettle on?", 0, conversation=tea),
            said("It is.\n\n# Tea or `coffee`?", 1, conversation=tea),
            said("Coffee.", 1, conversation=tea, shown=False, native_id="c"),
            said("Past midnight.", 400, conversation=tea),
            said("", 401, conversation=tea, kind="image", attachments=(QUAY,)),
            said("Hello.", 0, conversation=endless, **wall),
            said("Hello?", 1, conversation=endless, **none),
            said("Soon.", 2, conversation=endless, role=Role.SYSTEM, speaker="app"),
        ],
    )
    found = written(vault, tmp_path, persona="Wren", shown_only=False)

    assert found == (GOLDEN / "diary.md").read_text("utf-8")


QUAY = Attachment("quay at night.png", "image")


@pytest.mark.parametrize("text", ACTIVE)
def test_no_word_of_the_talk_is_active(text: str, vault: Vault, tmp_path: Path) -> None:
    """A CommonMark reader finds our headings and fences, no link, picture or HTML."""
    parser = pytest.importorskip(
        "markdown_it", reason="markdown-it-py reads the result"
    ).MarkdownIt("commonmark")
    parser.enable(["table", "strikethrough"])
    thread = Conversation(native_id=text or "x", title=text, group=text, app=text)
    messages = talk([text, text], conversation=thread, speaker=text)
    aside = said(text, 3, conversation=thread, role=Role.SYSTEM, speaker=text)
    # No companion's name holds a control character.
    name = "".join(letter for letter in text if letter.isprintable())
    keep(vault, [*messages, aside], persona=name.strip() or "x")

    tokens = parser.parse(written(vault, tmp_path))
    flat = [t for token in tokens for t in (token, *(token.children or ()))]
    assert {t.type for t in flat}.isdisjoint(
        {"html_block", "html_inline", "link_open", "image", "table_open", "em_open"}
        | {"s_open", "blockquote_open", "code_block", "hr", "list_item_open"}
    )
    told = [t.content for t in flat if t.type == "fence"]
    assert told == ([inert(text) + "\n"] * 3 if text else [])
    headings = [t.tag for t in flat if t.type == "heading_open"]
    assert headings == ["h1", "h2", "h3"]
    inline = [t.content for t in flat if t.type == "text"]
    assert not [words for words in inline if "example.invalid" in words]


def test_days_are_those_of_the_vault(vault: Vault, tmp_path: Path) -> None:
    """A late evening in UTC is the next day in Tokyo."""
    keep(vault, talk(["late"]))
    assert "### 2024-03-01\n" in written(vault, tmp_path)
    assert "Times are those of UTC." in written(vault, tmp_path)
    vault.set_zone("Asia/Tokyo")
    assert "### 2024-03-02\n" in written(vault, tmp_path)
