/** The face of the room: what a viewer's pages need of cameras. */
export { addGroup, removeGroup, renameGroup } from './api'
export type { Agency, Camera, Group } from './api'
export { useOld } from './freshness'
export { arrange, matches } from './list'
export { nameIn, otherName } from './names'
export { useAgencies, useCameras, useGroups } from './queries'
export { StateWord } from './StateWord'
export { isLost, toneOf } from './states'
