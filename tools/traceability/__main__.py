"""`python -m tools.traceability`: the generated pages of docs/, and the inventory of sentences.

python -m tools.traceability                       write the pages anew
python -m tools.traceability --check               say which pages are out of date; exit 1 if any is
python -m tools.traceability --inventory FOLDER    write the inventory anew from the two procedures in a folder
"""

from pathlib import Path
from typing import Annotated

import typer

from domain.policy.loading import Policies
from tools.traceability import catalogue, decisions, periods, procedures, ssd_columns, stages, structure, word_list
from tools.traceability.inventory import write_inventory
from tools.traceability.mapping import POLICY_OF, problems
from tools.traceability.shown_by import ROOT

DOCS = ROOT / "docs"


def pages(policies: Policies) -> dict[Path, str]:
    """Every generated page, by the file it belongs in."""
    made = {DOCS / "stages.md": stages.page(), DOCS / "adr" / "README.md": decisions.page()}
    made |= {DOCS / "structure.md": structure.page(), DOCS / "periods.md": periods.page()}
    made |= {DOCS / "words.md": word_list.page(), DOCS / "ssd-columns.md": ssd_columns.page()}
    made |= {DOCS / "catalogue" / f"{one}.md": catalogue.page(policies, one) for one in policies.ids()}
    return made | {DOCS / "procedures" / f"{POLICY_OF[one]}.md": procedures.page(policies, one) for one in POLICY_OF}


def out_of_date(policies: Policies) -> list[Path]:
    """The pages that are not as they would be made now."""
    return [path for path, text in pages(policies).items() if not path.exists() or path.read_text("utf-8") != text]


def main(
    *,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if a page is out of date.")] = False,
    inventory: Annotated[
        Path | None, typer.Option("--inventory", metavar="FOLDER", help="Write the inventory from the procedures here.")
    ] = None,
) -> None:
    """Write the pages that are made from the procedures, the policies and the tests."""
    if inventory is not None:
        typer.echo(f"{write_inventory(inventory)} sentences")
    policies = Policies.load()
    if wrong := problems(policies):
        typer.echo("\n".join(wrong), err=True)
        raise typer.Exit(1)
    stale = out_of_date(policies)
    for path in stale:
        typer.echo(f"{'out of date' if check else 'written'}: {path.relative_to(ROOT)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages(policies)[path], "utf-8")
    if check and stale:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
