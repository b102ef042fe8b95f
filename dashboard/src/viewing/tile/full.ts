/**
 * Into full screen, or out of it, whatever is in it. The whole page goes there and the element covers it: messages, the
 * word that the server is lost, the keys and whatever asks for something lie over it. Beside a full-screen element none
 * of them would be seen.
 */
const MARK = 'data-full'

function unmark(): void {
  for (const marked of document.querySelectorAll(`[${MARK}]`)) marked.removeAttribute(MARK)
}

function onChange(): void {
  if (!document.fullscreenElement) unmark()
}

export function toggleFull(element: Element | null | undefined): void {
  if (document.fullscreenElement) void document.exitFullscreen()
  else if (element) {
    // Once only, however often it is added.
    document.addEventListener('fullscreenchange', onChange)
    unmark()
    for (const one of [element, document.documentElement]) one.setAttribute(MARK, '')
    document.documentElement.requestFullscreen().catch(unmark)
  }
}
