"""The ground that the sweeps stand on: invented talk, vaults, deeds, and the judge.

A deed is one call of the command line on a fresh copy of a vault. Before it and after
it, undisturbed, the ground looks at everything that may count; after a fault the vault
must be exactly one of the two, and the same call again must bring it to the second.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from persona_vault.errors import VaultError
from persona_vault.ingest import import_file
from persona_vault.search.embed import SHARD, embed_messages
from persona_vault.snapshot import read_snapshot
from persona_vault.store import keys
from persona_vault.store.backup import check_backup, write_backup
from persona_vault.store.hashing import TABLES, content_hash
from persona_vault.store.keys import Cost
from persona_vault.store.opening import create_vault
from persona_vault.store.vault import open_vault
from persona_vault.store.verify import find_damage
from tests.hostile.console import call
from tests.store.released import load
from torments.nest import Nest, can_attach

CHILD = Path(__file__).with_name("child.py")
CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
SECRET = "a heron on the weir"  # noqa: S105
PERSONA = "Ottoline-of-the-Marsh"
PHRASES = (
    "velvet anchor thursday",
    "copper nightingale staircase",
    "Zwetschgenknödel um Mitternacht",
)
FORGOTTEN = PHRASES[1]
_OLD_FORMAT = 3
_FEW = 400
_AFTER_DEATH = 30.0
_LONGEST = 180.0


@dataclass(frozen=True, slots=True)
class Deed:
    """One call of the command line.

    Attributes:
        start: Which of the ground's vaults it begins with.
        words: The call; `{out}`, `{more}` and `{work}` stand for paths.
        product: A file or a vault that it makes, seen from the work folder; or "".
        beside: Files of the user's, likewise; no deed may touch them.
    """

    name: str
    start: str
    words: tuple[str, ...]
    product: str = ""
    beside: tuple[str, ...] = ()


def _export(name: str) -> Deed:
    """An export of that format, beside files that people have of the like names."""
    words = ("export", "--format", name, "-o", f"{{out}}/all.{name}")
    beside = (f"out/all.{name}.part", f"out/.all.{name}", f"out/all.{name}~")
    return Deed(f"export {name}", "embedded", words, f"out/all.{name}", beside)


EXPORTS = tuple(_export(name) for name in ("csv", "jsonl", "md", "card"))
DEEDS = {
    deed.name: deed
    for deed in (
        Deed(
            "import", "told", ("import", "{more}", "--persona", PERSONA, "--no-embed")
        ),
        Deed("embed", "long", ("embed", "--embedder", "hashing")),
        Deed(
            "snapshot",
            "embedded",
            ("snapshot", "--messages", "1..60", "-o", "{out}/s.pvs"),
            "out/s.pvs",
        ),
        Deed("forget", "embedded", ("forget", "--phrase", FORGOTTEN, "--yes")),
        Deed("rekey", "embedded", ("rekey", "--no-recovery-code")),
        Deed("migrate", "old", ("info",)),
        Deed("backup", "embedded", ("backup", "{out}/b.pvbackup"), "out/b.pvbackup"),
        Deed(
            "restore",
            "kept",
            ("restore", "{work}/kept.pvbackup", "--vault", "{work}/new"),
            "new",
        ),
        *EXPORTS,
    )
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended.

    Attributes:
        code: Negative where a signal ended it.
        seconds: From the moment when the program was loaded.
    """

    code: int
    out: str
    err: str
    seconds: float

    @property
    def has_traceback(self) -> bool:
        """Whether it ended without a sentence of ours."""
        return "Traceback" in self.err or 'File "' in self.err


