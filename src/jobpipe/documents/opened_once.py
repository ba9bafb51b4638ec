"""A store that is opened where it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class _Closable(Protocol):
    def close(self) -> None: ...


Store = TypeVar("Store", bound=_Closable)


class OpenedOnce(Generic[Store]):
    """By whoever asks first, of any number of threads."""

    def __init__(self) -> None:
        self._opened: Store | None = None
        self._opening = threading.Lock()

    def get(self, opened: Callable[[], Store]) -> Store:
        with self._opening:
            if self._opened is None:
                self._opened = opened()
            return self._opened

    def close(self) -> None:
        with self._opening:
            if self._opened is not None:
                self._opened.close()
                self._opened = None
