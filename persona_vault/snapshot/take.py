"""Measure a period of a persona's talk: store and dimensions in, sums by block out."""

import gc
from collections import Counter, deque
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from persona_vault import __version__
from persona_vault.crisis import mentions_crisis
from persona_vault.dimensions.base import Dimension
from persona_vault.dimensions.registry import CATALOGUE_VERSION
from persona_vault.dimensions.registry import dimensions as catalogue
from persona_vault.embedders.anchors import Heard, TextColumns
from persona_vault.findings import Quote
from persona_vault.memory import History, memory_rows, read_history
from persona_vault.model import Period, Persona, Role, StoredMessage
from persona_vault.snapshot.body import Snapshot
from persona_vault.snapshot.covariates import with_talk_so_far
from persona_vault.snapshot.groups import (
    CovariateSums,
    blocks_of_replies,
    covariate_sums,
)
from persona_vault.snapshot.heard import heard_sample
from persona_vault.snapshot.language import block_languages
from persona_vault.snapshot.measuring import (
    OBJECTS_BETWEEN,
    BroughtToPart,
    RowsOfPart,
    Spoken,
    joined_rows,
    measure_more,
    parts,
)
from persona_vault.snapshot.own_rows import own_rows
from persona_vault.snapshot.processes import measured_parts
from persona_vault.snapshot.sentences import stored_sentences
from persona_vault.snapshot.sums import BlockInfo, RowSpec
from persona_vault.store import schema
from persona_vault.store.marks import wrong_hits
from persona_vault.store.vault import Vault
from persona_vault.turns import (
    EARLIER_BLOCKS,
    FORWARDED,
    NOT_ITS_OWN,
    Block,
    Turn,
    build_turns,
    split_blocks,
)

Progress = Callable[[int], None]

# Left out, and no part of what the two said to each other.
NEVER_SAID = frozenset({"not_shown", "system"})


@dataclass(frozen=True, slots=True)
class MeasuredBlock:
    """A block with the turns of both sides."""

    block: Block
    language: str
    persona: list[Turn]
    user: list[Turn]


def take_snapshot(
    vault: Vault,
    persona: str | None = None,
    period: Period | None = None,
    *,
    dimensions: Sequence[Dimension] | None = None,
    quotes: int = 0,
    progress: Progress | None = None,
    processes: int = 1,
) -> Snapshot:
    """Measure a period.

    Args:
        vault: An open vault.
        persona: Its name; may be left out when there is only one.
        period: Half-open; None = everything.
        dimensions: The rows; None = the whole catalogue, the vault's own rows
            (`dimensions.toml` in its folder), and the rows of memory, which look back
            on everything before the period.
        quotes: How many verbatim examples to keep (0 = no message text at all).
        progress: Called with the number of blocks measured so far.
        processes: A long talk is measured in so many processes beside this one. More
            than 1 only in a program whose main module can be imported anew, which is
            what they do first.

    Raises:
        UnknownPersonaError: No such persona.
        InputRejectedError: The vault's own rows cannot be read.
        NoModelError: One of them needs a sentence model, and there is none.
    """
    who = vault.persona(persona)
    when = period or Period()
    all_rows = dimensions is None
    if dimensions is None:
        dimensions = (*catalogue(), *own_rows(vault, who, when))

    def recalled() -> Sequence[Dimension]:
        return memory_rows(told_and_recalled(vault, who, when))

    with _few_collections():
        found = measure_messages(
            vault.messages(who.name, period=when, shown_only=False),
            who,
            dimensions=dimensions,
            more=recalled if all_rows else tuple,
            texts=stored_sentences(vault),
            marked=wrong_hits(vault),
            progress=progress,
            processes=processes,
        )
    excluded = Counter(found.excluded) + _without_time(vault, who, when)
    return replace(
        found,
        period=when,
        excluded=dict(sorted(excluded.items())),
        sources=_sources(vault, who),
        quotes=_examples(vault, who, when, quotes),
    )