def write_talk(path: Path, n: int, *, start: int = 0, rare: bool = True) -> Path:
    """Invented talk in JSON Lines; every seventh message has a rare phrase."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(start, start + n):
            mark = hashlib.sha256(b"%d" % number).hexdigest()[:12]
            phrase = PHRASES[number % 3] if rare and number % 7 == 0 else "the river"
            if rare and number % 14 == 0:
                phrase = f"_{phrase}_"  # as roleplay marks an action
            day, minute = divmod(number, 20)
            line = {
                "id": f"m{number}",
                "role": "assistant" if number % 2 else "user",
                "timestamp": 1_700_000_000 + day * 86_400 + minute * 60,
                "text": f"We spoke of {phrase}, {mark}, and of lanterns. Was it late?",
            }
            file.write(json.dumps(line, ensure_ascii=number % 2 == 0) + "\n")
    return path


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Everything that a program may write without being told goes into this folder."""
    homes = {}
    for name in ("HOME", "TMPDIR", "TEMP", "TMP", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        (folder / name.lower()).mkdir(parents=True, exist_ok=True)
        homes[name] = str(folder / name.lower())
    root = str(Path(__file__).resolve().parents[2])
    return {
        **os.environ,
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": root,
        **homes,
        **more,
    }


@contextmanager
def cheap_keys() -> Iterator[None]:
    """A passphrase costs nothing meanwhile, in this process."""
    real = keys.calibrated_cost
    keys.calibrated_cost = lambda: CHEAP
    try:
        yield
    finally:
        keys.calibrated_cost = real


class Ground:
    """Vaults to begin with, one work folder, and what each deed should lead to.

    Args:
        folder: Empty or not there.
        n_messages: In each of the two exports.
        encrypted: Else plain vaults; an old format is always plain.
    """

    def __init__(
        self, folder: Path, n_messages: int, *, encrypted: bool = True
    ) -> None:
        self.folder = folder.resolve()
        self.work = self.folder / "work"
        self.secret = SECRET if encrypted else None
        self.key = self.folder / "key"
        self.n_messages = n_messages
        self._whole: dict[str, tuple[Any, Any, float, list[str]]] = {}
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key.write_text(SECRET, encoding="utf-8")
        self.nest = Nest(self.folder, environment(self.folder / "homes"), self._warm())
        self.told = write_talk(self.folder / "talk.jsonl", n_messages)
        self.more = write_talk(self.folder / "more.jsonl", n_messages, start=n_messages)
        self._make_starts()

    def _make_starts(self) -> None:
        starts = self.folder / "starts"
        create_vault(starts / "told", passphrase=self.secret, cost=CHEAP)
        with open_vault(starts / "told", passphrase=self.secret) as vault:
            import_file(vault, self.told, persona=PERSONA)
        shutil.copytree(starts / "told", starts / "embedded")
        with open_vault(starts / "embedded", passphrase=self.secret) as vault:
            embed_messages(vault, "hashing")
            write_backup(vault, self.folder / "kept.pvbackup")
        load(starts / "old", _OLD_FORMAT)
        long = self.told
        if self.n_messages > _FEW:  # so that there is a whole shard and a rest
            long = write_talk(self.folder / "long.jsonl", SHARD + 200)
        create_vault(starts / "long", passphrase=self.secret, cost=CHEAP)
        with open_vault(starts / "long", passphrase=self.secret) as vault:
            import_file(vault, long, persona=PERSONA)

    def _warm(self) -> list[str]:
        """A snapshot, which loads more than anything else, of a vault of its own."""
        if self.n_messages <= _FEW:
            return []
        starts = self.folder / "starts"
        key = ["--passphrase-file", str(self.key)] if self.secret else []
        words = ("snapshot", "--messages", "1..60", "-o", str(self.folder / "warm.pvs"))
        return ["--vault", str(starts / "told"), *key, *words]

    def close(self) -> None:
        """End its process; the files stay."""
        self.nest.close()

    def secret_of(self, deed: Deed) -> str | None:
        """What opens the vault of a deed."""
        return None if deed.start == "old" else self.secret

    def fresh(self, deed: Deed) -> None:
        """The work folder as it is before a deed."""
        shutil.rmtree(self.work, ignore_errors=True)
        (self.work / "out").mkdir(parents=True)
        start = "told" if deed.start == "kept" else deed.start
        shutil.copytree(self.folder / "starts" / start, self.work / "vault")
        shutil.copy(self.folder / "kept.pvbackup", self.work)
        for name in deed.beside:
            (self.work / name).write_bytes(name.encode())

    def words(self, deed: Deed) -> list[str]:
        """The call, without the program's name."""
        places = {"out": self.work / "out", "more": self.more, "work": self.work}
        words = [word.format(**places) for word in deed.words]
        base = ["--vault", str(self.work / "vault")] if "--vault" not in words else []
        if self.secret_of(deed) is not None:
            base += ["--passphrase-file", str(self.key)]
        return [*base, *words]

    def launch(
        self,
        deed: Deed,
        spec: Mapping[str, Any] | None = None,
        *,
        tracer: Sequence[str] = (),
        kill_after: float | None = None,
    ) -> Outcome:
        """Do it in a process of its own.

        Args:
            deed: On the work folder as it is.
            spec: The fault, as `child.py` takes it.
            tracer: What the process is run under.
            kill_after: Seconds from when it was loaded to SIGKILL; None = never.
        """
        if os.name == "posix" and (not tracer or can_attach()):
            return Outcome(
                *self.nest.call(
                    spec or {}, self.words(deed), tracer=tracer, kill_after=kill_after
                )
            )
        command = [
            *tracer,
            sys.executable,
            str(CHILD),
            json.dumps(dict(spec or {})),
            *self.words(deed),
        ]
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="backslashreplace",
            env=environment(self.folder / "homes"),
        ) as running:
            assert running.stdout is not None  # noqa: S101 - for the type only
            running.stdout.readline()
            began = time.monotonic()
            try:
                out, err = running.communicate(timeout=kill_after or _LONGEST)
            except subprocess.TimeoutExpired:
                running.kill()
                out, err = running.communicate(timeout=_AFTER_DEATH)
                if kill_after is None:
                    err += "\nTraceback: it never ended"
        return Outcome(running.returncode, out, err, time.monotonic() - began)

    def copied_on_the_way(self, deed: Deed, after: float) -> tuple[Outcome, bool]:
        """Do it, and have the work folder be what it was at a moment on the way.

        That is what a disk holds when the power goes, if it keeps what it was given.

        Returns:
            How the deed ended, undisturbed, and whether the moment was before that.
        """
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        done = Outcome(
            *self.nest.call(
                {},
                self.words(deed),
                freeze=(after, lambda: shutil.copytree(self.work, copy)),
            )
        )
        if not copy.exists():
            return done, False
        shutil.rmtree(self.work)
        copy.rename(self.work)
        return done, True

    def again(self, deed: Deed) -> Outcome:
        """Do it undisturbed, in this process."""
        began = time.monotonic()
        with cheap_keys():
            done = call(*self.words(deed))
        return Outcome(done.code, done.out, done.err, time.monotonic() - began)

    def whole(self, deed: Deed) -> tuple[Any, Any, float, list[str]]:
        """What is before a deed and after it, how long it takes, and the files then."""
        if deed.name not in self._whole:
            self.fresh(deed)
            before = None if deed.start == "old" else self.look(deed)
            done = self.launch(deed)
            if done.code:
                raise RuntimeError(f"{deed.name} undisturbed: {done}")
            after = self.look(deed)
            self._whole[deed.name] = before, after, done.seconds, self.files()
        return self._whole[deed.name]

    def files(self) -> list[str]:
        """Every file and folder of the work folder, vaults closed."""
        return sorted(str(p.relative_to(self.work)) for p in self.work.rglob("*"))

    def look(self, deed: Deed) -> dict[str, Any]:
        """All that counts: rows of every table, words of every message, the product.

        Raises:
            VaultError: The vault does not open, or something in it is damaged.
        """
        is_old = deed.start == "old"  # its rows are invented by hand: only in structure
        found = state_of(self.work / "vault", self.secret_of(deed), quick=is_old)
        place = self.work / deed.product
        if not deed.product or not place.exists():
            found["product"] = None
        elif deed.name == "snapshot":
            snapshot = read_snapshot(place)
            found["product"] = (snapshot.n_messages, len(snapshot.blocks))
        elif deed.name == "backup":
            found["product"] = check_backup(place).schema_version
        elif deed in EXPORTS:
            found["product"] = hashlib.sha256(place.read_bytes()).hexdigest()
        else:
            found["product"] = state_of(place, self.secret_of(deed))
        if deed in EXPORTS:
            found["content"] = self._content(deed)
            found["touched"] = [
                name
                for name in deed.beside
                if (self.work / name).read_bytes() != name.encode()
            ]
            found["readable"] = sorted(
                path.name
                for path in (self.work / "out").iterdir()
                if path.relative_to(self.work).as_posix() not in deed.beside
                and path.stat().st_mode & 0o177
            )
        return found

    def _content(self, deed: Deed) -> str:
        """One hash of all rows of its vault, but not of the notes of files written."""
        folder, secret = self.work / "vault", self.secret_of(deed)
        with open_vault(folder, passphrase=secret) as vault, vault.read() as connection:
            return content_hash(connection)

    def judge(self, deed: Deed, *, finished: bool = False) -> list[str]:
        """What is wrong after a fault; the same call again is part of the judgement.

        Args:
            deed: The one that was disturbed.
            finished: Whether the disturbed call said that it was done.
        """
        before, after, _, files = self.whole(deed)
        try:
            found = self.look(deed)
        except (VaultError, OSError) as error:
            return [f"{deed.name}: {type(error).__name__}: {error}"]
        wrong = []
        if finished and found != after:
            wrong.append(f"{deed.name} said that it was done: {differs(found, after)}")
        elif found not in (before, after) and not _whole_shards(
            deed, found, before, after
        ):
            wrong.append(f"{deed.name} left it between: {differs(found, before)}")
        if found["product"] is None or not deed.product:
            again = self.again(deed)
            if again.code:
                wrong.append(f"{deed.name} again said {again.code}: {again.err}")
        elif not finished:
            self.again(deed)  # refused, since the product is there; it still clears up
        try:
            found = self.look(deed)
        except (VaultError, OSError) as error:
            return [*wrong, f"{deed.name} again: {type(error).__name__}: {error}"]
        if found != after:
            wrong.append(f"{deed.name} again: {differs(found, after)}")
        if left := sorted(set(self.files()) ^ set(files)):
            wrong.append(f"{deed.name} again left other files: {left}")
        return wrong


