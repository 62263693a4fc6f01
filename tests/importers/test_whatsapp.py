"""WhatsApp: every way to write a time, what the app says itself, files, the cap."""

import zipfile
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.whatsapp import importer as whatsapp
from persona_vault.importers.formats.whatsapp.importer import WhatsApp
from persona_vault.importers.formats.whatsapp.lines import DateOrders, opener, wall_time
from persona_vault.importers.registry import find_importer
from persona_vault.importers.source import Source
from persona_vault.importers.testing import check_golden
from persona_vault.model import Message, ReadOptions, Role, SourceFact
from tests.importers.messengers import messages, read

GOLDEN = Path(__file__).parent / "golden" / "whatsapp"
MARK = "\u200e"


def saved(tmp_path: Path, *lines: str, name: str = "_chat.txt") -> Path:
    """A chat of these lines."""
    path = tmp_path / name
    path.write_bytes("\r\n".join(lines).encode())
    return path


def told(tmp_path: Path, text: str) -> Message:
    """What becomes of a text that Mira sends."""
    path = saved(
        tmp_path,
        "[25/01/2024, 10:00:00] Mira: Hi",
        f"[25/01/2024, 10:00:01] Mira: {text}",
    )
    return messages(read(WhatsApp(), path, them=("Mira",)))[1]


def test_golden() -> None:
    """iOS, Android, WhatsApp Web and a German export give their expected records."""
    assert check_golden(GOLDEN) == []


@pytest.mark.parametrize(
    ("head", "wall"),
    [
        ("[25/01/2024, 22:42:00] ", "2024-01-25T22:42:00"),
        ("[1/25/24, 10:42:00 PM] ", "2024-01-25T22:42:00"),
        ("[1/25/24, 10:42:00\u202fPM] ", "2024-01-25T22:42:00"),
        ("\u200e[25.01.24, 22:42:00] ", "2024-01-25T22:42:00"),
        ("[2024/01/25, 22:42] ", "2024-01-25T22:42:00"),
        ("[2024-01-25, 10:42:00 p.m.] ", "2024-01-25T22:42:00"),
        ("[25-01-2024, 22.42.00] ", "2024-01-25T22:42:00"),
        ("[10:42 PM, 1/25/2024] ", "2024-01-25T22:42:00"),
        ("25/01/2024, 22:42 - ", "2024-01-25T22:42:00"),
        ("1/25/24, 10:42 PM - ", "2024-01-25T22:42:00"),
        ("25/1/2024, 10:42 p.\xa0m. - ", "2024-01-25T22:42:00"),
        ("25.1.2024 klo 22.42 - ", "2024-01-25T22:42:00"),
        ("25.01.24, 22:42 – ", "2024-01-25T22:42:00"),
        ("25. 1. 2024, 22:42 - ", "2024-01-25T22:42:00"),
        ("25/01/2024 22:42:10: ", "2024-01-25T22:42:10"),
        ("2024-01-25, 12:05 a.m. - ", "2024-01-25T00:05:00"),
        ("25/01/2024, 00:05 a. m. - ", "2024-01-25T00:05:00"),
        ("٢٥/٠١/٢٠٢٤, ٢٢:٤٢ - ", "2024-01-25T22:42:00"),
    ],
)
def test_ways_to_write_a_time(tmp_path: Path, head: str, wall: str) -> None:
    """Every form that phones are known to write is read, on any line."""
    path = saved(tmp_path, f"{head}Mira: Hello", f"{head}Sam: Hello", "and more")

    one, two = messages(read(WhatsApp(), path, them=("Mira",)))

    assert (one.local_at, one.speaker, one.text) == (wall, "Mira", "Hello")
    assert (two.local_at, two.text) == (wall, "Hello\nand more")


@pytest.mark.parametrize(
    "line",
    [
        "It was 25/01/2024, 22:42 - late",
        "25/01/2024 - late",
        "22:42 - late",
        "[25/01/2024] Mira: no time",
        "1.2.3 - a version",
        "Mira: Hello",
    ],
)
def test_other_lines_go_on_with_the_message(line: str) -> None:
    """A date inside a sentence, or half of one, opens nothing."""
    assert opener(line) is None


DAYS = st.lists(
    st.dates(date(2019, 1, 1), date(2030, 12, 28)), min_size=1, max_size=12, unique=True
)


