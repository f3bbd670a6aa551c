// Axe on this page, asked by tests/ui/complaints.py: what it complains of, and which looks of text it passed for contrast.
async ({sure, thorough}) => {
  // To follow what stands behind each text is most of axe's work. So it is asked about texts of one look once, with the same
  // colours and sizes of the text and of all it stands in: a table of 110 rows has five looks, and 550 texts.
  const within = new Map()
  const but = (value, plain) => value === plain ? '' : value
  const stands = one => {
    if (!one) return ''
    if (within.has(one)) return within.get(one)
    const s = getComputedStyle(one)
    const own = but(s.backgroundColor, 'rgba(0, 0, 0, 0)') + but(s.backgroundImage, 'none') + but(s.opacity, '1')
      + but(s.position, 'static') + but(s.float, 'none') + but(s.clip, 'auto') + but(s.clipPath, 'none')
    const all = own ? `${stands(one.parentElement)}/${own}` : stands(one.parentElement)
    within.set(one, all)
    return all
  }
  const look = one => {
    const s = getComputedStyle(one)
    return [one.tagName, one.className, s.color, s.fontSize, s.fontWeight, s.textShadow, stands(one)].join(' ')
  }
  const says = one => /^(input|select|textarea)$/i.test(one.tagName)
    || [...one.childNodes].some(each => each.nodeType === Node.TEXT_NODE && each.textContent.trim())

  const known = new Set(thorough ? [] : sure)
  for (const one of document.body.querySelectorAll('*')) {
    if (!says(one) || !one.checkVisibility({visibilityProperty: true})) continue
    const its = look(one)
    if (!known.has(its)) one.dataset.look = its
    if (!thorough) known.add(its)
  }
  axe.configure({noHtml: true, rules: [{id: 'color-contrast', selector: '[data-look]'}]})
  // What axe reports by itself describes all that is in order too.
  const rules = await axe.run({preload: {assets: ['media']}, reporter: (results, options, done) => done(results)})
  const contrast = rules.find(rule => rule.id === 'color-contrast')
  return {
    wrong: rules.filter(rule => rule.violations.length).map(rule => `${rule.id}: ${rule.help}`),
    legible: contrast.passes.map(one => one.node.element.dataset.look),
  }
}
