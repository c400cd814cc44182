// Starts the real program and a real browser, and reads the page as a planner does: by what it
// shows and by its address.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The browser driver is one of the page's development packages.
const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const BINARY = process.env.RENEWAL_MAP_BIN ?? here('../../target/debug/renewal-map');
const SCREENSHOTS = process.env.SCREENSHOT_DIR ?? here('./screenshots');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** The map is drawn without a graphics card, which takes its time. */
export const PATIENCE = 45_000;
/** For the same reason pages have a quarter of their pixels, unless pictures of them are asked for. */
const SHARPNESS = process.env.SCREENSHOT_DIR ? 1 : 0.5;

export const DESKTOP = { width: 1440, height: 900 };
export const TABLET = { width: 1024, height: 768 };
export const PHONE = { width: 390, height: 844 };

/** Starts the service on a free port; gives its address and how to stop it. */
async function startService(...more) {
  const child = spawn(BINARY, ['serve', '--listen', '127.0.0.1:0', ...more], {
    cwd: here('../..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const address = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no address printed:\n${said}`)), 30_000);
    const listen = (chunk) => {
      said += chunk;
      const found = said.match(/http:\/\/127\.0\.0\.1:\d+/);
      if (found) {
        clearTimeout(timer);
        resolve(found[0]);
      }
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the service ended with ${code}:\n${said}`)));
  });
  const stop = () =>
    new Promise((resolve) => {
      child.removeAllListeners('exit');
      child.once('exit', resolve);
      child.kill();
    });
  return { address, stop };
}

function startBrowser() {
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
    ],
  });
}

/**
 * Opens a page that notes every request that leaves the service and every error that the page
 * throws.
 */
export async function openPage(browser, address, path = '/', options = {}) {
  const calm = { locale: 'zh-CN', reducedMotion: 'reduce', deviceScaleFactor: SHARPNESS };
  const page = await browser.newPage({ viewport: DESKTOP, ...calm, ...options });
  page.setDefaultTimeout(PATIENCE);
  const outside = [];
  const errors = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${address}/`) && !/^(blob|data):/.test(url)) outside.push(url);
  });
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(address + path);
  return { page, outside, errors };
}

/**
 * The service and a browser, for the tests of one file: `open` gives a page, `openReady` one whose
 * map has come to rest; `assertClean` checks that no page asked any other host or threw an error.
 */
export async function setStage(...options) {
  const service = await startService(...options);
  const browser = await startBrowser();
  const opened = [];
  const open = async (path = '/', settings = {}) => {
    const visit = await openPage(browser, service.address, path, settings);
    opened.push(visit);
    return visit.page;
  };
  const json = (path) => getJson(service.address, path);
  return {
    address: service.address,
    browser,
    opened,
    open,
    json,
    openReady: async (path, settings) => {
      const page = await open(path, settings);
      await mapRests(page);
      return page;
    },
    items: async (collection, query = '') =>
      (await json(`/collections/${collection}/items?limit=10000${query}`)).features,
    assertClean: () => {
      for (const what of ['outside', 'errors']) {
        assert.deepEqual(
          opened.flatMap((visit) => visit[what]),
          [],
        );
      }
    },
    // A map that nobody looks at any more is still drawn.
    closePages: async () => {
      for (const context of browser.contexts()) await context.close();
    },
    clear: async () => {
      await browser.close();
      await service.stop();
    },
  };
}

/** The invented district. */
export const yunze = here('../districts/yunze/');
export const DISTRICT = ['--geodata', `${yunze}geodata`, '--seeds', `${yunze}seeds`];
const PASSWORD = 'four plain words together';

/**
 * A stage with a record of the invented district, and editors who have chosen a password: `openAs`
 * gives a page of one of them. The record is in the folder `data`. More options go to the service.
 */
export async function setDesk(editors, ...options) {
  const data = await mkdtemp(join(tmpdir(), 'desk-'));
  const stage = await setStage(...DISTRICT, '--data', data, ...options);
  for (const name of editors) {
    const place = ['--public-url', stage.address, '--data', data];
    const args = ['people', 'invite', name, '--role', 'editor', ...place];
    const quiet = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    const joined = await fetch(execFileSync(BINARY, args, quiet).trim(), {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ name, password: PASSWORD, again: PASSWORD }),
    });
    assert.equal(joined.status, 303, await joined.text());
  }
  return {
    ...stage,
    data,
    openAs: async (name, path, settings = {}) => {
      const page = await stage.open(`/sign-in?next=${encodeURIComponent(path)}`, settings);
      await signIn(page, name);
      await page.locator('.person-name').waitFor();
      await mapRests(page);
      return page;
    },
  };
}

