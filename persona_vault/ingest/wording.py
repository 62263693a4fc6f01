"""The sentences of an import's ledger: what to know before relying on it."""

from dataclasses import dataclass

from persona_vault.ingest.ledger import MAX_LISTED, ImportReport, Ledger
from persona_vault.model import TimeQuality

_UNUSABLE = (TimeQuality.NONE, TimeQuality.CAPTURE, TimeQuality.CHAT_LEVEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the reading itself turned up, beside the counts.

    Attributes:
        importer: Its name.
        equal_times: Whether the times were set aside as all equal.
        n_unmatched: Choices by `--only` that matched nothing.
        n_unjoined: Conversations without times that share nothing with what was kept.
    """

    importer: str
    equal_times: bool
    n_unmatched: int
    n_unjoined: int


def write_warnings(report: ImportReport, ledger: Ledger, told: Told) -> tuple[str, ...]:
    """Whole sentences, the ones about completeness first."""
    return (
        *_on_completeness(report, ledger, told),
        *_on_times(report, ledger, told),
        *_on_reading(report, ledger, told),
    )


def _on_completeness(report: ImportReport, ledger: Ledger, told: Told) -> list[str]:
    found = []
    if told.importer.startswith("replika"):
        begins = f" ({report.first_at:%Y-%m-%d})" if report.first_at else ""
        found.append(
            "Replika does not hand out its oldest messages; the talk may have begun"
            f" before the first message here{begins}."
        )
    if report.gaps:
        longest = max(report.gaps, key=lambda gap: int(gap["n_days"]))
        stretches = _count(len(report.gaps), "stretch", "stretches")
        found.append(
            f"{stretches} of more than 30 days without a message; the longest is"
            f" from {longest['since']} to {longest['until']}."
        )
    if ledger.n_messages and not ledger.n_replies:
        found.append(
            "No message of the companion's side was recognised; if names tell the"
            " sides apart, give them with --me and --them."
        )
    share = report.share_model_observed
    if share is not None and 0 < share < 1:
        found.append(
            f"The model that answered is named on {ledger.n_replies_with_model:,} of"
            f" {ledger.n_replies:,} of the companion's messages."
        )
    return found


def _on_times(report: ImportReport, ledger: Ledger, told: Told) -> list[str]:
    found = []
    if told.equal_times:
        found.append(
            "Nearly all messages bear the same time, so the times were set aside and"
            " the order of the file was kept."
        )
    n_without = sum(report.time_quality.get(quality, 0) for quality in _UNUSABLE)
    if n_without:
        found.append(
            f"{_count(n_without, 'message bears', 'messages bear')} no usable time;"
            " periods can be cut by message number instead."
        )
    if ledger.n_unplaced:
        found.append(
            f"{_count(ledger.n_unplaced, 'message bears', 'messages bear')} a time"
            " without a zone; import the file again with --timezone to place them."
        )
    if ledger.n_ambiguous:
        found.append(
            f"{_count(ledger.n_ambiguous, 'message falls', 'messages fall')} in an"
            " hour in which the clocks changed, and may be off by that change."
        )
    if told.n_unjoined:
        threads = _count(told.n_unjoined, "conversation", "conversations")
        found.append(
            f"{threads} without times shared no stretch with what was kept before;"
            " the new messages were put after it."
        )
    return found


def _on_reading(report: ImportReport, ledger: Ledger, told: Told) -> list[str]:
    found = []
    if told.n_unmatched:
        found.append(
            f"{_count(told.n_unmatched, 'choice', 'choices')} given with --only"
            " matched no conversation."
        )
    if ledger.n_issues > MAX_LISTED:
        found.append(f"Only the first {MAX_LISTED:,} issues are listed.")
    if report.n_duplicate and report.n_duplicate + report.n_ignored == report.n_read:
        found.append("Everything in this source was in the vault already.")
    return found


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"
