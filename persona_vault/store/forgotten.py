"""What was forgotten, as marks that hold no word: so that it does not come back unseen.

A mark is a keyed hash of what makes a message the same message. The key is random and
stands in this vault alone, so marks of two vaults cannot be laid side by side; who has
the open vault can only test a guess of the exact words, speaker and time.
"""

import secrets
from collections.abc import Callable, Collection, Iterable
from hashlib import blake2b

from sqlalchemy import Connection

_KEY = "forgotten_key"  # in the table of settings
_NATIVE, _TIMED, _NEIGHBOURS = "i:", "t:", "s:"

_ADD = "INSERT INTO forgotten (sign, thread, after_id, place) VALUES (?, ?, ?, ?)"
_PLACES = """
SELECT id, sign, after_id FROM forgotten WHERE thread = ?
ORDER BY after_id, place, id
"""
_IN_ORDER = f"""
SELECT id, identity FROM message
WHERE conversation_id = ? AND identity >= '{_NEIGHBOURS}' AND identity < 's;'
ORDER BY position, id
"""  # noqa: S608 - words of ours
_LOST = """
SELECT message.identity, conversation.app, conversation.native_id FROM message
JOIN conversation ON conversation.id = message.conversation_id
WHERE message.id IN (SELECT id FROM temp.gone)
"""
_LOST_INPUTS = """
SELECT identity FROM persona_input WHERE id IN (SELECT id FROM temp.gone_input)
"""

Signer = Callable[..., bytes]


def words_of(identity: str) -> str:
    """The digest of speaker and words in the identity of one known by neighbours."""
    return identity[len(_NEIGHBOURS) :].partition(":")[0]


def _signer(key: bytes) -> Signer:
    def sign(*parts: str) -> bytes:
        told = "".join(f"{len(part)}:{part}" for part in parts)
        return blake2b(told.encode("utf-8"), key=key, digest_size=16).digest()

    return sign


def _read_key(connection: Connection) -> bytes | None:
    found = connection.exec_driver_sql(
        "SELECT value FROM setting WHERE key = ?", (_KEY,)
    ).scalar()
    return None if found is None else bytes.fromhex(found)


def signer(connection: Connection) -> Signer:
    """What makes the marks of this vault; its key is made with the first one."""
    key = _read_key(connection)
    if key is None:
        key = secrets.token_bytes(32)
        connection.exec_driver_sql(
            "INSERT INTO setting (key, value) VALUES (?, ?)", (_KEY, key.hex())
        )
    return _signer(key)


class Forgotten:
    """The marks of a vault, as an import asks them.

    Args:
        connection: In the transaction of the import.
        bring_back: Take in again what was forgotten; its marks go with `settle`.
    """

    def __init__(self, connection: Connection, *, bring_back: bool = False) -> None:
        self._connection = connection
        self._bring_back = bring_back
        key = _read_key(connection)
        self._sign = None if key is None else _signer(key)
        found = connection.exec_driver_sql(
            "SELECT sign FROM forgotten WHERE thread IS NULL"
        ).scalars()
        self._signs = frozenset(found) if key is not None else frozenset()
        self._returned: set[bytes] = set()
        self._returned_places: list[int] = []

    def _holds(self, *parts: str) -> bool:
        if not self._signs or self._sign is None:
            return False
        sign = self._sign(*parts)
        if sign not in self._signs:
            return False
        if self._bring_back:
            self._returned.add(sign)
            return False
        return True

    def holds_thread(self, app: str, thread: str) -> bool:
        """Whether a whole conversation was forgotten, what came later included."""
        return self._holds("thread", app, thread)

    def holds_message(self, app: str, thread: str, identity: str) -> bool:
        """Whether a message with an id or a time was forgotten."""
        return self._holds("message", app, thread, identity)

    def holds_input(self, identity: str) -> bool:
        """Whether a persona input was forgotten."""
        return self._holds("input", identity)

    def places(
        self, app: str, thread: str
    ) -> tuple[dict[int, list[tuple[int, bytes]]], Signer | None]:
        """Forgotten messages that only their neighbours told apart.

        Returns:
            Message id -> marks (row id, sign) that stood after it, in order; 0 for the
            start. And what signs the words of the others, None where there are none.
        """
        if self._sign is None:
            return {}, None
        found: dict[int, list[tuple[int, bytes]]] = {}
        mark = self._sign("thread", app, thread)
        for row_id, sign, after_id in self._connection.exec_driver_sql(
            _PLACES, (mark,)
        ):
            found.setdefault(after_id, []).append((row_id, sign))
        sign_words = self._sign
        return found, (lambda words: sign_words("words", words)) if found else None

    def keeps_out(self, row_id: int) -> bool:
        """Whether what stands at this place is to stay out; else its mark will go."""
        if self._bring_back:
            self._returned_places.append(row_id)
        return not self._bring_back

    def settle(self) -> None:
        """Drop the marks of what came back."""
        run = self._connection.exec_driver_sql
        if self._returned:
            run("DELETE FROM forgotten WHERE sign = ?", [(s,) for s in self._returned])
        if self._returned_places:
            run(
                "DELETE FROM forgotten WHERE id = ?",
                [(row_id,) for row_id in self._returned_places],
            )


