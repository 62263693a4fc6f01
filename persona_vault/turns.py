"""Messages as turns: a reply, the words it answers, and the block it belongs to.

A block is what resampling moves as a whole: a thread, or a session cut by a pause of
four hours where the app keeps one endless talk, or a run of 50 messages where such a
talk has no times.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from persona_vault.model import Role, StoredMessage, TimeQuality

SESSION_GAP = timedelta(hours=4)
RUN_LENGTH = 50
# A thread that goes on for longer than this is an endless talk in all but name.
ENDLESS_SPAN = timedelta(days=7)
ENDLESS_MESSAGES = 200
# How far a turn knows what its side said before in the period.
EARLIER_BLOCKS = 50
# Facts about a reply that make it no evidence of how the companion writes by itself.
# The codes of `excluded`; reports put them in words.
NOT_ITS_OWN = {"edited": "edited", "steered": "steered", "greeting": "greeting"}
FORWARDED = "forwarded"  # the kind of a message with somebody else's words


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of talk that is resampled as a whole.

    Attributes:
        key: "conversation row id" or "conversation row id:number of the session".
        rule: "thread", "session" or "run".
        messages: In reading order, both sides.
    """

    key: str
    rule: str
    messages: tuple[StoredMessage, ...]

    @property
    def started_at(self) -> datetime | None:
        """Time of the first message that has one."""
        return next((m.sent_at for m in self.messages if m.sent_at), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of the side that is measured, with what came before it.

    Attributes:
        message_id: Row id in the vault.
        text: The message.
        heard: The other side's words since this side last spoke, joined by line
            breaks; "" at the start of a block or inside a burst.
        n_burst: Messages in a row of this side, this one's burst in full.
        first_of_burst, last_of_burst: Place in the burst.
        burst_words_text: The whole burst's text, on its first message; else "".
        block: Key of the block.
        language: ISO 639-1 code of the block's language, "und" where unclear.
        addressee_names: Names by which the other side may be called.
        sent_at: Aware UTC or None.
        waited: Seconds from the last words heard to this message; None inside a
            burst, and unless both times are exact.
        silence: Seconds in which nobody wrote before the words heard; None where
            nothing was heard or a time is missing.
        earlier: This side's messages in up to `EARLIER_BLOCKS` blocks of the same
            period before this one, a tuple for each block, oldest first.
    """

    message_id: int
    text: str
    heard: str
    n_burst: int
    first_of_burst: bool
    last_of_burst: bool
    burst_words_text: str
    block: str
    language: str = "und"
    addressee_names: tuple[str, ...] = ()
    sent_at: datetime | None = None
    waited: float | None = None
    silence: float | None = None
    earlier: tuple[tuple[str, ...], ...] = ()


def split_blocks(messages: Iterable[StoredMessage]) -> Iterator[Block]:
    """Cut messages (grouped by conversation, in reading order) into blocks.

    Every message lands in exactly one block. Threads stay whole, unless they go on
    for over 14 days and 200 messages: then they are cut by pauses like an endless talk.
    """
    for conversation_id, group in groupby(messages, key=lambda m: m.conversation_id):
        thread = tuple(group)
        if thread[0].threaded and not _is_endless(thread):
            yield Block(str(conversation_id), "thread", thread)
            continue
        for number, (rule, part) in enumerate(_sessions(thread), start=1):
            yield Block(f"{conversation_id}:{number}", rule, part)


def _is_endless(thread: Sequence[StoredMessage]) -> bool:
    times = [m.sent_at for m in thread if m.sent_at]
    return (
        len(thread) > ENDLESS_MESSAGES
        and len(times) > 1
        and max(times) - min(times) > ENDLESS_SPAN
    )


def _sessions(
    thread: tuple[StoredMessage, ...],
) -> Iterator[tuple[str, tuple[StoredMessage, ...]]]:
    """Sessions by pause; what has no time goes with the message before it."""
    if not any(m.sent_at for m in thread):
        for start in range(0, len(thread), RUN_LENGTH):
            yield "run", thread[start : start + RUN_LENGTH]
        return
    start, last = 0, None
    for i, message in enumerate(thread):
        if message.sent_at and last and message.sent_at - last > SESSION_GAP:
            yield "session", thread[start:i]
            start = i
        last = message.sent_at or last
    yield "session", thread[start:]


def build_turns(
    block: Block,
    *,
    side: Role,
    language: str = "und",
    addressee_names: tuple[str, ...] = (),
    previous_at: datetime | None = None,
    earlier: tuple[tuple[str, ...], ...] = (),
    breaks: Collection[int] = (),
) -> list[Turn]:
    """The turns of one side of a block, in reading order.

    System messages and messages without text are passed over: they do not count, and
    break a burst only where `breaks` says so. Measuring the user's side with the same
    rows is the same call with the sides changed over.

    Args:
        block: The stretch of talk.
        side: Whose turns.
        language: Of that side in this block.
        addressee_names: Names of the other side.
        previous_at: When the talk's last message before this block was sent.
        earlier: See `Turn`.
        breaks: Ids of messages before which the other side said something that is not
            here (a picture, a lost text): they begin a burst, and heard no words.
    """
    spoken = [m for m in block.messages if m.role is not Role.SYSTEM and m.text.strip()]
    turns: list[Turn] = []
    heard: list[StoredMessage] = []
    silence: float | None = None
    for burst in _bursts(spoken, breaks):
        if burst[0].role is not side:
            heard, silence = burst, _seconds(previous_at, burst[0].sent_at)
            previous_at = burst[-1].sent_at
            continue
        for i, message in enumerate(burst):
            turns.append(
                Turn(
                    message_id=message.id,
                    text=message.text,
                    heard="\n".join(m.text for m in heard) if i == 0 else "",
                    n_burst=len(burst),
                    first_of_burst=i == 0,
                    last_of_burst=i == len(burst) - 1,
                    burst_words_text="\n".join(m.text for m in burst) if i == 0 else "",
                    block=block.key,
                    language=language,
                    addressee_names=addressee_names,
                    sent_at=message.sent_at,
                    waited=_waited(heard[-1], message) if heard and i == 0 else None,
                    silence=silence if heard and i == 0 else None,
                    earlier=earlier,
                )
            )
        heard = []
        previous_at = burst[-1].sent_at
    return turns


def _bursts(
    spoken: Iterable[StoredMessage], breaks: Collection[int]
) -> Iterator[list[StoredMessage]]:
    """Messages in a row of one side, with nothing of the other side between them."""
    burst: list[StoredMessage] = []
    for message in spoken:
        if burst and (message.role is not burst[-1].role or message.id in breaks):
            yield burst
            burst = []
        burst.append(message)
    if burst:
        yield burst


def _seconds(since: datetime | None, until: datetime | None) -> float | None:
    if since is None or until is None:
        return None
    return (until - since).total_seconds()


def _waited(heard: StoredMessage, answer: StoredMessage) -> float | None:
    """Seconds between two messages, where both times are good to the second."""
    exact = TimeQuality.EXACT
    if heard.time_quality is not exact or answer.time_quality is not exact:
        return None
    return _seconds(heard.sent_at, answer.sent_at)
