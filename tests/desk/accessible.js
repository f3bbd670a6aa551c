// What a page must be for everybody, asked of the page itself by tests/desk/accessible.py. Each answers with what is wrong.
() => {
  const name = one => (one.innerText || one.id || one.name || one.tagName).trim().slice(0, 40)
  const all = (what, of = document) => [...of.querySelectorAll(what)]
  const hides = /hidden|clip|auto|scroll/
  const apart = 'svg, .govuk-visually-hidden, .desk-timeline__frame, .report-frame, .report-frame *, textarea, input'

  // Wider than the screen, or hidden by the edge of what it stands in.
  const cut = () => {
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth
    const hidden = all('main *, header *, .desk-bar *').filter(one => {
      if (one.closest(apart) || !one.innerText) return false
      const style = getComputedStyle(one)
      return (hides.test(style.overflowX) && one.scrollWidth > one.clientWidth + 1)
        || (hides.test(style.overflowY) && one.scrollHeight > one.clientHeight + 1)
    })
    return [...(wide > 0 ? [`${wide} px too wide`] : []), ...hidden.map(one => `cut: ${name(one)}`)]
  }

  // Text that stays as it is where all should have twice the size; a timeline's picture is said again by its table.
  const size = one => parseFloat(getComputedStyle(one).fontSize)
  const enlarged = () => {
    const says = one => [...one.childNodes].some(each => each.nodeType === 3 && each.textContent.trim())
    const before = all('body *').filter(one => !one.closest('svg, script, style') && says(one)).map(one => [one, size(one)])
    document.documentElement.style.fontSize = '200%'
    const small = before.filter(([one, was]) => one.checkVisibility() && size(one) < 1.99 * was)
    const wrong = [...small.map(([one]) => `stays small: ${name(one)}`), ...cut()]
    document.documentElement.style.fontSize = ''
    return wrong
  }

  // What the tabulator should come to, in the order in which it stands; and from now on, what it does come to.
  const wanted = [], met = []
  const heard = event => {
    const one = event.target, box = one.getBoundingClientRect()
    const marked = style => style.boxShadow !== 'none' || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0)
    const label = one.labels && one.labels[0] && getComputedStyle(one.labels[0], '::before')
    met.push({one, left: box.left, right: box.right, top: box.top + scrollY, bottom: box.bottom + scrollY,
      seen: marked(getComputedStyle(one)) || Boolean(label && marked(label))})
  }
  const listen = async () => {
    // The menu's button of a narrow screen goes only when the wide one has been drawn: until then it would be wanted too.
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
    const groups = new Set()
    wanted.length = met.length = 0
    for (const one of all('a[href], button, input, select, textarea, summary, [tabindex="0"]')) {
      if (one.disabled || one.type === 'hidden' || !one.checkVisibility()) continue
      if (one.type === 'radio') {
        const chosen = document.querySelector(`input[name="${CSS.escape(one.name)}"]:checked`)
        if (groups.has(one.name) || (chosen && chosen !== one)) continue
        groups.add(one.name)
      }
      wanted.push(one)
    }
    document.addEventListener('focusin', heard)
    return wanted.length
  }
  const number = () => met.length

  // Two that follow one another: the later stands neither above, but for the top of a next column, nor to the left in a line.
  const backwards = (before, here) => {
    const above = here.bottom <= before.top + 1, right = here.left >= before.right - 1
    const inLine = here.bottom > before.top + 1 && here.top < before.bottom - 1
    return (above && !right) || (inLine && here.right <= before.left + 1)
  }
  const round = () => {
    const wrong = [], begins = wanted.indexOf(met.length ? met[0].one : null), should = at => wanted[(begins + at) % wanted.length]
    for (let at = 0; at <= wanted.length; at += 1)
      if (begins < 0 || !met[at] || met[at].one !== should(at)) {
        wrong.push(`step ${at + 1} of: ${met.map(each => name(each.one)).join(' / ')}`)
        break
      }
    met.slice(0, wanted.length).forEach((each, at) => {
      if (!each.seen) wrong.push(`${name(each.one)}: nobody sees that it has the focus`)
      if (at && !wanted.slice(0, 2).includes(each.one) && backwards(met[at - 1], each))
        wrong.push(`${name(each.one)} stands before ${name(met[at - 1].one)} and comes after it`)
    })
    if (all('body *').some(one => /fixed|sticky/.test(getComputedStyle(one).position))) wrong.push('something may hide what has the focus')
    for (const form of document.forms) if (!form.querySelector('button:not([type=button])')) wrong.push('Enter does not send a form')
    document.querySelector('.govuk-skip-link').focus()
    return wrong
  }

  const menus = ['.govuk-service-navigation', '.desk-bar', '.govuk-skip-link', '.moj-sub-navigation', '.govuk-footer', '.govuk-back-link',
    'button', '.govuk-button', '.govuk-pagination']
  const printed = () => [...cut(), ...menus.filter(menu => all(menu).some(one => one.checkVisibility())).map(menu => `printed: ${menu}`)]

  window.looks = {cut, enlarged, listen, number, round, printed}
}
