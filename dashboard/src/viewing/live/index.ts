export { LivePage } from './LivePage'
export { LiveOver } from './LiveOver'