@contextmanager
def _few_collections() -> Iterator[None]:
    """What measuring makes has hardly a cycle, and looking for one took a tenth."""
    usual = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def measure_messages(
    messages: Iterable[StoredMessage],
    persona: Persona,
    *,
    dimensions: Sequence[Dimension] | None = None,
    more: Callable[[], Sequence[Dimension]] = tuple,
    texts: Sequence[TextColumns] = (),
    marked: Mapping[str, Collection[int]] | None = None,
    progress: Progress | None = None,
    processes: int = 1,
) -> Snapshot:
    """A snapshot of messages at hand (grouped by conversation, in reading order).

    Args:
        messages: Of both sides.
        persona: Whose.
        dimensions: The rows; None = the whole catalogue.
        more: Gives further rows. That may take long: it is asked once, when other
            processes have work to do meanwhile.
        texts: Ways to tell what the user talked about, beside those that need no pass
            through a model.
        marked: Row -> messages whose hit the user marked wrong.
        progress: Called with the number of blocks measured so far.
        processes: See `take_snapshot`.
    """
    tally, infos = Tally(), list[BlockInfo]()
    rows = tuple(catalogue() if dimensions is None else dimensions)
    known = {id(row) for row in catalogue()}
    named = [row.name for row in rows if id(row) in known]
    further = cache(more)
    measured: list[RowsOfPart] = []
    brought: list[BroughtToPart] = []
    n_blocks = 0
    for part, (found, told) in measured_parts(
        parts(_spoken(measured_blocks(messages, persona, tally), infos)),
        named,
        marked or {},
        processes,
    ):
        others = [row for row in (*rows, *further()) if id(row) not in known]
        measured.append(found.beside(measure_more(part, others, marked or {})))
        brought.append(told)
        n_blocks += len(part)
        if progress:
            progress(n_blocks)
    specs = {d.name: RowSpec.of(d) for d in (*rows, *further())}
    whole = joined_rows(list(specs), measured)
    n_replies = [info.n_messages for info in infos]
    heard = [messages for part in brought for messages in part.heard]
    covariates = _covariates(n_replies, brought, heard, texts, whole.replies)
    return Snapshot(
        persona=persona.name,
        period=Period(),
        blocks=tuple(infos),
        specs=specs,
        rows=whole.sums,
        excluded=dict(sorted(tally.excluded.items())),
        time_quality=dict(sorted(tally.time_quality.items())),
        tool_version=__version__,
        catalogue_version=CATALOGUE_VERSION,
        marked={side: dict(sorted(n.items())) for side, n in whole.marked.items()},
        covariates=covariates,
        heard=heard_sample(heard, blocks_of_replies(n_replies)),
    )


def _covariates(
    n_replies: Sequence[int],
    brought: Sequence[BroughtToPart],
    heard: Sequence[Heard],
    texts: Sequence[TextColumns],
    measured: Mapping[str, NDArray[np.float64]],
) -> CovariateSums:
    """The sums of what the user brought, over all parts."""
    columns = {
        name: np.concatenate([part.texts[name] for part in brought])
        for name in brought[0].texts
    }
    blocks = blocks_of_replies(n_replies)
    # The last digits of a product hang on how many threads share it.
    with threadpool_limits(limits=1, user_api="blas"):
        found = {way.name: way.columns(heard) for way in texts}
        columns |= {name: table for name, table in found.items() if table is not None}
        return covariate_sums(
            n_replies,
            np.concatenate([part.table for part in brought]),
            {name: with_talk_so_far(table, blocks) for name, table in columns.items()},
            measured,
        )


def _spoken(
    blocks: Iterable[MeasuredBlock], infos: list[BlockInfo]
) -> Iterator[Spoken]:
    """What is measured of each block; its description goes to `infos`."""
    for measured in blocks:
        infos.append(_info(measured))
        order = tuple(m.id for m in measured.block.messages)
        yield Spoken(order, measured.persona, measured.user)


def told_and_recalled(vault: Vault, persona: Persona, period: Period) -> History:
    """What the user told and replies did with it in a period, all before it known."""
    inside = None
    if period != Period():
        chosen = vault.messages(persona.name, period=period, shown_only=False)
        inside = {m.id for m in chosen}
    return read_history(vault.messages(persona.name, shown_only=False), persona, inside)


@dataclass(slots=True)
class Tally:
    """Counts kept while reading: what was left out, and how good the times are."""

    excluded: Counter[str] = field(default_factory=Counter)
    time_quality: Counter[str] = field(default_factory=Counter)


