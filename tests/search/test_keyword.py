"""Rules of search by words."""

import subprocess
import sys
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_vault.errors import UnknownPersonaError, UsageError
from persona_vault.model import Period, Role
from persona_vault.search import search_messages

from .conftest import START, add_talk

LINES = [
    ("user", "My aunt left me a blue kayak."),
    ("persona", "That is lovely, where will you keep it?"),
    ("user", "In the shed behind the bakery."),
    ("persona", "Then the kayak will smell of bread every morning."),
    ("user", "Ha, true. I am off to bed."),
    ("persona", "Sleep well!"),
]


def found(vault, query, **asked):
    """Ids of the hits of a search by words."""
    return [
        h.message_id for h in search_messages(vault, query, mode="keyword", **asked)
    ]


def test_a_hit_is_the_message_itself_with_its_neighbours(vault):
    """Text, place and context of a hit are those of the message that was found."""
    ids = add_talk(vault, LINES)
    hit = search_messages(vault, "bakery", mode="keyword", context=1).hits[0]
    assert (hit.message_id, hit.text) == (ids[2], LINES[2][1])
    assert (hit.rank, hit.score_kind, hit.role) == (1, "bm25", Role.USER)
    assert (hit.persona, hit.conversation, hit.app) == ("Mira", "main", "kindroid")
    assert hit.sent_at == START + timedelta(minutes=2)
    assert [line.message_id for line in hit.before] == [ids[1]]
    assert [line.message_id for line in hit.after] == [ids[3]]


def test_words_are_found_by_their_stem_and_without_accents(vault):
    """Endings and accents do not hide a message."""
    ids = add_talk(
        vault, [("user", "We met at the café."), ("persona", "I was baking.")]
    )
    assert found(vault, "cafe")[0] == ids[0]
    assert found(vault, "bakes")[0] == ids[1]
    assert found(vault, "bak*") == [ids[1]]


@pytest.mark.parametrize("query", ["kayak", "blue kayak", "a blue kayak"])
def test_the_message_that_says_it_stands_above_the_reply_to_it(vault, query):
    """A reply is found by the turn before it too, but its shorter text must not win.

    By bm25 alone the reply would win here: it holds the same words in fewer.
    """
    long = "My aunt, who lived by the lake for all of her life, left me a blue kayak."
    ids = add_talk(
        vault,
        [("user", "Hello, how was the long day of yours at work?"), ("persona", long)],
        thread="a",
    )
    reply = add_talk(vault, [("user", "A blue kayak!"), ("persona", "Oh.")], thread="b")
    order = found(vault, query)
    assert order.index(ids[1]) < order.index(reply[1])
    assert order.index(reply[0]) < order.index(reply[1])


def test_chinese_is_found_inside_a_sentence(vault):
    """Words of a script without spaces are found although no index knows them."""
    ids = add_talk(
        vault, [("user", "我们去海边散步吧"), ("persona", "好的"), ("user", "🌧️ 下雨了")]
    )
    assert found(vault, "海边")[0] == ids[0]
    assert found(vault, "🌧️") == [ids[2]]


def test_filters_leave_only_what_was_asked_for(vault):
    """Persona, side, app, model and time each narrow the search."""
    mira = add_talk(vault, LINES)
    nox = add_talk(
        vault,
        LINES,
        persona="Nox",
        app="replika",
        thread="n",
        start=START + timedelta(days=9),
        model="Luna-2",
    )
    assert set(found(vault, "kayak", persona="Nox")) < set(nox)
    assert set(found(vault, "kayak", app="Kindroid")) < set(mira)
    assert set(found(vault, "kayak", model="luna-2")) < set(nox)
    assert found(vault, "kayak", role=Role.USER, persona="Mira")[0] == mira[0]
    assert set(
        found(vault, "kayak", period=Period(since=START + timedelta(days=1)))
    ) < set(nox)
    assert mira[0] in found(
        vault, "kayak", period=Period(until=START + timedelta(seconds=1))
    )
    assert found(vault, "kayak", period=Period(first=4, last=4), persona="Mira") == [
        mira[3]
    ]
    with pytest.raises(UnknownPersonaError):
        found(vault, "kayak", persona="Nobody")


