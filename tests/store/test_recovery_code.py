"""Recovery codes: written for people, read as people type them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_vault.store.recovery import (
    new_code,
    read_code,
    resembles_code,
    write_code,
)

BYTES = st.binary(min_size=20, max_size=20)
SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@given(BYTES)
def test_a_code_says_its_bytes(data: bytes) -> None:
    """Nine groups of four from 32 signs give all 160 bits back."""
    code = write_code(data)

    assert [len(group) for group in code.split("-")] == [4] * 9
    assert set(code) <= {*SIGNS, "-"}
    assert read_code(code) == data


@settings(max_examples=20)
@given(BYTES, st.data())
def test_what_people_do_to_a_code_does_not_matter(
    data: bytes, draw: st.DataObject
) -> None:
    """Lower case, blanks, dashes of any length, O for 0, I and l for 1."""
    typed = ""
    for sign in write_code(data).replace("-", ""):
        alike = {"0": "0Oo", "1": "1IiLl"}.get(sign, sign + sign.lower())
        typed += draw.draw(st.sampled_from(alike))
        typed += draw.draw(st.sampled_from(["", " ", "-", "\u2013", ".", "\u00a0"]))

    assert read_code(f" {typed} ") == data


@given(BYTES, st.integers(0, 35), st.sampled_from(SIGNS))
def test_a_slip_in_one_sign_is_seen(data: bytes, place: int, sign: str) -> None:
    """One wrong sign is no code any more, and still known as meant for one."""
    signs = write_code(data).replace("-", "")
    slipped = signs[:place] + sign + signs[place + 1 :]

    assert (read_code(slipped) is None) == (slipped != signs)
    assert resembles_code(slipped) or not any(s.isdigit() for s in slipped)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever is typed is a code or is none."""
    assert read_code(text) is None
    resembles_code(text)


def test_codes_are_fresh() -> None:
    """No two of many are alike, and each is read back."""
    codes = {new_code() for _ in range(200)}

    assert len(codes) == 200
    assert all(read_code(code) for code in codes)


@pytest.mark.parametrize("words", ["", "a long walk along the quay", "7" * 80])
def test_a_passphrase_is_not_taken_for_a_code(words: str) -> None:
    """Only what is about as long as a code and written in its signs is meant as one."""
    assert read_code(words) is None
    assert not resembles_code(words)
