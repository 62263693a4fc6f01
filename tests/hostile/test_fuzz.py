"""Sound exports with something wrong in them: records come out, or our own error."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_vault.errors import VaultError
from persona_vault.ingest import import_file
from persona_vault.store.vault import Vault
from tests.hostile.exports import (
    FORMATS,
    NAMES,
    Export,
    exports,
    read_or_refuse,
    spoiled_export,
)
from tests.hostile.mutations import Drawn, cases


@st.composite
def _spoiled_export(draw: st.DrawFn, format_: str) -> Export:
    return spoiled_export(Drawn(draw), format_)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the spoiled files are put, one after another."""
    return tmp_path_factory.mktemp("spoiled")


@pytest.mark.parametrize("format_", FORMATS)
def test_spoiled_exports(format_: str, folder: Path) -> None:
    """Read by the reader that knows them, or by any other one: records or our error."""

    @settings(
        max_examples=cases(100),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(
        export=_spoiled_export(format_),
        reader=st.one_of(st.none(), st.none(), st.sampled_from(NAMES)),
    )
    def examine(export: Export, reader: str | None) -> None:
        name, data, options = export
        path = folder / name
        path.write_bytes(data)
        read_or_refuse(path, options, reader)

    examine()


@pytest.mark.parametrize("format_", FORMATS)
def test_spoiled_exports_reach_the_vault(
    format_: str, vault: Vault, tmp_path: Path
) -> None:
    """Whatever was read can be stored, told in JSON, and read again."""

    @settings(
        max_examples=cases(20),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(export=_spoiled_export(format_))
    def examine(export: Export) -> None:
        name, data, options = export
        path = tmp_path / name
        path.write_bytes(data)
        try:
            report = import_file(vault, path, persona="Wren", options=options)
        except VaultError:
            return
        told = json.dumps(report.to_dict())
        assert json.loads(told)["n_read"] == (
            report.n_added
            + report.n_duplicate
            + report.n_revised
            + report.n_ignored
            + report.n_issues
        )

    examine()
    for message in vault.messages(shown_only=False):
        message.text.encode()
    assert json.dumps(vault.info())


def test_every_format_has_something_to_spoil() -> None:
    """The golden folders are there and hold files; none is forgotten."""
    assert len(FORMATS) >= 6
    for format_ in FORMATS:
        assert exports(format_), format_
