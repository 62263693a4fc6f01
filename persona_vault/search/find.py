"""One search: by words, by meaning, or both lists joined by rank."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

from sqlalchemy import Connection, Row, text

from persona_vault.embedders import Embedder
from persona_vault.errors import UsageError
from persona_vault.model import Period, Role
from persona_vault.search.choose import By, Chosen, choose, is_enough
from persona_vault.search.coverage import read_coverage
from persona_vault.search.dates import read_date_words, within
from persona_vault.search.filters import Filters, build_filters
from persona_vault.search.hits import Hit, SearchResult
from persona_vault.search.keyword import find_by_words
from persona_vault.search.meaning import (
    Nearness,
    Ranked,
    embedder_with_vectors,
    find_by_meaning,
    open_index,
)
from persona_vault.search.present import candidates, make_hits, read_rows, with_context
from persona_vault.search.query import Query, parse_query
from persona_vault.search.required import (
    Holding,
    find_required,
    nothing_holds,
    ranked_by,
)
from persona_vault.store.vault import Vault

if TYPE_CHECKING:
    from persona_vault.embedders.index import Index

Mode = Literal["hybrid", "semantic", "keyword"]

# k = 10 and not the customary 60, which finds 8 points less on LoCoMo (5,882 turns).
RRF_K = 10
# A hit by words counts by the share of the question's words that it holds. The weight
# was chosen on halves of three sets of questions: DESIGN.md has the figures.
WORDS_WEIGHT = 2.5
MEANING_WEIGHT = 1.0
# A message that holds the whole phrase is first in this third list: with it no other
# can pass, since the words' list has such messages on top already, counted in full.
EXACT_WEIGHT = 1.0
# So many of each list are read, and twice as many each time where near repeats take so
# many places that fewer hits than asked for are left.
DEPTH = 200
_N_CONVERSATIONS = """
    SELECT count(DISTINCT message.conversation_id) FROM message
    JOIN conversation ON conversation.id = message.conversation_id
    WHERE {condition}
