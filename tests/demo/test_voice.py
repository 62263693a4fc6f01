"""The demo's words and voices: kind, whole, and free of what will measure them."""

import ast
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import persona_vault.demo
from persona_vault.demo.companion import AFTER, BEFORE, Voice, _choose_forms
from persona_vault.demo.talk import Manner, write_session
from persona_vault.demo.words import load_words

WORDS = load_words()
FOLDER = Path(persona_vault.demo.__file__).parent
START = datetime(2024, 5, 1, 18, 0, tzinfo=UTC)


def _persona_lines() -> list[str]:
    lines = [line for pool in WORDS.persona.values() for line in pool]
    for topic in WORDS.topics:
        lines += [*topic.say, *topic.probe]
    return lines + [line for wish in WORDS.wishes for line in wish.give]


def _user_lines() -> list[str]:
    lines = [line for pool in WORDS.sam.values() for line in pool]
    for topic in WORDS.topics:
        lines += [*topic.glad, *topic.low, *topic.ask]
    return lines + [wish.wish for wish in WORDS.wishes]


@settings(max_examples=60, deadline=None)
@given(st.integers(), st.integers(1, 400), st.sampled_from([BEFORE, AFTER]))
def test_every_message_is_a_finished_sentence(
    seed: int, number: int, voice: Voice
) -> None:
    """No message is empty, keeps a slot, or doubles a space or a mark."""
    session = write_session(WORDS, seed, number, START, Manner(voice=voice))
    assert 6 <= len(session.lines) <= 30
    for line in session.lines:
        assert line.text.strip() == line.text != ""
        assert not re.search(r"[{}]|  |,\.|[!?],|\.!|[.!?]\?", line.text)
    times = [line.sent_at for line in session.lines]
    assert times == sorted(set(times))


def test_no_reply_says_a_sentence_twice() -> None:
    """A session of usual length has pools enough for each reply to stay fresh."""
    for number in range(1, 60):
        session = write_session(WORDS, 5, number, START, Manner(voice=BEFORE))
        for line in session.lines[1::2]:
            sentences = re.split(r"(?<=[.!?])\s+", line.text)
            long = [s for s in sentences if len(s.split()) > 4]
            assert len(long) == len(set(long))


def test_every_short_form_has_a_full_one() -> None:
    """Written out, no line keeps a short form, and none becomes a wrong one."""
    rng = Random(0)
    for line in _persona_lines():
        full = _choose_forms(line, 0.0, rng)
        assert not re.search(r"n't|'(m|re|ve|ll|d)\b|\b[Ii]t's|[Tt]hat's", full), full
        assert not re.search(r"is been|would (been|done)|is done", full), full
        assert _choose_forms(line, 1.0, rng) == line


def test_a_voice_can_go_part_of_the_way_to_another() -> None:
    """Share 0 is the one voice, 1 the other, and a half lies in the middle."""
    assert BEFORE.toward(AFTER, 0) == BEFORE
    assert BEFORE.toward(AFTER, 1).pet == pytest.approx(AFTER.pet)
    assert BEFORE.toward(AFTER, 0.5).exclaim == pytest.approx(
        (BEFORE.exclaim + AFTER.exclaim) / 2
    )


def test_words_are_fit_for_everyone() -> None:
    """No line is explicit, violent or about self-harm, and none holds a link."""
    unfit = re.compile(
        r"\b(sex\w*|nude|naked|breast\w*|orgasm\w*|fuck\w*|shit\w*|bitch\w*|porn\w*"
        r"|rape\w*|kill\w*|murder\w*|blood\w*|suicid\w*|knife|gun|drunk|cocaine)\b"
        r"|https?:|www\.|@",
        re.IGNORECASE,
    )
    assert [x for x in _persona_lines() + _user_lines() if unfit.search(x)] == []


def test_the_generator_knows_nothing_of_what_measures_it() -> None:
    """Standard library and the demo's own modules only: no shared word or rule."""
    foreign = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or "."]
            foreign |= {
                name
                for name in names
                if name.split(".")[0] not in sys.stdlib_module_names
                and not name.startswith("persona_vault.demo")
            }
    assert foreign == set()
