"""A small version of the sweeps of `scripts/torture.py`, which runs them at length.

Its other sweeps stand in the suite elsewhere: flips in tests/store/test_verify.py and
test_backup.py, processes in test_locking.py, needles in test_secrets.py, offline in
test_offline.py, inputs in test_bad_files.py.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from torments import disk, kills, secrecy, system
from torments.ground import DEEDS, Deed, Ground
from torments.rows import Row, Task, table
from torments.tracing import MAKING, Call, calls_of, strike_at, why_not

from tests.hostile.needles import leaks, packed, spellings

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
traced = pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Encrypted vaults of a short talk."""
    made = Ground(tmp_path_factory.mktemp("ground"), 40)
    yield made
    made.close()


def _task(folder: Path, n: int) -> Task:
    return Task(folder, n, Random(n), time.monotonic() + 60)


def _check(row: Row, n: int) -> None:
    assert list(row.faults()) == []
    assert row.rounds == n


@pytest.mark.parametrize("name", ["import", "rekey", "restore", "export csv"])
def test_a_killed_deed_is_done_or_not_begun(name: str, ground: Ground) -> None:
    """At the k-th write and at a random moment; the same call again completes it."""
    _check(kills.kill_one(_task(ground.folder, 3), ground, DEEDS[name]), 3)


def test_a_copy_on_the_way_is_as_good_as_after_a_kill(ground: Ground) -> None:
    """What the disk holds at a moment; the process itself goes on to its end."""
    _check(kills.copy_on_the_way(_task(ground.folder, 3), ground, DEEDS["import"]), 3)


def test_a_kill_while_the_first_one_is_cleared_up(ground: Ground) -> None:
    """Struck twice, by a second kill or by a full disk: likewise."""
    _check(kills.kill_twice(_task(ground.folder, 2), ground, DEEDS["backup"]), 2)


@pytest.mark.parametrize(
    ("way", "name"),
    [
        (disk.few_pages, "forget"),
        (disk.small_files, "migrate"),
        (disk.failing_steps, "restore"),
        (disk.small_files, "export jsonl"),
        (disk.failing_steps, "export md"),
        pytest.param(disk.failing_calls, "backup", marks=traced),
        pytest.param(disk.failing_calls, "export card", marks=traced),
    ],
)
def test_a_full_disk_costs_nothing(
    way: Callable[[Task, Ground, Deed], Row], name: str, ground: Ground
) -> None:
    """One sentence, 9, and the old state; with room again the same call completes."""
    _check(way(_task(ground.folder, 2), ground, DEEDS[name]), 2)


