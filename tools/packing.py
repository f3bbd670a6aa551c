"""Packs the desk's style and script out of two unpacked npm packages: done once, and the result is committed.

    npm pack govuk-frontend@6.3.0 @ministryofjustice/frontend@11.1.0     (and unpack both)
    python -m tools.packing GOVUK_FOLDER MOJ_FOLDER

Not newer than 6.3.0: the macros of govuk-frontend-jinja 4.1.0 are of its templates. Left out is what only GOV.UK itself
may show, the typeface GDS Transport and the crest; of MOJ Frontend all but the one component that the desk has.
"""

import re
import sys
from pathlib import Path
from typing import Final

ASSETS: Final = Path(__file__).parents[1] / "desk" / "assets"
FONT_FACE: Final = re.compile(r"@font-face\{[^}]*\}")
CREST: Final = re.compile(r"[\w-]+:url\(/assets/images/govuk-crest\.svg\)[^;}]*;?")
MAP: Final = re.compile(r"(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*$")
OF_MOJ: Final = "moj-sub-navigation"
RULE: Final = re.compile(r"[^{}]+\{[^{}]*\}")
BLOCK: Final = re.compile(rf"(@[^{{}}]+)\{{((?:{RULE.pattern})*)\}}|({RULE.pattern})")
"""Rules within a condition, such as the width of the screen; or one rule alone."""


def pack(govuk: Path, moj: Path) -> None:
    """Write the files of desk/assets anew."""
    dist = govuk / "dist" / "govuk"
    style = _ours((dist / "govuk-frontend.min.css").read_text("utf-8"))
    of_moj = _component(_ours((moj / "moj" / "moj-frontend.min.css").read_text("utf-8")), OF_MOJ)
    script = MAP.sub("", (dist / "govuk-frontend.min.js").read_text("utf-8"))
    (ASSETS / "govuk-frontend.min.css").write_text(style, "utf-8")
    (ASSETS / "moj-frontend.min.css").write_text(of_moj, "utf-8")
    (ASSETS / "govuk-frontend.min.js").write_text(script + "\n", "utf-8")


def _ours(style: str) -> str:
    """A style sheet without GOV.UK's own."""
    style = CREST.sub("", FONT_FACE.sub("", style)).replace("GDS Transport,arial", "arial")
    return MAP.sub("", style).rstrip() + "\n"


def _component(style: str, name: str) -> str:
    """The rules of a style sheet that are of one component."""
    kept = ""
    for condition, within, alone in BLOCK.findall(style):
        rules = "".join(rule for rule in RULE.findall(within or alone) if name in rule)
        kept += f"{condition}{{{rules}}}" if condition and rules else rules
    return kept + "\n"


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
