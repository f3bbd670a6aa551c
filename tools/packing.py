"""Packs the desk's style and script out of two unpacked npm packages: done once, and the result is committed.

    npm pack govuk-frontend@6.3.0 @ministryofjustice/frontend@11.1.0     (and unpack both)
    python -m tools.packing GOVUK_FOLDER MOJ_FOLDER

Not newer than 6.3.0: the macros of govuk-frontend-jinja 4.1.0 are of its templates. Left out is what only GOV.UK itself
may show: the typeface GDS Transport and the crest.
"""

import re
import sys
from pathlib import Path
from typing import Final

ASSETS: Final = Path(__file__).parents[1] / "desk" / "assets"
FONT_FACE: Final = re.compile(r"@font-face\{[^}]*\}")
CREST: Final = re.compile(r"[\w-]+:url\(/assets/images/govuk-crest\.svg\)[^;}]*;?")
IMAGE: Final = re.compile(r"/assets/images/([\w-]+\.svg)")
MAP: Final = re.compile(r"(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*$")


def pack(govuk: Path, moj: Path) -> None:
    """Write the files of desk/assets anew."""
    dist = govuk / "dist" / "govuk"
    styles = {name: _ours((folder / f"{name}.min.css").read_text("utf-8")) for name, folder in _styles(dist, moj)}
    for name, text in styles.items():
        (ASSETS / f"{name}.min.css").write_text(text, "utf-8")
        for image in sorted({*IMAGE.findall((_folder(name, dist, moj) / f"{name}.min.css").read_text("utf-8"))}):
            source = _folder(name, dist, moj) / "assets" / "images" / image
            if image != "govuk-crest.svg":
                (ASSETS / "images" / image).write_bytes(source.read_bytes())
    script = (dist / "govuk-frontend.min.js").read_text("utf-8")
    (ASSETS / "govuk-frontend.min.js").write_text(MAP.sub("", script) + "\n", "utf-8")


def _styles(govuk: Path, moj: Path) -> list[tuple[str, Path]]:
    return [("govuk-frontend", govuk), ("moj-frontend", moj / "moj")]


def _folder(name: str, govuk: Path, moj: Path) -> Path:
    return dict(_styles(govuk, moj))[name]


def _ours(style: str) -> str:
    """A style sheet without GOV.UK's own, whose pictures lie beside it."""
    style = CREST.sub("", FONT_FACE.sub("", style)).replace("GDS Transport,arial", "arial")
    return MAP.sub("", IMAGE.sub(r"images/\1", style)).rstrip() + "\n"


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
