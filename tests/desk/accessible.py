"""What a page must be for everybody, as a browser has it: each answers with what is wrong, nothing where all is well."""

import asyncio
from typing import Any, Final

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.ui.browser import WIDE

NARROW: Final = 320
"""CSS pixels: what is left of a screen of 1280 at a zoom of 400 % (WCAG 2.2, 1.4.10), so one look shows both."""
PAPER: Final = 718
"""CSS pixels across a sheet of A4 between margins of a centimetre."""
CUT: Final = """() => {
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth
    const cut = [...document.querySelectorAll('main *, header *, .desk-bar *')].filter(one => {
        const style = getComputedStyle(one)
        if (one.closest('svg, .govuk-visually-hidden, .desk-timeline__frame, textarea, input') || !one.innerText) return false
        const hides = /hidden|clip|auto|scroll/
        return (hides.test(style.overflowX) && one.scrollWidth > one.clientWidth + 1)
            || (hides.test(style.overflowY) && one.scrollHeight > one.clientHeight + 1)
    })
    return [...(wide > 0 ? [`${wide} px too wide`] : []), ...cut.map(one => `cut: ${one.innerText.slice(0, 40)}`)]
}"""
"""What is wider than the screen, or hidden by the edge of what it stands in."""
MEASURED: Final = """() => {
    const texts = [...document.querySelectorAll('body *')].filter(one => !one.closest('svg, script, style')
        && [...one.childNodes].some(each => each.nodeType === 3 && each.textContent.trim()))
    window.sizes = new Map(texts.map(one => [one, parseFloat(getComputedStyle(one).fontSize)]))
    document.documentElement.style.fontSize = '200%'
}"""
"""How large each text is, before all have twice the size; but for a timeline's picture, whose table says the same."""
GROWN: Final = """() => {
    const small = [...sizes].filter(([one, was]) => one.checkVisibility() && parseFloat(getComputedStyle(one).fontSize) < 1.99 * was)
    return small.map(([one]) => `stays small: ${one.textContent.trim().slice(0, 40)}`)
}"""
REACHABLE: Final = """() => {
    const groups = new Set()
    window.wanted = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
        .filter(one => {
            if (one.disabled || one.type === 'hidden' || !one.checkVisibility()) return false
            if (one.type !== 'radio') return true
            const chosen = document.querySelector(`input[name="${CSS.escape(one.name)}"]:checked`)
            if (groups.has(one.name) || (chosen && chosen !== one)) return false
            return groups.add(one.name)
        })
    window.met = []
    document.addEventListener('focusin', event => {
        const one = event.target, box = one.getBoundingClientRect()
        const marked = style => style.boxShadow !== 'none'
            || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0)
        const label = one.labels && one.labels[0] && getComputedStyle(one.labels[0], '::before')
        met.push({one, at: [box.left, box.top + scrollY, box.right, box.bottom + scrollY],
            seen: marked(getComputedStyle(one)) || Boolean(label && marked(label))})
    })
    return wanted.length
}"""
MET: Final = """() => {
    const name = one => (one.innerText || one.id || one.name || one.tagName).trim().slice(0, 40)
    const wrong = [], number = wanted.length, begins = wanted.indexOf(met[0] && met[0].one)
    const should = at => wanted[(begins + at) % number]
    for (let at = 0; at <= number; at += 1)
        if (begins < 0 || !met[at] || met[at].one !== should(at)) {
            wrong.push(`step ${at + 1} should be ${name(should(Math.max(at, 0)) || wanted[0])}, is ${met[at] ? name(met[at].one) : 'nothing'}; ` + met.map(m => name(m.one)).join(' / '))
            break
        }
    met.slice(0, number).forEach((each, at) => {
        if (!each.seen) wrong.push(`${name(each.one)}: nobody sees that it has the focus`)
        const last = at ? met[at - 1] : null
        if (!last || [wanted[0], wanted[1]].includes(each.one)) return
        const before = last.at, here = each.at
        const above = here[3] <= before[1] + 1, left = here[2] <= before[0] + 1, right = here[0] >= before[2] - 1
        if ((above && !right) || (left && here[3] > before[1] + 1 && here[1] < before[3] - 1))
            wrong.push(`${name(each.one)} stands before ${name(last.one)} and comes after it`)
    })
    const stays = [...document.querySelectorAll('body *')].filter(one => /fixed|sticky/.test(getComputedStyle(one).position))
    if (stays.length) wrong.push('something stays where it is and may hide what has the focus')
    for (const form of document.forms)
        if (!form.querySelector('button:not([type=button])')) wrong.push('a form that Enter does not send')
    document.querySelector('.govuk-skip-link').focus()
    return wrong
}"""
ON_PAPER: Final = """() => ['.govuk-service-navigation', '.desk-bar', '.govuk-skip-link', '.moj-sub-navigation', '.govuk-footer',
        '.govuk-back-link', 'button', '.govuk-button', '.govuk-pagination']
    .filter(menu => [...document.querySelectorAll(menu)].some(one => one.getClientRects().length))
    .map(menu => `printed: ${menu}`)"""


async def complaints(page: Page) -> list[str]:
    """What axe has against it."""
    report = await Axe().run(page, options={"resultTypes": ["violations"]})
    return [f"{one['id']}: {one['help']}" for one in report.response["violations"]]


async def narrow(page: Page) -> list[str]:
    """What does not fit a screen of 320 pixels, which is a zoom of 400 %."""
    await page.set_viewport_size({"width": NARROW, "height": 800})
    wrong: list[str] = await page.evaluate(CUT)
    await page.set_viewport_size(WIDE)
    return wrong


async def large(page: Page) -> list[str]:
    """What does not grow, or is cut, where the text alone has twice its size (WCAG 2.2, 1.4.4)."""
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.evaluate(MEASURED)
    small: list[str] = await page.evaluate(GROWN)
    cut: list[str] = await page.evaluate(CUT)
    await page.evaluate("document.documentElement.style.fontSize = ''")
    await page.set_viewport_size(WIDE)
    return small + cut


async def by_keys(page: Page) -> list[str]:
    """What the keyboard alone does not reach, in the order in which it stands, so that one sees where one is.

    It goes round once; then the link that leads past the menus is followed.
    """
    number = await page.evaluate(REACHABLE)
    await asyncio.gather(*(page.keyboard.press("Tab") for _ in range(number + 1)))
    for _ in range(2):  # once more where the round goes by the window itself
        if await page.evaluate("met.length") > number:
            break
        await page.keyboard.press("Tab")
    wrong: list[str] = await page.evaluate(MET)
    await page.keyboard.press("Enter")
    if await page.evaluate("document.activeElement.id") != "main-content":
        wrong.append("the link past the menus leads nowhere")
    return wrong


async def on_paper(page: Page) -> list[str]:
    """What is printed and is of no use there, and what the sheet's edge cuts."""
    await page.emulate_media(media="print")
    await page.set_viewport_size({"width": PAPER, "height": 1000})
    wrong: list[str] = [*await page.evaluate(CUT), *await page.evaluate(ON_PAPER)]
    await page.emulate_media(media="screen")
    await page.set_viewport_size(WIDE)
    return wrong


async def all_of_it(page: Page) -> dict[str, Any]:
    """Everything that is wrong with a page."""
    looks = {"axe": complaints, "320 px": narrow, "text of 200 %": large, "keys": by_keys, "paper": on_paper}
    found = {name: await look(page) for name, look in looks.items()}
    return {name: wrong for name, wrong in found.items() if wrong}
