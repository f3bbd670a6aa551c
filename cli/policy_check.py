"""`permanence policy check`: every slip in a policy file on its line, and the policy laid beside the law."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from cli import words
from cli.as_data import as_data
from cli.errors import Refused
from cli.options import YEARS, Folder, Json
from cli.output import print_json, say
from cli.policy_kept import not_raised_here
from cli.screen import console
from domain.policy.check import Finding, check_policy
from domain.policy.law_lint import Compared, LifeLaidOut, beside_the_law
from domain.policy.loading import Policies, PolicyRefused, read_policy
from domain.policy.warnings import warnings_of
from domain.study.explain_words import long_day

HEAT: Final = " ░▒▓█"
"""From no day of a month to every day of it."""

MONTHS: Final = "J F M A M J J A S O N D"


def check(
    *,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Policy files (*.toml).")],
    year: Annotated[
        int | None, typer.Option("--year", metavar="YYYY", help="The year of starts laid beside the law; absent: this.")
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="End with 2 also where a rule is later than the law, or a version not raised."),
    ] = False,
    policies: Folder = None,
    as_json: Json = False,
) -> None:
    """Check policy files: names, rungs, clauses and reasons, each slip with its line; then lay them beside the law.

    Ends with 2 if anything is wrong. A local rule that alone would be later than the law is a warning, and so is a text
    that differs from the one that the service here has under the same version.
    """
    year = year or datetime.now(UTC).year
    if year not in YEARS:
        raise Refused(f"--year: {year} is not accepted; give a year of {YEARS[0]} to {YEARS[-1]}")
    texts = {name: _read(name) for name in files}
    known = _known(texts, policies)
    checked = {name: check_policy(text, known) for name, text in texts.items()}
    problems = [(name, one) for name, (_, problems_of_file) in checked.items() for one in problems_of_file]
    if problems and not as_json:
        raise Refused(every_slip(problems))

    unraised = not_raised_here([(file, texts[name]) for name, (file, slips) in checked.items() if file and not slips])
    good = [file for file, problems_of_file in checked.values() if file is not None and not problems_of_file]
    beside = {file.id: beside_the_law(known.with_file(file), file.id, date(year, 1, 1)) for file in good}
    later = [compared for done, _ in beside.values() for compared in done if compared.later]
    warned = {file.id: list(warnings_of(known.with_file(file).resolve(file.id))) for file in good}
    if as_json:
        data = {"problems": [_problem(*one) for one in problems], "beside_the_law": [*map(_compared_data, later)]}
        print_json(data | {"warnings": warned, "version_not_raised": unraised})
    else:
        _show(checked, beside, later)
        _show_warnings(warned)
        for words in unraised:
            say(f"Warning: {words}.", err=True)
    if problems or (strict and (later or unraised or any(warned.values()))):
        raise typer.Exit(Refused.exit_code)


def _read(name: str) -> str:
    try:
        return Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{name}: it cannot be read: {getattr(error, 'strerror', None) or 'no UTF-8 text'}") from None


def _known(texts: dict[str, str], folder: Path | None) -> Policies:
    """The project's policies with those given and those of the folder, as far as they can be read as policies."""
    known = Policies.load()
    others = {str(path): _read(str(path)) for path in sorted(folder.glob("*.toml"))} if folder else {}
    for name, text in {**others, **texts}.items():
        try:
            known = known.with_file(read_policy(name, text))
        except PolicyRefused:
            continue  # one that is checked says why; another is of no concern here
    return known


def every_slip(problems: Sequence[tuple[str, Finding]]) -> str:
    """All that is wrong in some files, each with its line."""
    number = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return "\n".join([f"{number}:", *(f"{name}:{one.line}: {one.text}" for name, one in problems)])


def _problem(name: str, finding: Finding) -> dict[str, Any]:
    return {"file": name, "line": finding.line, "problem": finding.text}


# Beside the law


