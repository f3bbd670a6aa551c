"""What goes to the terminal: nothing that data holds is obeyed there (domain/visible.py)."""

import json

import typer

from domain.visible import visible


def say(text: str, *, err: bool = False) -> None:
    """A message of some lines, on standard output or, with `err`, on the other."""
    typer.echo(visible(text, lines=True), err=err)


def say_json(*documents: object, indent: int | None = None) -> None:
    """JSON documents, a line each or indented, in UTF-8 whatever the terminal's encoding."""
    if documents:
        lines = [visible(json.dumps(one, ensure_ascii=False, indent=indent), lines=True) for one in documents]
        typer.echo("\n".join(lines).encode())


def print_json(data: object) -> None:
    """One JSON document on standard output, in UTF-8 whatever the terminal's encoding."""
    say_json(data, indent=2)
