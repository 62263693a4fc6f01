"""The parts of a run: each asks tasks and programs for its figures.

Nothing heavy is imported here, see `measure`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benches.measure import (
    Figure,
    Spent,
    at_least,
    at_most,
    paired,
    run_task,
    run_whole,
    spread,
    task_command,
    without_goal,
)

QUERIES = (
    "the night when it rained and we stayed up",
    "what did you say about my sister's wedding",
    "are you still there when I close the app",
    "the song from the radio in the old car",
    "you promised to remember the blue house",
    "why were you so quiet on my birthday",
    "the story about the lighthouse keeper",
    "when I was afraid of the doctor",
    "our plan for the summer by the sea",
    "the first time you called me by my name",
)
_BASE_TEXTS = 1_000
_CLICK = """import click

@click.command()
@click.option("--name", help="A name")
def main(name):
    "Say hello"

main()
"""


@dataclass(slots=True)
class Run:
    """What was asked for, and what came of it so far.

    Attributes:
        kinds: "plain", "encrypted" or both.
        sizes: Messages of the vaults that grow.
        folder: For everything that is written; gone after the run.
        say: Tells the person who waits.
    """

    kinds: tuple[str, ...]
    sizes: tuple[int, ...]
    n_rounds: int
    n_texts: int
    n_imported: int
    n_searched: int
    n_peer_messages: int
    n_peer_rounds: int
    megabytes: float
    peer_folder: Path
    folder: Path
    say: Callable[[str], None]
    figures: list[Figure] = field(default_factory=list)
    growth: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _vaults: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)
    _filled: set[tuple[int, str]] = field(default_factory=set)

    def base(self) -> Path:
        """Vectors of real texts, made at the first call."""
        path = self.folder / "base.npy"
        if not path.exists():
            run_task("embed.base_vectors", path=str(path), n_texts=_BASE_TEXTS)
        return path

    def passphrase_file(self) -> Path:
        """The one that opens the encrypted vaults of the run."""
        path = self.folder / "passphrase.txt"
        path.write_text("a passphrase of the bench\n", encoding="utf-8")
        return path

    def place(self, size: int, kind: str) -> Path:
        """Folder of a vault of that size, with what belongs to it."""
        return self.folder / f"{kind}-{size}"

    def imported(self, size: int, kind: str) -> dict[str, Any]:
        """The vault of that size, imported at the first call; what that took."""
        if (size, kind) not in self._vaults:
            self.say(f"importing {size:,} messages, {kind}")
            self._vaults[size, kind] = run_task(
                "import.build_vault",
                folder=str(self.place(size, kind)),
                n_messages=size,
                encrypted=kind != "plain",
            )
        return self._vaults[size, kind]

    def filled(self, size: int, kind: str) -> Path:
        """The vault of that size with a vector for everything; its folder."""
        self.imported(size, kind)
        if (size, kind) not in self._filled:
            self.say(f"vectors for {size:,} messages, {kind}")
            self._filled.add((size, kind))
            run_task(
                "search.fill_vectors",
                folder=str(self.place(size, kind)),
                encrypted=kind != "plain",
                base=str(self.base()),
            )
        return self.place(size, kind)

    def search_command(
        self, folder: Path, kind: str, query: str, mode: str
    ) -> list[str]:
        """The program's own search."""
        command = [program(), "search", query, "--mode", mode, "--json"]
        command += ["--vault", str(folder / "vault")]
        if kind != "plain":
            command += ["--passphrase-file", str(self.passphrase_file())]
        return command


def program() -> str:
    """Where `persona-vault` stands in this environment."""
    name = "persona-vault.exe" if sys.platform == "win32" else "persona-vault"
    return str(Path(sys.executable).parent / name)


def start(run: Run) -> Iterator[Figure]:
    """Goal 5: `--help` beside a bare click program."""
    bare = run.folder / "bare.py"
    bare.write_text(_CLICK, encoding="utf-8")
    commands = {
        "ours": [program(), "--help"],
        "click": [sys.executable, str(bare), "--help"],
    }
    taken = in_rounds(commands, max(run.n_rounds, 7), warm=True)
    ours, click = walls(taken["ours"]), walls(taken["click"])
    told = f"{spread(ours, 's', 3)} against {spread(click, 's', 3)}"
    yield at_most(
        "5a", "--help, beside a bare click program", paired(ours, click), 1.5, told
    )


def in_rounds(
    commands: dict[str, list[str]], n_rounds: int, *, warm: bool = False
) -> dict[str, list[Spent]]:
    """Each command once a round, in turn."""
    taken: dict[str, list[Spent]] = {name: [] for name in commands}
    for number in range(n_rounds + warm):
        for name, command in commands.items():
            spent = run_whole(command)
            if number or not warm:
                taken[name].append(spent)
    return taken


def walls(taken: list[Spent]) -> list[float]:
    """Seconds of each."""
    return [one.wall for one in taken]


