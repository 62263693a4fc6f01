"""What a terminal shows is what we print: no byte of a chat or a name steers it."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.hostile.console import call
from tests.hostile.processes import calls, own_environment

pty = pytest.importorskip("pty", reason="needs a POSIX terminal")

# Each is followed by zzz, so that what came from data can be told from our own.
PAYLOADS = [
    "\x1b[31mzzz",  # colour
    "\x1b]0;title\x07zzz",
    "\x1b]52;c;cm0gLXJm\x07zzz",  # the clipboard
    "\x1bP+q544e\x1b\\zzz",
    "\x1bczzz",  # reset
    "\x9b31mzzz",  # C1
    "\x9d52;c;cm0=\x9czzz",
    "all is well\rzzz",
    "\x08\x08\x08zzz",
    "\x7f\x7fzzz",
    "\x07zzz",
    "\x00zzz",
    "\x0b\x0c\x1c\x1d\x1e\x85zzz",
    "\u2028\u2029zzz",
    "\u202egnp.exezzz\u202c",  # right to left
    "\u2066\u2067\u2069\u200e\u200f\u061czzz",
    "\ud83d zzz \udc80zzz",  # lone surrogates
    "[/red][link=https://example.org]zzz",
    "%s %n {0} {x!r} zzz",
    "Error: forged zzz",
]
STEERING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff]|\rz"
)
ODD_NAME = "wr\x1b]52;c;eA==\x07en\u202e\r\x9b1mzzz\nError: forged.jsonl"


def _talk(path: Path, n_talks: int = 14) -> Path:
    """Talks that change at half: so that a comparison has something to quote."""
    lines = []
    for talk in range(n_talks):
        late = talk >= n_talks // 2
        for turn in range(12):
            payload = PAYLOADS[(talk * 12 + turn) % len(PAYLOADS)]
            reply = "Fine." if late else "Oh, I am so glad that you came back today!! "
            mine = turn % 2 == 0
            words = f"hello garden {turn}" if mine else reply * (1 if late else 6)
            lines.append(
                {
                    "role": "user" if mine else "assistant",
                    "conversation": f"t{talk} {payload}",
                    "id": f"{talk}-{turn} {payload}",
                    "model": f"model {payload}",
                    "timestamp": 1_700_000_000 + talk * 86_400 + turn * 60,
                    "text": f"{words} {payload}",
                }
            )
    lines.append({"role": f"nobody {PAYLOADS[0]}", "text": PAYLOADS[2]})
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def _titled(path: Path) -> Path:
    """A ChatGPT export whose titles, groups and authors are payloads."""
    threads = []
    for number, payload in enumerate(PAYLOADS):
        said = {
            "id": f"m{number}{payload}",
            "author": {"role": "user", "name": payload, "metadata": {}},
            "create_time": 1_700_000_000.0 + number,
            "content": {"content_type": "text", "parts": [f"garden {payload}"]},
            "metadata": {"model_slug": payload},
            "status": payload,
            "recipient": "all",
        }
        root = {"id": "r", "message": None, "parent": None, "children": ["n"]}
        node = {"id": "n", "message": said, "parent": "r", "children": []}
        threads.append(
            {
                "id": f"c{number}",
                "title": payload,
                "gizmo_id": payload,
                "create_time": 1_700_000_000.0,
                "update_time": 1_700_000_000.0,
                "current_node": "n",
                "mapping": {"r": root, "n": node},
            }
        )
    path.write_text(json.dumps(threads), encoding="utf-8")
    return path


def _shown(command: list[str], folder: Path) -> str:
    """What a terminal gets from a command that believes it talks to one."""
    ours, theirs = pty.openpty()
    environment = own_environment(folder / "homes", TERM="xterm", PAGER="cat")
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env=environment,
    ) as running:
        os.close(theirs)
        got = b""
        while True:
            try:
                data = os.read(ours, 65_536)
            except OSError:  # Linux says so when the other end has closed
                break
            if not data:
                break
            got += data
        os.close(ours)
        assert running.wait(timeout=60) == 0
    return got.decode("utf-8", "surrogateescape")


@pytest.fixture
def exports(tmp_path: Path) -> list[Path]:
    """Odd names and odd words: a file, a zip, a folder."""
    odd = _talk(tmp_path / ODD_NAME)
    folder = tmp_path / "folder \x1b[2Jzzz"
    folder.mkdir()
    _titled(folder / "conversations.json")
    (folder / "more \x1b[1mzzz \udcff.json").write_bytes(b"[]")
    packed = tmp_path / "export\x9b1mzzz.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(folder / "conversations.json", "conversations.json")
        archive.writestr("auth\x1b[1mzzz\n.ini", "x")
    return [odd, packed, folder]


@pytest.mark.skipif(sys.platform != "linux", reason="file names of any bytes")
def test_nothing_from_data_steers_a_terminal(
    plain_template: Path, exports: list[Path], tmp_path: Path
) -> None:
    """Every command that shows words, names or titles, in a real pseudo-terminal."""
    vault = tmp_path / "vault\x1b[1mzzz"
    shutil.copytree(plain_template, vault)
    base = ("--vault", vault)
    odd, packed, folder = exports
    at = "2023-11-21T22:00+00:00"
    lines: list[tuple[object, ...]] = [
        ("import", odd, "--persona", "Wren", "--no-embed"),
        ("import", packed, "--persona", "Wren", "--no-embed"),
        ("import", folder, "--persona", "Wren", "--no-embed", "--dry-run"),
        ("import", odd, "--list"),
        ("import", packed, "--list"),
        ("import", tmp_path / "none \x1b[1mzzz\rzzz\nError: forged"),
        ("import", odd, "--persona", "x\x1b[1mzzz"),
        ("import", odd, "--persona", "Wren", "--only", "\x1b[1mzzz"),
        ("import", odd, "--format", "\x1b[1mzzz"),
        ("import", odd, "--timezone", "\x1b[1mzzz"),
        ("import", odd, "--map", "text=\x1b[1mzzz"),
        ("info",),
        ("sources",),
        ("conversations",),
        ("persona", "set", "Wren", "--pronoun", "\x1b[1mzzz", "--me", "\rzzz"),
        ("persona", "list"),
        ("events", "add", "up\x1b]52;c;eA==\x07\rzzz\nforged", "--at", at),
        ("events", "list"),
        ("search", "garden", "--mode", "keyword", "-k", "40"),
        ("search", "\x1b[1mzzz \ud800", "--mode", "keyword"),
        ("search", "garden", "--persona", "\x1b[1mzzz"),
        ("show", "30", "--context", "40"),
        *(("read", str(n)) for n in range(1, 34)),
        ("\x1b[1mzzz",),
        ("read", "\x1b[1mzzz"),
        ("diff", "--at", at),
        ("diff", "--at", "\x1b[1mzzz"),
        ("report", "--at", at, "--format", "md", "-o", "-"),
        ("report", "--at", at, "--format", "json", "-o", "-"),
        ("report", "--at", at, "--format", "html", "-o", "-"),
        ("snapshot", "-o", "snap\x1b[1mzzz", "--quotes", "3"),
        ("export", "--format", "csv", "-o", "out\x1b[1mzzz"),
        ("export", "--format", "csv", "-o", "out\x1b[1mzzz"),
        ("export", "--format", "md", "-o", "md\x1b[1mzzz"),
        ("export", "--format", "card", "-o", "card\x1b[1mzzz"),
        ("export", "--format", "jsonl", "-o", "x", "--persona", "\x1b[1mzzz"),
        ("diff", "snap\x1b[1mzzz", "none\x1b[1mzzz\n"),
        ("embed", "--embedder", "hashing"),
        ("similar", "30", "--embedder", "hashing", "-k", "20"),
        ("topics", "-n", "4", "--embedder", "hashing"),
        ("mark", "30"),
        ("mark", "30", "--row", "\x1b[1mzzz", "--wrong"),
        ("mark", "--list"),
        ("forget", "--search", "garden", "--dry-run"),
        ("forget", "--phrase", "zzz \x1b[1mzzz", "--dry-run"),
        ("forget", "--name", "\x1b]0;zzz\x07", "--dry-run"),
        ("attachments", "30"),
        ("describe", odd),
        ("describe", folder),
        ("reimport", "--all"),
        ("verify",),
        ("key", "list"),
        ("key", "remove", "\x1b[1mzzz"),
        ("backup", "copy \x1b[1mzzz\r.pvbackup"),
        ("backup", "copy \x1b[1mzzz\r.pvbackup"),
        ("restore", "copy \x1b[1mzzz\r.pvbackup", "--check"),
        ("restore", "copy \x1b[1mzzz\r.pvbackup", "--vault", "new\x9b1mzzz\nError: x"),
        ("restore", "none \x1b[1mzzz\x07.pvbackup", "--vault", "\x1b[2Jzzz"),
        ("forget", "--source", "1", "--yes"),
    ]
    shown = _shown(calls(*((*base, *line) for line in lines)), tmp_path)
    assert shown.count("zzz") > 300
    steered = [shown[max(0, m.start() - 80) : m.end() + 20] for m in _odd(shown)]
    assert steered == []
    lines_shown = shown.splitlines()
    # Chat text that says so stands indented or quoted, never where our errors stand.
    assert [line for line in lines_shown if line.startswith("Error: forged")] == []
    assert [
        line for line in lines_shown if re.match("Reading: [0-9,]+.*[A-Z]", line)
    ] == []


def _odd(shown: str) -> list["re.Match[str]"]:
    return list(STEERING.finditer(shown))


@pytest.mark.parametrize(
    "line",
    [
        "info",
        "sources",
        "conversations",
        "persona list",
        "events list",
        "search garden --mode keyword",
        "show 30",
        "read 1",
        "diff --at 2023-11-21T22:00+00:00",
    ],
)
def test_json_is_ascii_without_controls(line: str, told: Path) -> None:
    """Under `--json` the words are escaped as JSON has it, and come back whole."""
    outcome = call("--vault", told, "--json", *line.split())
    assert outcome.code == 0
    assert outcome.out.isascii()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f]", outcome.out)
    json.loads(outcome.out)


@pytest.fixture(scope="module")
def told(plain_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed vault with the odd talk in it."""
    folder = tmp_path_factory.mktemp("told")
    shutil.copytree(plain_template, folder / "vault")
    words = ("--vault", folder / "vault", "--persona", "Wren", "--no-embed")
    assert call("import", _talk(folder / "talk.jsonl"), *words).code == 4
    return folder / "vault"
