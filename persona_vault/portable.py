r"""The table and the lines in which messages leave a vault and come back.

`kits` writes them and `importers` reads them; neither knows the other, both know this.

A spreadsheet takes a cell that begins with certain signs for a formula, and a formula
can send the sheet away. Such a cell gets an apostrophe in front, and so does one that
begins with apostrophes and such a sign: reading takes one away, so that every text
comes back as it was.
"""

import re

# First key of each line, with the version of the lines: what they are known by.
FORMAT_KEY = "persona_vault"
FORMAT_VERSION = 1

# The header row, by which a table is known: a change of it is another format. The text
# stands inside, since what ends the last cell ends the file for a careless reader.
COLUMNS = tuple(
    "persona conversation title sent_at local_at time_quality role speaker text shown"
    " model app group threaded kind native_id parent flags message_id".split()
)
YES, NO = "yes", "no"

# Signs of a formula, also full-width and small; what a spreadsheet may strip before it
# looks; and the controls that some of them take for the start of a new cell.
_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
_STRIPPED = "\\s\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
_FORMULA = f"(?:[\t\r\n]|[{_STRIPPED}]*[{_SIGNS}])"
_UNGUARDED = re.compile(f"'*{_FORMULA}")
_GUARDED = re.compile(f"'+{_FORMULA}")

# Controls, marks that turn the reading direction, separators that end a line for some
# programs, lone surrogates: in a line of JSON they are written as \uXXXX.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
    "\ufeff\ufff9-\ufffb]"
)


def guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _UNGUARDED.match(text) else text


def unguarded(cell: str) -> str:
    """The text of a cell that `guarded` gave."""
    return cell[1:] if _GUARDED.match(cell) else cell


def escaped(json_line: str) -> str:
    r"""JSON on one line, with hidden characters inside its texts as \uXXXX."""
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json_line)
