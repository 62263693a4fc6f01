"""What is computed beside other work."""

import subprocess
import sys

import pytest

from persona_vault.beside import Beside


def test_the_result_is_given_each_time() -> None:
    """It is computed once."""
    calls = []
    begun = Beside(lambda: calls.append(1) or "found")
    assert [begun.result(), begun.result()] == ["found", "found"]
    assert calls == [1]


def test_an_error_is_raised_where_the_result_is_asked_for(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """And nowhere else: nothing is printed meanwhile."""
    begun: Beside[int] = Beside(lambda: 1 // 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            begun.result()
    assert capfd.readouterr() == ("", "")


def test_the_program_may_end_meanwhile() -> None:
    """Ctrl-C need not wait until a passphrase is stretched."""
    code = (
        "import time; from persona_vault.beside import Beside; "
        "Beside(lambda: time.sleep(60))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
