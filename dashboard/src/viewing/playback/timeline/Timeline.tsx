import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { nameIn, type Camera } from '@/cameras'
import { serverNow } from '@/base/server_clock'
import type { Span } from '@/base/spans'
import { useStore, type Store } from '@/base/store'
import { clockText, dayText } from '@/base/time'
import type { Timeline as Data } from '../api'
import type { PlaybackSession } from '../session'
import { useFrame } from '../useFrame'
import { draw, inksOf, rowPx, RULER_PX, type Inks, type Scene } from './draw'
import { Hover } from './Hover'
import { atX, centred, following, panned, pinched, zoomed, type View } from './view'
import classes from './timeline.module.css'

interface Props {
  cameras: readonly string[]
  known: ReadonlyMap<string, Camera>
  session: PlaybackSession
  view: Store<View>
  range: Store<Span | null>
  data: Data | undefined
  failed: boolean
  selected: string | null
  onSelect: (id: string) => void
}

const CLICK_PX = 4
const JUMP_MS = 1500
/** What an arrow key moves while the timeline has the focus. */
const STEP_MS = 10_000

type Drag = { kind: 'pan'; x: number; view: View; moved: boolean } | { kind: 'scrub' } | { kind: 'mark'; from: number } | { kind: 'pinch'; before: [number, number]; view: View }

