"""A result that is computed beside other work, in a thread of its own.

For what spends its time outside of Python, such as hashing and stretching a passphrase:
the imports of a command take as long, and neither has to wait for the other.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Beside(Generic[T]):
    """Begun when it is made; what it gives, or raises, is asked for later.

    The program may end meanwhile without waiting for it.

    Args:
        compute: What to do.
    """

    def __init__(self, compute: Callable[[], T]) -> None:
        self._compute = compute
        self._found: list[T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._found.append(self._compute())
        except BaseException as error:  # noqa: BLE001 - raised where it is asked for
            self._error = error

    def result(self) -> T:
        """Wait for the end; the same each time."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._found[0]
