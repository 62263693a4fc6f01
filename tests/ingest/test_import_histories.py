"""Whole histories of one companion's exports end in the union of all that was seen.

A history is a talk that goes on, an app that edits, loses and reorders messages in what
it hands out, and a user who imports its exports, some of them twice. A model in a few
lines says what the vault must hold after each import. `PERSONA_VAULT_HISTORIES` is the
number of histories; the suite runs few.
"""

import json
import os
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.ingest.desk import Desk, at

NewDesk = Callable[[], AbstractContextManager[Desk]]
N_HISTORIES = int(os.environ.get("PERSONA_VAULT_HISTORIES", "25"))
STEPS = ("grow", "edit", "drop", "reorder", "import", "import", "re-import")
# What tells messages of a format apart.
IDS, IDS_ONLY, TIMES, NEIGHBOURS = "ids and times", "ids", "times", "neighbours"

Record = dict[str, Any]


@dataclass
class App:
    """What the vendor knows, and what it hands out of it at present."""

    kind: str
    ties: bool
    talk: list[Record] = field(default_factory=list)
    start: int = 0
    lost: set[int] = field(default_factory=set)
    order: str = "forwards"

    @property
    def has_ids(self) -> bool:
        """Whether messages bear the vendor's ids."""
        return self.kind in (IDS, IDS_ONLY)

    @property
    def has_times(self) -> bool:
        """Whether messages bear times."""
        return self.kind in (IDS, TIMES)

    def grow(self, data: st.DataObject) -> None:
        """One to four more messages; words, and with `ties` minutes, repeat."""
        for _ in range(data.draw(st.integers(1, 4))):
            n = len(self.talk)
            repeats = self.has_ids or self.has_times
            words = ["ok", "tea", f"word {n}"] if repeats else [f"word {n}"]
            record: Record = {
                "text": data.draw(st.sampled_from(words)),
                "role": data.draw(st.sampled_from(["user", "persona"])),
            }
            if self.has_ids:
                threads = ["c1", "c2"] if self.has_times else ["c1"]
                thread = data.draw(st.sampled_from(threads))
                record |= {"native_id": f"m{n}", "conversation": {"native_id": thread}}
            if self.has_times:
                minute = n // 3 if self.ties else n
                record |= {"sent_at": at(minute), "time_quality": "minute"}
            self.talk.append(record)

    def edit(self, data: st.DataObject) -> None:
        """Another wording of one message; without ids and times it would be lost."""
        if self.kind != NEIGHBOURS and self.talk:
            n = data.draw(st.integers(0, len(self.talk) - 1))
            text = data.draw(st.sampled_from(["said better", "said worse"]))
            self.talk[n] = {**self.talk[n], "text": text}

    def drop(self, data: st.DataObject) -> None:
        """The oldest are no longer handed out, or are again; or some are lost.

        What has no times must share two messages with what went before.
        """
        most = len(self.talk) - 1 if self.has_times else len(self.talk) - 6
        self.start = data.draw(st.integers(0, max(most, 0)))
        if self.has_times:
            some = st.sets(st.integers(0, len(self.talk)), max_size=3)
            self.lost = data.draw(some)

    def reorder(self, data: st.DataObject) -> None:
        """Newest first, or in no order; without times no order could be restored."""
        if self.has_times:
            self.order = data.draw(st.sampled_from(["forwards", "backwards", "any"]))

    def export(self, data: st.DataObject) -> list[Record]:
        """What the app hands out now; never nothing."""
        told = [
            r for n, r in enumerate(self.talk) if n >= self.start and n not in self.lost
        ]
        told = told or self.talk[-1:]
        if self.order == "backwards":
            return told[::-1]
        return data.draw(st.permutations(told)) if self.order == "any" else told


