"""`permanence report --policy NEW`: what another policy would change, from the record, before it is adopted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from cli.directory import directory_here
from cli.errors import Refused
from cli.output import say
from cli.policy_check import every_slip
from cli.policy_kept import not_raised_here
from cli.progress import progress_bar
from cli.screen import console, plain_table
from delivery.case_now import Cases
from delivery.caseload import CaseloadKeeper
from domain.case.calendar import local_date
from domain.clocks.wording import in_words
from domain.policy.check import check_policy
from domain.policy.loading import Policies
from record.caseload_reading import CaseloadReading
from record.store import CaseRecord
from reporting.report import Report
from reporting.what_if import Foretelling, Proposal, WhatIf
from reporting.what_if_tables import report_of
from service.settings import Settings


def what_if_report(record: CaseRecord, here: Settings, now: datetime, new: str, replacing: Sequence[str]) -> Report:
    """The report. Raises Refused for a policy that cannot be adopted, or that nobody would adopt."""
    policies = Policies.load(*([here.policies] if here.policies else []))
    proposal = _proposal(policies, new, replacing)
    caseload = CaseloadKeeper(record, Cases(policies, here.default_policy))
    caseload.follow_the_record()
    with progress_bar("Looking ahead") as progress:
        while caseload.renew_news():
            pass
        reading = CaseloadReading(record.engine, now)
        under_way = reading.under_way()
        made = Foretelling(record, policies, here.default_policy, proposal).what_if(under_way, now, progress)
    _refuse_unless_adopted(made)
    report = report_of(made, policies, directory_here(here), _said(made, local_date(now)))
    return replace(report, left_out=sorted({*made.failed, *reading.left_out()}))


def _proposal(policies: Policies, new: str, replacing: Sequence[str]) -> Proposal:
    if unknown := sorted({*replacing} - {*policies.ids()}):
        raise Refused(f"--from: {', '.join(unknown)}: no policy here; accepted: {', '.join(policies.ids())}")
    if new in policies.ids():
        return Proposal.of(policies, new, replacing)
    if not new.endswith(".toml"):
        raise Refused(
            f"--policy: {new!r} is no policy here; accepted: {', '.join(policies.ids())}, or a policy file (*.toml)"
        )
    try:
        text = Path(new).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{new}: it cannot be read: {getattr(error, 'strerror', None) or 'no UTF-8 text'}") from None
    file, slips = check_policy(text, policies)
    if slips or file is None:
        raise Refused(every_slip([(new, slip) for slip in slips]))
    return Proposal.of(policies.with_file(file, text), file.id, replacing)


def _refuse_unless_adopted(made: WhatIf) -> None:
    """Both sides would be the same: say on which policies the journeys run, so that the next try is right."""
    if any(one.foretold.adopting == "adopts" for one in made.children):
        return
    runs = Counter(one.policy.id for one in made.children if one.foretold.adopting == "stays")
    has = sum(one.foretold.adopting == "has" for one in made.children)
    others = ", ".join(f"{policy} ({count:,})" for policy, count in sorted(runs.items()))
    raise Refused(
        f"--policy: no journey under way would adopt {made.proposal.called}"
        + (f"; {has:,} have it already" if has else "")
        + (f"; others run on {others}: say with --from which of these it is to replace" if others else "")
        + "".join(f"; refused: {why}" for why in sorted({one.foretold.why for one in made.children} - {""}))
    )


def _said(made: WhatIf, today: date) -> Iterator[str]:
    proposal = made.proposal
    file = proposal.policies.file(proposal.policy.id)
    yield (
        "Worked out from the case record by the rules themselves, as if nothing more were recorded. Nothing was "
        "changed and nobody was told."
    )
    if today < file.effective_from:
        yield (
            f"It is in force from {in_words(file.effective_from)} and cannot be adopted before: this is as if it could."
        )
    lineage = proposal.policies.lineage(file)
    texts = proposal.policies.texts
    for words in not_raised_here([(one, texts[one.id]) for one in lineage if one.id in texts]):
        yield f"It cannot be adopted as it is: {words}."


def show_in_short(made: Report) -> None:
    """The first table, for who only wants to look; `-o` has the rest."""
    short, who = made.tables[:2]
    table = plain_table(made.title, *(one.title for one in short.columns))
    for row in short.rows:
        table.add_row(row.title, *(row.cell(one.key).text for one in short.columns))
    console().print(table)
    total = who.rows[-1]
    counts = ", ".join(f"{one.title.lower()}: {total.cell(one.key).text}" for one in who.columns)
    say(f"Journeys under way: {counts}.")
    for words in made.said:
        say(words)
