"""Rows of a Tavern chat as messages: the shown answer and its other versions."""

from dataclasses import dataclass, replace
from typing import Any

from persona_vault.importers.alone import Told, only_field, told_by
from persona_vault.importers.formats.sillytavern.files import is_row, name_of
from persona_vault.importers.formats.sillytavern.people import Voice
from persona_vault.importers.formats.sillytavern.times import read_time
from persona_vault.importers.talk.dates import NO_TIME, Stamp
from persona_vault.importers.values import as_list, as_object, as_word, compact
from persona_vault.model import (
    Attachment,
    ClaimPart,
    ClaimSource,
    Conversation,
    Ignored,
    Message,
    ModelClaim,
    Record,
    Role,
)

_MACRO = "{{user}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a row stands, and what its file says of all its rows.

    Attributes:
        conversation, where: As for a message.
        voice: Who speaks.
        is_stamped: Its times were written by a tool and are set aside.
        user_name: What stands for the user's placeholder in texts, "" if unknown.
        flags: Facts about every row of the file or the stretch.
        shown: False on a branch that was left.
    """

    conversation: Conversation
    where: str
    voice: Voice
    is_stamped: bool = False
    user_name: str = ""
    flags: tuple[str, ...] = ()
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Version:
    """One of several texts of a row.

    Attributes:
        number: Its place among the swipes, from 1.
        replaced: Whether it stood in the place of the shown text before that was
            changed, rather than being another answer.
    """

    number: int
    text: str
    info: dict[str, Any]
    replaced: bool


def shown_message(row: dict[str, Any], place: Place) -> Record:
    """The text that the app shows, whichever of the swipes it is."""
    text, extra = row["mes"], as_object(row.get("extra"))
    attachments = _attachments(extra)
    if not text.strip() and not attachments:
        return Ignored("empty text", place.where, place.conversation)
    shown_at = _shown_swipe(row, place.user_name)
    info = _info(row, shown_at) if shown_at is not None else {}
    claims = _claims(extra, ClaimSource.MESSAGE, place.voice)
    differs = bool(_swipes(row)) and shown_at is None
    return _message(
        place,
        speaker=name_of(row) or place.voice.role.value,
        text=text,
        where=place.where,
        date=row.get("send_date"),
        shown=place.shown and place.voice.shown,
        models=claims
        or _claims(as_object(info.get("extra")), ClaimSource.SWIPE, place.voice),
        flags=("differs_from_swipe",) if differs else (),
        attachments=attachments,
        raw=compact(row),
    )


def told_row(row: dict[str, Any], where: str) -> Told | None:
    """What a row alone says, or a setting of a chat."""
    if not is_row(row):
        return only_field(row)
    place = Place(conversation=Conversation(), where=where, voice=Voice(Role.SYSTEM))
    told = told_by([shown_message(row, place)])
    return told and replace(told, role=None, speaker=name_of(row) or None)


def version_message(row: dict[str, Any], version: Version, place: Place) -> Message:
    """A text of the row that the app does not show now."""
    extra = as_object(version.info.get("extra"))
    return _message(
        place,
        speaker=name_of(row) or place.voice.role.value,
        text=version.text,
        where=f"{place.where} swipe {version.number}",
        date=version.info.get("send_date"),
        shown=False,
        models=_claims(extra, ClaimSource.SWIPE, place.voice),
        flags=_version_flags(version, place),
        attachments=(),
        raw="",  # the whole row stands with its shown message
    )


def _version_flags(version: Version, place: Place) -> tuple[str, ...]:
    if version.replaced:
        return ("earlier_wording",)
    # Another opening that the character's maker wrote took nobody's place.
    return () if "greeting" in place.flags else ("regenerated",)


def _message(  # noqa: PLR0913 - what a row and a version of it differ in
    place: Place,
    *,
    speaker: str,
    text: str,
    where: str,
    date: object,
    shown: bool,
    models: tuple[ModelClaim, ...],
    flags: tuple[str, ...],
    attachments: tuple[Attachment, ...],
    raw: str,
) -> Message:
    stamp, time_flags = _time(date, place)
    kind = place.voice.kind
    if kind == "text" and not text.strip() and attachments:
        kind = attachments[0].media_type
    return Message(
        conversation=place.conversation,
        role=place.voice.role,
        speaker=speaker,
        text=text,
        where=where,
        sent_at=stamp.sent_at,
        local_at=stamp.local_at,
        time_quality=stamp.quality,
        kind=kind,
        shown=shown,
        models=models,
        attachments=attachments,
        flags=(*place.voice.flags, *place.flags, *flags, *time_flags),
        raw=raw,
    )


def _time(date: object, place: Place) -> tuple[Stamp, tuple[str, ...]]:
    stamp, flags = read_time(date)
    if place.is_stamped and stamp is not NO_TIME:
        return NO_TIME, ("time_demoted",)
    return stamp, flags


def _swipes(row: dict[str, Any]) -> list[Any]:
    return as_list(row.get("swipes"))


def _info(row: dict[str, Any], number: int) -> dict[str, Any]:
    """What is known of a swipe; the two lists are not always of one length."""
    infos = as_list(row.get("swipe_info"))
    return as_object(infos[number]) if number < len(infos) else {}


def _is_text(swipe: Any, text: str, user_name: str) -> bool:
    if not isinstance(swipe, str):
        return False
    return text in (swipe, swipe.replace(_MACRO, user_name or _MACRO))


def _shown_swipe(row: dict[str, Any], user_name: str) -> int | None:
    """Place of the swipe whose text is shown; None if it is none of them.

    The text decides, not the number: the number can be stale, the text is what is seen.
    """
    swipes, number = _swipes(row), row.get("swipe_id")
    same = [n for n, s in enumerate(swipes) if _is_text(s, row["mes"], user_name)]
    if number in same and not isinstance(number, bool):
        return int(number)
    return same[0] if same else None


def other_versions(row: dict[str, Any], user_name: str) -> list[Version]:
    """The swipes of a row that are not shown, in order; blank ones are none."""
    shown_at, number = _shown_swipe(row, user_name), row.get("swipe_id")
    return [
        Version(n + 1, swipe, _info(row, n), shown_at is None and n == number)
        for n, swipe in enumerate(_swipes(row))
        if n != shown_at and isinstance(swipe, str) and swipe.strip()
    ]


def _claims(
    extra: dict[str, Any], source: ClaimSource, voice: Voice
) -> tuple[ModelClaim, ...]:
    model = as_word(extra.get("model")).strip()
    if not model:
        return ()
    # On the user's own words no model has answered yet.
    part = ClaimPart.REQUESTED if voice.role is Role.USER else ClaimPart.ANSWERED
    return (ModelClaim(model, source, part),)


def _attachments(extra: dict[str, Any]) -> tuple[Attachment, ...]:
    found = []
    if image := as_word(extra.get("image")):
        found.append(Attachment(_short(image), "image"))
    files = [extra.get("file"), *as_list(extra.get("files"))]
    for file in map(as_object, files):
        name, size = as_word(file.get("name")) or as_word(file.get("url")), None
        if isinstance(file.get("size"), int) and not isinstance(file["size"], bool):
            size = file["size"]
        if name:
            found.append(Attachment(_short(name), "file", size))
    for medium in map(as_object, as_list(extra.get("media"))):
        if url := as_word(medium.get("url")):
            found.append(Attachment(_short(url), as_word(medium.get("type")) or "file"))
    return tuple(found)


def _short(name: str) -> str:
    """A name; a picture that is written out as an address keeps its type alone."""
    return name.partition(",")[0] if name.startswith("data:") else name