def peak(taken: list[Spent]) -> str:
    """The most memory of any."""
    known = [one.peak_mib for one in taken if one.peak_mib is not None]
    return f", {max(known):.0f} MiB" if known else ""


def embed(run: Run) -> Iterator[Figure]:
    """Goals 1 and 2: embedding."""
    found = run_task(
        "embed.compare_embedding", n_texts=run.n_texts, n_rounds=run.n_rounds
    )
    ours, plain, naive = (
        found["rates"][name] for name in ("ours", "sentence-transformers", "naive")
    )
    precision = found["precision"]
    least = 2.5 if precision == "bf16" else 1.0
    rate = f"{spread(ours, 'texts/s', 0)} in {precision}"
    yield at_least(
        "1a",
        "embedding, beside SentenceTransformer.encode in fp32",
        paired(ours, plain),
        least,
        f"{rate}, {found['threads']} threads, against {spread(plain, '', 0)}",
    )
    yield at_least(
        "1b",
        "embedding, beside encode for every 32 in order of arrival",
        paired(ours, naive),
        5.0,
        f"{rate} against {spread(naive, '', 0)}",
    )
    yield at_least("1c", "same ten nearest as fp32", [found["overlap"]], 0.98)
    yield at_least(
        "2",
        f"embedding, of torch's own matrix multiplication in {precision}",
        found["shares"],
        0.4,
        f"limit {spread(found['gflops'], 'GFLOP/s', 0)}",
    )


def imports(run: Run) -> Iterator[Figure]:
    """Goals 6 and 7: importing, by processor time."""
    n = run.n_imported
    taken = run_task(
        "import.compare_imports", n_messages=n, n_rounds=run.n_rounds, kinds=run.kinds
    )["taken"]

    def seconds(case: str) -> list[float]:
        return [processor for _, processor in taken[case]]

    def rate(case: str) -> str:
        return spread([n / wall for wall, _ in taken[case]], "", 0)

    for kind in run.kinds:
        first, again = f"import, {kind}", f"again, {kind}"
        for letter, case, what in (
            ("a", "bare all", "with all its rows, indexes and full text"),
            ("b", "bare rows", "with nothing but bare message rows"),
        ):
            yield at_least(
                f"6{letter}",
                f"import, {kind}, of SQLite without journal {what}",
                paired(seconds(case), seconds(first)),
                0.25,
                f"{rate(first)} messages/s against {rate(case)}",
            )
        yield at_most(
            "7a",
            f"the same file again, {kind}, beside the first time",
            paired(seconds(again), seconds(first)),
            1.0,
            f"{rate(again)} messages/s",
        )
    if len(run.kinds) == 2:
        plain, encrypted = (taken[f"import, {kind}"] for kind in run.kinds)
        yield at_most(
            "6e",
            "import, encrypted, beside plain, by the clock",
            paired([wall for wall, _ in encrypted], [wall for wall, _ in plain]),
            1.5,
            "",
        )
    yield without_goal(
        "reading the file alone, of the import",
        paired(seconds("reading alone"), seconds(f"import, {run.kinds[0]}")),
        f"{rate('reading alone')} messages/s",
    )


def again(run: Run) -> Iterator[Figure]:
    """Goal 7: what a second import leaves to be embedded."""
    rounds = run_task(
        "import.embed_more", n_messages=run.n_texts, n_rounds=run.n_rounds
    )["rounds"]
    first = [one[0][0] for one in rounds]
    more = [one[2][0] for one in rounds]
    n_first, n_same, n_more = ([one[i][1] for one in rounds] for i in range(3))
    yield at_most("7b", "texts embedded after the same file again", n_same, 0)
    yield at_most(
        "7c",
        "texts embedded after 1 % more messages, of all",
        paired(n_more, n_first),
        0.02,
        f"{spread(n_more, '', 0)} of {spread(n_first, '', 0)}",
    )
    yield at_most(
        "7d",
        "time to embed 1 % more messages, of all",
        paired(more, first),
        0.02,
        f"{spread(more, 's')} against {spread(first, 's')}",
    )


