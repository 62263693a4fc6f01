"""What a person reads: lists, talks, hits and events, at 80 columns."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from persona_vault.cli.search import alike_told
from persona_vault.cli.topics import over_time
from persona_vault.search.topics import Month
from persona_vault.wording.numbers import dated_words, dates_in
from tests.cli.conftest import UPDATE_DAY, Run, RunJson
from tests.cli.exports import write_chatgpt, write_replika


@pytest.mark.parametrize(
    "words",
    [
        "info",
        "conversations",
        "sources",
        "persona list",
        "read 1",
        "search garden --mode keyword",
        "search garden --mode semantic -k 3",
        "show 5",
        "events list",
        f"diff --at {UPDATE_DAY}",
        "import --list talk.jsonl",
    ],
)
def test_no_line_is_longer_than_the_terminal(
    talk_home: Path, run: Run, words: str
) -> None:
    """Prose and tables keep to 80 columns where the terminal has 80."""
    run("events", "add", "An update was told of", "--at", UPDATE_DAY)

    # A path cannot be broken: a short one here.
    left = run(*words.split(), "--vault", "vault")

    assert left.code == 0, left
    assert [line for line in left.out.splitlines() if len(line) > 80] == []


def test_talk_is_read_by_name(talk_home: Path, run: Run) -> None:
    """The companion stands under its name, the user as "You", times in the zone."""
    left = run("read", "1")

    heads = [line for line in left.out.splitlines() if "· message" in line]
    assert {head.partition(" · ")[0] for head in heads} == {"Juniper", "You"}
    assert len(heads) == 12


def test_times_are_shown_in_the_zone_of_the_vault(
    plain_home: Path, run: Run, run_json: RunJson
) -> None:
    """A bare date that is typed comes back as that date, east or west of UTC."""
    for number, zone in enumerate(("Pacific/Auckland", "America/Los_Angeles")):
        vault = f"vault-{number}"
        run("init", "--plain", "--timezone", zone, "--vault", vault)

        added = run("events", "add", "Moved", "--at", "2025-03-01", "--vault", vault)

        assert added.out == "Kept as event 1: 2025-03-01 Moved\n"
        (event,) = run_json("events", "--vault", vault)["events"]
        assert not event["at"].startswith("2025-03-01T00:00")
        assert event["precision"] == "day"
    exact = run_json("events", "add", "Moved", "--at", "2025-03-01T18:00")
    assert exact["precision"] == "exact"


def test_hits_are_numbered_and_lead_to_show(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """A hit names its message; `show` opens it with its neighbours."""
    hit = run_json("search", "garden", "--mode", "keyword", "-k", "1")["hits"][0]
    said = run("search", "garden", "--mode", "keyword", "-k", "1", "--context", "0")

    assert f"message {hit['message_id']}" in said.out.splitlines()[0]
    shown = run("show", hit["message_id"], "--context", "1").out
    assert ">>> Juniper · " in shown or ">>> You · " in shown
    assert shown.count("· message") == 3


def test_search_filters_narrow_what_is_found(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """Side, dates, number of hits and context are the user's to choose."""

    def search(*words: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = run_json(
            "search", "garden", "--mode", "keyword", *words
        )["hits"]
        return found

    assert {hit["role"] for hit in search("--role", "persona")} == {"persona"}
    assert {hit["role"] for hit in search("--role", "user")} <= {"user"}
    later = search("--since", UPDATE_DAY, "--until", "2024-02-01")
    assert all("2024-01-19T23" <= str(hit["sent_at"]) < "2024-02" for hit in later)
    assert run("search", "garden", "--app", "no-such-app").code == 2
    assert len(search("-k", "1")) == 1
    assert search("-k", "1", "--context", "0")[0]["before"] == []


def test_search_without_vectors_says_so(plain_home: Path, run: Run) -> None:
    """Nothing embedded yet: words still find, and the next step is named."""
    write_replika(plain_home / "replika.csv")
    run("import", "replika.csv", "--persona", "Wren", "--no-embed")

    left = run("search", "kettle")

    assert left.code == 0, left
    assert "persona-vault embed" in left.err
    assert left.out.startswith("1. You · 2025-01-01 18:00 · message 1\n")
    semantic = run("search", "kettle", "--mode", "semantic")
    assert semantic.code == 2
    assert "persona-vault embed" in semantic.err


def test_info_names_what_is_left_to_do(plain_home: Path, run: Run) -> None:
    """An empty vault points at `import`, one without vectors at `embed`."""
    assert "persona-vault import" in run("info").out
    write_chatgpt(plain_home / "chatgpt.zip")
    run("import", "chatgpt.zip", "--persona", "Wren", "--no-embed")

    left = run("info").out

    assert "Messages     6 in 3 conversations, 2025-01-01 to 2025-01-03" in left
    assert "persona-vault embed" in left
    assert "model-1 (3)" in left


def test_lists_that_are_empty_say_so(plain_home: Path, run: Run) -> None:
    """No bare table head where there is nothing."""
    for name in ("conversations", "sources", "persona", "events"):
        left = run(name)

        assert left.code == 0
        assert left.out.endswith(".\n")
        assert "id" not in left.out.split()


def test_companion_is_named_and_conversations_moved(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """Names are kept, a conversation goes to the companion that is named."""
    set_ = run("persona", "set", "Juniper", "--rename", "June", "--pronoun", "she")
    assert set_.out.splitlines()[0] == "June"

    moved = run("persona", "move", "1", "2", "--to", "Robin")

    assert moved.out == "Moved 2 conversations to Robin\n"
    assert len(run_json("conversations", "--persona", "Robin")["conversations"]) == 2
    several = run("diff", "--at", UPDATE_DAY)
    assert several.code == 2
    assert "June, Robin" in several.err


def test_move_is_all_or_nothing(talk_home: Path, run: Run, run_json: RunJson) -> None:
    """A number that is not there moves none of the others."""
    left = run("persona", "move", "1", "999", "--to", "Robin")

    assert left.code == 2
    assert "999" in left.err
    assert [p["name"] for p in run_json("persona")["personas"]] == ["Juniper"]


def test_import_is_undone_only_when_confirmed(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """Without a terminal --yes is needed; then nothing of the source is left."""
    asked = run("forget", "--source", "1")
    assert asked.code == 2
    assert "--yes" in asked.err

    left = run("forget", "--source", "1", "--yes")

    assert left.code == 0, left
    assert "288" in left.out
    assert "export file" in left.err
    assert run_json("info")["n_messages"] == 0
    assert run("forget", "--source", "1", "--yes").code == 2


def test_event_is_dropped(talk_home: Path, run: Run, run_json: RunJson) -> None:
    """An event goes by its number, and only once."""
    run("events", "add", "A date", "--at", UPDATE_DAY, "--persona", "Juniper")

    assert run("events", "remove", "1").out == "Removed event 1\n"
    assert run_json("events")["events"] == []
    assert run("events", "remove", "1").code == 2
    assert run("events", "add", "  ", "--at", UPDATE_DAY).code == 2


def test_quiet_says_nothing_beside_the_result(talk_home: Path, run: Run) -> None:
    """Notes go away, results stay."""
    write_replika(talk_home / "replika.csv")
    left = run("forget", "--source", "1", "--yes", "--quiet")

    assert left.err == ""
    assert left.out


def test_a_date_is_told_as_it_was_typed(talk_home: Path, run: Run) -> None:
    """Sentences name days of the vault's zone, east of UTC too; --json is UTC."""
    run("zone", "Pacific/Auckland")
    run("events", "add", "Moved", "--at", UPDATE_DAY)

    report = run("report", "--at", UPDATE_DAY, "--format", "md", "-o", "-").out

    assert "Before: everything up to 20 January 2024;" in report
    assert "20 January 2024**: Moved" in report or "(20 January 2024)" in report


def test_the_day_of_a_citation_is_the_same_in_any_zone() -> None:
    """A vendor's date is no moment: west of UTC it is not the day before."""
    with dates_in(ZoneInfo("America/Los_Angeles")):
        assert dated_words("2024-01-20T00:00Z", "the vendor's notes") == (
            "20 January 2024"
        )
        assert dated_words("2024-01-20T00:00Z", "user") == "19 January 2024"


@pytest.mark.parametrize("words", [("-garden",), ("garden", "-rain"), ("a", "walk")])
def test_a_search_without_quotation_marks_says_how_to_write_it(
    talk_home: Path, run: Run, words: tuple[str, ...]
) -> None:
    """The shell's pieces are a usage error whose hint shows the marks."""
    left = run("search", *words)

    assert left.code == 2
    assert 'persona-vault search "harbour -rain"' in left.err


def test_words_that_nobody_said_are_told_and_nothing_is_listed(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """A quoted phrase and a beginning of a word are asked for, not ranked by."""
    left = run("search", '"xylophone concert"')
    assert left.code == 0
    assert 'No message holds "xylophone concert" as it stands.' in left.err
    assert "quotation marks or the *" in left.err
    assert left.out == "Nothing was found.\n"
    assert run_json("search", "xylo*")["hits"] == []
    found = run_json("search", "gard* xylophone", "--all", "--context", "0")
    assert found["required"] == ["gard"]
    assert all(" gard" in f" {hit['text'].lower()}" for hit in found["hits"])
    assert found["hits"]


def test_repeats_of_the_message_itself_are_counted(
    plain_home: Path, run: Run, run_json: RunJson
) -> None:
    """`similar` leaves no message out without saying so."""
    lines = ("The grey boat rocked", "Did it?", "Rain today", "I see", "And cake")
    talk = [*lines, "Good", lines[0], "Again", "A grey boat, rocking", "Yes"]
    rows = [f"{'user' if n % 2 == 0 else 'ai'},{t!r}" for n, t in enumerate(talk)]
    Path("talk.csv").write_text("\n".join(["role,text", *rows]).replace("'", '"'))
    run("import", "talk.csv", "--persona", "Mira", "--no-embed")
    run("embed", "--embedder", "hashing")

    left = run("similar", "1")

    assert left.code == 0, left
    assert "1 message says nearly the same as message 1: 7; --all" in left.out
    assert run_json("similar", "1")["alike"] == [7]
    assert "Left out" not in run("similar", "1", "--all").out


@pytest.mark.parametrize("command", [("search", "garden"), ("similar", "5")])
def test_a_misspelt_app_is_told_with_those_that_are_there(
    talk_home: Path, run: Run, command: tuple[str, ...]
) -> None:
    """Nothing is found for a name that is nowhere: the names are told instead."""
    write_replika(talk_home / "replika.csv")
    run("import", "replika.csv", "--persona", "Wren", "--no-embed")
    left = run(*command, "--app", "kindroit")
    assert left.code == 2
    assert 'No message here is from an app "kindroit".' in left.err
    assert "The apps here: replika." in left.err


def test_a_model_that_no_message_names_is_told(talk_home: Path, run: Run) -> None:
    """No message of this talk names a model, so that leaving it out is the step."""
    left = run("search", "garden", "--model", "gpt-4oo")
    assert left.code == 2
    assert 'names the model "gpt-4oo"' in left.err
    assert "leave the option out" in left.err


def test_similar_messages_of_one_import(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """As for a search; a number that no import has is refused."""
    assert run_json("similar", "5", "--source", "1")["hits"]
    assert run("similar", "5", "--source", "9").code == 2


@pytest.mark.parametrize(
    ("months", "line"),
    [
        ({"2024-03": 4}, "by month from 2024-03 on: 4"),
        ({"2023-11": 12, "2024-01": 3}, "by month from 2023-11 on: 12 0 3"),
        (
            {"2023-02": 5, "2023-03": 1, "2024-02": 2},
            "by quarter from 2023-01 on: 6 0 0 0 2",
        ),
        ({"2021-12": 5, "2026-01": 1}, "by year from 2021 on: 5 0 0 0 0 1"),
    ],
)
def test_a_topic_is_told_over_time(months: dict[str, int], line: str) -> None:
    """Every month between counts, one of silence too; long times in longer steps."""
    assert over_time([Month(one, n, 0.5) for one, n in months.items()]) == line


def test_the_months_of_a_topic_are_listed(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """What a person reads has the numbers of the JSON."""
    found = run_json("topics", "-n", "4")["topics"]
    said = run("topics", "-n", "4").out
    for topic in found:
        first, *_ = topic["months"]
        assert f"   by month from {first['month']} on: {first['n_messages']}" in said
    assert all(len(line) <= 80 for line in said.splitlines())


def test_nothing_similar_has_a_step_of_its_own(talk_home: Path, run: Run) -> None:
    """`similar` has no words and no modes that could be changed."""
    left = run("similar", "5", "--since", "2030-01-01")
    assert left.code == 0
    assert left.out == "Nothing was found.\n"
    assert "words" not in left.err
    assert "--mode" not in left.err
    assert "--since" in left.err


def test_repeats_that_were_not_counted_to_the_end_are_told_as_such() -> None:
    """Of a list that was cut the number is the least there are."""
    assert alike_told((4, 2), is_cut=True).startswith("at least 2 messages say")
    assert alike_told((4, 2)).startswith("2 messages say nearly the same: 2, 4;")


def test_words_to_find_need_not_stand_on_the_command_line(
    talk_home: Path, run: Run
) -> None:
    """- takes them from standard input, unless the passphrase comes from there."""
    asked = run("search", "bread", "--mode", "keyword")
    assert asked.code == 0
    assert run("search", "-", "--mode", "keyword", stdin=b"bread\nsoup\n") == asked
    left = run("search", "-", "--passphrase-file", "-")
    assert left.code == 2
    assert "cannot both" in left.err
