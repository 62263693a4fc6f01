"""Choosing the importer: by content, by tier, or by name; never by guess."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from persona_vault.errors import InputRejectedError, UsageError
from persona_vault.importers import registry
from persona_vault.importers.registry import find_importer, importers
from persona_vault.importers.source import Source
from persona_vault.model import ReadOptions, Record

OPTIONS = ReadOptions()


class Fake:
    """An importer that says what it is told to say."""

    version = 1
    app = ""

    def __init__(self, name: str = "fake", tier: str = "vendor", says: str = "yes"):
        self.name = name
        self.tier = tier
        self.says = says

    def identify(self, source: Source, options: ReadOptions) -> bool:
        """As told."""
        if self.says == "error":
            raise InputRejectedError("the file is cut off")
        return self.says == "yes"

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """Nothing."""
        yield from ()


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """Any file."""
    path = tmp_path / "talk.txt"
    path.write_text("x", encoding="utf-8")
    return Source.open(path)


def test_vendor_comes_before_generic(source: Source) -> None:
    """A vendor's match wins over a generic one without a question."""
    vendor, generic = Fake("a"), Fake("b", "generic")

    assert find_importer(source, OPTIONS, among=[generic, vendor]) is vendor  # type: ignore[list-item]


def test_generic_is_used_where_no_vendor_knows_the_file(source: Source) -> None:
    """Without a vendor's match the generic tier is asked."""
    generic = Fake("b", "generic")

    found = find_importer(source, OPTIONS, among=[Fake("a", says="no"), generic])  # type: ignore[list-item]

    assert found is generic


def test_two_matches_in_a_tier_are_an_error(source: Source) -> None:
    """Two that know the file are both named, with the option that decides."""
    with pytest.raises(InputRejectedError, match="any of: a, b") as caught:
        find_importer(source, OPTIONS, among=[Fake("a"), Fake("b")])  # type: ignore[list-item]

    assert "--format" in caught.value.hint


def test_no_match_names_the_formats(source: Source) -> None:
    """A file nobody knows is rejected, and the hint lists what could be named."""
    with pytest.raises(
        InputRejectedError, match=r"talk\.txt is in no format"
    ) as caught:
        find_importer(source, OPTIONS, among=[Fake("a", says="no")])  # type: ignore[list-item]

    assert "--format: a" in caught.value.hint


def test_damage_seen_while_looking_is_what_is_told(source: Source) -> None:
    """A file that could not be looked at is told as that, not as unknown."""
    with pytest.raises(InputRejectedError, match="cut off"):
        find_importer(source, OPTIONS, among=[Fake(says="error")])  # type: ignore[list-item]
    other = Fake("b")
    found = find_importer(source, OPTIONS, among=[Fake("a", says="error"), other])  # type: ignore[list-item]
    assert found is other


def test_a_name_is_taken_at_its_word(source: Source) -> None:
    """With a name the file is not looked at; a wrong name lists the right ones."""
    fake = Fake("a", says="no")

    assert find_importer(source, OPTIONS, "a", among=[fake]) is fake  # type: ignore[list-item]
    with pytest.raises(UsageError, match="no importer named b") as caught:
        find_importer(source, OPTIONS, "b", among=[fake])  # type: ignore[list-item]
    assert "one of: a" in caught.value.hint


def test_built_in_importers_are_complete() -> None:
    """Names are unique, tiers are known, and versions are set."""
    found = importers()

    assert len({importer.name for importer in found}) == len(found)
    assert {"replika", "kindroid", "chatgpt"} <= {importer.name for importer in found}
    assert {importer.tier for importer in found} <= set(registry.TIERS)
    assert all(importer.version >= 1 for importer in found)


@pytest.mark.parametrize(
    ("target", "works"),
    [
        (f"{__name__}:Fake", True),
        ("no_such_package_anywhere:X", False),
        (f"{__name__}:Missing", False),
    ],
)
def test_plugins_come_from_the_entry_point_group(
    monkeypatch: pytest.MonkeyPatch, target: str, works: bool
) -> None:
    """An installed plugin is one more importer; a broken one is named."""

    def installed(group: str) -> list[EntryPoint]:
        return [EntryPoint("extra", target, group)]

    monkeypatch.setattr(registry, "entry_points", installed)
    registry._loaded.cache_clear()
    try:
        if works:
            assert importers()[-1].name == "fake"
        else:
            with pytest.raises(UsageError, match="plugin extra cannot be loaded"):
                importers()
    finally:
        registry._loaded.cache_clear()


def test_looking_for_an_importer_loads_nothing_heavy() -> None:
    """No importer needs the numeric or the database libraries."""
    code = (
        "import sys; from persona_vault.importers.registry import importers;"
        "importers();"
        "print(sorted({'numpy', 'torch', 'scipy', 'sqlalchemy'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
