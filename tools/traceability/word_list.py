"""The page docs/words.md: every word that a policy can say, from the registries that policies are read by."""

from collections.abc import Iterator

from domain.policy.lexicon import event_words, lexicon, role_words


def page() -> str:
    """The page as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# The words of a policy"
    yield ""
    yield "Made by `make docs` from the registries that policies are read by; do not edit. A test loads each example."
    yield "`permanence policy words WORD` says it of one word. How rules are put together: [policies.md](policies.md)."
    part = ""
    for one in lexicon():
        if one.part != part:
            part = one.part
            yield from (
                "",
                f"## {part[:1].upper()}{part[1:]}",
                "",
                "| word | meaning | example |",
                "| --- | --- | --- |",
            )
        example = "<br>".join(f"`{_in_a_cell(line)}`" for line in one.example.splitlines())
        yield f"| `{one.word}` | {_in_a_cell(one.meaning)} | {example} |"
    yield from ("", "## Types of events", "", "| type | fields that `where` may compare |", "| --- | --- |")
    for name, fields in event_words():
        said = "<br>".join(f"`{field}`: {_in_a_cell(accepted)}" for field, accepted in fields)
        yield f"| `{name}` | {said or 'none'} |"
    yield from ("", "## Roles", "", "| role | as people read it |", "| --- | --- |")
    yield from (f"| `{name}` | {said} |" for name, said in role_words())


def _in_a_cell(text: str) -> str:
    return text.replace("|", "\\|")
