"""The one rule of who is who in a messenger's file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.errors import InputRejectedError
from persona_vault.importers.talk.people import (
    OTHER,
    WITHOUT_COMPANION,
    Cast,
    People,
    Speaker,
    folded_name,
)
from persona_vault.model import Conversation, Ignored, ReadOptions, Role

MIRA = Speaker("1", "Mira")
SAM = Speaker("2", "Sam")
IDA = Speaker("3", "Ida")


def cast(*talks: tuple[Speaker, ...], **options: tuple[str, ...]) -> Cast:
    """Who is who in these talks, which are named "0", "1" and so on."""
    people = People()
    for number, speakers in enumerate(talks):
        for speaker in speakers:
            people.see(str(number), speaker)
    return people.cast(ReadOptions(**options), "chat.json")


def test_the_only_other_speaker_is_the_user() -> None:
    """Of exactly two speakers, who is not the companion is the user."""
    found = cast((MIRA, SAM), them=("mira",))

    assert found.part("1").role is Role.PERSONA
    assert found.part("2").role is Role.USER
    assert found.facts("chat.json") == []


def test_of_three_speakers_nobody_is_guessed() -> None:
    """Without --me, others are other speakers, not shown, and a fact says so."""
    found = cast((MIRA, SAM, IDA), them=("Mira",))

    assert found.part("2") == found.part("3") == OTHER
    assert (OTHER.role, OTHER.kind, OTHER.shown) == (
        Role.SYSTEM,
        "other_speaker",
        False,
    )
    assert [fact.name for fact in found.facts("chat.json")] == ["user"]


def test_me_names_the_user_among_several() -> None:
    """With --me that person is the user and the rest are other speakers."""
    found = cast((MIRA, SAM, IDA), them=("Mira",), me=("SAM",))

    assert found.part("2").role is Role.USER
    assert found.part("3") == OTHER
    assert found.facts("chat.json") == []


def test_two_talks_with_two_people_name_nobody_as_the_user() -> None:
    """Two speakers means over all talks with the companion, not in each of them."""
    found = cast((MIRA, SAM), (MIRA, IDA), them=("Mira",))

    assert found.part("2") == found.part("3") == OTHER


def test_people_of_other_talks_do_not_count() -> None:
    """A talk without the companion is left out, and who speaks in it as well."""
    found = cast((MIRA, SAM), (SAM, IDA), them=("Mira",))

    assert found.part("2").role is Role.USER
    other = Conversation(native_id="1")
    assert found.left_out(other, "line 1") == Ignored(
        WITHOUT_COMPANION, "line 1", other
    )
    assert found.left_out(Conversation(native_id="0"), "line 1") is None


def test_the_file_s_own_marks() -> None:
    """One bot is the companion and the owner is the user, without a word of theirs."""
    bot, owner = Speaker("1", "Mira", is_bot=True), Speaker("2", "Sam", is_owner=True)
    found = cast((bot, owner, IDA))

    assert [found.part(key).role for key in "123"] == [
        Role.PERSONA,
        Role.USER,
        Role.SYSTEM,
    ]


def test_them_wins_over_the_mark() -> None:
    """With --them the marked bot is one speaker among others."""
    found = cast((Speaker("9", "Helper", is_bot=True), SAM, MIRA), them=("Mira",))

    assert found.part("1").role is Role.PERSONA
    assert found.part("9") == OTHER


def test_a_program_is_never_taken_for_the_user() -> None:
    """Beside the companion and a second bot, the one human is still the user."""
    helper = Speaker("9", "Helper", is_bot=True)

    assert cast((helper, SAM, MIRA), them=("Mira",)).part("2").role is Role.USER
    assert cast((helper, MIRA), them=("Mira",)).part("9") == OTHER


def test_one_person_with_several_keys_may_be_named_by_any() -> None:
    """All who bear the name, an alias or the id that was given are the companion."""
    found = cast(
        (Speaker("1", "Mira", ("mira#0001",)), Speaker("9", "Miri"), SAM),
        them=("MIRA#0001", "9"),
    )

    assert found.part("1").role is found.part("9").role is Role.PERSONA
    assert found.part("2").role is Role.USER


@pytest.mark.parametrize(
    ("speakers", "options", "message"),
    [
        ((MIRA, SAM), {}, "chat.json does not say who is the companion"),
        (
            (Speaker("1", "Mira", is_bot=True), Speaker("2", "Sam", is_bot=True)),
            {},
            "chat.json has 2 bots and it is not said which one is the companion",
        ),
        (
            (MIRA, SAM),
            {"them": ("Nobody",)},
            "nobody in chat.json has the name given with --them",
        ),
    ],
)
def test_without_a_companion_the_speakers_are_listed(
    speakers: tuple[Speaker, ...],
    options: dict[str, tuple[str, ...]],
    message: str,
) -> None:
    """The user is asked for the name and sees which names there are."""
    with pytest.raises(InputRejectedError) as caught:
        cast(speakers, **options)

    assert caught.value.message == message
    assert caught.value.hint == (
        "Name the companion with --them NAME. Speakers: Mira, Sam."
    )


def test_at_most_ten_names_are_listed() -> None:
    """Those who speak most come first, long names are cut, lines cannot be forged."""
    people = People()
    for number in range(14):
        for _ in range(20 - number):
            people.see("main", Speaker(str(number), f"Guest\n{number:02} " + "x" * 60))

    with pytest.raises(InputRejectedError) as caught:
        people.cast(ReadOptions(), "chat.json")

    names = caught.value.hint.partition("Speakers: ")[2].split(", ")
    assert len(names) == 10
    assert names[0].startswith("Guest 00 xxx")
    assert names[-1].endswith("… and 4 more.")
    assert all(len(name) <= 52 for name in names)


@given(st.text(max_size=12))
def test_folding_is_stable(name: str) -> None:
    """A folded name folds to itself, and case and marks never tell two people apart."""
    once = folded_name(name)

    assert folded_name(f"\u200e{once}\u202c ") == folded_name(once)
    assert folded_name("~\u202f" + "Mira") == folded_name("\u2068mira\u2069")
