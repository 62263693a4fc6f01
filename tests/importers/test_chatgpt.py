"""ChatGPT exports: every node once, the shown path, models, and broken trees."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.chatgpt.content import without_citations
from persona_vault.importers.formats.chatgpt.importer import ChatGPT
from persona_vault.importers.registry import find_importer
from persona_vault.importers.source import Source
from persona_vault.importers.testing import check_golden, golden_records
from persona_vault.model import (
    ClaimPart,
    ClaimSource,
    ImportIssue,
    Message,
    ModelClaim,
    PersonaInput,
    Record,
    Role,
    TimeQuality,
)
from tests.importers.chats import (
    GOLDEN,
    NO_OPTIONS,
    NOON,
    conversation,
    identify,
    messages,
    node,
    read,
)


@pytest.fixture
def records_of(tmp_path: Path) -> Any:
    """Reads conversations as if they were an export."""

    def records(*conversations: Any) -> list[Record]:
        path = tmp_path / "conversations.json"
        path.write_text(json.dumps(conversations), encoding="utf-8")
        return read(path)

    return records


def test_golden() -> None:
    """Each generation of the export gives exactly the records written beside it."""
    assert check_golden(GOLDEN) == []


def test_same_talk_in_a_zip_and_a_folder(tmp_path: Path) -> None:
    """The container makes no difference to what is read."""
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted((GOLDEN / "sharded").iterdir()):
            file.write(path, f"export/{path.name}")
    assert identify(archive)
    texts = [
        [record.text for record in read(path) if isinstance(record, Message)]
        for path in (archive, GOLDEN / "sharded")
    ]
    assert texts[0] == texts[1] != []


def test_known_by_content_not_by_name(tmp_path: Path) -> None:
    """Another vendor's conversations.json is not ours, ours is under any name."""
    foreign = tmp_path / "conversations.json"
    foreign.write_text(json.dumps([{"uuid": "1", "chat_messages": []}]))
    quoted = tmp_path / "quoted.json"
    quoted.write_text(json.dumps([{"text": '"mapping": {"a": {"parent": null}}'}]))
    ours = tmp_path / "saved.txt"
    ours.write_text(json.dumps([conversation(node("a", None))]))
    assert [identify(foreign), identify(quoted), identify(ours)] == [False, False, True]


def test_two_vendors_in_one_folder(tmp_path: Path) -> None:
    """Only the folder that holds our conversations is read."""
    for folder, value in (
        ("claude", {"uuid": "1", "chat_messages": []}),
        ("chatgpt", conversation(node("a", None))),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "conversations.json").write_text(json.dumps([value]))
    assert [type(record) for record in read(tmp_path)] == [Message]


def test_single_files_of_a_browser_exporter(tmp_path: Path) -> None:
    """A folder of one file per conversation is read; account files are not opened."""
    for name in ("One.json", "Two.json", "user.json"):
        path = tmp_path / name
        path.write_text(json.dumps(conversation(node(name, None))), encoding="utf-8")
    assert set(messages(read(tmp_path))) == {"One.json", "Two.json"}


def test_manifest_in_other_spellings(tmp_path: Path) -> None:
    """Absent shards are found however the manifest lists them; a broken one is said."""
    shard = json.dumps([conversation(node("a", None))])
    (tmp_path / "conversations-000.json").write_text(shard)
    manifest = tmp_path / "export_manifest.json"
    for listing in (
        {
            "files": [
                {"path": "x/conversations-000.json"},
                {"path": "conversations-001.json"},
            ]
        },
        [{"logical": "conversations.json", "parts": ["conversations-001.json"]}],
    ):
        manifest.write_text(json.dumps(listing))
        issues = [each for each in read(tmp_path) if isinstance(each, ImportIssue)]
        assert [each.where for each in issues] == ["conversations-001.json"]
    manifest.write_text("{")
    assert isinstance(read(tmp_path)[0], ImportIssue)
    assert len(read(tmp_path)) == 2


def test_truncated_export_is_refused(tmp_path: Path) -> None:
    """A file that is cut off is refused, not read halfway."""
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([conversation(node("a", None))])[:-9])
    with pytest.raises(InputRejectedError):
        read(path)