/** Fills in the page on which people sign in. */
export async function signIn(page, name, password = PASSWORD) {
  await page.locator('input[name=name]').fill(name);
  await page.locator('input[name=password]').fill(password);
  await page.locator('button[type=submit]').click();
}

/** Waits until the map has drawn all that it has been asked for. */
export async function mapIdle(page) {
  // The map learns of a change only in the next frame.
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  await page.locator('[data-map=idle]').waitFor({ timeout: PATIENCE });
}

/** Waits until the map also stands still, as its address tells. */
export async function mapRests(page) {
  for (let before = ''; before !== page.url(); ) {
    before = page.url();
    await page.waitForTimeout(400);
    await mapIdle(page);
  }
}

/** The page's address as parameters. */
export function parameters(page) {
  return new URL(page.url()).searchParams;
}

/** Where a place is on the screen, reckoned from the address alone. */
export function pixelOf(page, [lon, lat]) {
  const [atLon, atLat, zoom] = parameters(page).get('at').split(',').map(Number);
  const size = 512 * 2 ** zoom;
  const x = (degrees) => (degrees / 360) * size;
  const y = (degrees) => {
    const sin = Math.sin((degrees * Math.PI) / 180);
    return (-Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * size;
  };
  const { width, height } = page.viewportSize();
  return { x: width / 2 + x(lon) - x(atLon), y: height / 2 + y(lat) - y(atLat) };
}

/** Whether a place on the screen is map, not panel. */
export function isMap(page, { x, y }) {
  return page.evaluate(
    ([px, py]) => document.elementFromPoint(px, py)?.tagName === 'CANVAS',
    [x, y],
  );
}

/**
 * A point inside a polygon that can be clicked: on the map, off its outline, and at least 24 pixels
 * from any of `others`.
 */
export async function clickableInside(page, polygon, others) {
  const ring = polygon.coordinates[0];
  const [lons, lats] = [ring.map(([lon]) => lon), ring.map(([, lat]) => lat)];
  const [west, east] = [Math.min(...lons), Math.max(...lons)];
  const [south, north] = [Math.min(...lats), Math.max(...lats)];
  const avoided = others.map((place) => pixelOf(page, place));
  const outline = ring.map((place) => pixelOf(page, place));
  for (let i = 1; i < 20; i += 1) {
    for (let j = 1; j < 20; j += 1) {
      const place = [west + ((east - west) * i) / 20, south + ((north - south) * j) / 20];
      const pixel = pixelOf(page, place);
      const clear = ({ x, y }) => Math.hypot(x - pixel.x, y - pixel.y) > 24;
      if (
        inside(ring, place) &&
        [...avoided, ...outline].every(clear) &&
        (await isMap(page, pixel))
      ) {
        return pixel;
      }
    }
  }
  throw new Error('no clickable place inside the polygon');
}

export function inside(ring, [x, y]) {
  let odd = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [[xi, yi], [xj, yj]] = [ring[i], ring[j]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
  }
  return odd;
}

/** The colours (red, green, blue) of a PNG at places, given in the pixels of a picture so wide. */
export function coloursAt(page, png, places, width = page.viewportSize().width) {
  return page.evaluate(
    async ([base64, at, width]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${base64}`;
      await image.decode();
      const sheet = new OffscreenCanvas(image.width, image.height).getContext('2d');
      sheet.drawImage(image, 0, 0);
      const { data } = sheet.getImageData(0, 0, image.width, image.height);
      const scale = image.width / width;
      return at.map(({ x, y }) => {
        const first = 4 * (Math.floor(y * scale) * image.width + Math.floor(x * scale));
        return [...data.slice(first, first + 3)];
      });
    },
    [png.toString('base64'), places, width],
  );
}

export async function screenshot(page, name) {
  await mkdir(SCREENSHOTS, { recursive: true });
  return page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
}

async function getJson(address, path) {
  const response = await fetch(address + path, { headers: { accept: 'application/json' } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

export async function ask(address, body) {
  const response = await fetch(`${address}/areas/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`/areas/query: ${response.status}: ${await response.text()}`);
  return response.json();
}