def _show(checked: Any, beside: Any, later: list[Compared]) -> None:

    out = console()
    for name, (file, _) in checked.items():
        done, left = beside[file.id]
        out.print(f"{name}: {file.id} version {file.version}: nothing is wrong. {_how_many(done)}")
        for pair in left:
            out.print(
                f"  not compared: {pair.local} with {pair.law}: no life is laid out for where the law's clock starts"
            )
    for compared in later:
        out.print()
        _show_compared(compared, out)


def _show_warnings(warned: dict[str, list[str]]) -> None:
    for policy, said in warned.items():
        for one in said:
            console().print(Text.assemble(("Warning  ", "bold yellow"), (policy, "bold"), f": {one}"))


def _how_many(done: Sequence[Compared]) -> str:
    if not done:
        return "It states no date that the law has a limit for."
    late = sum(bool(compared.later) for compared in done)
    rules = "1 rule" if len(done) == 1 else f"{len(done)} rules"
    return f"{rules} laid beside the law: {late or 'none'} would alone be later on some days."


def _show_compared(compared: Compared, out: Console) -> None:

    worst = compared.worst
    assert worst is not None
    out.print(
        Text.assemble(
            ("Warning  ", "bold yellow"),
            (compared.local, "bold"),
            f" ({compared.clause}) beside {compared.law} ({compared.law_clause})",
        )
    )
    if compared.dead:
        out.print("It never binds: on every day the law is due before it. Take it out, or give it a date of its own.")
    first = compared.cases[0].start
    out.print(
        f"Alone it would be later than the law in {len(compared.later):,} of {len(compared.cases):,} cases: "
        f"every day of {compared.starts} in {first.year}, the review before held early or late. "
        "The earlier date binds, so nobody is told late; but do not plan by this rule alone."
    )
    out.print(Text(f"{'the review before':>22}  {MONTHS}", style="dim"))
    for label, cases in _by_shift(compared):
        later = sum(case.later > 0 for case in cases)
        out.print(Text.assemble(f"{label:>22}  ", _strip(cases), f"  {later} of {len(cases)}"))
    out.print(_worst(compared, worst))


def _by_shift(compared: Compared) -> Iterator[tuple[str, list[LifeLaidOut]]]:
    for shift in sorted({case.shift for case in compared.cases}, key=lambda shift: shift or 0):
        yield _held(shift), [case for case in compared.cases if case.shift == shift]


def _held(shift: int | None) -> str:
    if shift is None:
        return "none"
    return f"{abs(shift)} working days {'early' if shift < 0 else 'late'}" if shift else "on its due day"


def _strip(cases: Sequence[LifeLaidOut]) -> Text:
    """A mark for each month: the darker, the more of its days."""
    strip = Text()
    for month in range(1, 13):
        own = [case.later > 0 for case in cases if case.start.month == month]
        share = sum(own) / len(own) if own else 0
        mark = HEAT[min(len(HEAT) - 1, int(share * (len(HEAT) - 2) + 1))] if share else "·"
        strip.append(f"{mark} ", style="yellow" if share else "dim")
    return strip


def _worst(compared: Compared, case: LifeLaidOut) -> str:

    held = f", review held {long_day(case.held)}" if case.held else ""
    number = f" ({case.occurrence})" if case.occurrence > 1 else ""
    return (
        f"Worst: {compared.starts} {long_day(case.start)}{held}: {compared.local}{number} alone "
        f"{long_day(case.local)}, the law {long_day(case.law)}: {words.days(case.later)} later."
    )


def _compared_data(compared: Compared) -> dict[str, Any]:

    return {
        "rule": compared.local,
        "clause": compared.clause,
        "law": compared.law,
        "law_clause": compared.law_clause,
        "cases": len(compared.cases),
        "later": len(compared.later),
        "dead": compared.dead,
        "worst": as_data(compared.worst) | {"later": compared.worst.later} if compared.worst else None,
        "by_review_held": {
            _held(shift): {
                "cases": sum(case.shift == shift for case in compared.cases),
                "later": sum(case.shift == shift for case in compared.later),
            }
            for shift in dict.fromkeys(case.shift for case in compared.cases)
        },
    }
