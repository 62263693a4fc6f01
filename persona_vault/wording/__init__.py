"""Every sentence about a finding: terminal, HTML and Markdown all say these.

Uncertainty first, number second; the words are the same for more and for fewer. No
sentence here holds text from a chat, except event titles, which the user wrote.
"""

from persona_vault.wording.overall import (
    certainty_sentence,
    continuity_sentence,
    coverage_sentence,
    overall_label,
    period_sentences,
    summary_sentence,
    user_side_sentence,
    your_side_notes,
)
from persona_vault.wording.rows import (
    MIN_BLOCKS,
    MIN_MESSAGES,
    amounts_phrase,
    basis_sentence,
    row_label,
    row_sentence,
    row_title,
    size_phrase,
    smallest_size,
    verdict_label,
)

__all__ = [
    "MIN_BLOCKS",
    "MIN_MESSAGES",
    "amounts_phrase",
    "basis_sentence",
    "certainty_sentence",
    "continuity_sentence",
    "coverage_sentence",
    "overall_label",
    "period_sentences",
    "row_label",
    "row_sentence",
    "row_title",
    "size_phrase",
    "smallest_size",
    "summary_sentence",
    "user_side_sentence",
    "verdict_label",
    "your_side_notes",
]
