"""What is written as CSV or JSON Lines is read back as it was, into another vault."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_vault.errors import InputRejectedError
from persona_vault.ingest import import_file
from persona_vault.kits import export_talk
from persona_vault.model import (
    Attachment,
    ClaimPart,
    ClaimSource,
    Conversation,
    Message,
    ModelClaim,
    ReadOptions,
    Role,
    TimeQuality,
)
from persona_vault.store.vault import Vault
from tests.kits.talks import FORMULAS, HOSTILE, START, NewVault, held, keep, said, talk

FORMATS = ("csv", "jsonl")
# What a table has no column for.
NOT_IN_CSV = ("models", "default_models", "attachments")

# Two vaults a case, on real databases.
some_examples = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
any_text = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet=st.characters(exclude_categories=[]), max_size=30),
    st.tuples(st.sampled_from(HOSTILE), st.sampled_from(HOSTILE)).map("".join),
)
# Importers give these without lone surrogates, which the store would refuse.
names = any_text.filter(lambda text: text.encode("utf-8", "ignore").decode() == text)
words = st.one_of(st.sampled_from(["", "main", "a b"]), any_text)
claims = st.builds(
    ModelClaim,
    names.filter(bool),
    st.sampled_from(ClaimSource),
    st.sampled_from(ClaimPart),
)
attachments = st.builds(Attachment, names, st.just("image"), st.none() | st.just(7))
conversations = st.builds(
    Conversation,
    native_id=words.filter(bool),
    title=words,
    group=words,
    threaded=st.booleans(),
    models=st.lists(claims, max_size=1).map(tuple),
    app=words,
)


def times(number: int) -> st.SearchStrategy[dict[str, Any]]:
    """A time of each quality; the clocks change in the hours of the wall times."""
    at = START + timedelta(minutes=number)
    wall = f"2024-{'10-27' if number % 2 else '03-31'}T02:{number:02}:00"
    placed = ("exact", "minute", "chat_level", "capture")
    return st.sampled_from(
        [
            *({"sent_at": at, "time_quality": TimeQuality(one)} for one in placed),
            {"sent_at": None, "local_at": wall, "time_quality": TimeQuality.LOCAL},
            {"sent_at": None, "time_quality": TimeQuality.NONE},
        ]
    )


@st.composite
def talks(draw: st.DrawFn) -> list[Message]:
    """A few conversations with a few messages each, in any of their orders."""
    threads = draw(st.lists(conversations, min_size=1, max_size=3))
    found = []
    for number in range(draw(st.integers(1, 10))):
        found.append(
            said(
                draw(any_text),
                number,
                conversation=draw(st.sampled_from(threads)),
                role=draw(st.sampled_from(Role)),
                speaker=draw(any_text),
                native_id=draw(st.none() | st.just(f"={number}")),
                parent=draw(st.none() | names.filter(bool)),
                kind=draw(st.sampled_from(["text", "image", "=1"])),
                shown=draw(st.booleans()),
                flags=draw(st.sampled_from([(), ("edited",), ("edited", "branch")])),
                models=tuple(draw(st.lists(claims, max_size=2))),
                attachments=tuple(draw(st.lists(attachments, max_size=2))),
                **draw(times(number)),
            )
        )
    return found


def written(vault: Vault, folder: Path, name: str, **asked: Any) -> Path:
    """A file of everything in a vault."""
    path = folder / f"out.{name}"
    path.unlink(missing_ok=True)
    export_talk(vault, path, format=name, **{"shown_only": False} | asked)
    return path


def without_nul(value: Any) -> Any:
    """A value as a reader gives it: NUL is never let in."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, ModelClaim):
        return ModelClaim(without_nul(value.value), value.source, value.part)
    if isinstance(value, dict):
        return {key: without_nul(one) for key, one in value.items()}
    return tuple(map(without_nul, value)) if isinstance(value, tuple) else value


@some_examples
@given(records=talks())
@pytest.mark.parametrize("name", FORMATS)
def test_everything_comes_back(
    name: str, new_vault: NewVault, tmp_path_factory: Any, records: list[Message]
) -> None:
    """Conversations, roles, speakers, texts, times and their quality, in order."""
    left_out = NOT_IN_CSV if name == "csv" else ()
    folder = tmp_path_factory.mktemp("out")
    with new_vault() as first, new_vault() as second:
        keep(first, records)
        path = written(first, folder, name)
        report = import_file(second, path, persona="Wren")

        wanted = [without_nul(row) for row in held(first, *left_out)]
        assert report.n_added == report.n_read == len(wanted)
        assert held(second, *left_out) == wanted
        again = import_file(second, written(second, folder, name), persona="Wren")
        assert again.n_added == again.n_revised == 0


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_texts_come_back(
    name: str, new_vault: NewVault, tmp_path: Path
) -> None:
    """Each of them, in every place where words may stand."""
    talks_of = [
        said(
            text,
            number,
            speaker=text,
            conversation=Conversation(
                native_id=text or "none", title=text, group=text, app=text
            ),
        )
        for number, text in enumerate(HOSTILE)
    ]
    with new_vault() as first, new_vault() as second:
        keep(first, talks_of)
        import_file(second, written(first, tmp_path, name), persona="Wren")

        left_out = NOT_IN_CSV if name == "csv" else ()
        assert held(second, *left_out) == [
            without_nul(row) for row in held(first, *left_out)
        ]