@dataclass
class Expected:
    """What the vault must hold, by what each export told."""

    told: dict[str, tuple[Any, list[Record]]] = field(default_factory=dict)

    def take(self, export: list[Record]) -> None:
        """An export came in; the same bytes again are no news."""
        key = json.dumps(export)
        if key not in self.told:
            times = [r["sent_at"] for r in export if "sent_at" in r]
            rank = (max(times, default=""), len(self.told))
            self.told[key] = (rank, export)

    def wordings(self) -> dict[str, set[str]]:
        """Every text that was ever told under an id."""
        found: dict[str, set[str]] = {}
        for _, export in self.told.values():
            for record in export:
                found.setdefault(record["native_id"], set()).add(record["text"])
        return found

    def newest(self) -> dict[str, str]:
        """The text of each id in the export that reaches furthest, then came last."""
        found: dict[str, str] = {}
        for _, export in sorted(self.told.values(), key=lambda each: each[0]):
            found |= {r["native_id"]: r["text"] for r in export}
        return found

    def equals(self) -> Counter[tuple[str, ...]]:
        """Without ids: as many equals as one export ever told."""
        found: Counter[tuple[str, ...]] = Counter()
        for _, export in self.told.values():
            found |= Counter(
                (r.get("sent_at", ""), r["role"], r["text"]) for r in export
            )
        return found


def held(desk: Desk) -> Counter[tuple[str, ...]]:
    """Instant, role and words of every message in the vault."""
    return Counter(
        (m.sent_at.isoformat() if m.sent_at else "", m.role.value, m.text)
        for m in desk.vault.messages("Ava", shown_only=False)
    )


def check(desk: Desk, app: App, expected: Expected) -> None:
    """Nothing lost, nothing doubled, in order, and edits beside what they changed."""
    stored = list(desk.vault.messages("Ava", shown_only=False))
    if app.has_ids:
        now = {m.native_id: m.text for m in stored}
        assert len(now) == len(stored)
        assert now == expected.newest()
        noted: dict[str, set[str]] = {}
        for native_id, text in desk.rows(
            "SELECT native_id, revision.text FROM revision"
            " JOIN message ON message.id = message_id"
        ):
            noted.setdefault(native_id, set()).add(text)
        wordings = expected.wordings()
        assert noted == {i: texts for i, texts in wordings.items() if len(texts) > 1}
    else:
        assert held(desk) == expected.equals()
    for thread in {m.conversation for m in stored}:
        check_order([m for m in stored if m.conversation == thread], app)


def check_order(thread: list[Any], app: App) -> None:
    """By time where there are times, else as the talk went."""
    if app.has_times:
        instants = [m.sent_at for m in thread]
        assert instants == sorted(instants)
    if app.has_ids and not app.ties:
        numbers = [int(m.native_id[1:]) for m in thread]
        assert numbers == sorted(numbers)
    if app.kind == NEIGHBOURS:
        numbers = [int(m.text.removeprefix("word ")) for m in thread]
        assert numbers == sorted(numbers)


@settings(
    max_examples=N_HISTORIES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.data())
def test_a_history_ends_in_the_union_of_what_was_seen(
    new_desk: NewDesk, data: st.DataObject
) -> None:
    """After every import of the history, whatever came before it."""
    kind = data.draw(st.sampled_from([IDS, IDS_ONLY, TIMES, NEIGHBOURS]), label="kind")
    app = App(kind, ties=kind in (IDS, TIMES) and data.draw(st.booleans()))
    expected = Expected()
    files: list[list[Record]] = []
    for _ in range(3):
        app.grow(data)
    steps = [
        "import",
        *data.draw(st.lists(st.sampled_from(STEPS), min_size=3, max_size=9)),
    ]
    if steps[-1] not in ("import", "re-import"):
        steps.append("import")
    event(f"{kind}, {sum('import' in step for step in steps)} imports")
    with new_desk() as desk:
        for step in steps:
            if "import" not in step:
                getattr(app, step)(data)
                continue
            again = step == "re-import" and files
            export = data.draw(st.sampled_from(files)) if again else app.export(data)
            before = len(list(desk.vault.messages("Ava"))) if files else 0
            files.append(export)
            expected.take(export)
            report = desk.bring([dict(r) for r in export])
            after = len(list(desk.vault.messages("Ava")))
            assert report.n_messages_added == after - before
            if again:
                assert report.n_added == report.n_revised == 0
            check(desk, app, expected)
        desk.check_index()