def mark_gone(connection: Connection, *, threads: Iterable[tuple[str, str]]) -> int:
    """Leave a mark for each message in `temp.gone` and input in `temp.gone_input`.

    Those that only neighbours tell apart are marked by `keep_places`.

    Args:
        connection: In a transaction; the rows are still there.
        threads: App and id of conversations of which nothing shall come back, whatever
            is added to them later: one mark stands for all their messages.

    Returns:
        How many marks were left.
    """
    sign = signer(connection)
    whole = set(threads)
    signs = {sign("thread", app, thread) for app, thread in whole}
    run = connection.exec_driver_sql
    for identity, app, thread in run(_LOST):
        if (app, thread) not in whole and identity.startswith((_NATIVE, _TIMED)):
            signs.add(sign("message", app, thread, identity))
    signs.update(sign("input", identity) for identity in run(_LOST_INPUTS).scalars())
    if signs:
        signs.difference_update(
            run("SELECT sign FROM forgotten WHERE thread IS NULL").scalars()
        )
        run(_ADD, [(one, None, 0, 0) for one in signs]) if signs else None
    return len(signs)


def keep_places(
    connection: Connection,
    conversation_id: int,
    *,
    gone: Collection[int],
    leave_marks: bool,
) -> int:
    """Let the marks of a conversation without ids and times keep their places.

    Args:
        connection: In a transaction; the rows are still there.
        conversation_id: Row id.
        gone: Ids of messages that go now.
        leave_marks: Whether these are marked too; else only the marks after them move.

    Returns:
        How many marks were added.
    """
    run = connection.exec_driver_sql
    rows = run(_IN_ORDER, (conversation_id,)).all()
    if not any(row[0] in gone for row in rows):
        return 0
    app, thread = run(
        "SELECT app, native_id FROM conversation WHERE id = ?", (conversation_id,)
    ).one()
    sign = signer(connection)
    mark = sign("thread", app, thread)
    before: dict[int, list[bytes]] = {}
    for _, words, after_id in run(_PLACES, (mark,)):
        before.setdefault(after_id, []).append(words)
    placed = [(words, 0) for words in before.get(0, ())]
    anchor, n_added = 0, 0
    for message_id, identity in rows:
        if message_id not in gone:
            anchor = message_id
        elif leave_marks:
            placed.append((sign("words", words_of(identity)), anchor))
            n_added += 1
        placed += [(words, anchor) for words in before.get(message_id, ())]
    run("DELETE FROM forgotten WHERE thread = ?", (mark,))
    if placed:
        run(
            _ADD,
            [(words, mark, after, n) for n, (words, after) in enumerate(placed)],
        )
    return n_added
