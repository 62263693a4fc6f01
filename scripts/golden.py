"""Write the expected records of golden exports.

An expectation that exists is never overwritten without --force: read the difference
before the new one is kept.
"""

import argparse
import sys
from pathlib import Path

from persona_vault.importers.testing import write_golden


def main() -> int:
    """Run over the folders named, or over all of tests/importers/golden."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="*", type=Path)
    parser.add_argument("--force", action="store_true", help="overwrite expectations")
    options = parser.parse_args()
    root = Path(__file__).parent.parent / "tests" / "importers" / "golden"
    folders = options.folder or sorted(p for p in root.iterdir() if p.is_dir())
    n_refused = 0
    for folder in folders:
        written, refused = write_golden(folder, force=options.force)
        for line in written:
            print(line)
        for line in refused:
            print(line, file=sys.stderr)
        n_refused += len(refused)
    return 1 if n_refused else 0


if __name__ == "__main__":
    sys.exit(main())