def test_branches_are_kept_and_not_shown(records_of: Any) -> None:
    """Only the path up from current_node is shown; the later attempt is flagged."""
    found = messages(
        records_of(
            conversation(
                node("u", None),
                node("a", "u", "assistant", "First.", create_time=NOON),
                node("b", "u", "assistant", "Second.", create_time=NOON + 9),
                current_node="a",
            )
        )
    )
    assert (found["a"].shown, found["a"].flags) == (True, ())
    assert (found["b"].shown, found["b"].flags) == (False, ("branch", "regenerated"))


def test_attempts_are_recognised_behind_hidden_nodes(records_of: Any) -> None:
    """Two answers, each after its own reasoning, are attempts at the same place."""
    thought = {"content_type": "thoughts", "thoughts": [{"content": "Hm."}]}
    found = messages(
        records_of(
            conversation(
                node("u", None),
                node("t1", "u", "assistant", content=thought),
                node("a1", "t1", "assistant"),
                node("t2", "u", "assistant", content=thought),
                node("a2", "t2", "assistant"),
                node("u2", "a2"),
                current_node="u2",
            )
        )
    )
    assert found["a1"].flags == ("branch",)
    assert found["a2"].flags == ("regenerated",)
    assert found["u2"].flags == ()


def test_parent_is_the_nearest_message(records_of: Any) -> None:
    """A node that gives no message does not break the chain of answers."""
    found = messages(
        records_of(
            conversation(
                node("u", None),
                node("gap", "u", "assistant", ""),
                {"id": "null", "parent": "gap", "message": None},
                node("a", "null", "assistant"),
            )
        )
    )
    assert (found["u"].parent, found["a"].parent) == (None, "u")


def test_children_lists_fill_missing_parents(records_of: Any) -> None:
    """Where nodes have no `parent`, the older `children` lists give the tree."""
    top, low = node("u", None), node("a", None, "assistant")
    del top["parent"], low["parent"]
    found = messages(records_of(conversation(top | {"children": ["a"]}, low)))
    assert found["a"].parent == "u"


def test_lost_parent_does_not_hide_the_rest(records_of: Any) -> None:
    """Pieces of a torn thread are all shown: no sibling was chosen instead of them."""
    found = messages(
        records_of(
            conversation(
                node("a", None, create_time=NOON),
                node("c", "b-is-lost", "assistant", create_time=NOON + 2),
                current_node="c",
            )
        )
    )
    assert [found["a"].shown, found["c"].shown] == [True, True]
    assert [found["a"].flags, found["c"].flags] == [(), ("orphan",)]


def test_models_are_claims_with_their_part(records_of: Any) -> None:
    """A default is never copied onto messages; "auto" and a request did not answer."""
    slugs = {"model_slug": "m-1", "requested_model_slug": "m-2"}
    records = records_of(
        conversation(
            node("u", None, metadata={"model_slug": "m-1"}),
            node("a", "u", "assistant", metadata=slugs),
            node("b", "a", "assistant", metadata={"model_slug": "auto"}),
            node("c", "b", "assistant", metadata={"default_model_slug": "m-3"}),
            default_model_slug="m-4",
        )
    )
    found = messages(records)
    parts = {
        key: [(claim.value, claim.part) for claim in message.models]
        for key, message in found.items()
    }
    assert parts == {
        "u": [("m-1", ClaimPart.REQUESTED)],
        "a": [("m-1", ClaimPart.ANSWERED), ("m-2", ClaimPart.REQUESTED)],
        "b": [("auto", ClaimPart.REQUESTED)],
        "c": [],
    }
    assert found["a"].conversation.models == tuple(
        ModelClaim(value, ClaimSource.CONVERSATION, ClaimPart.DEFAULT)
        for value in ("m-4", "m-3")
    )


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"author": {"role": "tool", "name": "web"}}, "tool"),
        ({"author": {"role": "system"}}, "system"),
        ({"recipient": "python"}, "tool"),
        ({"weight": 0.0}, "hidden"),
        ({"channel": "analysis"}, "reasoning"),
        ({"metadata": {"is_visually_hidden_from_conversation": True}}, "hidden"),
    ],
)
def test_hidden_messages(records_of: Any, fields: dict[str, Any], kind: str) -> None:
    """What the app shows no bubble for is the system's, is not shown, and says why."""
    found = messages(
        records_of(conversation(node("u", None), node("a", "u", "assistant", **fields)))
    )
    assert found["u"].shown
    hidden = found["a"]
    assert (hidden.role, hidden.shown, hidden.kind) == (Role.SYSTEM, False, kind)
    assert hidden.text == "Hm."


