"""Style, script and pictures, kept in memory: their address holds a hash of them all, so each is asked for once."""

import gzip
import hashlib
from http import HTTPStatus
from pathlib import Path
from typing import Final, NamedTuple

from fastapi import Request, Response

from desk.needs import Need
from desk.pages import Pages

FOLDER: Final = Path(__file__).parent / "assets"
TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Asset(NamedTuple):
    """A file as it is served."""

    type: str
    plain: bytes
    packed: bytes


def _read() -> dict[str, Asset]:
    files = sorted(path for path in FOLDER.rglob("*") if path.suffix in TYPES)
    return {
        path.relative_to(FOLDER).as_posix(): Asset(
            TYPES[path.suffix], path.read_bytes(), gzip.compress(path.read_bytes(), mtime=0)
        )
        for path in files
    }


ASSETS: Final = _read()
VERSION: Final = hashlib.sha256(b"".join(asset.plain for asset in ASSETS.values())).hexdigest()[:12]
ASSETS_AT: Final = f"/desk/assets/{VERSION}"
ALWAYS: Final = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}

pages = Pages()


@pages.show("/assets/{version}/{name:path}", Need.NOTHING)
def asset(version: str, name: str, request: Request) -> Response:
    """A file of the desk's own. An address of an older version has the newer file, and is not kept."""
    file = ASSETS.get(name)
    if file is None:
        return Response(status_code=HTTPStatus.NOT_FOUND)
    headers = dict(ALWAYS) if version == VERSION else {}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, media_type=file.type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(file.plain, media_type=file.type, headers=headers)
