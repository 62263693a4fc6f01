"""Other programs, each in an environment of its own, on the same texts.

They are installed the first time, with the same torch and the same model weights as
ours, and run with as many threads as they take by themselves, as we do. One that cannot
be installed or cannot run without a network is left out, and the page says so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benches.measure import (
    Figure,
    Spent,
    at_least,
    at_most,
    paired,
    run_task,
    run_whole,
    spread,
    without_goal,
)
from benches.parts import QUERIES, Run, in_rounds, peak, program, walls
from benches.peer_process import PACKAGES, Peer, environment, in_turn

_SEARCHERS = ("txtai", "chromadb", "llm")
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
}
_N_TRIED = 64


@dataclass(frozen=True, slots=True)
class _Material:
    """What all of them work on.

    Attributes:
        talk: The messages, for an import.
        passages: What a vault gives to its model for them.
        weights: Folder of the model.
    """

    talk: Path
    passages: Path
    weights: str


def peers(run: Run) -> Iterator[Figure]:
    """Goals 3, 4, 5 and 6 beside other programs."""
    os.environ.update(_OFFLINE)
    os.environ["LLM_USER_PATH"] = str(run.folder / "llm")
    pythons = {name: environment(run, name) for name in PACKAGES}
    few = _material(run, "few", _N_TRIED)
    # Tried before, so that what is measured has its files in memory.
    _import_and_embed(few.talk, run.folder / "few-ours")
    there = {
        name: Peer(name, pythons[name], few.weights)
        for name in pythons
        if pythons[name]
    }
    run.notes.append("Peers: " + ", ".join(PACKAGES[name][0] for name in there) + ".")
    searchers = [
        there[name]
        for name in _SEARCHERS
        if name in there and there[name].can_run(run, few.passages)
    ]
    if searchers:
        material = _material(run, "peers", run.n_peer_messages)
        yield from _searchable(run, searchers, material)
        yield from _cold(run, searchers)
        yield from _warm(run, searchers)
    if "sqlite-utils" in there:
        yield from _sqlite_utils(run, there["sqlite-utils"])


def _material(run: Run, name: str, n_messages: int) -> _Material:
    talk, passages = run.folder / f"{name}.jsonl", run.folder / f"{name}-texts.jsonl"
    made = run_task("import.write_for_peers", path=str(talk), n_messages=n_messages)
    run_task("import.write_passages", talk=str(talk), path=str(passages))
    return _Material(talk, passages, str(made["weights"]))


def _searchable(
    run: Run, others: Sequence[Peer], material: _Material
) -> Iterator[Figure]:
    ours: list[Spent] = []
    taken: dict[str, list[Spent]] = {one.name: [] for one in others}
    n = f"{run.n_peer_messages:,} messages"
    for number in range(run.n_peer_rounds):
        run.say(f"{n} to searchable: ours")
        ours.append(_import_and_embed(material.talk, run.folder / f"ours-{number}"))
        for one in others:
            run.say(f"{n} to searchable: {one.name}")
            folder = run.folder / f"{one.name}-{number}"
            taken[one.name].append(one.build(material.passages, folder))
    fastest = min(others, key=lambda one: sum(walls(taken[one.name])))
    for name, spent in taken.items():
        mark = ", the fastest of them" if name == fastest.name else ""
        yield at_most(
            "3a",
            f"{n} to searchable, the same texts embedded, beside {name}{mark}",
            paired(walls(ours), walls(spent)),
            1 / 3,
            _told(ours, spent, 1),
        )
        used = _ratios(
            [one.processor for one in ours], [one.processor for one in spent]
        )
        if used:
            yield without_goal(f"processor time for that, beside {name}", used)
        memory = _ratios(
            [one.peak_mib for one in ours], [one.peak_mib for one in spent]
        )
        if memory:
            yield at_most("3b", f"memory for that, beside {name}", memory, 1.0)
        disk = [_n_bytes(run.folder / f"{who}-0") for who in ("ours", name)]
        yield without_goal(
            f"disk for that, with full text and the records as read, beside {name}",
            [disk[0] / disk[1]],
            f"{disk[0] / 1e6:.0f} MB against {disk[1] / 1e6:.0f} MB",
        )
    run.say(f"{n} to searchable, bare: {fastest.name}")
    spent = [fastest.build(_bare(run, material.talk), run.folder / "bare")]
    yield without_goal(
        f"the same, beside {fastest.name} with bare messages: half the words each",
        paired(walls(ours[-1:]), walls(spent)),
        _told(ours[-1:], spent, 1),
    )


def _bare(run: Run, talk: Path) -> Path:
    """Messages without speaker and turn before, as these programs are often fed."""
    path = run.folder / "bare.jsonl"
    said = [json.loads(line) for line in talk.read_text(encoding="utf-8").splitlines()]
    lines = [json.dumps({"id": one["id"], "text": one["text"]}) for one in said]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _told(ours: list[Spent], theirs: list[Spent], places: int = 2) -> str:
    one, two = (
        f"{spread(walls(spent), 's', places)}{peak(spent)}" for spent in (ours, theirs)
    )
    return f"{one} against {two}"


def _n_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _ratios(
    ours: Sequence[float | None], theirs: Sequence[float | None]
) -> list[float]:
    """Round by round, where the system tells both."""
    return [one / two for one, two in zip(ours, theirs, strict=True) if one and two]


def _import_and_embed(talk: Path, folder: Path) -> Spent:
    """Vault, import, which embeds too, and one search: as a person does it."""
    vault = ["--vault", str(folder / "vault")]
    steps = (
        ["init", "--plain"],
        ["import", str(talk), "--persona", "Ava"],
        ["search", QUERIES[0], "--mode", "semantic"],
    )
    return in_turn([run_whole([program(), *command, *vault]) for command in steps])


def _cold(run: Run, others: Sequence[Peer]) -> Iterator[Figure]:
    """A search of what was made searchable, each in a new process."""
    run.say(f"searching {run.n_peer_messages:,} messages, each in a new process")
    ours: list[Spent] = []
    taken: dict[str, list[Spent]] = {one.name: [] for one in others}
    for query in QUERIES[: run.n_rounds]:
        command = run.search_command(run.folder / "ours-0", "plain", query, "semantic")
        ours.append(run_whole(command))
        for one in others:
            search = one.search(run.folder / f"{one.name}-0", query)
            taken[one.name].append(run_whole(*search))
    what = f"search command by meaning, {run.n_peer_messages:,} messages, beside"
    for name, spent in taken.items():
        ratios, told = paired(walls(ours), walls(spent)), _told(ours, spent)
        if name == "llm":
            yield at_most("4c", f"{what} `llm similar`", ratios, 1 / 8, told)
        else:
            yield without_goal(f"{what} a script with {name}", ratios, told)


def _warm(run: Run, others: Sequence[Peer]) -> Iterator[Figure]:
    """Searches in a process that has model and vectors at hand; and the same hits?"""
    run.say(f"searching {run.n_peer_messages:,} messages in memory")
    vault = run.folder / "ours-0" / "vault"
    ours = run_task("search.search_warm", vault=str(vault), queries=QUERIES)
    for one in others:
        found = one.search_warm(run.folder / f"{one.name}-0")
        same = same_hits(ours["ids"], found["ids"])
        yield without_goal(
            f"search by meaning in memory, {run.n_peer_messages:,} messages, beside"
            f" {one.name}",
            [ours["warm_ms"] / found["warm_ms"]],
            f"{ours['warm_ms']:.1f} ms against {found['warm_ms']:.1f} ms;"
            f" {100 * same:.0f} % of its hits are ours too",
        )


def same_hits(ours: Sequence[Sequence[str]], theirs: Sequence[Sequence[str]]) -> float:
    """Share of what another program found that we found too, over all queries."""
    both = sum(len(set(one) & set(two)) for one, two in zip(ours, theirs, strict=True))
    return both / max(1, sum(map(len, theirs)))


def _sqlite_utils(run: Run, peer: Peer) -> Iterator[Figure]:
    taken = in_rounds(
        {
            "ours": [program(), "--help"],
            "theirs": [peer.beside("sqlite-utils"), "--help"],
        },
        max(run.n_rounds, 7),
        warm=True,
    )
    ours, theirs = walls(taken["ours"]), walls(taken["theirs"])
    yield at_most(
        "5b",
        "--help, beside sqlite-utils",
        paired(ours, theirs),
        1.0,
        f"{spread(ours, 's', 3)} against {spread(theirs, 's', 3)}",
    )
    talk = run.folder / "imported.jsonl"
    n = run.n_imported
    run_task("import.write_for_peers", path=str(talk), n_messages=n)
    first, second = [], []
    for number in range(run.n_rounds):
        vault = ["--vault", str(run.folder / f"own-{number}" / "vault")]
        run_whole([program(), "init", "--plain", *vault])
        # Its full text is searchable then, as theirs is; neither has vectors.
        command = ["import", str(talk), "--persona", "Ava", "--no-embed", *vault]
        first.append(run_whole([program(), *command]).wall)
        folder = run.folder / f"sqlite-utils-{number}"
        second.append(peer.build(talk, folder, query="garden").wall)
    yield at_least(
        "6c",
        "import command, beside sqlite-utils with the same key and full text",
        paired(second, first),
        2.0,
        f"{spread([n / s for s in first], '', 0)} messages/s against"
        f" {spread([n / s for s in second], '', 0)}",
    )