export function Timeline({ cameras, known, session, view, range, data, failed, selected, onSelect }: Props) {
  const { t, i18n } = useTranslation('playback')
  const canvas = useRef<HTMLCanvasElement>(null)
  const inks = useRef<Inks | null>(null)
  const drag = useRef<Drag | null>(null)
  /** Where fingers are, by pointer. */
  const fingers = useRef(new Map<number, number>())
  const drawn = useRef('')
  const inSight = useRef(true)
  const lastHead = useRef(Number.NaN)
  const [hover, setHover] = useState<{ x: number; at: number; row: number; moving: boolean } | null>(null)
  const marked = useStore(range)
  const tall = rowPx(cameras.length)
  const height = RULER_PX + tall * Math.max(1, cameras.length) + 4

  const rows = cameras.map((camera) => ({ camera, selected: camera === selected, timeline: data?.cameras.get(camera) ?? null }))

  const nameOf = (id: string | undefined) => {
    const camera = known.get(id ?? '')
    return camera ? nameIn(camera, i18n.language) : (id ?? '')
  }

  /** A running head takes the view along, unless somebody looks elsewhere. */
  function follow(head: number): void {
    const now = view.get()
    const sighted = head >= now.from && head <= now.from + now.span
    const jumped = Math.abs(head - lastHead.current) > JUMP_MS * Math.max(1, Math.abs(session.clock.rate))
    lastHead.current = head
    if (jumped && !sighted && !drag.current) {
      // Somebody went to another time by other means than this timeline: it goes there too.
      view.set(centred(head, now.span))
      inSight.current = true
      return
    }
    if (!drag.current && session.clock.playing && inSight.current) view.set(following(now, head))
    else inSight.current = sighted
    if (sighted) inSight.current = true
  }

  useFrame(() => {
    const element = canvas.current
    if (!element) return
    const head = session.clock.moment()
    follow(head)
    const width = element.clientWidth
    const scale = window.devicePixelRatio || 1
    const scene: Scene = { view: view.get(), rows, head, now: serverNow(), range: marked, hover: hover?.at ?? null, language: i18n.language, known: data ?? null }
    const pixel = scene.view.span / Math.max(1, width) / 2
    // Drawn anew only when something moved by half a pixel.
    const state = [width, height, scale, scene.view.from, scene.view.span, Math.round(head / pixel), Math.floor(head / 1000), Math.round(scene.now / pixel), marked?.from, marked?.to, hover?.at, data?.now, data?.from, selected, cameras.length].join()
    if (state === drawn.current) return
    drawn.current = state
    if (element.width !== Math.round(width * scale) || element.height !== Math.round(height * scale)) {
      element.width = Math.round(width * scale)
      element.height = Math.round(height * scale)
    }
    const pen = element.getContext('2d')
    inks.current ??= inksOf(element)
    if (pen) draw(pen, width, height, scale, scene, inks.current)
    const text = `${dayText(head, i18n.language)} ${clockText(head)}`
    if (element.ariaValueText !== text) {
      element.ariaValueText = text
      element.ariaValueNow = String(Math.round(head / 1000))
    }
  })

  const place = (event: { clientX: number; clientY: number }) => {
    const box = canvas.current?.getBoundingClientRect()
    const x = event.clientX - (box?.left ?? 0)
    const y = event.clientY - (box?.top ?? 0)
    const width = Math.max(1, box?.width ?? 1)
    return { x, width, at: atX(view.get(), x, width), row: Math.min(cameras.length - 1, Math.max(0, Math.floor((y - RULER_PX) / tall))), onRuler: y < RULER_PX }
  }

  const wheel = useCallback((event: WheelEvent) => {
    event.preventDefault()
    const box = (event.currentTarget as HTMLCanvasElement).getBoundingClientRect()
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey
    const delta = (event.deltaMode === 1 ? 18 : 1) * (sideways ? event.deltaX || event.deltaY : event.deltaY)
    view.set(sideways ? panned(view.get(), -delta, box.width) : zoomed(view.get(), Math.exp(Math.max(-120, Math.min(120, delta)) * 0.004), event.clientX - box.left, box.width))
    inSight.current = false
  }, [view])

  useEffect(() => {
    const element = canvas.current
    // React's own wheel listener is passive and could not keep the page from zooming.
    element?.addEventListener('wheel', wheel, { passive: false })
    return () => element?.removeEventListener('wheel', wheel)
  }, [wheel])

  return (
    <section className={classes.timeline} aria-label={t('timeline.label')} style={{ blockSize: height }} data-testid="timeline">
      <div className={classes.names} style={{ paddingBlockStart: RULER_PX }}>
        {cameras.map((id) => (
          <button key={id} type="button" className={classes.label} title={nameOf(id)} data-selected={(id === selected && cameras.length > 1) || undefined} style={{ blockSize: tall, lineHeight: `${tall}px` }} onClick={() => onSelect(id)} tabIndex={-1}>
            <bdi>{nameOf(id)}</bdi>
          </button>
        ))}
      </div>
      <div className={classes.field}>
        <canvas
          ref={canvas} className={classes.canvas} tabIndex={0} role="slider" aria-label={t('timeline.instructions')} aria-valuemin={0} aria-valuenow={0} data-testid="timeline-canvas"
          onKeyDown={(event) => {
            const by = { ArrowLeft: -STEP_MS, ArrowRight: STEP_MS }[event.key]
            if (by === undefined || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return
            event.preventDefault()
            session.jump(by)
          }}
          onPointerDown={(event) => {
            if (event.button !== 0) return
            event.currentTarget.setPointerCapture(event.pointerId)
            const here = place(event)
            if (event.pointerType === 'touch') fingers.current.set(event.pointerId, here.x)
            const [first, second] = fingers.current.values()
            if (first !== undefined && second !== undefined) drag.current = { kind: 'pinch', before: [first, second], view: view.get() }
            else if (event.shiftKey) drag.current = { kind: 'mark', from: here.at }
            else if (here.onRuler) {
              drag.current = { kind: 'scrub' }
              session.seek(here.at)
            } else drag.current = { kind: 'pan', x: here.x, view: view.get(), moved: false }
          }}
          onPointerMove={(event) => {
            const here = place(event)
            const now = drag.current
            if (fingers.current.has(event.pointerId)) fingers.current.set(event.pointerId, here.x)
            setHover({ x: here.x, at: here.at, row: here.row, moving: now?.kind === 'pan' && now.moved })
            if (now?.kind === 'mark') range.set({ from: Math.min(now.from, here.at), to: Math.max(now.from, here.at) })
            else if (now?.kind === 'scrub') session.seek(here.at)
            else if (now?.kind === 'pinch') {
              const [first = now.before[0], second = now.before[1]] = fingers.current.values()
              view.set(pinched(now.view, now.before, [first, second], here.width))
            } else if (now?.kind === 'pan' && (now.moved || Math.abs(here.x - now.x) > CLICK_PX)) {
              drag.current = { ...now, moved: true }
              view.set(panned(now.view, here.x - now.x, here.width))
            }
          }}
          onPointerUp={(event) => {
            const now = drag.current
            drag.current = null
            fingers.current.delete(event.pointerId)
            if (now?.kind === 'pinch' || (now?.kind === 'pan' && now.moved)) inSight.current = false
            else if (now?.kind === 'pan') {
              const here = place(event)
              const id = cameras[here.row]
              if (id && cameras.length > 1) onSelect(id)
              session.seek(here.at)
            }
          }}
          onPointerCancel={(event) => {
            drag.current = null
            fingers.current.delete(event.pointerId)
          }}
          onPointerLeave={() => setHover(null)}
        />
        {failed && <p className={classes.failed}>{t('timeline.lost')}</p>}
        {hover && <Hover hover={hover} camera={cameras[hover.row]} name={cameras.length > 1 ? nameOf(cameras[hover.row]) : ''} timeline={rows[hover.row]?.timeline ?? null} moving={hover.moving} />}
      </div>
    </section>
  )
}
