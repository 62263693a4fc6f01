"""The page in a real browser: nothing runs, nothing leaves, the words are there."""

import html
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from example import rich_diff
from payloads import PAYLOADS
from test_report_formats import poisoned

from persona_vault.reports import passages, render_report

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# One page with all payloads; controls one by one, until this many have run.
N_CONTROLS = 10


@pytest.fixture(scope="module")
def browser() -> str:
    """A browser on this machine."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


def shown(browser: str, folder: Path, text: str) -> str:
    """The document as the browser has it once everything ran that can."""
    page = folder / "page.html"
    page.write_text(text, encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu"]
    command += ["--disable-background-networking", "--no-first-run"]
    command += ["--virtual-time-budget=2000", f"--user-data-dir={folder / 'profile'}"]
    done = subprocess.run(
        [*command, "--dump-dom", page.as_uri()],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        env=os.environ | {"HOME": str(folder)},
    )
    if not done.stdout:
        pytest.skip("this machine's Chromium does not start here")
    return done.stdout


def test_no_payload_runs_in_a_browser(browser: str, tmp_path: Path) -> None:
    """All of them at once in every field: none runs, none leaves the page."""
    document = shown(browser, tmp_path, render_report(poisoned("\n".join(PAYLOADS))))
    assert "data-ran" not in document.split("<head>")[0]
    assert f"<title>{passages.TITLE}</title>" in document
    assert re.findall(r"<(script|img|iframe|base|link|form|input)\b", document) == []
    words = html.unescape(re.sub(r"<[^>]*>", "", document))
    assert PAYLOADS[0] in words


def test_the_payloads_do_run_where_they_are_not_escaped(
    browser: str, tmp_path: Path
) -> None:
    """The control: raw, in frames of their own, at least ten of them run."""
    frames = "".join(
        f'<iframe srcdoc="{html.escape("<!DOCTYPE html><body>" + _told(payload))}">'
        "</iframe>"
        for payload in PAYLOADS
        if "dataset.ran" in payload
    )
    body = f'<!DOCTYPE html><body data-ran="">{frames}</body>'
    document = shown(browser, tmp_path, body)
    found = re.search(r'<body data-ran="(1*)">', document)
    assert found
    assert len(found[1]) >= N_CONTROLS


def _told(payload: str) -> str:
    """The payload, counting itself on the page around the frame."""
    return re.sub(
        r"(parent\.)?document\.documentElement\.dataset\.ran=1",
        "top.document.body.dataset.ran+=1",
        payload,
    )


def test_the_browser_shows_charts_and_sentences(browser: str, tmp_path: Path) -> None:
    """The example is a document with its charts, folded quotes and sections."""
    document = shown(browser, tmp_path, render_report(rich_diff()))
    assert document.count("<svg") >= 10
    assert document.count("<details") >= 6
    assert [key for key in passages.SECTIONS if f'id="{key}"' not in document] == []
