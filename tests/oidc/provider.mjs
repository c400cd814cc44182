// A real identity provider with a few people, on a free port, for as long as its standard input is
// open; by TLS where it is given files with a certificate and its key. Who signs in is who the request
// to the interaction says, without a password. Some people's ID tokens are spoilt on the way, as no
// honest provider would.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const { resolve } = createRequire(new URL('../../web/package.json', import.meta.url));
const packaged = (name) => import(pathToFileURL(resolve(name)).href);
const { Provider } = await packaged('oidc-provider');
const { SignJWT, UnsecuredJWT, decodeJwt, exportJWK, generateKeyPair } = await packaged('jose');

const PEOPLE = {
  'u-001': { preferred_username: '张工', name: 'Zhang', groups: ['规划科'] },
  'u-002': { preferred_username: '赵处', groups: ['规划科', '信息中心'] },
  'u-003': { name: '访客', groups: [] },
  'u-004': {},
  // Another's name.
  'u-005': { preferred_username: '编辑乙', groups: ['信息中心'] },
  // From where the second key is the one that signs.
  'u-006': { preferred_username: '换钥' },
};

const key = async (kid) => {
  const algorithm = 'RS256';
  const pair = await generateKeyPair(algorithm, { extractable: true });
  const described = async (half) => ({ ...(await exportJWK(half)), kid, alg: algorithm, use: 'sig' });
  const kept = await described(pair.privateKey);
  return { kid, algorithm, pair, kept, shown: await described(pair.publicKey) };
};
const first = await key('first');
const second = await key('second');
const forged = { ...(await key('forged')), kid: 'first' };
let secondIsShown = false;

const sign = (claims, { kid, algorithm, pair }) =>
  new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid }).sign(pair.privateKey);
const SPOILT = {
  audience: (claims) => sign({ ...claims, aud: 'another-service' }, first),
  party: (claims) => sign({ ...claims, aud: [claims.aud, 'another-service'] }, first),
  issuer: (claims) => sign({ ...claims, iss: 'http://127.0.0.1:1' }, first),
  expired: (claims) => sign({ ...claims, exp: claims.iat - 60 }, first),
  nonce: (claims) => sign({ ...claims, nonce: 'another' }, first),
  'no-nonce': ({ nonce, ...claims }) => sign(claims, first),
  forged: (claims) => sign(claims, forged),
  unsigned: (claims) => new UnsecuredJWT(claims).encode(),
  // Signed with what everybody knows: the public key as a secret.
  confused: (claims) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: 'first' })
      .sign(new TextEncoder().encode(JSON.stringify(first.shown))),
  'u-006': (claims) => {
    secondIsShown = true;
    return sign(claims, second);
  },
};
// They are people, but for their tokens.
const known = (id) => PEOPLE[id] ?? (SPOILT[id] && { preferred_username: id });

const [cert, privateKey] = process.argv.slice(2).map((file) => readFileSync(file));
const server = cert ? createTlsServer({ cert, key: privateKey }) : createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `${cert ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'renewal-map',
      client_secret: 'yunze/secret: 100% + &=?',
      // Of a native one any port of this machine will do.
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/sign-in/oidc/callback'],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  jwks: { keys: [first.kept] },
  cookies: { keys: ['for tests'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], groups: ['groups'] },
  scopes: ['openid', 'profile', 'groups'],
  findAccount: (_, id) =>
    known(id) && { accountId: id, claims: () => ({ sub: id, ...known(id) }) },
  // Nobody is asked whether the service may know who they are.
  loadExistingGrant: async (ctx) => {
    const { client, session } = ctx.oidc;
    const grant = new ctx.oidc.provider.Grant({
      clientId: client.clientId,
      accountId: session.accountId,
    });
    grant.addOIDCScope('openid profile groups');
    await grant.save();
    return grant;
  },
});

provider.use(async (ctx, next) => {
  if (ctx.path.startsWith('/interaction/')) {
    const accountId = ctx.get('x-person');
    const result = known(accountId)
      ? { login: { accountId }, consent: {} }
      : { error: 'access_denied', error_description: `<b>${accountId}</b> 不在本单位` };
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
    return;
  }
  await next();
  if (ctx.path === '/jwks' && secondIsShown) {
    ctx.body = { keys: [...ctx.body.keys, second.shown] };
  }
  if (ctx.path === '/token' && ctx.body.id_token) {
    const claims = decodeJwt(ctx.body.id_token);
    const spoil = SPOILT[claims.sub];
    if (spoil) ctx.body = { ...ctx.body, id_token: await spoil(claims) };
  }
});

server.on('request', provider.callback());
process.stdin.resume().on('end', () => process.exit());
console.log(issuer);
