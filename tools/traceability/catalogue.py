"""The pages docs/catalogue/: every rule of a policy in words, from the policy files and what their names mean."""

from collections.abc import Iterable, Iterator

from cli.notice_words import at_once_rows, ruling_says, rulings
from cli.notice_words import what_it_says as what_is_told
from cli.policy_words import (
    glossary,
    ladder_ruling,
    law,
    lineage,
    milestone_says,
    milestones,
    rung,
    stated,
    what_differs,
    what_it_says,
)
from domain.clocks.rules import Notice, Policy
from domain.clocks.wording import in_words
from domain.policy.loading import Policies

Lines = Iterable[tuple[str, str]]


def page(policies: Policies, policy_id: str) -> str:
    """One policy's page as Markdown."""
    policy = policies.resolve(policy_id)
    parts = (_head(policies, policy), _ladder(policies, policy), _obligations(policies, policy))
    more = (_at_once(policies, policy), _milestones(policies, policy), _rulings(policies, policy), _glossary(policy))
    return "\n".join(line for part in (*parts, *more) for line in part) + "\n"


def _head(policies: Policies, policy: Policy) -> Iterator[str]:
    file = policies.file(policy.id)
    yield f"# {file.title}"
    yield ""
    yield "Made by `make docs` from the policy files; do not edit."
    yield ""
    yield f"- Id: `{file.id}`, version {file.version}, in force from {in_words(file.effective_from)}"
    yield f"- Source: {file.source}"
    if file.cited:
        yield "- Law: each address opens the text as it stands; `/YYYY-MM-DD` after it, the text as it stood on a day"
    extended = ", ".join(f"[{parent}]({parent}.md)" for parent in file.parents) or "nothing"
    yield f"- Extends: {extended}"


def _ladder(policies: Policies, policy: Policy) -> Iterator[str]:
    yield from (
        "",
        "## ladder",
        "",
        "When something is overdue:",
        "",
        "| rung | when | who is told |",
        "| --- | --- | --- |",
    )
    for number, step in enumerate(policy.ladder.steps, 1):
        when, who = rung(step)
        yield f"| {number} | {when} | {who}{' (again)' if number > len(policy.ladder.rungs) else ''} |"
    reason = ladder_ruling(lineage(policies, policy.id))
    if reason:
        yield from ("", f"Ours: {reason}")


def _obligations(policies: Policies, policy: Policy) -> Iterator[str]:
    cited = policies.citations(policy.id)
    yield from ("", "## Obligations")
    for one in stated(policies, policy):
        lead = one.lead
        yield from ("", f"### {lead.rule.id}", "", f"**{lead.rule.title}** ({lead.rule.clause}; `{lead.file.id}`)", "")
        yield from _listed(law(cited, lead.rule.clause))
        yield from _listed(what_it_says(lead))
        for row in one.limits:
            yield f"- Further limit, the earlier binds: {row.rule.clause} (`{row.file.id}`)"
            further = (*law(cited, row.rule.clause), *what_differs(row, lead))
            yield from (f"    - {label}: {text}" for label, text in further)


def _at_once(policies: Policies, policy: Policy) -> Iterator[str]:
    rows, cited = at_once_rows(policies, policy), policies.citations(policy.id)
    for head, kind in (("Notices and breaches", True), ("Gates", False)):
        of_kind = [row for row in rows if isinstance(row.rule, Notice) is kind]
        if of_kind:
            yield from ("", f"## {head}")
        for row in of_kind:
            title = row.rule.title if isinstance(row.rule, Notice) else "What must be there before it is recorded"
            # A gate may share its id with a breach; the anchor leads to the first of the two.
            yield from ("", f"### {row.rule.id}", "", f"**{title}** ({row.rule.clause}; `{row.file.id}`)", "")
            yield from _listed(law(cited, row.rule.clause))
            yield from _listed(what_is_told(row))


def _milestones(policies: Policies, policy: Policy) -> Iterator[str]:
    defined = list(milestones(policies, policy))
    if defined:
        yield from ("", "## Milestones", "", "Events of its own, which rules name as `milestone.ID`.")
    for one, file in defined:
        yield from ("", f"### milestone-{one.id}", "", f"**{one.title}** ({one.clause}; `{file.id}`)", "")
        yield from _listed(milestone_says(one))


def _rulings(policies: Policies, policy: Policy) -> Iterator[str]:
    own = [ruling for file, ruling in rulings(policies, policy) if file.id == policy.id]
    if own:
        yield from (
            "",
            "## Rulings",
            "",
            "Where the sources leave something open. Nothing decides by these: they say why.",
        )
    for ruling in own:
        yield from ("", f"### ruling-{ruling.id}", "")
        yield from _listed(ruling_says(ruling))


def _glossary(policy: Policy) -> Iterator[str]:
    yield from ("", "## In full", "")
    yield from (f"- {short}: {rest}" for short, rest in glossary(policy))


def _listed(lines: Lines) -> Iterator[str]:
    return (f"- {label}: {text}" for label, text in lines)
