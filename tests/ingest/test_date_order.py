"""Which of day and month stands first is proven by the file, or asked for."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.ingest import import_file
from persona_vault.model import ReadOptions
from persona_vault.store.vault import Vault

DAY_FIRST, MONTH_FIRST = "%d/%m/%Y", "%m/%d/%Y"


def write(path: Path, days: list[date], form: str) -> Path:
    """A table with one message a day, at noon."""
    rows = [f"{day.strftime(form)} 12:00,Ava,on {day.isoformat()}" for day in days]
    path.write_text("\n".join(["date,name,text", *rows]), encoding="utf-8")
    return path


def read(vault: Vault, path: Path, *, day_first: bool | None = None) -> list[str]:
    """The days on which the vault has placed the messages, as each says its own."""
    options = ReadOptions(them=("Ava",), day_first=day_first)
    import_file(vault, path, persona="Ava", timezone="UTC", options=options)
    return [
        f"{m.text} at {m.sent_at:%Y-%m-%d}" for m in vault.messages("Ava") if m.sent_at
    ]


def true_days(days: list[date]) -> list[str]:
    """What `read` gives where every day is placed right."""
    return [f"on {day} at {day}" for day in days]


@pytest.mark.parametrize("form", [DAY_FIRST, MONTH_FIRST])
def test_one_clear_date_decides_for_the_whole_file(
    vault: Vault, tmp_path: Path, form: str
) -> None:
    """Forty days from the third of April: the thirteenth can only be a day."""
    days = [date(2025, 4, 3) + timedelta(days=i) for i in range(40)]
    assert read(vault, write(tmp_path / "a.csv", days, form)) == true_days(days)


@pytest.mark.parametrize(
    ("form", "day_first"), [(DAY_FIRST, True), (MONTH_FIRST, False)]
)
def test_a_file_that_proves_nothing_is_asked_about(
    vault: Vault, tmp_path: Path, form: str, day_first: bool
) -> None:
    """It is refused with the two options to choose from; either then holds."""
    days = [date(2025, month, 5) for month in (3, 4, 6)]
    place = write(tmp_path / "a.csv", days, form)
    with pytest.raises(InputRejectedError) as caught:
        read(vault, place)
    assert "--day-first or --month-first" in caught.value.hint
    assert vault.personas() == []
    assert read(vault, place, day_first=day_first) == true_days(days)
