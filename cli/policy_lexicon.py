"""`permanence policy words`: every word that a policy can say, with its meaning and an example that runs."""

from typing import Annotated

import typer

from cli.errors import Refused
from cli.options import Json
from cli.output import print_json
from cli.screen import console
from domain.clocks.vocabulary import WordMeaning, listed, nearest
from domain.policy.lexicon import event_words, lexicon, role_words


def words(
    *,
    word: Annotated[
        str | None, typer.Argument(metavar="[WORD]", help="One word; absent: all, by part of a rule.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the words that a policy can say; of one word its meaning, the keys beside it and an example."""
    every = lexicon()
    chosen = [one for one in every if word in (None, one.word)]
    fields = dict(event_words())
    if not chosen and word not in fields:
        known = {*(one.word for one in every), *fields}
        meant = listed({one.word for one in every if str(word).lower() in one.meaning.lower()})
        said = f"; it stands in the meaning of: {meant}" if meant else ""
        raise Refused(
            f"{word!r} is no word of a policy{nearest(word, known)}{said}; accepted: each that "
            "`permanence policy words` lists without a word; what none of them says is an event of your own (milestone)"
        )
    if as_json:
        print_json([*map(_as_data, chosen), *(_event_as_data(word, fields))])
    elif word is None:
        _show_all(chosen, sorted(fields))
    else:
        for one in chosen:
            _show(one)
        if word in fields:
            _show_event(word, fields[word])


def _event_as_data(word: str | None, fields: dict[str, list[tuple[str, str]]]) -> list[dict[str, object]]:
    return [{"event": word, "fields": dict(fields[word])}] if word in fields else []


def _as_data(one: WordMeaning) -> dict[str, object]:
    return {"part": one.part, "word": one.word, "meaning": one.meaning, "example": one.example, "keys": list(one.keys)}


def _show_all(every: list[WordMeaning], events: list[str]) -> None:
    out, part = console(), ""
    for one in every:
        if one.part != part:
            part = one.part
            out.print(f"\n{part[:1].upper()}{part[1:]}")
        out.print(f"  {one.word:<32}{one.meaning}")
    out.print(f"\nTypes of events (permanence policy words TYPE has the fields)\n  {', '.join(events)}")
    out.print(f"\nRoles\n  {', '.join(name for name, _ in role_words())}; your own: own_..., listed in roles")


def _show(one: WordMeaning) -> None:
    out = console()
    out.print(f"{one.word}, of {one.part}: {one.meaning}")
    if one.keys:
        out.print(f"  beside it: {', '.join(one.keys)}")
    for line in one.example.splitlines():
        out.print(f"  {line}")


def _show_event(name: str, fields: list[tuple[str, str]]) -> None:
    console().print(f"{name}, a type of event: where a rule names an event, and in where with these fields:")
    for field, accepted in fields:
        console().print(f"  {field}: {accepted}")
    console().print(f'  {{ event = "{name}" }}')
