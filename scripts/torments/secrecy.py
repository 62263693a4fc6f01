"""Words that must not be found: in any file in plain, and nowhere once forgotten."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from persona_vault.embedders import load_embedder
from persona_vault.embedders.index import unpack_vectors
from persona_vault.store.vault import open_vault
from tests.hostile.needles import files, leaks
from tests.store.raw_pages import decrypted_pages, word_traces
from torments.ground import DEEDS, EXPORTS, PERSONA, PHRASES, SECRET, Deed, Ground
from torments.kills import Strikes
from torments.rows import Row, Task

_N_MESSAGES = 300
_KILLED = (
    *("import", "embed", "forget", "rekey", "backup", "restore"),
    *(deed.name for deed in EXPORTS),
)
_READING = (
    Deed("info", "embedded", ("info",)),
    Deed("search", "embedded", ("search", PHRASES[0], "--mode", "keyword")),
    Deed("read", "embedded", ("read", "1")),
    Deed("show", "embedded", ("show", "8", "--context", "3")),
    Deed("topics", "embedded", ("topics",)),
    Deed("similar", "embedded", ("similar", "8", "--embedder", "hashing")),
    Deed("verify", "embedded", ("verify",)),
)
_WORDS = (
    ("velvet", "thursday"),
    ("nightingale", "staircase"),
    ("Zwetschgenknödel", "Mitternacht"),
)


def needles(task: Task, n_messages: int = _N_MESSAGES) -> Iterator[Row]:
    """After every command, after kills, and after an import that had no room."""
    ground = Ground(task.folder / "encrypted", n_messages)
    secrets = (*PHRASES, PERSONA, SECRET, *_vector(ground))
    control = Row("needles", "the same look at the export finds the words")
    control.rounds = 1
    copy = task.folder / "control"
    copy.mkdir()
    (copy / "talk.jsonl").write_bytes(ground.told.read_bytes())
    n_found = len(leaks((copy,), secrets))
    if n_found < 2:  # JSON spells what is not ASCII in half of the lines
        control.losses.append(f"only {n_found} found")
    yield control.done(f"{n_found} found")
    yield _after_commands(task.share(0, 2), ground, secrets)
    yield _after_kills(task.share(1, 2, task.n), ground, secrets)
    ground.close()


def _vector(ground: Ground) -> tuple[bytes, bytes]:
    """The bytes of one vector, as it is stored and as float32."""
    folder = ground.folder / "starts" / "embedded"
    with (
        open_vault(folder, passphrase=ground.secret) as vault,
        vault.read() as connection,
    ):
        found = connection.exec_driver_sql("SELECT data FROM vector").scalars()
        data = bytes(found.first() or b"")
    dim = load_embedder("hashing").dim
    wide = unpack_vectors([data], dim).astype("float32")
    return data, wide.tobytes()


def _look(
    row: Row,
    ground: Ground,
    secrets: tuple[str | bytes, ...],
    when: str,
    deed: Deed | None = None,
) -> None:
    row.rounds += 1
    if deed in EXPORTS:  # words are what it writes there, and nowhere else
        shutil.rmtree(ground.work / "out")
    places = (ground.work, ground.folder / "homes")
    row.leaks += [f"{when}: {name}: {what}" for name, what in leaks(places, secrets)]
    for path in files(*places):
        if path.name.startswith("vault.db") and path.suffix == ".db":
            with path.open("rb") as file:
                if file.read(6) == b"SQLite":
                    row.leaks.append(f"{when}: {path.name} is not encrypted")


def _after_commands(
    task: Task, ground: Ground, secrets: tuple[str | bytes, ...]
) -> Row:
    row = Row("needles", "after each command")
    deeds = [*(d for d in DEEDS.values() if d.start != "old"), *_READING]
    for number in task.numbers(len(deeds)):
        deed = deeds[number]
        ground.fresh(deed)
        done = ground.launch(deed)
        if done.has_traceback or done.code:
            row.tracebacks.append(f"{deed.name}: {done.code}: {done.err}")
        _look(row, ground, secrets, f"after {deed.name}", deed)
    return row.done(f"{len(secrets)} secrets, five spellings each, also inside gzip")


def _after_kills(task: Task, ground: Ground, secrets: tuple[str | bytes, ...]) -> Row:
    row = Row("needles", "after kills, and after an import without room")
    known: dict[str, Strikes] = {}
    for number in task.numbers():
        deed = DEEDS[_KILLED[number % len(_KILLED)]]
        strikes = known.setdefault(deed.name, Strikes(ground, deed))
        ground.fresh(deed)
        where, _ = strikes.kill(task.chance.randrange(strikes.n))
        _look(row, ground, secrets, f"{deed.name} killed {where}", deed)
    ground.fresh(DEEDS["import"])
    ground.launch(DEEDS["import"], {"fsize": 100 * 1024})
    _look(row, ground, secrets, "after an import without room")
    return row.done()


def forget(task: Task, n_messages: int = _N_MESSAGES) -> Iterator[Row]:
    """Decrypted pages and the log, after `forget`, every other time killed before."""
    ground = Ground(task.folder / "encrypted", n_messages)
    yield forget_in(task, ground)
    ground.close()


def forget_in(task: Task, ground: Ground) -> Row:
    """By phrase, by search and by name, three phrases in turn."""
    row = Row("forget", "no trace in decrypted pages and logs; half killed once")
    for number in task.numbers():
        which = number % len(PHRASES)
        kind = ("--phrase", "--search", "--name")[number // 2 % 3]
        words = f'"{PHRASES[which]}"'
        if kind != "--search":
            words = _otherwise(PHRASES[which])
        deed = Deed(f"forget {kind}", "embedded", ("forget", kind, words, "--yes"))
        where = "undisturbed"
        if number % 2:
            strikes = Strikes(ground, deed)
            ground.fresh(deed)
            where, _ = strikes.kill(task.chance.randrange(strikes.n))
        else:
            ground.fresh(deed)
            _control(row, ground.work / "vault", _WORDS[which])
        done = ground.launch(deed)
        row.rounds += 1
        if done.code:
            row.tracebacks.append(f"{kind}, {where}: {done.code}: {done.err}")
        found = _traces(ground.work / "vault", which)
        row.leaks += [f"{kind}, {where}: {one}" for one in found]
    return row.done()


def _otherwise(words: str) -> str:
    """The same words in another spelling: loud, and without accents."""
    letters = unicodedata.normalize("NFD", words.upper())
    return "".join(one for one in letters if not unicodedata.combining(one))


def _control(row: Row, folder: Path, words: tuple[str, ...]) -> None:
    pages = decrypted_pages(folder, SECRET)
    if not all(word.encode() in pages for word in words):
        row.losses.append("the look found no trace before: it proves nothing")


def _traces(folder: Path, which: int) -> list[str]:
    """What is left of the words in pages and logs; pages after the log is read in."""
    pages = decrypted_pages(folder, SECRET)
    logs = b"".join(p.read_bytes() for p in sorted(folder.iterdir()))
    found = []
    for word in _WORDS[which]:
        for trace in word_traces(word):
            if n := pages.count(trace):
                found.append(f"{word} {n} times in pages")
            if n := logs.count(trace):
                found.append(f"{word} {n} times in files")
    with open_vault(folder, passphrase=SECRET) as vault:
        left = [
            m.id for m in vault.messages(shown_only=False) if PHRASES[which] in m.text
        ]
    return [*found, *([f"{len(left)} messages"] if left else [])]
