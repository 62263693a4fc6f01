"""How well search finds the right message: by words, by meaning, and by both.

    python scripts/evaluate_search.py [--locomo locomo10.json]

Our own set: 64 exchanges spread over an invented talk; the answer is the exchange's
first message. Each is asked for twice: in other words (no content word is shared, the
worst case for a search by words) and with words that were remembered. LoCoMo (a public
set that is not ours to bring along): each question is asked in its own chat; the
answers are the turns it names as evidence; category 5, whose answers are not in the
talk, is left out.

recall@10 is the share of the answers among the first ten hits, MRR the mean of one over
the rank of the first answer, 0 beyond ten. Near repeats are not folded here. "bare" is
what most programs do: the message alone, embedded, nearest first. Needs the project's
environment (`python3 scripts/test.py` makes it).
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, get_args

from persona_vault.demo import TalkShape, generate_null
from persona_vault.embedders import Embedder, load_embedder
from persona_vault.ingest import import_file
from persona_vault.model import ReadOptions
from persona_vault.search import embed_messages, load_index, search_messages
from persona_vault.search.find import Mode
from persona_vault.store.vault import Vault, open_vault

LABELLED = Path(__file__).with_name("search_labelled.tsv")
FIRST_DAY = datetime(2024, 1, 1, 19, tzinfo=UTC)
FILLER = TalkShape(n_blocks_before=40, n_blocks_after=40, n_turns=10)
SEED = 7
K = 10
Session = tuple[str, datetime, list[dict[str, Any]]]  # name, start, turns
_NO_ANSWER = 5  # LoCoMo's category of questions that the talk does not answer


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the talk it is asked in, and the native ids that answer it.

    `asked_at` is the day after the talk, from which "last year" counts.
    """

    text: str
    persona: str
    answers: frozenset[str]
    asked_at: datetime


