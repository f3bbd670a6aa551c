"""Pages out of templates: GOV.UK macros, an environment of their own, and headers that let nothing foreign in.

The macros want missing values to be nothing (ChainableUndefined), where everything else here wants them refused. Their
arguments called `html` are not escaped: give them only what a template has rendered itself.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader

from desk.assets import ASSETS_AT
from desk.desk import AT
from desk.needs import Need, is_met
from desk.scope import Viewer
from desk.visits import Visit
from domain.case.events import LONDON
from domain.clocks.wording import in_words, short_date, spaced
from domain.visible import visible
from reporting.rendering import columns_said, templates

TEMPLATES: Final = Environment(
    loader=ChoiceLoader(
        [
            FileSystemLoader(Path(__file__).parent / "templates"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja"), **templates()}),
        ]
    ),
    undefined=ChainableUndefined,
    autoescape=True,
    auto_reload=False,  # else each of the twenty files that a page is made of is looked at on the disk
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """An entry of the navigation."""

    text: str
    path: str
    need: Need = Need.SESSION


NAVIGATION: Final = [
    MenuEntry("My children", f"{AT}/my-children", Need.CHILDREN),
    MenuEntry("Team", f"{AT}/team", Need.MANAGER),
    MenuEntry("Oversight", f"{AT}/oversight", Need.OVERSIGHT),
    MenuEntry("Report", f"{AT}/report", Need.OVERSIGHT),
    MenuEntry("Source", f"{AT}/source", Need.SOURCE),
    MenuEntry("Service", f"{AT}/service", Need.OPERATOR),
    MenuEntry("Restrictions", f"{AT}/restrictions", Need.SERVICE_MANAGER),
]
"""In order; who may not have a page is not shown its entry. A new page adds its own."""


def sentence(text: str) -> str:
    """A text that begins with a capital letter, otherwise as it is."""
    return text[:1].upper() + text[1:]


def clock(instant: datetime) -> str:
    """An instant as people read it here, such as 7 Jan 2026, 09:00."""
    here = instant.astimezone(LONDON)
    return f"{short_date(here.date())}, {here:%H:%M}"


def role_name(code: str) -> str:
    """A role as people say it: `ppm_chair` is PPM chair."""
    return sentence(spaced(code))


TEMPLATES.filters |= {"day": in_words, "short_day": short_date, "clock": clock, "role": role_name, "words": spaced}
TEMPLATES.filters["sentence"] = sentence


def choices(options: Iterable[tuple[str, str]], chosen: str, first: str) -> list[dict[str, object]]:
    """Options as the select macro takes them, with a first that chooses nothing."""
    return [{"value": "", "text": first}, *({"value": c, "text": t, "selected": c == chosen} for c, t in options)]


def ticks(options: Iterable[tuple[str, str]], chosen: Collection[str]) -> list[dict[str, object]]:
    """Options as the macros of radios and checkboxes take them."""
    return [{"value": code, "text": text, "checked": code in chosen} for code, text in options]


TEMPLATES.globals |= {"AT": AT, "assets": ASSETS_AT, "choices": choices, "ticks": ticks, "columns_said": columns_said}


def page(visit: Visit, template: str, title: str, *, status: HTTPStatus = HTTPStatus.OK, **facts: Any) -> HTMLResponse:
    """A page for somebody signed in. `title` is its heading too; `errors` of a form are told in both."""
    return render(visit.request, template, title, visit.viewer, status, {"visit": visit, **facts})


def render(
    request: Request,
    template: str,
    title: str,
    viewer: Viewer | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    facts: Mapping[str, Any] | None = None,
) -> HTMLResponse:
    """A page for whoever asks, signed in or not."""
    nonce = secrets.token_urlsafe(16)
    html = TEMPLATES.get_template(template).render(
        {
            "title": title,
            "viewer": viewer,
            "navigation": _navigation(viewer, request.url.path),
            "cspNonce": nonce,
            "typed": {},
            **(facts or {}),
        }
    )
    return HTMLResponse(visible(html, lines=True), status, _headers(nonce))


def fragment(template: str, **facts: Any) -> str:
    """A part of a page by itself, to be kept."""
    return TEMPLATES.get_template(template).render(facts)


def to(path: str) -> RedirectResponse:
    """Another page instead, asked for by GET: after a form was taken, so that going back does not send it again."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def first_page(viewer: Viewer) -> str:
    """Where somebody begins: with what they answer for."""
    if viewer.only_operates:
        return f"{AT}/service"
    if viewer.service_wide or viewer.manages:
        return f"{AT}/team"
    return f"{AT}/oversight" if viewer.reviews else f"{AT}/my-children"


def ways_back(viewer: Viewer) -> list[MenuEntry]:
    """Where somebody goes on once something is done: to what they began with, what escalated, and their children."""
    begins = first_page(viewer)
    entries = [entry for entry in NAVIGATION if entry.path in (begins, f"{AT}/my-children")]
    if is_met(Need.OVERSIGHT, viewer):
        entries.append(MenuEntry("Oversight: escalations", f"{AT}/oversight?tab=escalations"))
    return sorted(entries, key=lambda entry: entry.path != begins)


def _navigation(viewer: Viewer | None, path: str) -> list[dict[str, object]]:
    if viewer is None:
        return []
    entries = [entry for entry in NAVIGATION if is_met(entry.need, viewer)]
    return [
        {"text": entry.text, "href": entry.path, "current": path == entry.path or path.startswith(f"{entry.path}/")}
        for entry in entries
    ]


def _headers(nonce: str) -> dict[str, str]:
    """Nothing is loaded but our own style, script and pictures; forms go to us only; no other site learns an address.

    The referrer stays with our own pages: without any, a browser would not say from where a form is sent.
    """
    return {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
        f"script-src 'self' 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "same-origin",
        "X-Robots-Tag": "noindex",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