@given(DAYS, st.booleans())
def test_the_order_is_right_or_asked_for(
    days: list[date], is_day_first: bool | None
) -> None:
    """What the whole file decides is what was meant, or the user is asked."""
    shape = (
        "{0.day}/{0.month}/{0.year}" if is_day_first else "{0.month}/{0.day}/{0.year}"
    )
    lines = [opener(f"{shape.format(day)}, 10:00 - Sam: Hi") for day in sorted(days)]
    orders = DateOrders()
    for line in lines:
        assert line is not None
        orders.see(line)

    with suppress(InputRejectedError):
        orders.decide(None, "chat.txt")
        is_day_first = None
    found = orders.decide(is_day_first, "chat.txt")
    walls = [wall_time(line, found) for line in lines if line]
    assert walls == [f"{day}T10:00:00" for day in sorted(days)]


def test_an_order_that_stays_open_is_asked_for(tmp_path: Path) -> None:
    """3/4 and 5/6 can be either; the hint names both options, and each one holds."""
    lines = ("3/4/24, 10:00 - Sam: Hi", "5/6/24, 10:01 - Mira: Hello")
    path = saved(tmp_path, *lines)

    with pytest.raises(InputRejectedError) as caught:
        read(WhatsApp(), path, them=("Mira",))
    assert caught.value.hint == (
        "Say which one holds with --day-first or --month-first."
    )
    for day_first, wall in ((True, "2024-04-03"), (False, "2024-03-04")):
        found = messages(read(WhatsApp(), path, them=("Mira",), day_first=day_first))
        assert found[0].local_at == f"{wall}T10:00:00"


def test_the_sequence_decides_an_open_order(tmp_path: Path) -> None:
    """Days that run on in one order and jump back in the other are no question."""
    start = date(2024, 3, 5)
    days = [start + timedelta(days=n) for n in range(8)]
    path = saved(
        tmp_path,
        *(f"{day.month}/{day.day}/24, 10:00 - Sam: Hi" for day in days),
        "4/1/24, 10:00 - Mira: Hello",
    )

    found = messages(read(WhatsApp(), path, them=("Mira",)))

    assert [m.local_at for m in found[:2]] == [
        "2024-03-05T10:00:00",
        "2024-03-06T10:00:00",
    ]


@pytest.mark.parametrize(
    ("text", "kind", "words", "n_files"),
    [
        ("<Media omitted>", "file", "", 1),
        ("<Medien ausgeschlossen>", "file", "", 1),
        (f"{MARK}image omitted", "image", "", 1),
        (f"Report.pdf {MARK}document omitted", "text", None, 0),
        (f"{MARK}<attached: 00000001-AUDIO-2024-01-25-10-00-01.opus>", "audio", "", 1),
        (
            f"Look {MARK}<adjunto: 00000001-PHOTO-2024-01-25-10-00-01.jpg>",
            "text",
            "Look",
            1,
        ),
        ("PTT-20240125-WA0014.opus (archivo adjunto)", "audio", "", 1),
        ("IMG-20240125-WA0010.jpg (file attached)\r\nOur pier", "text", "Our pier", 1),
        ("notes.txt (a file of mine)", "text", None, 0),
        ("<smiles>", "text", None, 0),
        ("I saw <see: the note.txt> today", "text", None, 0),
        ("null", "media", "", 0),
        (f"{MARK}POLL:\r\nTea or coffee?", "poll", "POLL:\nTea or coffee?", 0),
        (f"{MARK}Location: https://maps.example/1", "location", None, 0),
    ],
)
def test_files_and_cards(
    tmp_path: Path, text: str, kind: str, words: str | None, n_files: int
) -> None:
    """Named and omitted files are attachments; words that only look so stay words."""
    found = told(tmp_path, text)

    assert found.role is Role.PERSONA
    assert (found.kind, len(found.attachments)) == (kind, n_files)
    expected = text.replace("\r\n", "\n").removeprefix(MARK) if words is None else words
    assert found.text == expected


