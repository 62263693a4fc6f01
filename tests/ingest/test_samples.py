"""Real exports, where this machine has some: the sums agree, twice adds nothing."""

from pathlib import Path

import pytest

from persona_vault.errors import InputRejectedError
from persona_vault.ingest import import_file
from persona_vault.store.vault import Vault


def test_every_known_export_is_read_once(vault: Vault, samples: Path) -> None:
    """Each file is known to an importer or refused; read again it brings nothing."""
    n_known = 0
    for path in sorted((samples / "exports").rglob("*")):
        if not path.is_file():
            continue
        try:
            report = import_file(vault, path, persona=path.name)
        except InputRejectedError:
            continue
        n_known += 1
        taken = report.n_added + report.n_duplicate + report.n_revised
        assert report.n_read == taken + report.n_ignored + report.n_issues
        again = import_file(vault, path, persona=path.name)
        assert (again.n_added, again.n_revised) == (0, 0)
        assert again.source_id is None
    if not n_known:
        pytest.skip("no importer knows any of these samples")
    with vault.read() as connection:
        checked = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
    assert checked == "ok"
