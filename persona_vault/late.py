"""Public names that are loaded when they are first used.

What a command does not use it need not wait for: the names of a package stand in many
modules, and some of these load a database driver or a model's libraries.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from sys import modules


def loader(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """The `__getattr__` of a package.

    Args:
        package: Its `__name__`.
        homes: Public name -> the module below the package that has it.
    """

    def load(name: str) -> object:
        """Load a public name from its module.

        Raises:
            AttributeError: There is no such name.
        """
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(import_module(f"{package}.{homes[name]}"), name)
        # The next look finds it without this function.
        setattr(modules[package], name, found)
        return found

    return load