@traced
@pytest.mark.parametrize("for_ever", [False, True])
def test_a_new_key_that_was_half_written_is_no_new_key(
    for_ever: bool, ground: Ground
) -> None:
    """SQLCipher says "ok" although a page of the transaction's end was not written."""
    deed = DEEDS["rekey"]
    calls = kills.Strikes(ground, deed).calls
    pages = [
        i
        for i, call in enumerate(calls)
        if call.name == "pwrite64" and call.paths[0].endswith("vault.db")
    ]
    k = pages[len(pages) // 2]
    log = ground.folder / "strike.log"
    tracer = strike_at(calls, k, "error=EIO", log, for_ever=for_ever)
    ground.fresh(deed)

    done = ground.launch(deed, tracer=tracer)

    assert done.code == disk.FULL
    assert ground.judge(deed, finished=False) == []


def test_what_is_forgotten_is_in_no_page_even_after_a_kill(ground: Ground) -> None:
    """Decrypted pages and logs, undisturbed and killed on the way."""
    _check(secrecy.forget_in(_task(ground.folder, 2), ground), 2)


@traced
@pytest.mark.parametrize("name", ["backup", "restore", "rekey", "export csv"])
def test_files_reach_the_disk_before_their_names(name: str, ground: Ground) -> None:
    """Write, fsync, rename, fsync of the folder, in this order."""
    _check(system.order_of(ground, DEEDS[name]), 1)


@traced
@pytest.mark.parametrize(
    "name", ["snapshot", "backup", "restore", "rekey", "export md"]
)
def test_files_are_made_private(name: str, ground: Ground) -> None:
    """Each asks for 0600 as it is opened, each folder for 0700: no mask is needed."""
    made = [call for call in calls_of(ground, DEEDS[name]) if call.name in MAKING]
    # SQLite asks for 0644 of what is there already, and follows no link then.
    own = [c for c in made if c.result >= 0 and "O_NOFOLLOW" not in c.words]
    assert own
    wrong = [c.words for c in own if not c.words.endswith((", 0600", ", 0700"))]
    assert wrong == []


@pytest.mark.parametrize(
    ("order", "wrong"),
    [
        ("write sync rename folder", 0),
        ("write rename sync folder", 1),
        ("sync write rename folder", 1),
        ("write sync rename", 1),
        ("write sync folder rename", 1),
        ("write", 2),
    ],
)
def test_a_wrong_order_is_seen(order: str, wrong: int, tmp_path: Path) -> None:
    """The judge of the order knows each way in which a power cut would cost a file."""
    fresh, final = str(tmp_path / "x.new"), str(tmp_path / "x")
    known = {
        "write": Call("write", (fresh,), "", 1),
        "sync": Call("fsync", (fresh,), "", 0),
        "rename": Call("rename", (fresh, final), "", 0),
        "folder": Call("fsync", (str(tmp_path),), "", 0),
    }
    Path(fresh if "rename" not in order else final).touch()
    made = Call("openat", (fresh,), "O_CREAT", 3)
    calls = [made, *(known[word] for word in order.split())]
    assert len(system.out_of_order(calls, tmp_path)) == wrong


def test_the_judge_sees_a_loss(ground: Ground) -> None:
    """A message that went, a spoiled page, a file left behind: each is said."""
    deed = DEEDS["backup"]
    ground.whole(deed)
    ground.fresh(deed)
    assert ground.judge(deed) == []
    ground.fresh(deed)
    (ground.work / "out" / "left.part").touch()
    assert "left other files" in ground.judge(deed)[0]
    ground.fresh(deed)
    place = ground.work / "vault" / "vault.db"
    data = bytearray(place.read_bytes())
    data[len(data) // 2] ^= 1
    place.write_bytes(data)
    assert ground.judge(deed)
    ground.fresh(deed)
    shutil.rmtree(ground.work / "vault")
    shutil.copytree(ground.folder / "starts" / "told", ground.work / "vault")
    assert "left it between" in ground.judge(deed)[0]


def test_the_judge_of_an_export_sees_what_is_not_the_vault_s(ground: Ground) -> None:
    """A file of the user's that was touched, and an unfinished one others can read."""
    deed = DEEDS["export csv"]
    ground.whole(deed)
    ground.fresh(deed)
    assert ground.judge(deed) == []
    ground.fresh(deed)
    (ground.work / deed.beside[0]).write_text("ours")
    assert "touched" in ground.judge(deed)[0]
    ground.fresh(deed)
    left = ground.work / "out" / "left"
    left.touch()
    left.chmod(0o640)
    assert "readable" in ground.judge(deed)[0]


def test_needles_are_found_in_every_spelling(tmp_path: Path) -> None:
    """As text, in two bytes a letter, as base64 from any byte, and packed."""
    words = "velvet anchor thursday"
    kinds = [*spellings(words), packed(words), b"junk\x1f\x8b\x08" + packed(words)]
    for number, data in enumerate(kinds):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "file").write_bytes(b"\x00 before " + data + b" after")
        assert leaks((folder,), (words,)) == [("file", words)]
        assert leaks((folder,), ("another phrase",)) == []


def test_the_table_counts_what_was_wrong() -> None:
    """One line a row; each fault is one line of its own."""
    row = Row("kill", "import", rounds=3, losses=["a\nb"], tracebacks=["c"])
    assert list(table([row]))[2].startswith("| kill | import | 3 | 1 | 0 | 1 |")
    assert [len(one.splitlines()) for one in row.faults()] == [1, 1]
    assert row.n_wrong == 2
