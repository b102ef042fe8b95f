export { PlaybackPage } from './PlaybackPage'
export { playbackAddress } from './address'