def measured_blocks(
    messages: Iterable[StoredMessage], persona: Persona, tally: Tally | None = None
) -> Iterator[MeasuredBlock]:
    """The blocks of messages with the turns of both sides, in reading order."""
    breaks: set[int] = set()  # filled as the messages of a block are read
    kept = _measurable(messages, tally or Tally(), breaks)
    names = {
        Role.PERSONA: persona.user_names,
        Role.USER: (persona.name, *persona.own_names),
    }
    said = {side: deque[tuple[str, ...]](maxlen=EARLIER_BLOCKS) for side in names}
    # One conversation at a time: its blocks need each other only for their language.
    for blocks in _by_conversation(split_blocks(kept)):
        languages = {
            side: block_languages([_text_of(b, side) for b in blocks]) for side in names
        }
        previous_at: datetime | None = None
        for i, block in enumerate(blocks):
            turns = {
                side: build_turns(
                    block,
                    side=side,
                    language=languages[side][i],
                    addressee_names=names[side],
                    previous_at=previous_at,
                    earlier=tuple(said[side]),
                    breaks=breaks,
                )
                for side in names
            }
            yield MeasuredBlock(
                block,
                languages[Role.PERSONA][i],
                turns[Role.PERSONA],
                turns[Role.USER],
            )
            for side, spoken in turns.items():
                if spoken:
                    said[side].append(tuple(t.text for t in spoken))
            previous_at = block.messages[-1].sent_at


def _by_conversation(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    group: list[Block] = []
    for block in blocks:
        if group and _conversation(group[-1]) != _conversation(block):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _conversation(block: Block) -> int:
    return block.messages[0].conversation_id


def _text_of(block: Block, side: Role) -> str:
    return "\n".join(m.text for m in block.messages if m.role is side)


def _measurable(
    messages: Iterable[StoredMessage], tally: Tally, breaks: set[int]
) -> Iterator[StoredMessage]:
    """Pass on what can be measured, and count the rest by reason.

    `breaks` gets the messages before which the other side said what is left out.
    """
    left_out: set[Role] = set()
    for message in messages:
        reason = _reason_to_leave_out(message)
        if reason:
            tally.excluded[reason] += 1
            if reason not in NEVER_SAID:
                left_out.add(message.role)
            continue
        if left_out - {message.role}:
            breaks.add(message.id)
        left_out.clear()
        tally.time_quality[message.time_quality.value] += 1
        yield message


def _reason_to_leave_out(message: StoredMessage) -> str | None:
    if not message.shown:
        return "not_shown"
    if message.role is Role.SYSTEM:
        return "system"
    if not message.text.strip():
        return "empty"
    if message.kind == FORWARDED:
        return FORWARDED
    if message.role is not Role.PERSONA:
        return None
    return next((NOT_ITS_OWN[f] for f in message.flags if f in NOT_ITS_OWN), None)


def _without_time(vault: Vault, persona: Persona, period: Period) -> Counter[str]:
    """Messages that a period by time cannot place."""
    if period.since is None and period.until is None:
        return Counter()
    message, conversation = schema.message, schema.conversation
    query = (
        select(func.count())
        .select_from(message.join(conversation))
        .where(conversation.c.persona_id == persona.id)
        .where(message.c.sent_at.is_(None))
    )
    with vault.read() as connection:
        n = connection.scalar(query) or 0
    return Counter({"no_time": n} if n else {})


def _sources(vault: Vault, persona: Persona) -> tuple[str, ...]:
    return tuple(
        sorted({s.sha256 for s in vault.sources() if s.persona == persona.name})
    )


def _info(measured: MeasuredBlock) -> BlockInfo:
    return BlockInfo(
        measured.block.rule,
        measured.block.started_at,
        len(measured.persona),
        len(measured.user),
        measured.language,
    )


def _examples(
    vault: Vault, persona: Persona, period: Period, n: int
) -> tuple[Quote, ...]:
    """Replies spread evenly over the period, none of them from a crisis turn."""
    if n <= 0:
        return ()
    found = [
        Quote(m.id, m.native_id, m.sent_at, m.text)
        for m in vault.messages(persona.name, role=Role.PERSONA, period=period)
        if m.text.strip() and not mentions_crisis(m.text)
    ]
    if len(found) <= n:
        return tuple(found)
    step = len(found) / n
    return tuple(found[int((i + 0.5) * step)] for i in range(n))