def test_hidden_messages_are_found_only_when_asked_for(vault):
    """Branches and regenerated answers are not part of the talk as it was read."""
    ids = add_talk(vault, [("persona", "A purple umbrella.")], shown=False)
    assert found(vault, "umbrella") == []
    assert found(vault, "umbrella", shown_only=False) == ids


def test_the_shape_of_the_json(vault):
    """The keys are the documented contract."""
    add_talk(vault, LINES)
    body = search_messages(vault, "bakery", mode="keyword", k=1).to_dict()
    assert {"query", "mode", "hits"} <= set(body)
    assert {
        "rank",
        "score",
        "score_kind",
        "message_id",
        "native_id",
        "conversation",
        "role",
        "sent_at",
        "text",
        "before",
        "after",
        "persona",
    } <= set(body["hits"][0])
    assert body["hits"][0]["sent_at"] == "2024-03-01T20:02:00Z"
    assert LINES[2][1] not in repr(
        search_messages(vault, "bakery", mode="keyword").hits
    )


@pytest.mark.parametrize("asked", [{"k": 0}, {"mode": "loud"}, {"context": -1}])
def test_impossible_questions_are_refused(vault, asked):
    """A wrong option is the caller's error, said as such."""
    with pytest.raises(UsageError):
        search_messages(vault, "x", **asked)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=150,
    deadline=None,
)
@given(
    st.one_of(
        st.text(st.characters(), max_size=60),
        st.text("abc \"*()^:+-{}'’NOTEARND\x00\ud800海🌧\\%_", max_size=40),
    )
)
def test_no_query_reaches_the_driver_as_syntax(vault, query):
    """Whatever is typed gives a result or a usage error, never a driver's error."""
    if not vault.personas():
        add_talk(vault, LINES)
    try:
        result = search_messages(vault, query, mode="keyword", context=0)
    except UsageError:
        return
    assert len({h.message_id for h in result}) == len(result)


def test_search_by_words_loads_no_model_library(vault, tmp_path):
    """Search by words answers at once: nothing heavy may be imported for it."""
    add_talk(vault, LINES)
    vault.close()
    script = (
        "import sys; from pathlib import Path\n"
        "from persona_vault.store.vault import open_vault\n"
        "from persona_vault.search import search_messages\n"
        "with open_vault(Path(sys.argv[1])) as v:\n"
        "    assert search_messages(v, 'bakery', mode='keyword').hits\n"
        "    assert search_messages(v, 'bakery').mode == 'keyword'\n"
        "heavy = {'torch', 'transformers', 'faiss', 'numpy', 'scipy'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "vault")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


WORDS = ("four", "five", "six", "seven")


@pytest.mark.parametrize("n", [0, 1, 2, 5, 99])
def test_context_is_what_stands_around_a_hit(vault, n):
    """As the vault itself tells it, at either end of a conversation too."""
    add_talk(vault, [("user", "tea one"), ("persona", "two"), ("user", "tea three")])
    ids = add_talk(vault, [("user", f"tea {word}") for word in WORDS], thread="other")
    with vault.write() as connection:
        connection.exec_driver_sql(
            "UPDATE message SET shown = 0 WHERE id = ?", (ids[1],)
        )
    hits = search_messages(vault, "tea", mode="keyword", context=n, fold=False).hits
    assert len(hits) > 2
    for hit in hits:
        before, after = vault.around(hit.message_id, before=n, after=n)
        assert [line.message_id for line in hit.before] == [m.id for m in before]
        assert [line.message_id for line in hit.after] == [m.id for m in after]
        assert [line.text for line in hit.before] == [m.text for m in before]
