"""Empty vaults, as many as a test asks for."""

from pathlib import Path

import pytest

from tests.kits.talks import NewVault, new_vaults


@pytest.fixture(scope="session")
def new_vault(plain_template: Path) -> NewVault:
    """Makes an empty plain vault in Berlin's zone, gone after its `with`."""
    return new_vaults(plain_template)
