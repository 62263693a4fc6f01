"""`snapshot`, `diff`, `report`: every way to name two periods, and the same bytes."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from persona_vault.cli.diff import NO_SIZE, _line, _print_where_more_is
from persona_vault.findings import RowVerdict
from persona_vault.reports import render_report
from tests.cli.conftest import UPDATE_DAY, Run, RunJson
from tests.language import FORBIDDEN
from tests.reports.example import mix, rich_diff, row
from tests.talk import talk

AROUND = ["--at", UPDATE_DAY]
TWO_FILES = ["before.pvs", "after.pvs"]


@pytest.fixture
def snapshots(talk_home: Path, run_json: RunJson) -> Path:
    """A home with a snapshot of each side of the date."""
    run_json("snapshot", "--until", UPDATE_DAY, "-o", "before.pvs")
    run_json("snapshot", "--since", UPDATE_DAY, "-o", "after.pvs")
    return talk_home


def test_all_ways_to_name_the_same_periods_agree(
    snapshots: Path, run_json: RunJson
) -> None:
    """A date, an event, two periods, message numbers and two files say the same."""
    run_json("events", "add", "Another model", "--at", UPDATE_DAY)
    ways = [
        TWO_FILES,
        AROUND,
        ["--event", "1", "--window", "all"],
        ["--before", f"..{UPDATE_DAY}", "--after", f"{UPDATE_DAY}..2024-12-31"],
        ["--before-messages", "1..144", "--after-messages", "145..288"],
    ]

    found = [run_json("diff", *way, "--no-quotes") for way in ways]

    verdicts = [{r["dimension"]: r["verdict"] for r in d["changes"]} for d in found]
    deltas = [
        {r["dimension"]: r["delta"]["value"] or 0.0 for r in d["changes"]}
        for d in found
    ]
    assert all(each == verdicts[0] for each in verdicts)
    # A snapshot file keeps twelve digits of a sum.
    assert all(each == pytest.approx(deltas[0], rel=1e-9) for each in deltas)
    assert {each["verdict"] for each in found} == {"changed"}
    assert [each["title"] for each in found[1]["coincides_with"]] == ["Another model"]


def test_report_json_is_diff_json_byte_for_byte(talk_home: Path, run: Run) -> None:
    """One shape, one writer: on standard output and in a file."""
    told = run("diff", *AROUND, "--json").out
    printed = run("report", *AROUND, "--format", "json", "-o", "-").out
    run("report", *AROUND, "--format", "json", "-o", "report.json")

    assert told == printed
    assert told == (talk_home / "report.json").read_bytes().decode("ascii")


def test_same_call_gives_the_same_bytes(talk_home: Path, run: Run) -> None:
    """A comparison can be done again."""
    assert run("diff", *AROUND, "--json").out == run("diff", *AROUND, "--json").out


@pytest.mark.parametrize(
    ("format_", "start"), [("html", "<!doctype html>"), ("md", "#"), ("json", "{")]
)
def test_report_is_a_file_that_is_never_overwritten_unasked(
    talk_home: Path, run: Run, format_: str, start: str
) -> None:
    """The default name follows the format; --force is needed for a second one."""
    words = ("report", *AROUND, "--format", format_)

    made = run(*words)

    path = talk_home / f"report.{format_}"
    assert made.code == 0, made
    assert f"The report is in {path.name}" in made.out
    assert path.read_text(encoding="utf-8").lower().startswith(start)
    path.write_text("mine", encoding="utf-8")
    again = run(*words)
    assert again.code == 2
    assert "--force" in again.err
    assert path.read_text(encoding="utf-8") == "mine"
    assert run(*words, "--force").code == 0
    assert path.read_text(encoding="utf-8") != "mine"


def test_report_without_quotes_holds_no_message(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """--no-quotes leaves every sentence of the talk out."""
    texts = {
        m["text"]
        for c in run_json("conversations")["conversations"]
        for m in run_json("read", c["id"])["messages"]
        if len(m["text"]) > 20
    }

    quoted = run("report", *AROUND, "--format", "json", "-o", "-").out
    bare = run("report", *AROUND, "--format", "json", "--no-quotes", "-o", "-").out

    def told(document: str) -> int:
        return sum(json.dumps(text)[1:-1] in document for text in texts)

    assert told(quoted) > 0
    assert told(bare) == 0


@pytest.mark.parametrize("format_", ["html", "md", "json"])
def test_a_discreet_report_names_no_companion(
    talk_home: Path, run: Run, format_: str
) -> None:
    """Nor do its sources and events; the findings are the same."""
    event = ("Juniper\u2019s update", "--persona", "Juniper", "--at", UPDATE_DAY)
    assert run("events", "add", *event).code == 0
    asked = ("--at", UPDATE_DAY, "--format", format_, "--no-quotes", "-o", "-")
    named, nameless = run("report", *asked), run("report", *asked, "--discreet")
    assert named.out.count("Juniper") > 0
    assert nameless.out == named.out.replace("Juniper", "the companion")


def test_exit_code_tells_a_change_only_when_asked(talk_home: Path, run: Run) -> None:
    """`diff` exits 0; with --exit-code 10 on a change and 0 on none."""
    steady = ["--before-messages", "1..72", "--after-messages", "73..144"]

    assert run("diff", *AROUND).code == 0
    assert run("diff", *AROUND, "--exit-code").code == 10
    assert run("diff", *steady, "--exit-code").code == 0


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--at", UPDATE_DAY, "--event", "1"],
        ["--before", f"..{UPDATE_DAY}"],
        ["--after-messages", "1..5"],
        ["--before-messages", "1..5", "--after", f"{UPDATE_DAY}.."],
        ["--before", "2024-01-20..2024-01-01", "--after", "2024-01-20.."],
        ["--before", "..2024-02-01", "--after", "2024-01-20.."],
        ["--before-messages", "9..5", "--after-messages", "10..20"],
        ["--before", "2024-01-20", "--after", "2024-01-20.."],
        ["--at", "next week"],
        ["--at", UPDATE_DAY, "--window", "3 moons"],
        ["--at", UPDATE_DAY, "--gap", "9000000d"],
        ["--before", "..2024-01-20", "--after", "2024-01-20..", "--window", "30d"],
        ["--event", "77"],
        ["only-one.pvs"],
        [*TWO_FILES, "third.pvs"],
        [*TWO_FILES, "--at", UPDATE_DAY],
        [*TWO_FILES, "--window", "30d"],
        [*TWO_FILES, "--persona", "Juniper"],
    ],
)
def test_unclear_periods_are_refused_with_a_next_step(
    talk_home: Path, run: Run, words: list[str]
) -> None:
    """Nothing is guessed and no option is passed over in silence."""
    for name in ("diff", "report"):
        left = run(name, *words)

        assert left.code == 2, left
        assert left.err.startswith("Error: ")
        assert "\nHint: " in left.err
    assert list(talk_home.glob("report.*")) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("before", "before", "very same talk"),
        ("after", "before", "is the later one"),
        ("before", "all", "overlap"),
        ("all", "after", "overlap"),
        ("first", "second", "overlap"),
    ],
)
def test_files_of_one_talk_are_refused_as_periods_are(
    snapshots: Path, run: Run, before: str, after: str, told: str
) -> None:
    """The same file twice, the wrong way round, or with talks in common."""
    run("snapshot", "-o", "all.pvs")
    run("snapshot", "--messages", "1..144", "-o", "first.pvs")
    run("snapshot", "--messages", "140..288", "-o", "second.pvs")

    left = run("diff", f"{before}.pvs", f"{after}.pvs")

    assert left.code == 2, left
    assert told in left.err
    assert "\nHint: " in left.err


def test_the_help_of_quotes_promises_what_the_terminal_shows(run: Run) -> None:
    """The replies behind a row stand in the JSON alone."""
    told = " ".join(run("diff", "--help").out.split())
    assert "Show the replies behind a row" not in told
    assert "phrases, and in --json the replies behind a row" in told


def test_a_row_without_a_smallest_visible_change_says_so() -> None:
    """A mix has none: it does not stand bare under a promise of one."""
    assert _line(mix(RowVerdict.STEADY)).strip() == f"Mix of emoji: {NO_SIZE}"
    assert NO_SIZE not in _line(row(verdict=RowVerdict.STEADY))
    assert not FORBIDDEN.search(NO_SIZE)


def test_snapshot_says_what_it_holds(talk_home: Path, run: Run) -> None:
    """A person reads the counts; the file holds neither a text nor the name."""
    left = run("snapshot", "--messages", "1..144", "-o", "before.pvs")

    assert left.code == 0, left
    assert left.out == "Wrote before.pvs: 72 replies in 12 talks, 0 quoted.\n"


def test_snapshot_is_never_overwritten(snapshots: Path, run: Run) -> None:
    """A snapshot file that is there stays as it is."""
    before = (snapshots / "before.pvs").read_bytes()

    left = run("snapshot", "-o", "before.pvs")

    assert left.code == 2
    assert (snapshots / "before.pvs").read_bytes() == before


def test_snapshot_period_is_given_in_one_way(talk_home: Path, run: Run) -> None:
    """Dates or message numbers, not both, and the earlier date first."""
    both = run("snapshot", "--messages", "1..9", "--since", UPDATE_DAY, "-o", "x.pvs")
    turned = run(
        *("snapshot", "--since", UPDATE_DAY, "--until", "2024-01-01", "-o", "x.pvs")
    )

    assert (both.code, turned.code) == (2, 2)
    assert not (talk_home / "x.pvs").exists()


def test_a_file_that_is_there_gives_the_same_exit_code_everywhere(
    snapshots: Path, run: Run
) -> None:
    """The call cannot be carried out (2): no input was rejected, nothing was lost."""
    mine = snapshots / "mine"
    mine.write_text("mine", encoding="utf-8")
    for words in (
        ("report", *AROUND, "-o", mine),
        ("snapshot", "-o", mine),
        ("backup", mine),
        ("restore", mine, "--vault", snapshots / "vault"),
        ("demo", "--keep", mine),
        ("demo", "-o", mine),
        ("init", "--vault", snapshots / "v2", "--recovery-file", mine),
    ):
        left = run(*words)
        assert left.code == 2, words
        assert mine.read_text(encoding="utf-8") == "mine"


def test_too_little_text_is_told_shortly_and_the_json_is_whole(
    talk_home: Path, run: Run, run_json: RunJson
) -> None:
    """The sentence, what is needed, a few rows by name; the file holds each of them."""
    words = ("--before-messages", "1..12", "--after-messages", "13..200")
    left = run("diff", *words)
    told = " ".join(left.out.split())
    assert left.code == 0, left
    assert told.startswith("Too little text to compare: 4 talks and 20 replies")
    assert "The earlier period needs more text" in told
    assert "`--json` lists each" in told
    assert len(left.out.splitlines()) < 40
    changes = run_json("diff", *words)["changes"]
    assert len(changes) > 60
    for format_ in ("md", "html"):
        report = run("report", *words, "--format", format_, "-o", "-").out
        assert "The earlier period needs more text" in report
        assert report.count("not enough data; ") == 0
        assert "measures, among them" in report


def test_an_event_near_the_date_is_told_by_its_title(talk_home: Path, run: Run) -> None:
    """What the user wrote, the kind and the date; a title stays on its line."""
    title = "They swapped it,\nI think"
    run("events", "add", title, "--at", UPDATE_DAY, "--kind", "model_swap")
    run("events", "add", "A new phone", "--at", UPDATE_DAY)
    told = " ".join(run("diff", *AROUND).out.split())
    assert (
        "coincides with: “They swapped it, I think” (another model, 20 January 2024) "
        "and “A new phone” (20 January 2024)."
    ) in told


def test_a_talk_without_times_is_not_sent_to_another_date(home: Path, run: Run) -> None:
    """No date can place its messages; their numbers can."""
    lines = [
        {"id": str(n), "speaker": ("user", "persona")[n % 2], "text": f"Line {n}."}
        for n in range(60)
    ]
    talk = "".join(json.dumps(line) + "\n" for line in lines)
    (home / "talk.jsonl").write_text(talk, encoding="utf-8")
    assert run("init", "--plain").code == 0
    assert run("import", "talk.jsonl", "--persona", "Ada", "--no-embed").code == 0

    told = " ".join(run("diff", "--at", UPDATE_DAY).out.split())

    assert "60 messages have no time" in told
    assert "--before-messages" in told
    assert "another date" not in told


def test_a_change_in_a_talk_without_times_is_told_by_message_number(
    home: Path, run: Run, run_json: RunJson
) -> None:
    """`changes` names the message where it begins; the `diff` it advises finds it."""
    said = [
        *talk(1, n_blocks=24),
        *talk(2, n_blocks=24, words=5.0, exclaim=0.05, first_conversation=500),
    ]
    lines = [
        {"id": str(n), "conversation": str(m.conversation_id), "speaker": m.role.value}
        | {"text": m.text}
        for n, m in enumerate(said)
    ]
    there = len(talk(1, n_blocks=24))
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (home / "talk.jsonl").write_text(text, encoding="utf-8")
    assert run("init", "--plain").code == 0
    assert run("import", "talk.jsonl", "--persona", "Ada", "--no-embed").code == 0

    told = " ".join(run("changes").out.split())

    named = re.search(
        r"begins with message (\d+), likely between message (\d+) and message (\d+)",
        told,
    )
    assert named
    first, low, high = map(int, named.groups())
    assert low <= there + 1 <= high
    assert f"--after-messages {first}.." in told
    advised = re.search(r"`persona-vault (diff [^`]+)`", told)
    assert advised
    found = run_json(*advised[1].split())
    assert found["verdict"] == "changed"
    n_replies = found["before"]["n_messages"] + found["after"]["n_messages"]
    assert 2 * n_replies == len(said)


@pytest.mark.parametrize("quotes", [True, False])
def test_the_terminal_says_what_only_the_report_shows(
    quotes: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without quotes none are promised."""
    found = rich_diff()
    bare = tuple(replace(c, evidence=()) for c in found.changes)
    _print_where_more_is(found if quotes else replace(found, changes=bare))
    promise = " ".join(capsys.readouterr().out.split())
    assert ("the replies behind a measure" in promise) is quotes
    assert ("continuity" in promise) is (found.continuity is not None)
    page = render_report(found, format="md").lower()
    assert all((what in promise) <= (what in page) for what in ("continu", "told"))
