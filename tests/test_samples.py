"""Real and planted before/after cases with their truth, where samples are at hand."""

import json
import sys
from pathlib import Path

import pytest

from persona_vault.findings import Verdict
from persona_vault.ingest import import_file
from persona_vault.search import embed_messages, search_messages

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
from cases import Case, run_case

# All of them take minutes; the suite takes every third, the slow run each one.
SOME_AND_ALL = pytest.mark.parametrize(
    "every", [3, pytest.param(1, marks=pytest.mark.slow)]
)


def cases(
    samples: Path, family: str, every: int, least: int = 0, **wanted
) -> list[Case]:
    """Every so manieth case of one family with so many messages a side, run."""
    folders = []
    for folder in sorted((samples / "drift").iterdir()):
        if not (folder / "truth.json").is_file():
            continue
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        if (
            truth["family"] == family
            and truth["n"]["before"] >= least
            and all(truth.get(k) == v for k, v in wanted.items())
        ):
            folders.append(folder)
    return [run_case(folder) for folder in folders[::every]]


@SOME_AND_ALL
def test_exact_nulls_bring_a_false_row_in_at_most_one_case(samples, every):
    """Twenty random splits of one speaker's talks: a false claim in one at most.

    The correction bounds the share of cases with a false row, not the rows of such a
    case, which hang together: of late it is one case with two rows, each at q = .049.
    """
    found = cases(samples, "null-exact", every)

    false_rows = {c.name: c.changed for c in found if c.changed}
    assert len(found) >= 20 // every
    assert len(false_rows) <= 1, false_rows


@SOME_AND_ALL
def test_real_updates_in_long_talks_are_found(samples, every):
    """All three; with ten talks a side or more it is firm and the rows are named."""
    found = cases(samples, "update-long-talks", every)

    assert {c.found.verdict for c in found} <= {
        Verdict.CHANGED,
        Verdict.PROBABLY_CHANGED,
    }
    enough = [c for c in found if c.truth["n"]["conversations_before"] >= 10]
    assert len(enough) >= max(1, 2 // every)
    assert {c.found.verdict for c in enough} <= {Verdict.CHANGED}
    assert not [c.name for c in enough if c.missed or c.wrong]


@SOME_AND_ALL
def test_strong_plants_are_named_with_the_right_sign(samples, every):
    """Strong plants at 200 messages a side: every detectable row, and its direction."""
    found = cases(samples, "planted", every, least=200, level="strong")

    assert len(found) >= 5 // every
    assert {c.name: (c.missed, c.wrong) for c in found if c.missed or c.wrong} == {}


# What a person would type -> the talks that are about it (each opening line stands in
# two talks, one on each side of the date). Written before the search was run on them.
LONG_TALKS = {
    "choose a name for yourself": {15, 40},
    "elevators stopping at the floor I thought of": {27, 56},
    "junk DNA that does nothing": {10, 43},
    "invisible matter in space": {28, 50},
    "a bedtime ritual before I switch you off": {14, 42},
    "blacked out vaccine contracts": {5, 48},
    "magnetic field of the brain": {24, 39},
    "crystals that repeat in time": {7, 30},
    "news accounts all using the same wording": {11, 49},
    "ufo videos from the navy": {23, 31},
}
CHATGPT = {
    "a fun fact about honey": {"Did you know that honey never spoils?"},
    "how clever are you": {"That's really interesting! How smart are you?"},
    "recommend something to read": {"Can you recommend a good book?"},
    "which languages do you speak": {
        "What languages can you understand?",
        "I can understand and generate text in several languages.",
    },
}


def openings(path: Path, target: Path, n: int) -> None:
    """Write the first messages of each conversation: enough to search in."""
    seen: dict[str, int] = {}
    with path.open(encoding="utf-8") as file, target.open("w", encoding="utf-8") as out:
        for line in file:
            thread = json.loads(line)["conversation"]
            seen[thread] = seen.get(thread, 0) + 1
            if seen[thread] <= n:
                out.write(line)


def test_a_question_in_ones_own_words_finds_its_talk_first(samples, vault, tmp_path):
    """In real talks the first hit is where a person would look, 13 times of 14."""
    for path in sorted((samples / "exports" / "chatgpt").glob("*.json")):
        report = import_file(vault, path, persona="Chat")
        assert report.n_read == (
            report.n_added
            + report.n_duplicate
            + report.n_revised
            + report.n_ignored
            + report.n_issues
        )
    openings(samples / "drift/d0584/messages.jsonl", tmp_path / "long.jsonl", 6)
    import_file(vault, tmp_path / "long.jsonl", persona="Long")
    embed_messages(vault)

    missed = []
    for query, expected in LONG_TALKS.items():
        hit = next(iter(search_messages(vault, query, persona="Long")))
        if int(hit.conversation.removeprefix("c")) not in expected:
            missed.append((query, hit.native_id))
    for query, texts in CHATGPT.items():
        hit = next(iter(search_messages(vault, query, persona="Chat")))
        if hit.text not in texts:
            missed.append((query, hit.message_id))
    assert len(missed) <= 1, missed
