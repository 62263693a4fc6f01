"""The seam to report formats: a diff in, a text out; writes no file."""

from typing import Protocol

from persona_vault.findings import PersonaDiff


class Report(Protocol):
    """One report format.

    Attributes:
        name: The value of `--format`.
        suffix: Usual ending of the file, with its dot.
    """

    name: str
    suffix: str

    def render(self, diff: PersonaDiff) -> str:
        """The whole report as one text; quotes appear as the diff holds them."""
        ...
