"""A small language for the shape of a JSON value, for tables of contracts."""

from typing import Any

NUMBER = (int, float)
TEXT_OR_NULL = (str, type(None))


def misfits(value: Any, shape: Any, where: str = "$") -> list[str]:
    """The places where a value is not of its shape; keys beyond it are free.

    A shape is a type, a tuple of types, {key: shape}, [shape of each entry], or a set
    of the values allowed. True and False are no numbers.
    """
    if isinstance(shape, dict):
        return _in_object(value, shape, where)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [
            m
            for i, v in enumerate(value)
            for m in misfits(v, shape[0], f"{where}[{i}]")
        ]
    if isinstance(shape, set):
        return [] if value in shape else [f"{where} is {value!r}"]
    types = shape if isinstance(shape, tuple) else (shape,)
    fits = isinstance(value, types) and (not isinstance(value, bool) or bool in types)
    return [] if fits else [f"{where} is a {type(value).__name__}"]


def _in_object(value: Any, shape: dict[str, Any], where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} is no object"]
    missing = [f"{where}.{key} is missing" for key in shape if key not in value]
    return missing + [
        misfit
        for key, wanted in shape.items()
        if key in value
        for misfit in misfits(value[key], wanted, f"{where}.{key}")
    ]
