"""What a person asks to be forgotten, and which rows that means."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from persona_vault.errors import UsageError
from persona_vault.model import Period
from persona_vault.store.clock import micros
from persona_vault.store.personas import find_persona
from persona_vault.store.versions import other_versions
from persona_vault.store.words import folded, word_pattern


class Kind(StrEnum):
    """What names the messages that shall be forgotten."""

    MESSAGE = "message"
    SEARCH = "search"
    TOPIC = "topic"
    PHRASE = "phrase"
    NAME = "name"
    PERIOD = "period"
    CONVERSATION = "conversation"
    PERSONA = "persona"
    ALL = "all"


BY_WORDS = frozenset({Kind.PHRASE, Kind.NAME})
_BY_MESSAGE_ID = frozenset({Kind.MESSAGE, Kind.SEARCH, Kind.TOPIC})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What shall be forgotten.

    Attributes:
        ids: Row ids: of messages (message, search, topic) or of conversations.
        words: What messages hold, as whole words in this order (phrase, name).
        persona: Only of this companion; None = of all of them.
        period: For a period: by time, half-open; what has no time is not in it.
    """

    kind: Kind
    ids: tuple[int, ...] = ()
    words: str = ""
    persona: str | None = None
    period: Period | None = None

    def __repr__(self) -> str:
        return f"Wanted({self.kind.value})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a wish means in this vault, beside the rows in `temp.gone`.

    Attributes:
        persona_id: The companion it is limited to, None for all.
        pattern: What finds the words, None where there are none.
        n_spoken: Of the messages: those whose speaker bears the name.
        n_without_time: Messages that no period can hold.
        n_versions: Of the messages: versions that are not shown, of a topic or span.
        versions_left: Ids of such versions that stay, of messages that were named.
    """

    persona_id: int | None
    pattern: "re.Pattern[str] | None" = None
    n_spoken: int = 0
    n_without_time: int = 0
    n_versions: int = 0
    versions_left: tuple[int, ...] = ()


def choose(connection: Connection, wanted: Wanted) -> Found:
    """Fill `temp.gone` and `temp.gone_input` with what goes.

    Raises:
        UnknownPersonaError: None of that name.
        UsageError: An id that is not there, no word, or a companion's own name.
    """
    persona_id = None
    if wanted.persona is not None or wanted.kind is Kind.PERSONA:
        persona_id = find_persona(connection, wanted.persona).id
    for table in ("gone", "gone_input"):
        connection.exec_driver_sql(
            f"CREATE TEMP TABLE {table} (id INTEGER PRIMARY KEY)"
        )
    if wanted.kind in BY_WORDS:
        return _by_words(connection, wanted, persona_id)
    if wanted.kind is Kind.PERIOD:
        return _by_time(connection, wanted.period or Period(), persona_id)
    if wanted.kind in _BY_MESSAGE_ID:
        _require(connection, "message", wanted.ids)
        _put(connection, "gone", wanted.ids)
        if wanted.kind is Kind.TOPIC:
            n_versions = _add_versions(connection)
            return Found(persona_id=persona_id, n_versions=n_versions)
        left = other_versions(connection) if wanted.kind is Kind.MESSAGE else ()
        return Found(persona_id=persona_id, versions_left=tuple(sorted(left)))
    run = connection.exec_driver_sql
    if wanted.kind is Kind.CONVERSATION:
        _require(connection, "conversation", wanted.ids)
        for one in wanted.ids:
            run(
                "INSERT OR IGNORE INTO gone"
                " SELECT id FROM message WHERE conversation_id = ?",
                (one,),
            )
        return Found(persona_id=persona_id)
    # The whole of a companion, or of the vault.
    run(
        "INSERT INTO gone SELECT message.id FROM message"
        " JOIN conversation ON conversation.id = conversation_id"
        " WHERE ?1 IS NULL OR persona_id = ?1",
        (persona_id,),
    )
    run(
        "INSERT INTO gone_input SELECT id FROM persona_input"
        " WHERE ?1 IS NULL OR persona_id = ?1",
        (persona_id,),
    )
    return Found(persona_id=persona_id)


def _add_versions(connection: Connection) -> int:
    """Answers set aside have no topic, often no time: they would be left, unseen."""
    versions = other_versions(connection)
    _put(connection, "gone", versions)
    return len(versions)


def _put(connection: Connection, table: str, ids: Iterable[int]) -> None:
    rows = [(number,) for number in ids]
    if rows:
        connection.exec_driver_sql(f"INSERT OR IGNORE INTO {table} VALUES (?)", rows)  # noqa: S608


def _require(connection: Connection, table: str, ids: Iterable[int]) -> None:
    for number in ids:
        there = connection.exec_driver_sql(
            f"SELECT 1 FROM {table} WHERE id = ?",  # noqa: S608
            (number,),
        )
        if there.first() is None:
            raise UsageError(
                f"There is no {table} {number} in this vault.",
                hint="`persona-vault search` and `conversations` show the numbers.",
            )


def _by_time(connection: Connection, period: Period, persona_id: int | None) -> Found:
    run = connection.exec_driver_sql
    values = (
        persona_id,
        None if period.since is None else micros(period.since),
        None if period.until is None else micros(period.until),
    )
    run(
        "INSERT INTO gone SELECT message.id FROM message"
        " JOIN conversation ON conversation.id = conversation_id"
        " WHERE (?1 IS NULL OR persona_id = ?1) AND sent_at IS NOT NULL"
        " AND (?2 IS NULL OR sent_at >= ?2) AND (?3 IS NULL OR sent_at < ?3)",
        values,
    )
    run(
        "INSERT INTO gone_input SELECT id FROM persona_input"
        " WHERE (?1 IS NULL OR persona_id = ?1) AND valid_from IS NOT NULL"
        " AND (?2 IS NULL OR valid_from >= ?2) AND (?3 IS NULL OR valid_from < ?3)",
        values,
    )
    n_versions = _add_versions(connection)
    left = run(
        "SELECT count(*) FROM message"
        " JOIN conversation ON conversation.id = conversation_id"
        " WHERE (?1 IS NULL OR persona_id = ?1) AND sent_at IS NULL"
        " AND message.id NOT IN (SELECT id FROM temp.gone)",
        (persona_id,),
    ).scalar_one()
    return Found(persona_id=persona_id, n_versions=n_versions, n_without_time=int(left))


def _by_words(connection: Connection, wanted: Wanted, persona_id: int | None) -> Found:
    pattern = word_pattern(wanted.words)
    if wanted.kind is Kind.NAME:
        _refuse_companions(connection, pattern)
    found: set[int] = set()
    spoken: set[int] = set()
    for message_id, text, speaker in _texts(connection, persona_id):
        if pattern.search(folded(text)):
            found.add(message_id)
        if wanted.kind is Kind.NAME and pattern.search(folded(speaker)):
            spoken.add(message_id)
    inputs = [
        row.id
        for row in connection.exec_driver_sql(
            "SELECT id, title, text FROM persona_input"
            " WHERE ?1 IS NULL OR persona_id = ?1",
            (persona_id,),
        )
        if pattern.search(folded(row.title)) or pattern.search(folded(row.text))
    ]
    _put(connection, "gone", found | spoken)
    _put(connection, "gone_input", inputs)
    return Found(persona_id=persona_id, pattern=pattern, n_spoken=len(spoken))


def _texts(
    connection: Connection, persona_id: int | None
) -> Iterator[tuple[int, str, str]]:
    """Message id, a wording of it (earlier ones too), its speaker."""
    rows = connection.exec_driver_sql(
        "SELECT message.id, text, speaker FROM message"
        " JOIN conversation ON conversation.id = conversation_id"
        " WHERE ?1 IS NULL OR persona_id = ?1"
        " UNION ALL SELECT message.id, revision.text, '' FROM revision"
        " JOIN message ON message.id = message_id"
        " JOIN conversation ON conversation.id = conversation_id"
        " WHERE ?1 IS NULL OR persona_id = ?1",
        (persona_id,),
    )
    yield from map(tuple, rows.yield_per(1_000))


def _refuse_companions(connection: Connection, pattern: "re.Pattern[str]") -> None:
    for name in connection.exec_driver_sql("SELECT name FROM persona").scalars():
        if pattern.fullmatch(folded(name)):
            raise UsageError(
                f"{name} is a companion of this vault; nearly every message would go.",
                hint="Use --persona to forget the companion, or --phrase for the word"
                " where it stands inside messages.",
            )