def search(run: Run) -> Iterator[Figure]:
    """Goal 4: a search as a whole process."""
    n = run.n_searched
    for kind in run.kinds:
        folder = run.filled(n, kind)
        run.say(f"searching {n:,} messages, {kind}")
        taken: dict[str, list[Spent]] = {}
        for number, query in enumerate(QUERIES[: run.n_rounds] or QUERIES[:1]):
            commands: dict[str, tuple[list[str], str | None]] = {
                mode: (run.search_command(folder, kind, query, mode), None)
                for mode in ("semantic", "hybrid", "keyword")
            }
            commands["library"] = task_command(
                "search.search_plainly", {"folder": str(folder), "query": query}
            )
            # Whoever comes after the library's process pays for the memory that it
            # gave back: in four rounds each comes after each other once (Williams).
            names = [*commands]
            for step in (0, 1, -1, 2):
                name = names[(number + step) % len(names)]
                taken.setdefault(name, []).append(run_whole(*commands[name]))
        meaning, library = walls(taken["semantic"]), walls(taken["library"])
        words, both = walls(taken["keyword"]), walls(taken["hybrid"])
        ours = f"{spread(meaning, 's')}{peak(taken['semantic'])}"
        yield at_most(
            "4a",
            f"search command by meaning, {n:,} messages, {kind}, beside"
            " sentence-transformers",
            paired(meaning, library),
            1 / 8,
            f"{ours} against {spread(library, 's')}{peak(taken['library'])}",
        )
        yield at_most(
            "4b",
            f"search command by meaning, {n:,} messages, {kind}, beside words alone",
            paired(meaning, words),
            2.0,
            f"{ours} against {spread(words, 's')}{peak(taken['keyword'])}",
        )
        yield without_goal(
            f"search command as it is, {n:,} messages, {kind}, beside"
            " sentence-transformers",
            paired(both, library),
            f"{spread(both, 's')}{peak(taken['hybrid'])}",
        )


def index(run: Run) -> Iterator[Figure]:
    """Goal 8: searching vectors in memory."""
    for size in [n for n in run.sizes if n >= run.n_searched] or run.sizes[-1:]:
        run.say(f"searching {size:,} vectors in memory")
        found = run_task(
            "search.compare_index",
            base=str(run.base()),
            n_vectors=size,
            n_rounds=run.n_rounds,
        )
        yield at_most(
            "8a",
            f"warm search of {size:,} vectors, beside reading as much memory",
            paired(found["search_ms"], found["floor_ms"]),
            1.5,
            f"{spread(found['search_ms'], 'ms')} against"
            f" {spread(found['floor_ms'], 'ms')}",
        )
        yield at_least(
            "8b", f"of the exact ten, {size:,} vectors", [found["recall"]], 0.995
        )


def sizes(run: Run) -> Iterator[Figure]:
    """How import, embedding, opening and search grow with the vault."""
    for size in run.sizes:
        for kind in run.kinds:
            made = run.imported(size, kind)
            run.growth.append(_one_size(run, size, kind, made))
            grown = made["grown_mib"]
            if size == run.sizes[-1] and grown is not None:
                yield at_most(
                    "6d",
                    f"memory that importing {size:,} messages adds, {kind}, of 64 MiB",
                    [grown / 64],
                    1.0,
                    f"{grown:.0f} MiB, at most {made['peak_mib']:.0f} in all",
                )


def _one_size(run: Run, size: int, kind: str, made: dict[str, Any]) -> dict[str, Any]:
    encrypted = kind != "plain"
    folder = run.place(size, kind)
    given = {"folder": str(folder), "encrypted": encrypted}
    run.say(f"embedding a sample of {size:,} messages, {kind}")
    embedded = run_task("search.embed_sample", **given)
    run.filled(size, kind)
    run.say(f"opening and searching {size:,} messages, {kind}")
    opened = run_task("search.open_and_search", **given, queries=QUERIES)
    commands = [
        run_whole(run.search_command(folder, kind, query, "hybrid"))
        for query in QUERIES[:3]
    ]
    middle = sorted(commands, key=lambda one: one.wall)[1]
    return {
        "messages": size,
        "vault": kind,
        "import s": made["wall"],
        "messages/s": size / made["wall"],
        "import MiB": made["peak_mib"],
        "of that grown": made["grown_mib"],
        "disk MB": made["n_bytes"] / 1e6,
        "embed texts/s": embedded["rate"],
        "embed MiB": embedded["peak_mib"],
        "open s": opened["open"],
        "open MiB": opened["peak_mib"],
        "warm search ms": opened["warm_ms"],
        "search command s": middle.wall,
        "search command MiB": middle.peak_mib,
    }


def chatgpt(run: Run) -> Iterator[Figure]:
    """Large ChatGPT exports: twice as much should take twice as long."""
    for shape in ("single", "shards"):
        half, whole = (
            run_task("chatgpt.import_chatgpt", megabytes=size, shape=shape)
            for size in (run.megabytes / 2, run.megabytes)
        )
        yield without_goal(
            f"ChatGPT export, {shape}, twice as large: processor time",
            [whole["processor"] / half["processor"]],
            f"{run.megabytes:.0f} MB, {whole['n_messages']:,} messages:"
            f" {whole['wall']:.1f} s, {whole['peak_mib']:.0f} MiB",
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A part by name; some run only where they are asked for."""

    figures: Callable[[Run], Iterator[Figure]]
    only_asked: bool = False


PARTS: dict[str, Part] = {
    "start": Part(start),
    "embed": Part(embed),
    "import": Part(imports),
    "again": Part(again),
    # Before the searches: they need a vector for everything, it embeds a sample.
    "sizes": Part(sizes),
    "search": Part(search),
    "index": Part(index),
    "chatgpt": Part(chatgpt, only_asked=True),
}


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Where a run writes; gone with it."""
    return tempfile.TemporaryDirectory(prefix="persona-vault-bench-")