"""
_BY_MEANING_ALONE = (
    "A search by meaning alone takes quotation marks and * for no condition: its hits "
    "need not hold those words. Leave out --mode semantic to ask for them."
)


@dataclass(frozen=True, slots=True)
class _Request:
    """What is searched for, and how; `nearness` is None where words alone decide."""

    query: Query
    filters: Filters
    mode: Mode
    nearness: Nearness | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """What is shown, with the scores of all and their kind.

    `is_cut` tells that further messages, worse ones, were not read.
    """

    chosen: Sequence[Chosen]
    scores: dict[int, float]
    rows: dict[int, Row[Any]]
    kind: str
    is_cut: bool


def search_messages(  # noqa: PLR0913 - every filter is a question of its own
    vault: Vault,
    query: str,
    *,
    k: int = 10,
    mode: Mode = "hybrid",
    persona: str | None = None,
    role: Role | None = None,
    period: Period | None = None,
    app: str | None = None,
    model: str | None = None,
    context: int = 2,
    embedder: Embedder | str | None = None,
    shown_only: bool = True,
    index: "Index | None" = None,
    source: int | None = None,
    fold: bool = True,
    by: By = "message",
    now: datetime | None = None,
) -> SearchResult:
    """Find messages again.

    Each message is at most one hit, and those that nearly repeat a better one are
    folded into it; it may still stand beside another hit as context.
    A reply may be a hit of its own beside the words it answers: to leave such replies
    out lost 2 of 70 right answers on LoCoMo, since the answer often is the reply.
    Where no vectors or no model are there, a hybrid search goes by words alone and
    says so in `warnings`.

    Args:
        vault: Where to search.
        query: Words, "quoted phrases", prefix*, -without, and dates such as "last
            March" or after:2024-05 (see `read_date_words`); nothing else is syntax.
            But by meaning alone, each hit holds what is quoted or begins so, itself.
        k: How many hits at most, or how many conversations.
        mode: "hybrid", "semantic" or "keyword".
        persona: Only this companion's conversations; None = all.
        role: Only this side; None = both.
        app: Only this app, whatever the case; None = all.
        period: Only messages sent in it; those without a time are then left out.
        model: Only messages that name this model themselves.
        context: How many shown messages to give before and after each hit.
        embedder: As for `embed_messages`.
        shown_only: Leave out branches, regenerated answers and hidden messages.
        index: From `load_index`, to spare a long-lived process from reading the
            vectors anew; to be loaded again after an import or `embed_messages`.
        source: Only messages that this source holds; None = all.
        fold: Whether near repeats are folded; else each is a hit of its own.
        by: "conversation" puts hits together by conversation, at most three of each.
        now: What "yesterday" counts from, aware; None = the present.

    Raises:
        UsageError: The query is empty, only says when, or its dates leave no time; the
            mode is unknown, there is no such source, app or model, or nothing is
            embedded yet for a semantic search.
        UnknownPersonaError: There is no such persona.
        NoModelError: A semantic search has no model on this machine.
    """
    if mode not in get_args(Mode) or by not in get_args(By) or k < 1 or context < 0:
        raise UsageError(
            f"There is no search with mode {mode!r}, k {k} and context {context}.",
            hint="The modes are hybrid, semantic and keyword; k starts at 1.",
        )
    dated = read_date_words(query, now=now or datetime.now(UTC), zone=vault.zone)
    if dated.period:
        period = within(period or Period(), dated.period)
    parsed = parse_query(dated.rest)
    holding = _holding(vault, parsed) if mode != "semantic" else None
    if holding:
        parsed = ranked_by(parsed, holding)
    filters = build_filters(
        vault,
        query=parsed,
        held=holding.ids if holding else None,
        source=source,
        persona=persona,
        role=role,
        period=period,
        app=app,
        model=model,
        shown_only=shown_only,
    )
    request, warnings = _Request(parsed, filters, mode), list[str]()
    hits, is_cut = list[Hit](), False
    if holding is None or holding.ids:
        request, warnings = _with_meaning(vault, request, k, embedder, index)
        found = _search(vault, request, k, fold=fold, by=by)
        hits = make_hits(found.chosen, found.scores, found.rows, found.kind)
        is_cut = found.is_cut
    if dated.alone:
        warnings.append(_when_alone(dated.alone))
    if holding and not hits:
        warnings.append(nothing_holds(parsed.required, len(holding.ids)))
    elif parsed.required and not holding:
        warnings.append(_BY_MEANING_ALONE)
    return SearchResult(
        query,
        request.mode,
        tuple(with_context(vault, hits, context)),
        tuple(warnings),
        period,
        dated.words,
        tuple(one.typed for one in parsed.required) if holding else (),
        is_cut=is_cut,
    )


def _when_alone(words: Sequence[str]) -> str:
    told = " and ".join(f'"{word}"' for word in words)
    return (
        f"{told} was searched for as words, since nothing else was asked for. Add what "
        "to find, and it is read as a date."
    )


def _holding(vault: Vault, query: Query) -> Holding | None:
    """What holds all that the query requires, None where it requires nothing."""
    if not query.required:
        return None
    with vault.read() as connection:
        return find_required(connection, query.required)


def _with_meaning(
    vault: Vault,
    request: _Request,
    k: int,
    embedder: Embedder | str | None,
    index: "Index | None",
) -> tuple[_Request, list[str]]:
    """The request with the nearest messages, and what the reader should know."""
    if request.mode == "keyword":
        return request, []
    try:
        nearness, warnings = _nearest(vault, request, k, embedder, index)
    except UsageError as error:
        if request.mode == "semantic":
            raise
        told = f"Searched by words only. {error.message} {error.hint}"
        return replace(request, mode="keyword"), [told]
    return replace(request, nearness=nearness), warnings


def _search(vault: Vault, request: _Request, k: int, *, fold: bool, by: By) -> _Found:
    """Hits, from lists as deep as `k` of them take, or else the whole lists."""
    depth, n_conversations = max(DEPTH, k), None
    while True:
        with vault.read() as connection:
            ranked, kind, is_cut = _rank(connection, request, depth)
            rows = read_rows(connection, [message_id for message_id, _ in ranked])
            if by == "conversation" and is_cut and n_conversations is None:
                n_conversations = _count_conversations(connection, request.filters)
        chosen = choose(candidates(ranked, rows), k, fold=fold, by=by)
        if not is_cut or is_enough(chosen, k, n_conversations=n_conversations):
            return _Found(chosen, dict(ranked), rows, kind, is_cut)
        depth *= 2


def _count_conversations(connection: Connection, filters: Filters) -> int:
    statement = text(_N_CONVERSATIONS.format(condition=filters.condition))
    return int(connection.scalar(statement, filters.values) or 0)


def join_by_rank(lists: Iterable[Sequence[tuple[int, float]]]) -> dict[int, float]:
    """Weighted reciprocal rank fusion: sum of weight / (10 + rank), rank from 1.

    Args:
        lists: Each of (message id, weight), best first.
    """
    scores: dict[int, float] = {}
    for ranked in lists:
        for rank, (message_id, weight) in enumerate(ranked, start=1):
            scores[message_id] = scores.get(message_id, 0.0) + weight / (RRF_K + rank)
    return scores


def _nearest(
    vault: Vault,
    request: _Request,
    k: int,
    embedder: Embedder | str | None,
    index: "Index | None",
) -> tuple[Nearness, list[str]]:
    chosen = embedder_with_vectors(vault, embedder)
    opened, allowed, n_left = open_index(vault, chosen, request.filters, index)
    nearest = find_by_meaning(
        vault,
        chosen,
        request.query.text,
        opened,
        depth=max(DEPTH, k),
        # Those that are shown with their cosine.
        n_again=k if request.mode == "semantic" else 0,
        allowed=allowed,
    )
    if not n_left:
        return nearest, []
    what = "1 message is" if n_left == 1 else f"{n_left:,} messages are"
    return nearest, [
        f"{what} not embedded yet and can be found by words only. "
        "Run persona-vault embed to complete this."
    ]


def _rank(
    connection: Connection, request: _Request, depth: int
) -> tuple[Ranked, str, bool]:
    """Messages with their scores, best first, ties by id, of lists of that depth.

    Beside them the kind of score, and whether there may be more.
    """
    nearest = request.nearness.read(depth) if request.nearness else []
    if request.mode == "semantic":
        return nearest, "cosine", len(nearest) >= depth
    by_words, exact = find_by_words(connection, request.query, request.filters, depth)
    is_cut = max(len(by_words), len(nearest)) >= depth
    if request.mode == "keyword":
        return by_words, "bm25", is_cut
    words = [message_id for message_id, _ in by_words]
    held = read_coverage(connection, request.query, words, exact)
    scores = join_by_rank(
        [
            [(message_id, WORDS_WEIGHT * held[message_id]) for message_id in words],
            [(message_id, MEANING_WEIGHT) for message_id, _ in nearest],
        ]
    )
    for message_id in exact:
        scores[message_id] += EXACT_WEIGHT / (RRF_K + 1)
    ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    return ranked, "rrf", is_cut
