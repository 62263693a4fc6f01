"""The sums with covariates as JSON: each array as base64 of its little-endian bytes."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from persona_vault.snapshot.covariates import COVARIATES_VERSION, NAMES
from persona_vault.snapshot.groups import MOST_GROUPS, CovariateSums, n_groups

MOST_WAYS = 4
MOST_COLUMNS = 64
MOST_LETTERS = 200


def covariates_body(sums: CovariateSums) -> dict[str, Any]:
    """The sums as JSON types."""
    return {
        "version": sums.version,
        "texts": [[name, n] for name, n in sums.texts.items()],
        "n_groups": sums.n_groups,
        "arrays": {
            "means": _packed(sums.means, "<f4"),
            "scale": _packed(sums.scale, "<f4"),
            "row_scale": _packed(sums.row_scale, "<f4"),
            "products": _packed(sums.products, "<f2"),
            "row_products": _packed(sums.row_products, "<f2"),
        },
    }


def covariates_of(
    body: Mapping[str, Any], *, n_blocks: int, n_replies: int, n_rows: int
) -> CovariateSums | None:
    """The sums from a file; None where its covariates are of another version.

    Raises:
        ValueError, TypeError, KeyError: The body is not what `covariates_body` makes.
    """
    if type(body["version"]) is not int:
        raise TypeError("version")
    if body["version"] != COVARIATES_VERSION:
        return None
    texts = dict(_way(*pair) for pair in body["texts"])
    g, p = body["n_groups"], len(NAMES) + sum(texts.values())
    if type(g) is not int or g != n_groups(n_blocks, n_replies) or g > MOST_GROUPS:
        raise ValueError("groups")
    if len(texts) != len(body["texts"]) or len(texts) > MOST_WAYS:
        raise ValueError("texts")
    arrays = body["arrays"]
    return CovariateSums(
        version=COVARIATES_VERSION,
        texts=texts,
        means=_array(arrays["means"], "<f4", (g, p)),
        scale=_positive(_array(arrays["scale"], "<f4", (p,))),
        row_scale=_positive(_array(arrays["row_scale"], "<f4", (2, n_rows))),
        products=_array(arrays["products"], "<f2", (g, p * (p + 1) // 2)),
        row_products=_array(arrays["row_products"], "<f2", (g, 2, p, n_rows)),
    )


def _way(name: Any, n: Any) -> tuple[str, int]:
    if not isinstance(name, str) or not 0 < len(name) <= MOST_LETTERS:
        raise TypeError("name")
    if type(n) is not int or not 0 < n <= MOST_COLUMNS:
        raise ValueError("columns")
    return name, n


def _packed(values: NDArray[Any], kind: str) -> str:
    return base64.b64encode(values.astype(kind).tobytes()).decode("ascii")


def _array(text: Any, kind: str, shape: tuple[int, ...]) -> NDArray[Any]:
    if not isinstance(text, str):
        raise TypeError("array")
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("array") from error
    values = np.frombuffer(content, dtype=kind).reshape(shape)
    # Sums of numbers this size are still numbers.
    with np.errstate(invalid="ignore"):
        if not (abs(values.astype(float)) < 1e9).all():
            raise ValueError("array")
    return values.astype(np.dtype(kind).newbyteorder("="))


def _positive(values: NDArray[Any]) -> NDArray[Any]:
    if not (values > 0).all():
        raise ValueError("scale")
    return values
