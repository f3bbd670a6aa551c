"""Commands whose modules are loaded when they run, so that `--help` answers at once however much each of them needs."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


class At(NamedTuple):
    """Where a command is, and what help says of it before it is loaded."""

    place: str
    """`module:name` of its function, or of a group of commands."""
    line: str
    """The first paragraph of what it says of itself; tests/cli/test_lazy.py holds them to one another."""
    panel: str | None = None


@contextmanager
def nothing_collected() -> Iterator[None]:
    """What is made meanwhile stays for good, as modules do: to look it through for garbage takes a fifth of loading."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class LaterCommand(TyperCommand):
    """A command in the list of its group, not loaded yet."""

    def __init__(self, name: str, at: At) -> None:
        super().__init__(name, help=at.line, rich_help_panel=at.panel)
        self.at = at

    def load(self) -> Any:
        """The command itself."""
        module, _, name = self.at.place.partition(":")
        with nothing_collected():
            loaded = getattr(import_module(module), name)
        if isinstance(loaded, typer.Typer):
            return get_group(loaded)
        alone = typer.Typer(add_completion=False)
        alone.command(self.name)(loaded)
        return get_command(alone)


class LazyGroup(TyperGroup):
    """A group that loads a command of its table when it is called."""

    table: Mapping[str, At] = {}

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, at in self.table.items():
            self.add_command(LaterCommand(name, at))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is called, loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, LaterCommand) else command, rest


def group_of(table: Mapping[str, At], about: str) -> typer.Typer:
    """A group with the commands of a table."""
    return typer.Typer(cls=type("Group", (LazyGroup,), {"table": table}), no_args_is_help=True, help=about)