def differs(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Which parts of two states differ."""
    names = sorted(n for n in {*found, *wanted} if found.get(n) != wanted.get(n))
    return "; ".join(f"{n} {found.get(n)} for {wanted.get(n)}" for n in names)


def _whole_shards(
    deed: Deed, found: Mapping[str, Any], *ends: Mapping[str, Any] | None
) -> bool:
    """Embedding keeps each finished shard, and is between two states then."""
    before, after = ends
    if deed.name != "embed" or before is None or after is None:
        return False
    n, n_messages = found["vector"], found["message"]  # then the bare texts again
    rest = {**found, "vector": 0, "setting": before["setting"]}
    whole = n == after["vector"] or 0 in (n % SHARD, (n - n_messages) % SHARD)
    return whole and rest == before


def state_of(
    folder: Path, secret: str | None, *, quick: bool = False
) -> dict[str, Any]:
    """How many rows each table has, and a hash of all messages.

    Raises:
        VaultError: It does not open, or is damaged.
    """
    with open_vault(folder, passphrase=secret) as vault:
        for damage in find_damage(vault, quick=quick):
            raise VaultError(f"{damage.kind} in {damage.table}", hint="A torment.")
        with vault.read() as connection:
            found: dict[str, Any] = {
                name: connection.exec_driver_sql(
                    f'SELECT count(*) FROM "{name}"'  # noqa: S608
                ).scalar_one()
                for name in TABLES
            }
        digest = hashlib.sha256()
        for message in vault.messages(shown_only=False):
            told = (message.id, message.role, message.speaker, message.text)
            digest.update(repr((*told, message.sent_at, message.native_id)).encode())
        return {**found, "words": digest.hexdigest()[:16]}
