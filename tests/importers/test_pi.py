"""Rules of Pi takeouts that the golden exports cannot show: above all the signature."""

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from persona_vault.errors import InputRejectedError
from persona_vault.importers.formats.pi import signature as pi_signature
from persona_vault.importers.formats.pi.importer import Pi
from persona_vault.importers.formats.pi.signature import (
    ALTERED,
    AUTHENTIC,
    CANNOT_TELL,
    check,
)
from persona_vault.model import ImportIssue, SourceFact
from tests.importers.flat import messages, read, write_json

TALK = {
    "details": {"first_name": "Wendel"},
    "messages": [
        {"sent_at": "2025-03-01T10:00:00.110Z", "sender": "AI", "text": "Snow \u2603?"}
    ],
}


@pytest.fixture(scope="module")
def signer() -> ec.EllipticCurvePrivateKey:
    """A key that stands for the vendor's."""
    return ec.generate_private_key(ec.SECP521R1())


def public(signer: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key as the importer keeps the vendor's."""
    return signer.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def signed(signer: ec.EllipticCurvePrivateKey, talk: Any) -> dict[str, Any]:
    """A takeout of this talk with three foreign signatures and one by the signer."""
    packed = zlib.compress(json.dumps(talk, ensure_ascii=False).encode())
    others = [ec.generate_private_key(ec.SECP521R1()) for _ in range(3)]
    made = [
        base64.b64encode(key.sign(packed, ec.ECDSA(hashes.SHA256()))).decode()
        for key in (*others, signer)
    ]
    return {
        "user_data": talk,
        "base64encoded_compressed_user_data": base64.b64encode(packed).decode(),
        "signatures_of_compressed_user_data": made,
    }


def test_one_signature_of_the_vendor_is_enough(
    signer: ec.EllipticCurvePrivateKey,
) -> None:
    """Three of the four keys are held in reserve: any one that holds is proof."""
    assert check(signed(signer, TALK), public(signer)) == AUTHENTIC


def test_talk_that_is_not_the_signed_one_is_altered(
    signer: ec.EllipticCurvePrivateKey,
) -> None:
    """One changed, added or removed word is told, though the signature holds."""
    for change in ("Snow?", "", "Snow \u2603? "):
        takeout = signed(signer, TALK)
        takeout["user_data"] = json.loads(json.dumps(TALK))
        takeout["user_data"]["messages"][0]["text"] = change
        assert check(takeout, public(signer)) == ALTERED


def test_changed_copy_is_never_authentic(signer: ec.EllipticCurvePrivateKey) -> None:
    """Who changes talk and copy alike breaks the signature, and nothing is claimed."""
    forged = signed(signer, {"messages": []})
    forged["signatures_of_compressed_user_data"] = signed(signer, TALK)[
        "signatures_of_compressed_user_data"
    ]

    assert check(forged, public(signer)) == CANNOT_TELL


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"base64encoded_compressed_user_data": "%%%"},
        {"base64encoded_compressed_user_data": "AAAA"},
        {"base64encoded_compressed_user_data": 7},
        {"signatures_of_compressed_user_data": None},
        {"signatures_of_compressed_user_data": ["", 3, "AAAA", "\u00e9"]},
    ],
)
def test_unreadable_parts_prove_nothing(
    signer: ec.EllipticCurvePrivateKey, broken: dict[str, Any]
) -> None:
    """A copy or signatures that cannot be read are no sign of a change."""
    takeout = {**signed(signer, TALK), **broken} if broken else {"user_data": TALK}

    assert check(takeout, public(signer)) == CANNOT_TELL


def test_copy_is_unpacked_within_bounds(
    signer: ec.EllipticCurvePrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy that unpacks to more than may be read is given up, not unpacked."""
    monkeypatch.setattr(pi_signature, "MAX_ELEMENT", 40)

    assert check(signed(signer, TALK), public(signer)) == CANNOT_TELL


def test_lone_surrogates_do_not_look_like_a_change(
    signer: ec.EllipticCurvePrivateKey, tmp_path: Path
) -> None:
    """Talk and copy are decoded by the same rules, so that mending changes both."""
    text = json.dumps({"messages": [{"sender": "AI", "text": "\ud83d!"}]})
    packed = zlib.compress(text.encode())
    file = {
        "base64encoded_compressed_user_data": base64.b64encode(packed).decode(),
        "signatures_of_compressed_user_data": [],
    }
    path = tmp_path / "pi.json"
    path.write_text(f'{{"user_data": {text}, {json.dumps(file)[1:]}', encoding="utf-8")

    records = read(Pi(), path)

    assert records[0] == SourceFact("signature", CANNOT_TELL, "pi.json")
    assert messages(records)[0].text == "\ufffd!"


def test_copy_may_stand_before_the_talk(tmp_path: Path) -> None:
    """A takeout is known by either of its parts, whichever fills the beginning."""
    takeout = {
        "base64encoded_compressed_user_data": "A" * 100_000,
        "user_data": {"messages": TALK["messages"]},
    }

    assert len(messages(read(Pi(), write_json(tmp_path / "pi.json", takeout)))) == 1


def test_takeout_without_a_list_of_messages_is_told(tmp_path: Path) -> None:
    """A changed shape is an issue, never an empty success."""
    records = read(Pi(), write_json(tmp_path / "pi.json", {"user_data": {"talk": []}}))

    assert ImportIssue in {type(record) for record in records}


def test_cut_off_takeout_is_refused(tmp_path: Path) -> None:
    """Half a file is no talk of which the rest was never there."""
    path = write_json(tmp_path / "pi.json", {"user_data": TALK})
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(InputRejectedError, match=r"pi\.json is cut off"):
        read(Pi(), path)
