import { DirectionProvider, MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { Suspense, type ReactNode } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { Door, useRights } from '@/access'
import { ahead } from '@/base/ahead'
import { Problem } from '@/base/api/http'
import { page } from '@/base/page'
import { Tray } from '@/base/tray/Tray'
import { CameraNews } from '@/cameras/CameraNews'
import { Connection } from './Connection'
import { FaultBoundary } from './FaultBoundary'
import { KeySheet } from './KeySheet'
import { Missing, NotAllowed } from './Missing'
import { Nav } from './Nav'
import { homeOf, PLACES, type Place } from './places'
import { theme } from './theme'
import classes from './app.module.css'

const ProfilePage = page(() => import('@/access/ProfilePage').then((code) => code.ProfilePage))
const AccessPage = page(() => import('@/administration/AccessPage').then((code) => code.AccessPage))
const AuditPage = page(() => import('@/administration/AuditPage').then((code) => code.AuditPage))
const CamerasPage = page(() => import('@/cameras/CamerasPage').then((code) => code.CamerasPage))
const LivePage = page(() => import('@/viewing/live').then((code) => code.LivePage))
const PlaybackPage = page(() => import('@/viewing/playback').then((code) => code.PlaybackPage))

ahead.playback = () => {
  void PlaybackPage.ahead()
  void import('hls.js').catch(() => undefined)
}

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What is away is asked again by the page's own rhythm; what is refused stays refused.
      retry: (count, fault) => fault instanceof Problem && fault.away && count < 1,
      retryDelay: 500,
      staleTime: 1000,
      refetchOnWindowFocus: true,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

export function App() {
  const [path] = useLocation()
  // What failed on one page does not follow to the next.
  const place = path.split('/')[1] ?? ''
  return (
    <DirectionProvider initialDirection="ltr" detectDirection>
      <MantineProvider theme={theme} forceColorScheme="dark">
        <QueryClientProvider client={queries}>
          <Door>
          <div className={classes.frame}>
            <Nav />
            <main className={classes.page}>
              <Connection />
              <FaultBoundary key={place}>
                <Suspense fallback={<div className={classes.waiting} data-testid="page-loading" />}>
                  <Pages />
                </Suspense>
              </FaultBoundary>
            </main>
          </div>
          <CameraNews />
          <KeySheet />
          </Door>
          <Tray />
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  )
}

function Pages() {
  const rights = useRights()
  const at = (name: Place['name'], show: (params: Record<string, string | undefined>) => ReactNode) =>
    PLACES.filter((place) => place.name === name).map((place) => (
      <Route key={name} path={place.pattern}>{(params: Record<string, string | undefined>) => (place.may(rights) ? show(params) : <NotAllowed />)}</Route>
    ))
  return (
    <Switch>
      <Route path="/"><Redirect to={homeOf(rights)} replace /></Route>
      {at('live', () => <LivePage />)}
      {at('cameras', ({ camera }) => <CamerasPage selected={camera ?? null} />)}
      {at('playback', () => <PlaybackPage />)}
      {at('profile', () => <ProfilePage />)}
      {at('access', (params) => <AccessPage part={params['*'] ?? ''} />)}
      {at('audit', () => <AuditPage />)}
      <Route><Missing /></Route>
    </Switch>
  )
}
