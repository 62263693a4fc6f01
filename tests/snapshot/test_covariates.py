"""What the user brought to each reply, and its sums: against a walk reply by reply."""

import gzip
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.dimensions.registry import dimensions
from persona_vault.embedders.anchors import WordColumns
from persona_vault.errors import InputRejectedError
from persona_vault.model import Role
from persona_vault.snapshot import read_snapshot, write_snapshot
from persona_vault.snapshot.covariates import (
    _FURTHER,
    _PIECES,
    NAMES,
    REQUESTS,
    USER_ROWS,
    block_covariates,
    requests,
    with_talk_so_far,
)
from persona_vault.snapshot.groups import (
    MOST_GROUPS,
    adjustable,
    group_of_block,
    group_sums,
    n_groups,
)
from persona_vault.snapshot.measuring import measure
from persona_vault.snapshot.take import measure_messages, measured_blocks
from tests.snapshot.test_file import rewritten
from tests.talk import PERSONA, stored, talk

ROWS = {d.name: d for d in dimensions()}
U, P = Role.USER, Role.PERSONA


def brought(lines):
    """The covariates of one thread, as (name -> column, heard)."""
    (block,) = measured_blocks(stored(lines), PERSONA)
    measured = {row: measure(ROWS[row], block.user) for row in USER_ROWS}
    found = block_covariates(
        [m.id for m in block.block.messages], block.persona, block.user, measured
    )
    return dict(zip(NAMES, found.table.T, strict=True)), found.heard


def test_each_reply_hears_the_words_since_the_last_one():
    """A burst is heard as a whole; a second reply still answers the last words."""
    _, heard = brought(
        [
            (P, "Hi."),
            (U, "One."),
            (U, "Two."),
            (P, "a"),
            (P, "b"),
            (U, "Three."),
            (P, "c"),
        ]
    )

    assert heard == ((), ("One.", "Two."), ("One.", "Two."), ("Three.",))


def test_the_place_in_the_talk_and_new_words_are_told():
    """Log turn, first turn, and whether the user spoke since the last reply."""
    columns, _ = brought([(U, "One."), (P, "a"), (P, "b"), (U, "Two."), (P, "c")])

    assert columns["turn"] == pytest.approx(np.log1p([0, 1, 2]))
    assert columns["first_turn"].tolist() == [1, 0, 0]
    assert columns["no_new_words"].tolist() == [0, 1, 0]


@given(st.lists(st.integers(1, 6), max_size=5), st.integers(0, 99))
def test_columns_come_as_heard_last_and_as_mean_of_the_talk_so_far(sizes, seed):
    """Each mean over the replies of its own block up to this one."""
    blocks = np.repeat(np.arange(len(sizes)), sizes)
    columns = np.random.default_rng(seed).random((len(blocks), 3), dtype=np.float32)

    both = with_talk_so_far(columns, blocks)

    assert both.shape == (len(blocks), 6)
    assert both[:, :3].tolist() == columns.tolist()
    for i, block in enumerate(blocks):
        mine = columns[: i + 1][blocks[: i + 1] == block]
        assert both[i, 3:] == pytest.approx(mine.mean(axis=0), abs=1e-6)


def test_rows_of_the_user_come_as_last_heard_and_as_mean_so_far():
    """Two of three messages with a mark: 1, then 0, then 1; so far 1, 1/2, 2/3."""
    columns, _ = brought(
        [(U, "Yes!"), (P, "a"), (U, "No."), (P, "b"), (U, "So!"), (P, "c")]
    )

    assert columns["exclamation_rate:last"].tolist() == [1, 0, 1]
    assert columns["exclamation_rate:so_far"] == pytest.approx([1, 1 / 2, 2 / 3])
    words = np.log1p(1)
    assert columns["message_length:so_far"] == pytest.approx([words] * 3)


def test_the_companions_words_never_enter():
    """They are the result: other replies, the same covariates."""
    lines = [(U, "Tell me!"), (P, "ok"), (U, "Why?"), (P, "hm")]
    loud = [(r, "WHY NOT?! *hugs* 🙂\n- a list" if r is P else t) for r, t in lines]

    one, two = brought(lines)[0], brought(loud)[0]

    assert all((one[name] == two[name]).all() for name in NAMES)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("What is that", "asks_wh"),
        ("please explain it", "asks_why"),
        ("Write a poem", "asks_to_write"),
        ("any ideas for dinner", "asks_for_list"),
        ("translate this", "asks_to_change"),
        ("```x```", "has_code"),
        ("one\ntwo", "has_lines"),
        ("at 7", "has_digits"),
        ("so: yes", "has_colon"),
        ("he said “no”", "has_quote"),
        ("really? ", "ends_asking"),
    ],
)
def test_kinds_of_request(words, kind):
    """Each kind is seen, and "we had soup" is none of them."""
    assert dict(zip(REQUESTS, requests(words), strict=True))[kind]
    assert not any(requests("we had soup"))


def test_hostile_words_cost_little_time():
    """No pattern runs away on long runs of one sign."""
    for text in ("?" * 50_000 + "a", " " * 50_000, "{ " * 50_000, "\n" * 50_000 + "x"):
        assert len(requests(text)) == len(REQUESTS)