@pytest.mark.parametrize(
    "text",
    [
        f"{MARK}Messages and calls are end-to-end encrypted. Tap to learn more.",
        "Messages and calls are end-to-end encrypted. Only people in this chat can.",
        f"{MARK}Missed voice call",
        f"{MARK}This message was deleted.",
        "This message was deleted",
        "Diese Nachricht wurde gelöscht.",
    ],
)
def test_words_of_the_app_are_nobody_s_speech(tmp_path: Path, text: str) -> None:
    """They bear a person's name in the file, and are system and not shown here."""
    found = told(tmp_path, text)

    assert (found.role, found.shown) == (Role.SYSTEM, False)


def test_a_long_text_with_a_mark_is_speech(tmp_path: Path) -> None:
    """No notice of the app is that long; nothing that somebody wrote is hidden."""
    text = MARK + "The river was high and the pier was wet. " * 20

    assert told(tmp_path, text).role is Role.PERSONA


@pytest.mark.parametrize(
    ("tail", "flags"),
    [
        (f" {MARK}<This message was edited>", ("edited",)),
        (" <This message was edited>", ("edited",)),
        (f" {MARK}<Diese Nachricht wurde bearbeitet>", ("edited",)),
        (" <whispers>", ()),
    ],
)
def test_edited_tails(tmp_path: Path, tail: str, flags: tuple[str, ...]) -> None:
    """The app's remark goes and leaves a flag; words in brackets stay."""
    found = told(tmp_path, f"Tea, not coffee{tail}")

    assert found.flags == flags
    assert found.text == "Tea, not coffee" + ("" if flags else tail)


def test_a_zip_brings_its_media(tmp_path: Path) -> None:
    """A file in the zip is the attachment's member; one that nobody names is told."""
    path = tmp_path / "WhatsApp Chat - Mira.zip"
    photo = "00000002-PHOTO-2024-01-25-10-00-01.jpg"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "_chat.txt",
            "[25/01/2024, 10:00:00] Sam: Hi\r\n"
            f"[25/01/2024, 10:00:01] Mira: {MARK}<attached: {photo}>\r\n",
        )
        archive.writestr(photo, b"x")
        archive.writestr("other.jpg", b"x")

    records = read(WhatsApp(), path, them=("Mira",))

    assert messages(records)[1].attachments[0].member == photo
    assert [r.where for r in records if not isinstance(r, Message)] == ["other.jpg"]


def test_several_chats_in_a_folder_are_several_talks(tmp_path: Path) -> None:
    """Each chat file is a talk of its own, and those without the companion stay out."""
    saved(
        tmp_path, "[25/01/2024, 10:00:00] Mira: One", name="WhatsApp Chat with Mira.txt"
    )
    saved(
        tmp_path, "[25/01/2024, 10:00:00] Ida: Two", name="WhatsApp Chat with Ida.txt"
    )

    records = read(WhatsApp(), tmp_path, them=("Mira",))

    assert [m.text for m in messages(records)] == ["One"]
    assert messages(records)[0].conversation.native_id == "WhatsApp Chat with Mira"


@pytest.mark.parametrize(("n", "is_told"), [(5, True), (4, False)])
def test_a_chat_at_the_cap_may_lack_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int, is_told: bool
) -> None:
    """The vendor drops the oldest messages in silence; the ledger says so."""
    monkeypatch.setattr(whatsapp, "_CAP_WITHOUT_MEDIA", 5)
    lines = [f"[25/01/2024, 10:00:0{i}] Mira: Hi" for i in range(n)]
    path = saved(tmp_path, *lines)

    facts = [
        r for r in read(WhatsApp(), path, them=("Mira",)) if isinstance(r, SourceFact)
    ]

    wanted = SourceFact("truncated_by_vendor", "the oldest messages", "_chat.txt")
    assert facts == ([wanted] if is_told else [])


def test_plain_bracketed_text_is_not_claimed(tmp_path: Path) -> None:
    """`[2024-01-25 10:00] Name: text` is what many tools write: a generic text."""
    lines = ("[2024-01-25 10:00] Sam: Hi", "[2024-01-25 10:01] Mira: Hello")
    path = saved(tmp_path, *lines, name="talk.txt")
    options = ReadOptions(me=("Sam",), them=("Mira",))

    with Source.open(path) as source:
        assert find_importer(source, options).name == "text"
    with Source.open(saved(tmp_path, *lines, name="_chat.txt")) as source:
        assert find_importer(source, options).name == "whatsapp"
