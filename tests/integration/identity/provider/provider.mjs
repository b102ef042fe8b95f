// An OpenID Connect provider as an organisation runs one: node-oidc-provider with three people, RS256 and ES256, access
// tokens for our API, a door (/keys/rotate) that replaces its keys, and one (/group/NAME) that puts Mariam into a group. Started by a test, ends with its standard input.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const [port, callback] = process.argv.slice(2)
const issuer = `http://127.0.0.1:${port}`
const AUDIENCE = 'https://cctv.example/api'

const PEOPLE = {
  mariam: {
    preferred_username: 'mariam.k', name: 'Mariam K', name_ar: 'مريم', employee_number: '4711', agency: 'metro',
    permissions: ['camera:METRO:view', 'clip:METRO:create', 'building:open'], groups: ['operators'], camera_sources: ['METRO'],
  },
  omar: { preferred_username: 'administrator', name: 'Omar', agency: 'NOWHERE', permissions: ['camera:*:view'], groups: [] },
}

let generation = 0
function keys() {
  generation += 1
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  return [
    { ...rsa, use: 'sig', alg: 'RS256', kid: `rsa-${generation}` },
    { ...ec, use: 'sig', alg: 'ES256', kid: `ec-${generation}` },
  ]
}

function provider() {
  const made = new Provider(issuer, {
    clients: [
      { client_id: 'cctv', client_secret: 'a secret of the tests: 100%', redirect_uris: [callback], grant_types: ['authorization_code'], response_types: ['code'] },
      { client_id: 'other', client_secret: 'another', redirect_uris: [callback], grant_types: ['authorization_code'], response_types: ['code'] },
    ],
    jwks: { keys: keys() },
    cookies: { keys: ['of the tests'] },
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['preferred_username', 'name', 'name_ar', 'employee_number', 'agency', 'permissions', 'groups', 'camera_sources'] },
    findAccount: (_, sub) => (PEOPLE[sub] ? { accountId: sub, claims: () => ({ sub, ...PEOPLE[sub] }) } : undefined),
    extraTokenClaims: (_, token) => (token.kind === 'AccessToken' ? { ...PEOPLE[token.accountId] } : undefined),
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => false,
        getResourceServerInfo: (_, resource) => ({ scope: 'openid profile', audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'ES256' } } }),
      },
    },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  })
  // Whoever `login_hint` names is signed in and agrees: a person at a page is not what is tested.
  made.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) return next()
    const { prompt, params } = await made.interactionDetails(ctx.req, ctx.res)
    if (prompt.name === 'login') return made.interactionFinished(ctx.req, ctx.res, { login: { accountId: ctx.query.who ?? process.env.WHO ?? 'mariam' } })
    const { session } = await made.interactionDetails(ctx.req, ctx.res)
    const grant = new made.Grant({ accountId: session.accountId, clientId: params.client_id })
    grant.addOIDCScope('openid profile')
    grant.addResourceScope(AUDIENCE, 'openid profile')
    return made.interactionFinished(ctx.req, ctx.res, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true })
  })
  return made
}

let current = provider()
const server = createServer((request, response) => {
  if (request.url === '/keys/rotate') {
    current = provider()
    response.end('rotated')
    return
  }
  if (request.url.startsWith('/who/')) {
    process.env.WHO = request.url.slice('/who/'.length)
    response.end('ok')
    return
  }
  if (request.url.startsWith('/group/')) {
    PEOPLE.mariam.groups = [request.url.slice('/group/'.length)]
    response.end('ok')
    return
  }
  current.callback()(request, response)
})
server.listen(Number(port), '127.0.0.1', () => process.stdout.write(`${issuer}\n`))
process.stdin.resume().on('end', () => process.exit(0))
