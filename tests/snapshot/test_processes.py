"""Measuring in several processes: the same numbers, and no process left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from threadpoolctl import threadpool_limits

from persona_vault.dimensions.base import Measurement
from persona_vault.dimensions.row import TurnRow
from persona_vault.snapshot import measuring, processes
from persona_vault.snapshot.file import snapshot_bytes
from persona_vault.snapshot.take import measure_messages
from tests.talk import PERSONA, talk

TALK = talk(7, n_blocks=24, n_turns=8)
OWN = TurnRow(
    name="own_letter",
    family="own",
    title="replies with an e",
    unit="per 100 replies",
    definition="Replies with an e.",
    source="test",
    of=lambda turn: Measurement(float("e" in turn.text), 1.0),
)


@pytest.fixture(autouse=True)
def short_talks_too(monkeypatch):
    """A talk of 384 messages is cut into parts and given to processes."""
    monkeypatch.setattr(measuring, "PART", 40)
    monkeypatch.setattr(processes, "LEAST_PARTS", 2)


def measured(n_processes, **more):
    """The talk's snapshot with a row of the catalogue marked and a row of one's own."""
    marked = {"exclamation_rate": {m.id for m in TALK[:200]}}
    return measure_messages(
        TALK,
        PERSONA,
        more=lambda: (OWN,),
        marked=marked,
        processes=n_processes,
        **more,
    )


def running():
    """Processes begun by this one."""
    return multiprocessing.active_children()


def test_several_processes_measure_what_one_does():
    """To the byte, with marked hits and a row that only this process knows."""
    seen = []

    one = measured(1)
    two = measured(2, progress=lambda _: seen.append(len(running())))

    assert set(seen) == {2}
    assert one.marked["persona"]["exclamation_rate"] > 0
    assert one.marked == two.marked
    assert "own_letter" in two.rows["user"]
    assert snapshot_bytes(one) == snapshot_bytes(two)
    assert not running()


def test_a_short_talk_begins_no_process(monkeypatch):
    """It would be over before a process is ready."""
    monkeypatch.setattr(processes, "LEAST_PARTS", 100)
    seen = []

    measured(2, progress=lambda _: seen.append(len(running())))

    assert seen
    assert not any(seen)


def test_a_process_that_dies_costs_time_alone():
    """What it had not yet measured is measured here."""

    def kill_them(_: int) -> None:
        for process in running():
            process.kill()

    assert snapshot_bytes(measured(2, progress=kill_them)) == snapshot_bytes(
        measured(1)
    )
    assert not running()


def test_a_measuring_that_is_stopped_leaves_no_process():
    """Ctrl-C, or an error on the way."""

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measured(2, progress=stop)

    deadline = time.monotonic() + 30
    while running() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running()


@pytest.mark.skipif(os.name == "nt", reason="kills by a signal that Windows lacks")
def test_processes_end_with_the_one_that_asked(tmp_path):
    """Even if that was killed, so that it could tell them nothing."""
    script = tmp_path / "asking.py"
    script.write_text(
        textwrap.dedent(
            """
            import multiprocessing
            import time
            from persona_vault.snapshot import measuring, processes
            from persona_vault.snapshot.take import measure_messages
            from tests.talk import PERSONA, talk

            def wait(_):
                print(*(p.pid for p in multiprocessing.active_children()), flush=True)
                time.sleep(600)

            if __name__ == "__main__":
                measuring.PART = 40
                processes.LEAST_PARTS = 2
                told = talk(7, n_blocks=24, n_turns=8)
                measure_messages(told, PERSONA, processes=2, progress=wait)
            """
        ),
        encoding="utf-8",
    )
    asking = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with asking:
        pids = [int(word) for word in asking.stdout.readline().split()]
        asking.send_signal(signal.SIGKILL)
    assert len(pids) == 2

    deadline = time.monotonic() + 30
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_running, pids))


def is_running(pid):
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_number_of_threads_moves_no_digit(monkeypatch):
    """A machine with more cores writes the same file."""
    monkeypatch.setattr(measuring, "PART", 1_000)
    long = talk(9, n_blocks=60, n_turns=12)
    written = []
    for n_threads in (1, 2):
        with threadpool_limits(limits=n_threads, user_api="blas"):
            written.append(snapshot_bytes(measure_messages(long, PERSONA)))
    assert written[0] == written[1]
