"""How two tellings of one talk fit together: which messages are the same, what order.

Pure: sequences in, places out. A message without id and without a usable time is only
known by its neighbours, so the longest stretch that two tellings share decides.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

# A shared end of one message ("ok" ... "ok") is chance more often than overlap.
MIN_OVERLAP = 2
# Inside a talk, where no edge vouches for it, a shared stretch must be longer: two
# talks that open with the same greeting and the same "hi" are two talks.
MIN_STRETCH = 3


def align(kept: Sequence[Hashable], told: Sequence[Hashable]) -> list[int | None]:
    """For each message of a new telling, the place of the same message in the kept one.

    Tried in this order: one lies inside the other; the longest overlap of an end of one
    with the beginning of the other (2 messages or more); shared stretches of 3
    messages or more. None where a message is new. Places rise from left to right.
    Takes time in proportion to the lengths (times a logarithm in the last case).
    """
    found: list[int | None] = [None] * len(told)
    if not kept or not told:
        return found
    place = _find(told, kept)
    if place is not None:
        return [place + i for i in range(len(told))]
    place = _find(kept, told)
    if place is not None:
        found[place : place + len(kept)] = range(len(kept))
        return found
    at_end, at_start = _overlap(kept, told), _overlap(told, kept)
    if max(at_end, at_start) < MIN_OVERLAP:
        return _shared_stretches(kept, told)
    if at_end >= at_start:
        found[:at_end] = range(len(kept) - at_end, len(kept))
    else:
        found[len(told) - at_start :] = range(at_start)
    return found


def _borders(pattern: Sequence[Hashable]) -> list[int]:
    """Knuth-Morris-Pratt: length of the longest proper border of each prefix."""
    borders = [0] * len(pattern)
    k = 0
    for i in range(1, len(pattern)):
        while k and pattern[i] != pattern[k]:
            k = borders[k - 1]
        if pattern[i] == pattern[k]:
            k += 1
        borders[i] = k
    return borders


def _find(pattern: Sequence[Hashable], text: Sequence[Hashable]) -> int | None:
    """First place at which the pattern stands in the text as one stretch."""
    if len(pattern) > len(text):
        return None
    borders = _borders(pattern)
    k = 0
    for i, sign in enumerate(text):
        while k and sign != pattern[k]:
            k = borders[k - 1]
        if sign == pattern[k]:
            k += 1
        if k == len(pattern):
            return i - k + 1
    return None


def _overlap(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """Length of the longest end of `first` that is a beginning of `second`."""
    tail = first[-len(second) :]
    borders = _borders(second)
    k = 0
    for sign in tail:
        # Falling back from a full match too: the end must be reached by the tail.
        while k and (k == len(second) or sign != second[k]):
            k = borders[k - 1]
        if sign == second[k]:
            k += 1
    return k


def _shared_stretches(
    kept: Sequence[Hashable], told: Sequence[Hashable]
) -> list[int | None]:
    """Stretches around messages that stand once in each, in the same order in both."""
    n_kept, n_told = Counter(kept), Counter(told)
    place = {sign: i for i, sign in enumerate(kept)}
    anchors = [
        (j, place[sign])
        for j, sign in enumerate(told)
        if n_told[sign] == 1 and n_kept[sign] == 1
    ]
    found: list[int | None] = [None] * len(told)
    lowest_j = lowest_i = 0
    for j, i in _longest_rising(anchors):
        if j < lowest_j or i < lowest_i:
            continue
        start = 0
        while (
            j - start > lowest_j
            and i - start > lowest_i
            and told[j - start - 1] == kept[i - start - 1]
        ):
            start += 1
        end = 1
        while (
            j + end < len(told)
            and i + end < len(kept)
            and told[j + end] == kept[i + end]
        ):
            end += 1
        if start + end >= MIN_STRETCH:
            found[j - start : j + end] = range(i - start, i + end)
            lowest_j, lowest_i = j + end, i + end
    return found


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs, in order of their first, whose second rises."""
    tops: list[int] = []
    holders: list[int] = []
    before: list[int | None] = []
    for n, (_, value) in enumerate(pairs):
        at = bisect_left(tops, value)
        before.append(holders[at - 1] if at else None)
        if at == len(tops):
            tops.append(value)
            holders.append(n)
        else:
            tops[at] = value
            holders[at] = n
    chain: list[tuple[int, int]] = []
    link = holders[-1] if holders else None
    while link is not None:
        chain.append(pairs[link])
        link = before[link]
    return chain[::-1]


def merge_order(
    kept: Sequence[int], told: Sequence[int], times: Mapping[int, int | None]
) -> list[int]:
    """The reading order of a conversation after a new telling of it.

    Args:
        kept: Message ids as they stood, in reading order.
        told: Message ids in the order of the source; ids of `kept` among them are
            the same messages, told again. A repeated id counts once.
        times: id -> instant, None where a message has none that can order it.

    Returns:
        Every id once: by time; equal times as `kept` has them, new ones beside the
        message that the source has them beside; one without time stays after the
        message that went before it. Where nothing is shared and no time decides, the
        new ones come last.
    """
    kept_at = _carried(kept, times, {})
    told = list(dict.fromkeys(told))
    told_at = _carried(told, times, kept_at)
    merged = _by_neighbours(kept, told, kept_at, told_at)
    return sorted(merged, key=lambda i: kept_at[i] if i in kept_at else told_at[i])


def _carried(
    order: Sequence[int], times: Mapping[int, int | None], known: Mapping[int, float]
) -> dict[int, float]:
    """A time for each id: its own, or the last one before it, or the next after it."""
    at: dict[int, float] = {}
    current: float | None = None
    leading: list[int] = []
    for i in order:
        own = known.get(i, times[i])
        if own is not None and not (i in known and math.isinf(own)):
            current = own
        if current is None:
            leading.append(i)
        else:
            at[i] = current
    first = next((at[i] for i in order if i in at), math.inf)
    for i in leading:
        at[i] = first
    return at


def _by_neighbours(
    kept: Sequence[int],
    told: Sequence[int],
    kept_at: Mapping[int, float],
    told_at: Mapping[int, float],
) -> list[int]:
    """Both orders in one: each new stretch goes after the kept message before it."""
    shared = kept_at.keys()
    runs: dict[int | None, list[int]] = {}
    anchor: int | None = None
    for i in told:
        if i in shared:
            anchor = i
        else:
            runs.setdefault(anchor, []).append(i)
    head = runs.pop(None, [])
    body: list[int] = []
    following = next((i for i in told if i in shared), None)
    for i in kept:
        if i == following:
            body += head
        body.append(i)
        body += runs.get(i, ())
    if following is None and head:
        earlier = bool(kept) and told_at[head[0]] < kept_at[kept[0]]
        return head + body if earlier else body + head
    return body