def main() -> int:
    """Build the vaults, ask every question in every mode, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--locomo", type=Path, help="locomo10.json")
    parser.add_argument("--embedder", help="as for persona-vault embed")
    parser.add_argument("--threads", type=int, help="as for persona-vault embed")
    parser.add_argument("--bare", action="store_true", help="also messages alone")
    parser.add_argument("--most", type=int, help="only so many questions of each set")
    options = parser.parse_args()
    if options.locomo and not options.locomo.is_file():
        parser.error(f"there is no file {options.locomo}; --locomo needs locomo10.json")
    print(f"{datetime.now(UTC):%Y-%m-%d}, talk of seed {SEED}")
    for path in (None, options.locomo) if options.locomo else (None,):
        with (
            tempfile.TemporaryDirectory() as folder,
            open_vault(Path(folder) / "vault", create=True) as vault,
        ):
            if path is None:
                sets = own_talk(vault, Path(folder))
            else:
                sets = {"LoCoMo": locomo(vault, Path(folder), path)}
            print_tables(vault, sets, options)
    return 0


def own_talk(vault: Vault, folder: Path) -> dict[str, list[Question]]:
    """Filler sessions with one labelled exchange in most of them."""
    filler = generate_null(folder / "filler", seed=SEED, shape=FILLER).path
    lines = [json.loads(line) for line in filler.read_text("utf-8").splitlines()]
    sessions: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        sessions.setdefault(line["conversation"], []).append(line)
    rng = Random(SEED)
    labelled = LABELLED.read_text(encoding="utf-8").splitlines()
    sets: dict[str, list[Question]] = {"own, in other words": [], "own, remembered": []}
    asked_at = FIRST_DAY + timedelta(days=len(sessions))
    hosts = rng.sample(sorted(sessions), len(labelled))
    for number, (row, host) in enumerate(zip(labelled, hosts, strict=True)):
        said, reply, *questions = row.split("\t")
        place = rng.randrange(0, len(sessions[host]) + 1, 2)
        sessions[host][place:place] = [
            {"id": f"asked-{number}", "speaker": "user", "text": said},
            {"id": f"reply-{number}", "speaker": "persona", "text": reply},
        ]
        for asked, question in zip(sets.values(), questions, strict=True):
            answers = frozenset({f"asked-{number}"})
            asked.append(Question(question, "Juniper", answers, asked_at))
    path = folder / "talk.jsonl"
    days = (FIRST_DAY + timedelta(days=day) for day in range(len(sessions)))
    write_talk(path, zip(sessions, days, sessions.values(), strict=True))
    import_file(vault, path, persona="Juniper")
    return sets


def write_talk(path: Path, sessions: Iterable[Session]) -> None:
    """The turns of each session a minute apart, as generic JSONL."""
    with path.open("w", encoding="utf-8") as file:
        for name, start, turns in sessions:
            for minute, turn in enumerate(turns):
                at = start + timedelta(minutes=minute)
                body = {
                    "id": turn["id"],
                    "conversation": name,
                    "timestamp": at.isoformat(),
                    "speaker": turn["speaker"],
                    "text": turn["text"],
                }
                file.write(json.dumps(body) + "\n")


def locomo(vault: Vault, folder: Path, path: Path) -> list[Question]:
    """Each chat is a companion of its own; the second speaker stands for it."""
    questions = []
    for number, sample in enumerate(json.loads(path.read_text(encoding="utf-8"))):
        persona, talk = f"chat {number}", sample["conversation"]
        file = folder / f"chat{number}.jsonl"
        sessions = list(locomo_sessions(talk))
        write_talk(file, sessions)
        asked_at = max(start for _, start, _ in sessions) + timedelta(days=1)
        names = ReadOptions(me=(talk["speaker_a"],), them=(talk["speaker_b"],))
        import_file(vault, file, persona=persona, options=names)
        for asked in sample["qa"]:
            answers = frozenset(
                part.strip() for one in asked["evidence"] for part in one.split(";")
            )
            if asked["category"] != _NO_ANSWER and answers:
                one = Question(asked["question"], persona, answers, asked_at)
                questions.append(one)
    return questions


def locomo_sessions(talk: dict[str, Any]) -> Iterator[Session]:
    """The sessions of a chat in order, with the keys that `write_talk` writes."""
    number = 1
    while f"session_{number}" in talk:
        turns = [
            {"id": t["dia_id"], "speaker": t["speaker"], "text": t["text"]}
            for t in talk[f"session_{number}"]
        ]
        told = talk[f"session_{number}_date_time"]
        start = datetime.strptime(told, "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
        yield f"session {number}", start, turns
        number += 1


def print_tables(
    vault: Vault, sets: dict[str, list[Question]], options: argparse.Namespace
) -> None:
    """Recall and MRR of each set and mode as Markdown, with what they rest on."""
    embedder = load_embedder(options.embedder, threads=options.threads)
    made = embed_messages(vault, embedder)
    index = load_index(vault, embedder)
    bare = bare_index(vault, embedder) if options.bare else None
    n_messages = vault.info()["n_messages"]
    for name, whole in sets.items():
        questions = whole[: options.most]
        print(f"\n{name}: {len(questions)} questions, {n_messages:,} messages,")
        print(f"model {made.model_id}\n\n| mode | recall@{K} | MRR |\n|---|---|---|")
        if bare:
            found = [nearest_alone(bare, embedder, one) for one in questions]
            print_line("bare", questions, found)
        for mode in sorted(get_args(Mode), key=["keyword", "semantic", "hybrid"].index):
            found = []
            for question in questions:
                hits = search_messages(
                    vault,
                    typed(question),
                    k=K,
                    mode=mode,
                    persona=question.persona,
                    context=0,
                    embedder=embedder,
                    index=index,
                    fold=False,
                    now=question.asked_at,
                )
                found.append([hit.native_id or "" for hit in hits])
            print_line(mode, questions, found)


def typed(question: Question) -> str:
    """As a person would type it: a quote here is no demand for a phrase."""
    return question.text.replace('"', " ")


def print_line(mode: str, questions: list[Question], found: list[list[str]]) -> None:
    """One line of a table."""
    recalls, ranks = [], []
    for question, ids in zip(questions, found, strict=True):
        recalls.append(len(question.answers & set(ids)) / len(question.answers))
        right = [rank for rank, i in enumerate(ids, 1) if i in question.answers]
        ranks.append(1 / right[0] if right else 0.0)
    recall = 100 * sum(recalls) / len(recalls)
    print(f"| {mode} | {recall:.1f} % | {sum(ranks) / len(ranks):.3f} |", flush=True)


def bare_index(vault: Vault, embedder: Embedder) -> dict[str, tuple[list[str], Any]]:
    """Native ids and vectors of each companion's messages, embedded by themselves."""
    made = {}
    for persona in vault.personas():
        messages = [m for m in vault.messages(persona.name) if m.text.strip()]
        vectors = embedder.encode([m.text for m in messages])
        made[persona.name] = ([m.native_id or "" for m in messages], vectors)
    return made


def nearest_alone(
    bare: dict[str, tuple[list[str], Any]], embedder: Embedder, question: Question
) -> list[str]:
    """The nearest of the bare messages."""
    ids, vectors = bare[question.persona]
    cosines = (vectors @ embedder.encode([typed(question)])[0]).tolist()
    best = sorted(range(len(ids)), key=lambda place: (-cosines[place], place))
    return [ids[place] for place in best[:K]]


if __name__ == "__main__":
    sys.exit(main())
