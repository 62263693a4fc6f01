"""Character.AI's current chat object: turns, each with the answers that were tried."""

import re
from collections.abc import Iterator
from typing import Any

from persona_vault.importers.alone import Told, told_by
from persona_vault.importers.files.jsontext import peek_values
from persona_vault.importers.files.jsonwalk import opening
from persona_vault.importers.source import BAD_JSON, Source
from persona_vault.importers.talk.dates import NO_TIME, Stamp, from_any
from persona_vault.importers.values import as_list, as_object, as_word, compact
from persona_vault.model import (
    Conversation,
    Ignored,
    ImportIssue,
    Message,
    Record,
    Role,
)

_PAGE = re.compile(r'\s*\{\s*"(?:turns|meta)"\s*:')


def is_turns(head: str) -> bool:
    """Whether a file opens as a page of turns, a list of pages, or a list of turns."""
    if head.startswith("["):
        values = peek_values(head)
        return (
            any(map(_is_turn, values))
            or any(map(_is_page, values))
            or (
                not values and _PAGE.match(head, 1) is not None and '"turn_key"' in head
            )
        )
    found = opening(head)
    if any(map(_is_turn, found.first_of("turns"))):
        return True
    # A first turn with many tried answers may be longer than what is looked at.
    return found.cut_key == "turns" and not found.elements and '"turn_key"' in head


def _is_turn(value: Any) -> bool:
    turn = as_object(value)
    return isinstance(turn.get("candidates"), list) and (
        "turn_key" in turn or "primary_candidate_id" in turn
    )


def _is_page(value: Any) -> bool:
    return any(map(_is_turn, as_list(as_object(value).get("turns"))))


def read_turns(source: Source, name: str) -> Iterator[Record]:
    """One record for each answer of each turn, in file order: newest first, mostly.

    The chosen answer is shown; the others are kept as what was set aside.
    """
    talks: dict[str, Conversation] = {}
    for where, value in _turns(source, name):
        if value is BAD_JSON:
            yield ImportIssue("not JSON", where)
        elif not _is_turn(value):
            yield ImportIssue("turn in an unknown shape", where)
        else:
            yield from _records(value, where, talks)


def told_turn(turn: dict[str, Any], where: str) -> Told | None:
    """What a turn with one of its answers says alone."""
    return told_by(_records(turn, where, {})) if _is_turn(turn) else None


def _turns(source: Source, name: str) -> Iterator[tuple[str, Any]]:
    if not source.head_text(name).lstrip().startswith("["):
        for key, where, value in source.json_fields(name):
            if key == "turns":
                yield where, value
        return
    for where, value in source.json_items(name):
        page = as_object(value).get("turns")
        if not isinstance(page, list):
            yield where, value
            continue
        for number, turn in enumerate(page, 1):
            yield f"{where} turn {number}", turn


def _records(
    turn: dict[str, Any], where: str, talks: dict[str, Conversation]
) -> Iterator[Record]:
    author = turn.get("author")
    if not isinstance(author, dict):
        yield ImportIssue("no speaker", where)
        return
    if not turn["candidates"]:
        yield Ignored("turn without text", where)
        return
    # Only the user's turns bear the mark.
    role = Role.USER if author.get("is_human") is True else Role.PERSONA
    chat = as_word(as_object(turn.get("turn_key")).get("chat_id")) or "main"
    talk = talks.setdefault(chat, Conversation(native_id=chat))
    chosen, first = _chosen(turn), _first(turn)
    for number, candidate in enumerate(turn["candidates"], 1):
        place = f"{where} answer {number}"
        if not isinstance(candidate, dict):
            yield ImportIssue("answer in an unknown shape", place)
        elif not as_word(candidate.get("raw_content")):
            yield Ignored("answer without text", place)
        else:
            stamp = _stamp(turn, candidate)
            yield Message(
                conversation=talk,
                native_id=_native_id(turn, candidate, number),
                role=role,
                speaker=as_word(author.get("name")) or role.value,
                text=candidate["raw_content"].replace("\r\n", "\n"),
                shown=number == chosen,
                flags=_flags(candidate, role, number, (first, chosen)),
                raw=compact({**turn, "candidates": [candidate]}),
                where=place,
                sent_at=stamp.sent_at,
                local_at=stamp.local_at,
                time_quality=stamp.quality,
            )


def _chosen(turn: dict[str, Any]) -> int:
    """Number of the answer that is shown; the first one where none is named."""
    primary = turn.get("primary_candidate_id")
    for number, candidate in enumerate(turn["candidates"], 1):
        if primary and as_object(candidate).get("candidate_id") == primary:
            return number
    return 1


def _native_id(
    turn: dict[str, Any], candidate: dict[str, Any], number: int
) -> str | None:
    turn_id = as_word(as_object(turn.get("turn_key")).get("turn_id"))
    own = as_word(candidate.get("candidate_id"))
    return own or (f"{turn_id}/{number}" if turn_id else None)


def _first(turn: dict[str, Any]) -> int:
    """Number of the answer that was written first; the list is in no firm order."""
    answers = [as_object(candidate) for candidate in turn["candidates"]]
    times = [as_word(answer.get("create_time")) for answer in answers]
    return 1 + times.index(min(times))


def _flags(
    candidate: dict[str, Any], role: Role, number: int, places: tuple[int, int]
) -> tuple[str, ...]:
    first, chosen = places
    edited = bool(candidate.get("editor"))
    signs = {
        "branch": number != chosen,
        "edited": edited,
        "regenerated": role is Role.PERSONA and number != first and not edited,
        "truncated": bool(candidate.get("safety_truncated"))
        or candidate.get("is_final") is False,
    }
    return tuple(flag for flag, holds in signs.items() if holds)


def _stamp(turn: dict[str, Any], candidate: dict[str, Any]) -> Stamp:
    """When it was written; an edit, perhaps weeks later, keeps its turn's place."""
    own = None if candidate.get("editor") else candidate.get("create_time")
    return from_any(own or turn.get("create_time")) or NO_TIME
