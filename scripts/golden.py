"""Write the expected records of golden exports.

An expectation that exists is never overwritten without --force: read the difference
before the new one is kept.
"""

import argparse
import sys
from pathlib import Path

from persona_vault.errors import VaultError
from persona_vault.importers.testing import (
    EXPECTED,
    beside,
    golden_exports,
    golden_options,
    golden_records,
    identified,
)


def write_expected(folder: Path, *, force: bool) -> int:
    """Write what is missing in one golden folder; returns how many were refused."""
    n_refused = 0
    for export in golden_exports(folder):
        target = beside(export, EXPECTED)
        options = golden_options(export)
        try:
            importer = identified(export, options)
            text = golden_records(export, importer, options)
        except VaultError as error:
            print(f"{export.name}: {error}", file=sys.stderr)
            n_refused += 1
            continue
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        if target.exists() and not force:
            print(f"{export.name}: differs; --force overwrites", file=sys.stderr)
            n_refused += 1
            continue
        target.write_text(text, encoding="utf-8", newline="\n")
        print(f"{export.name}: written by {importer.name}")
    return n_refused


def main() -> int:
    """Run over the folders named, or over all of tests/importers/golden."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="*", type=Path)
    parser.add_argument("--force", action="store_true", help="overwrite expectations")
    options = parser.parse_args()
    root = Path(__file__).parent.parent / "tests" / "importers" / "golden"
    folders = options.folder or sorted(p for p in root.iterdir() if p.is_dir())
    n_refused = sum(write_expected(f, force=options.force) for f in folders)
    return 1 if n_refused else 0


if __name__ == "__main__":
    sys.exit(main())
