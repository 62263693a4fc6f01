"""`events`: suggestions are kept only when asked for, and events can be changed."""

import json
from pathlib import Path

from persona_vault.cli.events import KINDS
from persona_vault.wording.notes import event_kind
from tests.cli.conftest import UPDATE_DAY, Run, RunJson


def _two_models(path: Path) -> Path:
    """A talk of 2025 that names two models, one after the other."""
    lines = [
        {
            "id": str(i),
            "conversation": "1",
            "timestamp": f"2025-08-{1 + i // 2:02d}T{12 + i % 2}:00:00Z",
            "speaker": "assistant" if i % 2 else "user",
            "text": f"Line {i}.",
            "model": "one" if i < 30 else "two",
        }
        for i in range(60)
    ]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def test_a_switch_in_the_data_is_proposed_then_kept(
    plain_home: Path, run: Run, run_json: RunJson
) -> None:
    """The switch and the vendor date are listed; only the chosen one is kept."""
    talk = _two_models(plain_home / "talk.jsonl")
    words = ("--persona", "Juniper", "--app", "chatgpt", "--no-embed")
    assert run("import", talk, *words).code == 0
    said = run("events", "suggest")
    assert said.code == 0
    assert "2025-08-16" in said.out
    assert "observed" in said.out
    assert "2025-08-07" in said.out
    assert run_json("events")["events"] == []

    found = run_json("events", "suggest", "--keep", "2")
    origins = [s["origin"] for s in found["suggestions"]]
    assert origins == ["calendar", "observed", "calendar"]
    (kept,) = run_json("events")["events"]
    assert kept == found["kept"][0]
    assert kept["source"] == "observed"
    assert len(run_json("events", "suggest")["suggestions"]) == 2
    assert len(run_json("events", "suggest", "--keep-all")["kept"]) == 2
    assert "No date is proposed" in run("events", "suggest").out


def test_a_number_that_is_not_listed_keeps_nothing(talk_home: Path, run: Run) -> None:
    """A wrong number is refused whole, with the next step."""
    refused = run("events", "suggest", "--keep", "9")
    assert refused.code == 2
    assert "events suggest" in refused.err


def test_a_calendar_that_is_none_is_refused(talk_home: Path, run: Run) -> None:
    """A file that is no calendar gives one sentence and exit code 3."""
    own = talk_home / "own.toml"
    own.write_text("[[event]]\napp = 1\n", encoding="utf-8")
    refused = run("events", "suggest", "--calendar", own)
    assert refused.code == 3
    assert "own.toml event 1" in refused.err


def test_an_event_is_changed_where_it_stands(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """What is named changes, the rest stays, and the id is the same."""
    run("events", "add", "An update", "--at", UPDATE_DAY, "--kind", "model_swap")
    changed = run_json("events", "edit", "1", "--at", "2024-02-01", "--title", "Moved")
    assert (changed["id"], changed["title"], changed["kind"]) == (
        1,
        "Moved",
        "model_swap",
    )
    assert run_json("events")["events"] == [changed]
    assert run("events", "edit", "1").code == 2
    assert run("events", "edit", "7", "--title", "x").code == 2
    assert run("events", "edit", "1", "--title", " ").code == 2


def test_diff_names_events_and_a_new_prompt_near_the_date(
    plain_home: Path, run: Run
) -> None:
    """What else happened in those days stands beside what changed."""
    lines = []
    for i in range(60):
        nodes = {
            "root": {"id": "root", "parent": None, "message": None},
            "told": {
                "id": "told",
                "parent": "root",
                "message": {
                    "id": f"told-{i}",
                    "author": {"role": "user"},
                    "create_time": 1735732800.0 + i * 86400,
                    "content": {
                        "content_type": "user_editable_context",
                        "user_profile": "",
                        "user_instructions": "Be brief." if i < 30 else "Be long.",
                    },
                },
            },
        }
        parent = "told"
        for j, role in enumerate(("user", "assistant")):
            nodes[f"m{j}"] = {
                "id": f"m{j}",
                "parent": parent,
                "message": {
                    "id": f"m{i}-{j}",
                    "author": {"role": role},
                    "create_time": 1735732860.0 + i * 86400 + j,
                    "content": {"content_type": "text", "parts": [f"Line {i}."]},
                },
            }
            parent = f"m{j}"
        lines.append({"id": f"c{i}", "title": "", "mapping": nodes})
    export = plain_home / "conversations.json"
    export.write_text(json.dumps(lines), encoding="utf-8")
    assert run("import", export, "--persona", "Juniper", "--no-embed").code == 0
    run("events", "add", "Another model", "--at", "2025-01-31")

    said = " ".join(run("diff", "--at", "2025-01-31").out.split())

    assert "The date coincides with" in said
    assert "What this companion was told to be" in said
    assert "a version of the custom instructions was first seen" in said


def test_each_kind_is_told_in_words(home: Path, run: Run) -> None:
    """The help has a phrase of its own for every kind, and reports have words too."""
    said = [
        line.split(maxsplit=1) for line in run("events", "add", "-h").out.split("\n")
    ]
    phrases = {words[0]: words[1] for words in said if len(words) == 2}
    assert len({phrases[kind] for kind in KINDS}) == len(KINDS)
    assert all("_" not in event_kind({"kind": kind}) for kind in KINDS)