@pytest.mark.parametrize("name", FORMATS)
def test_into_its_own_vault_nothing_is_added(
    name: str, new_vault: NewVault, tmp_path: Path
) -> None:
    """The file of a vault brings nothing new to it: apps and ids are in it."""
    texts = [text for text in HOSTILE if "\x00" not in text]
    with new_vault() as vault:
        keep(vault, talk([*texts, "ok", "ok"]))
        keep(vault, talk(["ok"], conversation=Conversation(app="replika")))
        before = held(vault)
        report = import_file(vault, written(vault, tmp_path, name), persona="Wren")

        assert (report.n_added, report.n_revised) == (0, 0)
        assert held(vault) == before


def test_formula_cells_stand_escaped_in_the_file(
    new_vault: NewVault, tmp_path: Path
) -> None:
    """S8 on the bytes: a plain CSV reader finds no cell that begins as a formula."""
    import csv

    with new_vault() as vault:
        keep(vault, talk(FORMULAS, speaker="=A1", parent="@A1"))
        path = written(vault, tmp_path, "csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    bad = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
    assert [cell for cell in cells if cell.startswith(bad)] == []
    assert sum(cell.startswith("'") for cell in cells) == 3 * len(FORMULAS)


@pytest.mark.parametrize("mark", [";", "\t"])
def test_a_table_that_a_spreadsheet_saved_again(
    mark: str, new_vault: NewVault, tmp_path: Path
) -> None:
    """Parted anew, without byte order mark: the same table."""
    import csv

    with new_vault() as first, new_vault() as second:
        keep(first, talk(["=1+1", "'=1", "a;b"]))
        path = written(first, tmp_path, "csv")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(f"sep={mark}\r\n")
            csv.writer(file, delimiter=mark).writerows(rows)
        report = import_file(second, path, persona="Wren")

        assert report.source["importer"] == "persona_vault"
        assert held(second, *NOT_IN_CSV) == held(first, *NOT_IN_CSV)


def test_a_table_of_others_keeps_its_apostrophes(
    new_vault: NewVault, tmp_path: Path
) -> None:
    """Only our own header tells that an apostrophe was put there by us."""
    path = tmp_path / "other.csv"
    path.write_text("role,text\nuser,'=1+1\n", encoding="utf-8")
    with new_vault() as vault:
        report = import_file(vault, path, persona="Wren")
        assert report.source["importer"] == "csv"
        assert [row["text"] for row in held(vault)] == ["'=1+1"]


@pytest.mark.parametrize("name", FORMATS)
def test_several_companions_are_read_one_by_one(
    name: str, new_vault: NewVault, tmp_path: Path
) -> None:
    """Two of them are never mixed; --them chooses."""
    with new_vault() as first, new_vault() as second:
        keep(first, talk(["tea?", "yes"]))
        keep(first, talk(["sea?", "no"]), persona="Robin")
        path = written(first, tmp_path, name)
        with pytest.raises(InputRejectedError, match="several companions"):
            import_file(second, path, persona="Wren")
        assert held(second) == []
        report = import_file(
            second, path, persona="Wren", options=ReadOptions(them=("robin",))
        )
        assert dict(report.ignored) == {"another companion": 2}
        assert [row["text"] for row in held(second)] == ["sea?", "no"]


def test_the_model_that_answered_is_in_the_table(
    new_vault: NewVault, tmp_path: Path
) -> None:
    """The one that answered before the one that was asked for; never a default."""
    claim = [
        ModelClaim("asked", ClaimSource.MESSAGE, ClaimPart.REQUESTED),
        ModelClaim("answers", ClaimSource.MESSAGE, ClaimPart.ANSWERED),
        ModelClaim("usual", ClaimSource.CONVERSATION, ClaimPart.DEFAULT),
    ]
    with new_vault() as first, new_vault() as second:
        keep(first, [said("tea", 1, models=tuple(claim))])
        import_file(second, written(first, tmp_path, "csv"), persona="Wren")
        assert [row["models"] for row in held(second)] == [(claim[1],)]
