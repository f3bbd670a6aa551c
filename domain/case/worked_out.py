"""Values that are worked out the first time they are asked for, and kept."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class WorkedOutOnce(Generic[T]):
    """As `functools.cached_property`, without the lock that Python 3.11 takes, five calls each: no journey has threads.

    For classes of our own that have a `__dict__`; pydantic's models know `cached_property` alone.
    """

    def __init__(self, work: Callable[[Any], T]) -> None:
        self._work = work
        self.__doc__ = work.__doc__

    def __set_name__(self, owner: type[object], name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type[object]) -> T:
        value: T = self._work(instance)
        instance.__dict__[self._name] = value
        return value


def worked_out_once(work: Callable[[Any], T]) -> WorkedOutOnce[T]:
    """A property whose value is worked out the first time it is asked for."""
    return WorkedOutOnce(work)