def test_custom_instructions_are_no_turn(records_of: Any) -> None:
    """The user's own words are taken out of the vendor's sentence around them."""
    content = {
        "content_type": "user_editable_context",
        "user_profile": "About the user:\n```I keep bees.```",
        "user_instructions": "",
    }
    (record,) = records_of(
        conversation(node("c", None, content=content), create_time=NOON)
    )
    assert isinstance(record, PersonaInput)
    assert (record.kind, record.text) == ("custom_instructions", "I keep bees.")
    assert record.valid_from is not None


@pytest.mark.parametrize(
    "value", [None, 0, -1, 1e300, 10**30, "soon", [], {}, True, "0001-01-01T00:00:00Z"]
)
def test_hostile_times(records_of: Any, value: Any) -> None:
    """A time that is none leaves the message without one; nothing is filled in."""
    (record,) = records_of(
        conversation(node("a", None, create_time=value), create_time=value)
    )
    assert isinstance(record, Message)
    if value != "0001-01-01T00:00:00Z":
        assert record.sent_at is None
        assert record.time_quality is TimeQuality.NONE


def test_citation_marks_leave_no_trace() -> None:
    """Marks go with the space before them; the words they stand for stay."""
    text = (
        "A \ue200cite\ue202turn0search1\ue202turn0search2\ue201, b【4:0†notes.txt】 c "
        '\ue200entity\ue202["city","Bern"]\ue201 \ue200url\ue202d\ue202https://e\ue201 '
        "e \ue203"
    )
    assert without_citations(text) == "A, b c Bern d e "
    assert without_citations("【really】 (†) stays") == "【really】 (†) stays"


def test_users_text_is_never_cleaned(records_of: Any) -> None:
    """What a user typed is kept to the letter, private-use characters too."""
    (record,) = records_of(conversation(node("u", None, text="\ue200x\ue201")))
    assert record.text == "\ue200x\ue201"


def test_raw_holds_the_whole_node(records_of: Any) -> None:
    """The vendor's own record can be read again, whatever was left out of the text."""
    written = node("a", None, "assistant", "A\ue200cite\ue202x\ue201.")
    (record,) = records_of(conversation(written))
    assert record.text == "A."
    assert json.loads(record.raw) == written


def test_sample_exports(samples: Path) -> None:
    """Real exports are ours alone, and each node that is there is accounted for."""
    paths = sorted((samples / "exports" / "chatgpt").glob("*.json"))
    assert paths
    for path in paths:
        with Source.open(path) as source:
            assert find_importer(source, NO_OPTIONS).name == "chatgpt"
        value = json.loads(path.read_text(encoding="utf-8"))
        listed = value if isinstance(value, list) else [value]
        records = read(path)
        assert len(records) == sum(len(each["mapping"]) for each in listed)
        assert not [each for each in records if isinstance(each, ImportIssue)]
        # Counted apart: what a person sees as bubbles has a role, words and no veil.
        n_bubbles = sum(
            bool(
                "".join(p for p in m["content"].get("parts", []) if isinstance(p, str))
            )
            for each in listed
            for n in each["mapping"].values()
            if (m := n["message"])
            and m["author"]["role"] in ("user", "assistant")
            and m["recipient"] == "all"
        )
        assert sum(isinstance(r, Message) and r.shown for r in records) == n_bubbles
        assert golden_records(path, ChatGPT()) == golden_records(path, ChatGPT())
