r"""The table and the lines in which messages leave a vault and come back.

`kits` writes them and `importers` reads them; neither knows the other, both know this.

A spreadsheet takes a cell that begins with certain signs for a formula, and a formula
can send the sheet away. Such a cell gets an apostrophe in front, and so does one that
begins with apostrophes and such a sign: reading takes one away, so that every text
comes back as it was.

A program may part the columns by another sign than the comma, or break lines inside a
cell; then every piece of a cell is one. The text of a message stands first in its row,
in quotes, which hold it together under any sign. In all other cells each piece is
guarded by itself; in the text that would spoil every list and many a smile.
"""

import re

# First key of each line, with the version of the lines: what they are known by.
FORMAT_KEY = "persona_vault"
FORMAT_VERSION = 1

# The header row, by which a table is known: a change of it is another format. The last
# column is never empty, so that the quotes of a row are closed under any sign.
TEXT = "text"
COLUMNS = (
    TEXT,
    *"persona conversation title sent_at local_at time_quality role speaker".split(),
    *"shown model app group threaded kind native_id parent flags message_id".split(),
)
YES, NO = "yes", "no"

# Signs of a formula, also full-width and small; what a spreadsheet may strip before it
# looks; and the controls that some of them take for the start of a new cell.
_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
_STRIPPED = "\\s\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
_FORMULA = f"(?:[\t\r\n]|[{_STRIPPED}]*[{_SIGNS}])"
_UNGUARDED = re.compile(f"'*{_FORMULA}")
_GUARDED = re.compile(f"'+{_FORMULA}")
# A piece begins behind what may part cells or rows; one that begins with a quotation
# mark would swallow what follows it.
_PARTING = re.compile("[;\t\r\n]")
_PIECE = f"'*(?:(?![\t\r\n])[{_STRIPPED}])*[\"{_SIGNS}]"
_UNGUARDED_PIECE = re.compile(f"(?<=[;\t\r\n])(?={_PIECE})")
_GUARDED_PIECE = re.compile(f"(?<=[;\t\r\n])'(?={_PIECE})")

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


def cell_of(column: str, text: str) -> str:
    """A text as it stands in a column of the table."""
    cell = guarded(text)
    if column == TEXT or not _PARTING.search(cell):
        return cell
    return _UNGUARDED_PIECE.sub("'", cell)


def text_of(column: str, cell: str) -> str:
    """The text that `cell_of` gave a cell."""
    return unguarded(cell if column == TEXT else _GUARDED_PIECE.sub("", cell))


def escaped(json_line: str) -> str:
    r"""JSON on one line, with hidden characters inside its texts as \uXXXX."""
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json_line)