@given(st.integers(1, 500), st.integers(0, 5_000))
def test_groups_are_whole_neighbouring_blocks_of_some_size(blocks, replies):
    """At most 30, every one used, none with fewer than 5 replies on average."""
    n = n_groups(blocks, replies)
    groups = group_of_block(blocks, n)

    assert 1 <= n <= MOST_GROUPS
    assert sorted(set(groups.tolist())) == list(range(n))
    assert (np.diff(groups) >= 0).all()
    assert n == 1 or replies / n >= 5


def test_the_sums_are_those_of_single_replies():
    """Every product of the compact form, within the rounding of 16 bits."""
    messages = talk(3, n_blocks=9, n_turns=7)
    snapshot = measure_messages(messages, PERSONA)
    rows = adjustable(snapshot.specs)
    found = group_sums(
        snapshot.covariates,
        [b.n_messages for b in snapshot.blocks],
        snapshot.rows["persona"],
        text="words-1",
        chosen=rows,
    )

    tables, num, den = [], [], []
    for block in measured_blocks(messages, PERSONA):
        user = {row: measure(ROWS[row], block.user) for row in USER_ROWS}
        one = block_covariates(
            [m.id for m in block.block.messages], block.persona, block.user, user
        )
        heard = WordColumns().columns(one.heard)
        heard = with_talk_so_far(heard, np.zeros(len(heard), dtype=int))
        tables.append(np.hstack([one.table, heard]))
        values = [measure(ROWS[row], block.persona) for row in rows]
        num.append(
            np.array(
                [[m.numerator if m.denominator > 0 else 0 for m in v] for v in values]
            ).T
        )
        den.append(np.array([[m.denominator for m in v] for v in values]).T)
    for g in range(len(tables)):
        x = tables[g].astype(float)
        assert found.n[g] == len(x)
        assert found.x[g] == pytest.approx(x.sum(axis=0), rel=1e-4, abs=1e-4)
        for ours, theirs in (
            (found.xx[g], x.T @ x),
            (found.x_num[g], x.T @ num[g]),
            (found.x_den[g], x.T @ den[g]),
        ):
            spread = np.abs(theirs).max(axis=-1, keepdims=True)
            assert (np.abs(ours - theirs) <= 2e-3 * spread + 1e-4).all()
        assert found.num[g] == pytest.approx(num[g].sum(axis=0))


def test_a_talk_without_a_word_of_the_user_has_covariates_too():
    """A companion that speaks alone: nothing heard, nothing to allow for."""
    lines = [(P, f"Line number {i} of this.") for i in range(6)]

    columns, heard = brought(lines)

    assert set(heard) == {()}
    assert columns["message_length:last"].tolist() == [0] * 6


def written(tmp_path):
    """A snapshot file."""
    path = tmp_path / "s.pvs"
    write_snapshot(measure_messages(talk(1, n_blocks=6), PERSONA), path)
    return path


def test_a_file_of_the_first_format_is_read_without_covariates(tmp_path):
    """It was written before there were any: no error, no adjustment."""
    path = written(tmp_path)

    def older(document):
        document["format_version"] = 1
        del document["body"]["covariates"]

    rewritten(path, older)

    assert read_snapshot(path).covariates is None


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.update(n_groups=7),
        lambda c: c.update(n_groups=True),
        lambda c: c.update(version="1"),
        lambda c: c.update(texts=[["a", 10**9]]),
        lambda c: c.update(texts=[["a", 1]] * 9),
        lambda c: c.update(texts=[]),
        lambda c: c["arrays"].pop("means"),
        lambda c: c["arrays"].update(means="AAAA"),
        lambda c: c["arrays"].update(means="no base64!"),
        lambda c: c["arrays"].update(scale=c["arrays"]["scale"].replace("A", "/")),
        lambda c: c["arrays"].update(products="/////" * 100),
        lambda c: c.clear(),
    ],
)
def test_hostile_covariates_are_refused_in_one_sentence(change, tmp_path):
    """Every length follows from the counts; nothing is taken on trust."""
    path = written(tmp_path)
    rewritten(path, lambda document: change(document["body"]["covariates"]))

    with pytest.raises(InputRejectedError, match=r"s\.pvs"):
        read_snapshot(path)


def test_covariates_of_another_version_are_passed_over(tmp_path):
    """Numbers of two definitions are never adjusted together."""
    path = written(tmp_path)
    rewritten(path, lambda d: d["body"]["covariates"].update(version=99))

    assert read_snapshot(path).covariates is None


def test_the_file_stays_small(tmp_path):
    """Under 1 MB for a talk of any length: there are at most 30 groups."""
    snapshot = measure_messages(talk(1, n_blocks=60, n_turns=4), PERSONA)
    path = tmp_path / "s.pvs"
    write_snapshot(snapshot, path)

    body = json.loads(gzip.decompress(path.read_bytes()))["body"]["covariates"]
    assert body["n_groups"] == MOST_GROUPS
    assert path.stat().st_size < 1_500_000


@given(
    st.lists(
        st.sampled_from(
            ("How", "to", "show", "can", "Suggest", "recommended", "`x`", "};", "\n")
        )
    ).map(" ".join)
)
def test_looking_for_a_piece_first_loses_no_request(words):
    """Each pattern fits only where one of its pieces stands."""
    lower = words.casefold()
    for further, pieces in zip(_FURTHER, _PIECES, strict=True):
        if further is not None and further.search(lower):
            assert any(piece in lower for piece in pieces)
