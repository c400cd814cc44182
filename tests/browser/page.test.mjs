// The page in a real browser on the real program: what a planner does, from the first look to the
// link that is passed on.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import {
  ask,
  clickableInside,
  coloursAt,
  isMap,
  mapIdle,
  mapRests,
  openPage,
  PHONE,
  parameters,
  pixelOf,
  screenshot,
  setStage,
} from './support.mjs';

let stage;

before(async () => {
  stage = await setStage();
});

afterEach(() => stage.closePages());

after(() => stage?.clear());

const open = (path, options) => stage.open(path, options);
const openReady = (path, options) => stage.openReady(path, options);
const json = (path) => stage.json(path);
const items = (collection) => stage.items(collection);

/** Every point on the map that a click might hit instead of what lies below. */
async function points() {
  const { collections } = await json('/collections');
  const lists = await Promise.all(collections.map(({ id }) => items(id)));
  return lists
    .flat()
    .filter(({ geometry }) => geometry?.type === 'Point')
    .map(({ geometry }) => geometry.coordinates);
}

async function zoneNamed(part) {
  const zones = await items('zones');
  const zone = zones.find(({ geometry, properties }) => geometry && properties.name.includes(part));
  assert.ok(zone, `a zone called ${part}`);
  return zone;
}

/** The rows of a result list, as `{reference: certainty}`. */
function rows(page, collection, list) {
  return page
    .locator(`[data-collection=${collection}] [data-list=${list}] [data-ref]`)
    .evaluateAll((all) =>
      Object.fromEntries(all.map(({ dataset }) => [dataset.ref, dataset.certainty ?? null])),
    );
}

/** Waits until the tool for drawing takes clicks. */
function drawingReady(page) {
  return page.locator('[data-drawing=ready]').waitFor();
}

/** Checks that the page lists exactly what the service answers. */
async function assertLists(page, body) {
  const asked = [body.collections.join(), body.relation ?? 'intersects'].join(' ');
  await page.locator(`.results[data-state=ready][data-question="${asked}"]`).waitFor();
  const answer = await ask(stage.address, body);
  for (const { collection, features, borderline, unlocated, totals } of answer.results) {
    const expected = (list, certainty) =>
      Object.fromEntries(
        list.map(({ id, properties }) => [
          `${collection}/${id}`,
          certainty ?? properties.certainty ?? null,
        ]),
      );
    assert.deepEqual(await rows(page, collection, 'features'), expected(features));
    assert.deepEqual(
      await rows(page, collection, 'borderline'),
      expected(borderline, 'borderline'),
    );
    assert.deepEqual(
      Object.keys(await rows(page, collection, 'unlocated')).sort(),
      Object.keys(expected(unlocated)).sort(),
    );
    const count = page.locator(`[data-collection=${collection}] .collection-title b`);
    assert.equal(await count.innerText(), String(totals.count));
  }
  return answer;
}

test('the main job: a layer, a zone, its sentence, what is inside it', async () => {
  const page = await openReady();
  const { title } = await json('/collections');
  assert.equal(await page.title(), title);
  assert.equal(await page.locator('h1').innerText(), title);
  await screenshot(page, 'home-1440x900');

  await page.locator('label.layer:has([data-layer=facilities])').click();
  await mapIdle(page);
  assert.match(parameters(page).get('layers'), /facilities/);
  const facilities = await items('facilities');
  let seen = 0;
  for (const { geometry, properties } of facilities) {
    if (geometry?.type !== 'Point') continue;
    const pixel = pixelOf(page, geometry.coordinates);
    if (!(await isMap(page, pixel))) continue;
    await page.mouse.move(pixel.x, pixel.y);
    const tip = await page.locator('.tip').innerText();
    if (tip.includes(properties.name)) seen += 1;
  }
  assert.ok(seen > 0, 'a facility shows under the pointer once its layer is on');

  const zone = await zoneNamed('光荣道');
  const place = await clickableInside(page, zone.geometry, await points());
  await page.mouse.click(place.x, place.y);
  const details = page.locator(`.details[data-ref="zones/${zone.id}"]`);
  await details.waitFor();
  await details.getByRole('heading', { name: zone.properties.name }).waitFor();
  const quote = await details.locator('.boundary blockquote').innerText();
  assert.ok(quote.includes(zone.properties.boundary.text), quote);
  assert.equal(parameters(page).get('select'), `zones/${zone.id}`);
  const stretches = await details.locator('[data-stretch]').count();
  assert.equal(stretches, zone.properties.sides.length);
  const [own] = await Promise.all([
    page.waitForEvent('popup'),
    details.getByRole('link', { name: '单页资料' }).click(),
  ]);
  await own.getByRole('heading', { name: zone.properties.name, level: 1 }).waitFor();
  assert.ok((await own.locator('blockquote').allInnerTexts()).some((text) => text.includes(quote)));
  await own.close();
  await mapIdle(page);
  await screenshot(page, 'zone-1440x900');

  // Between the panels, so that nothing but the map can make a difference.
  const clip = { x: 370, y: 20, width: 640, height: 820 };
  await mapRests(page);
  const outline = await page.screenshot({ clip });
  await details.locator('[data-stretch="0"]').hover();
  await mapIdle(page);
  assert.notDeepEqual(await page.screenshot({ clip }), outline, 'a stretch lights up');

  await details.getByRole('button', { name: '查询区内项目与地块' }).click();
  await assertLists(page, {
    area: { feature: `zones/${zone.id}` },
    collections: ['projects', 'parcels'],
    relation: 'intersects',
  });
  assert.equal(parameters(page).get('area'), `feature:zones/${zone.id}`);
  await mapRests(page);
  await screenshot(page, 'query-1440x900');
});

test('the large zone lists what the service answers, for every relation', async () => {
  const zone = await zoneNamed('西站枢纽');
  const page = await openReady(`/?area=feature:zones/${zone.id}`);
  const area = { feature: `zones/${zone.id}` };
  const collections = ['projects', 'parcels'];
  const { results } = await assertLists(page, { area, collections, relation: 'intersects' });
  assert.ok(results[0].features.length > 3, 'there is something to list');
  await mapRests(page);
  await screenshot(page, 'query-hub-1440x900');
  for (const relation of ['within', 'majority', 'touches']) {
    await page.locator('.relation select').selectOption(relation);
    await assertLists(page, { area, collections, relation });
    assert.equal(parameters(page).get('relation'), relation);
  }
  await page.locator('.relation select').selectOption('intersects');
  await page.locator('.choice', { hasText: '设施' }).click();
  await assertLists(page, {
    area,
    collections: ['projects', 'parcels', 'facilities'],
    relation: 'intersects',
  });
});

test('list and map light each other up', async () => {
  const zone = await zoneNamed('三岔河口');
  const page = await openReady(`/?area=feature:zones/${zone.id}`);
  await page.locator('.results[data-state=ready]').waitFor();
  const { results } = await ask(stage.address, {
    area: { feature: `zones/${zone.id}` },
    collections: ['projects'],
  });
  const located = results[0].features.find(({ geometry }) => geometry?.type === 'Point');
  assert.ok(located, 'a project with a point inside the zone');
  const row = page.locator(`[data-list=features] [data-ref="projects/${located.id}"]`);
  await mapRests(page);
  const pixel = pixelOf(page, located.geometry.coordinates);
  const clip = { x: pixel.x - 20, y: pixel.y - 20, width: 40, height: 40 };

  await page.mouse.move(720, 6);
  await mapIdle(page);
  const dark = await page.screenshot({ clip });
  await row.hover();
  await mapIdle(page);
  assert.notDeepEqual(await page.screenshot({ clip }), dark, 'the feature lights up');

  await page.mouse.move(pixel.x, pixel.y);
  await page.locator('.row.is-lit').first().waitFor();
  const lit = await page.locator('.row.is-lit [data-ref]').first().getAttribute('data-ref');
  const name = await page.locator('.row.is-lit .row-name').first().innerText();
  assert.ok((await page.locator('.tip').innerText()).includes(name), `${lit} under the pointer`);

  await row.click();
  await page.locator(`.details[data-ref="projects/${located.id}"]`).waitFor();
  assert.ok((await page.locator('.details blockquote').count()) > 0, 'with its sentence');
  await page.getByRole('button', { name: '返回查询结果' }).click();
  await row.waitFor();
});

test('a drawn polygon and a drawn circle are asked, changed and cleared', async () => {
  const page = await openReady();
  // Around the railway station, where projects are.
  const corners = [
    [117.1535, 39.1625],
    [117.168, 39.1635],
    [117.1685, 39.1525],
    [117.1545, 39.1515],
  ];
  const places = corners.map((corner) => pixelOf(page, corner)).map(({ x, y }) => [x, y]);
  await page.getByRole('button', { name: '画多边形' }).click();
  await drawingReady(page);
  for (const [x, y] of [...places, places.at(-1)]) {
    await page.mouse.move(x, y);
    await page.mouse.click(x, y);
    await page.waitForTimeout(250);
  }
  await page.locator('.results[data-state=ready]').waitFor();
  const [form, body] = parameters(page).get('area').split(':');
  assert.equal(form, 'polygon');
  const ring = body.split(';').map((vertex) => vertex.split(',').map(Number));
  assert.equal(ring.length, 4);
  assert.equal(parameters(page).get('select'), null, 'the last click selects nothing');
  await assertLists(page, {
    area: { geometry: { type: 'Polygon', coordinates: [[...ring, ring[0]]] } },
    collections: ['projects', 'parcels'],
  });
  await mapRests(page);
  await screenshot(page, 'polygon-1440x900');

  await page.getByRole('button', { name: '修改范围' }).click();
  await drawingReady(page);
  const from = pixelOf(page, ring[0]);
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x + 30, from.y + 20, { steps: 4 });
  await page.mouse.move(from.x + 60, from.y + 40, { steps: 4 });
  await page.mouse.up();
  await page.waitForFunction((old) => !decodeURIComponent(location.search).includes(old), body);
  await page.locator('.draw-hint').getByRole('button', { name: '完成' }).click();
  const changed = parameters(page).get('area').slice('polygon:'.length).split(';');
  const same = changed.filter((vertex) => body.split(';').includes(vertex));
  assert.equal(changed.length, 4);
  assert.equal(same.length, 3, 'one corner has moved');

  await page.locator('.query-actions').getByRole('button', { name: '清除' }).click();
  assert.equal(parameters(page).get('area'), null);

  await page.getByRole('button', { name: '画圆' }).click();
  await drawingReady(page);
  await mapRests(page);
  const centre = pixelOf(page, [117.1598, 39.1625]);
  await page.mouse.click(centre.x, centre.y);
  await page.mouse.move(centre.x + 60, centre.y + 10, { steps: 4 });
  await page.mouse.move(centre.x + 110, centre.y, { steps: 4 });
  await page.waitForTimeout(250);
  await page.mouse.click(centre.x + 110, centre.y);
  await page.locator('.results[data-state=ready]').waitFor();
  const circle = parameters(page).get('area');
  assert.match(circle, /^circle:/);
  const [lon, lat, radius] = circle.slice('circle:'.length).split(',').map(Number);
  await assertLists(page, {
    area: { center: [lon, lat], radius_m: radius },
    collections: ['projects', 'parcels'],
  });
  await mapRests(page);
  await screenshot(page, 'circle-1440x900');
});

test('search finds by name, by keyboard, also what has no location', async () => {
  const page = await openReady();
  const projects = await items('projects');
  const unlocated = projects.find(({ geometry }) => geometry === null);
  await page.keyboard.press('/');
  const field = page.getByRole('combobox', { name: '按名称检索' });
  await field.fill(unlocated.properties.name);
  const option = page.locator(`[role=option][data-ref="projects/${unlocated.id}"]`);
  await option.waitFor();
  assert.match(await option.innerText(), /未定位/);
  for (let step = 0; (await option.getAttribute('aria-selected')) !== 'true'; step += 1) {
    assert.ok(step < 100, 'the arrow keys reach it');
    await field.press('ArrowDown');
  }
  await screenshot(page, 'search-1440x900');
  await field.press('Enter');
  await page.locator(`.details[data-ref="projects/${unlocated.id}"]`).waitFor();
  const heading = page.locator('.details .answer-title');
  await heading.waitFor();
  assert.equal(await heading.innerText(), unlocated.properties.name);

  await field.fill('没有这样的地方');
  await page.getByText('没有名称含“没有这样的地方”的条目').waitFor();
});

test('Enter before the hits are there opens the first of them', async () => {
  const page = await openReady();
  const zone = await zoneNamed('光荣道');
  const field = page.getByRole('combobox', { name: '按名称检索' });
  await page.route('**/items?*q=*', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    await route.continue();
  });
  await field.fill('西站');
  await page.locator('[role=option]').first().waitFor();
  await field.fill(zone.properties.name);
  await field.press('Enter');
  await page.locator(`.details[data-ref="zones/${zone.id}"]`).waitFor();
});

test('nothing is searched, nor missed, while an input method composes', async () => {
  const page = await openReady();
  const asked = [];
  page.on('request', (request) => {
    const q = new URL(request.url()).searchParams.get('q');
    if (q) asked.push(q);
  });
  const field = page.getByRole('combobox', { name: '按名称检索' });
  await field.focus();
  const input = await page.context().newCDPSession(page);
  const compose = (text) =>
    input.send('Input.imeSetComposition', {
      text,
      selectionStart: text.length,
      selectionEnd: text.length,
    });
  await compose('guang');
  await compose('guangrong');
  await page.waitForTimeout(500);
  assert.equal(await field.inputValue(), 'guangrong');
  assert.deepEqual(asked, []);
  assert.equal(await page.locator('.search-results').count(), 0);
  await input.send('Input.insertText', { text: '光荣道' });
  await page.locator('[role=option]').first().waitFor();
  assert.deepEqual([...new Set(asked)], ['光荣道']);
});

test('Back closes the list of what lies at one place', async () => {
  const page = await openReady();
  const places = new Map();
  for (const { geometry } of await items('projects')) {
    if (geometry?.type !== 'Point') continue;
    const key = geometry.coordinates.join();
    places.set(key, (places.get(key) ?? 0) + 1);
  }
  const several = [...places].filter(([, n]) => n > 1).map(([key]) => key.split(',').map(Number));
  let place = null;
  for (const at of several) {
    const pixel = pixelOf(page, at);
    if (await isMap(page, pixel)) place ??= pixel;
  }
  assert.ok(place, 'a place where several projects lie');
  await page.locator('label.layer:has([data-layer=facilities])').click();
  await mapIdle(page);
  await page.mouse.click(place.x, place.y);
  await page.locator('.picks [data-ref]').first().waitFor();
  for (const name of await page.locator('.picks .row-name').allInnerTexts()) {
    assert.doesNotMatch(name, /正在载入|^$/);
  }
  await page.goBack();
  await page.locator('.picks').waitFor({ state: 'detached' });
  assert.doesNotMatch(parameters(page).get('layers'), /facilities/);
});

test('the language changes at a switch and stays in the address', async () => {
  const zone = await zoneNamed('光荣道');
  const page = await openReady(`/?select=zones/${zone.id}`);
  await page.locator('.details .boundary').waitFor();
  await page.getByRole('button', { name: 'Switch to English' }).click();
  await page.getByRole('heading', { level: 2, name: zone.properties.name_en }).waitFor();
  const { title_en } = await json('/collections');
  assert.equal(await page.locator('h1').innerText(), title_en);
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  assert.equal(parameters(page).get('lang'), 'en');
  const quote = await page.locator('.boundary blockquote').innerText();
  assert.ok(quote.includes(zone.properties.boundary.text), 'the quotation stays as written');
  await mapRests(page);
  await screenshot(page, 'english-1440x900');
});

test('the address holds the view: reload, Back and a colleague see the same', async () => {
  const zone = await zoneNamed('光荣道');
  const page = await openReady('/?briefing=2026-03');
  const first = parameters(page);
  for (const name of ['v', 'at', 'layers', 'theme', 'lang', 'revision', 'briefing']) {
    assert.ok(first.get(name), `${name} in the address`);
  }
  await page.locator(`.zone-name[data-ref="zones/${zone.id}"]`).click();
  await page.locator('.boundary blockquote').waitFor();
  await page.getByRole('button', { name: '查询区内项目与地块' }).click();
  await page.locator('.results[data-state=ready]').waitFor();
  await mapRests(page);
  const address = page.url();
  assert.equal(new URL(address).hash, '');

  await page.reload();
  await page.locator('.results[data-state=ready]').waitFor();
  await mapRests(page);
  assert.equal(page.url(), address, 'a reload changes nothing');
  const colleague = await openReady(new URL(address).search.replace(/^/, '/'));
  await colleague.locator('.results[data-state=ready]').waitFor();
  assert.equal(colleague.url(), address);

  await page.goBack();
  await page.locator(`.details[data-ref="zones/${zone.id}"]`).waitFor();
  assert.equal(parameters(page).get('area'), null);
  await page.goBack();
  await page.locator('.details').waitFor({ state: 'detached' });
  assert.equal(parameters(page).get('select'), null);
  await page.goForward();
  await page.locator(`.details[data-ref="zones/${zone.id}"]`).waitFor();
  assert.equal(parameters(page).get('briefing'), '2026-03', 'what it does not know it keeps');
});

test('a malformed address falls back and breaks nothing', async () => {
  const page = await openReady(
    '/?v=x&at=NaN,1e9,%&layers=%3Cscript%3E&select=../../etc&area=polygon:1,2;3&lang=xx&revision=-4&theme=%00',
  );
  assert.equal(await page.locator('.answer').count(), 0);
  assert.equal(parameters(page).get('lang'), 'zh');
  const usual = await openReady();
  assert.equal(parameters(page).get('layers'), parameters(usual).get('layers'));
  const bare = await openReady('/?layers=');
  const clip = { x: 400, y: 50, width: 900, height: 700 };
  const drawn = await page.screenshot({ clip });
  assert.notDeepEqual(drawn, await bare.screenshot({ clip }), 'the map draws');
  const missing = await open('/?select=zones/no-such-zone');
  await missing.getByRole('heading', { name: '没有找到' }).waitFor();
});

test('what the service refuses is said in its own words', async () => {
  const crossing = '117.12,39.16;117.14,39.17;117.14,39.16;117.12,39.17';
  const page = await open(`/?area=polygon:${crossing}`);
  await page.locator('.results .failure').waitFor();
  const ring = crossing.split(';').map((vertex) => vertex.split(',').map(Number));
  const response = await fetch(`${stage.address}/areas/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      area: { geometry: { type: 'Polygon', coordinates: [[...ring, ring[0]]] } },
      collections: ['projects', 'parcels'],
    }),
  });
  const { detail } = await response.json();
  assert.ok((await page.locator('.results .failure').innerText()).includes(detail));
});

test('an unreachable service is said, and can be tried again', async () => {
  const { page } = await openPage(stage.browser, stage.address, '/favicon.svg');
  await page.route('**/collections', (route) => route.abort());
  await page.goto(`${stage.address}/`);
  await page.getByRole('heading', { name: '连不上服务' }).waitFor();
  await screenshot(page, 'unreachable-1440x900');
  await page.unroute('**/collections');
  await page.getByRole('button', { name: '重试' }).click();
  await mapRests(page);
});

test('without WebGL the lists still work', async () => {
  const { page } = await openPage(stage.browser, stage.address, '/favicon.svg');
  await page.addInitScript(() => {
    const original = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function getContext(kind, ...rest) {
      return /webgl/.test(kind) ? null : original.call(this, kind, ...rest);
    };
  });
  const zone = await zoneNamed('光荣道');
  await page.goto(`${stage.address}/`);
  await page.getByRole('heading', { name: '浏览器不能绘制地图' }).waitFor();
  await page.locator(`.zone-name[data-ref="zones/${zone.id}"]`).click();
  await page.locator('.boundary blockquote').waitFor();
});

test('a link to another revision says so', async () => {
  const page = await openReady('/?revision=7');
  await page.getByText('此链接引用第 7 版数据').waitFor();
  await page.getByRole('button', { name: '查看第 1 版' }).click();
  assert.equal(parameters(page).get('revision'), '1');
});

test('on a phone: map above, sheet below', async () => {
  const options = { viewport: PHONE, hasTouch: true, isMobile: true };
  const page = await openReady('/', options);
  await screenshot(page, 'home-390x844');
  const zone = await zoneNamed('光荣道');
  await page.locator(`.zone-name[data-ref="zones/${zone.id}"]`).tap();
  await page.locator('.boundary blockquote').waitFor();
  await mapRests(page);
  await screenshot(page, 'zone-390x844');
  const hub = await zoneNamed('西站枢纽');
  const query = await openReady(`/?area=feature:zones/${hub.id}`, options);
  await query.locator('.results[data-state=ready]').waitFor();
  await mapRests(query);
  await screenshot(query, 'query-390x844');
  const wider = await query.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wider, false, 'nothing sticks out');
});

test('nothing was asked of any other host, and no page threw an error', () => {
  assert.ok(stage.opened.length > 8);
  stage.assertClean();
});

/** A service of tiles: each of one green, or none ever. */
async function startTiles(answers) {
  const crc = (bytes) => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(bytes));
    return sum;
  };
  const chunk = (name, data) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const body = Buffer.concat([Buffer.from(name), data]);
    return Buffer.concat([length, body, crc(body)]);
  };
  const head = Buffer.from([0, 0, 1, 0, 0, 0, 1, 0, 8, 2, 0, 0, 0]);
  const row = Buffer.concat([Buffer.alloc(1), Buffer.from(Array(256).fill(GREEN).flat())]);
  const tile = Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.concat(Array(256).fill(row)))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
  const server = createServer((_, response) => {
    if (answers) response.end(tile);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address();
  const options = [
    '--base-map',
    `http://127.0.0.1:${port}/{z}/{x}/{y}`,
    '--base-map-attribution',
    '天地图 GS（2024）0650号',
  ];
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { options, stop };
}

const GREEN = [40, 180, 90];
/** Fewer pixels are drawn sooner. */
const SMALL = { width: 1120, height: 640 };

test('an operator’s base map lies below everything, is named, and can be switched off', async () => {
  const tiles = await startTiles(true);
  const stage = await setStage(...tiles.options);
  try {
    const page = await stage.openReady('/', { viewport: SMALL });
    assert.match(parameters(page).get('layers'), /base-map/);
    const credit = page.locator('[data-base-map]');
    assert.equal(await credit.getAttribute('data-base-map'), 'there');
    assert.match(await credit.innerText(), /底图：天地图 GS（2024）0650号/);
    await screenshot(page, 'base-map-1120x640');
    const places = [];
    for (let x = 440; x < 1060; x += 40) {
      for (let y = 60; y < 600; y += 40) places.push({ x, y });
    }
    const greens = async () => {
      const colours = await coloursAt(page, await page.screenshot(), places);
      return colours.filter((colour) => colour.every((part, at) => Math.abs(part - GREEN[at]) < 3))
        .length;
    };
    // What is drawn above it hides a part, inside the district and outside.
    const shown = await greens();
    assert.ok(shown > places.length / 3, `${shown} of ${places.length}`);
    await page.locator('label.layer:has([data-layer=base-map])').click();
    await mapRests(page);
    await screenshot(page, 'base-map-off-1120x640');
    assert.equal(await greens(), 0);
    assert.equal(await credit.count(), 0);
    assert.doesNotMatch(parameters(page).get('layers'), /base-map/);
    await page.locator('label.layer:has([data-layer=base-map])').click();
    await mapRests(page);
    assert.equal(await greens(), shown);
    stage.assertClean();
  } finally {
    await stage.clear();
    tiles.stop();
  }
});

test('where the base map’s service is dead, everything else is there', async () => {
  const tiles = await startTiles(false);
  const stage = await setStage(...tiles.options);
  try {
    const page = await stage.openReady('/', { viewport: SMALL });
    const credit = page.locator('[data-base-map=failed]');
    await credit.waitFor();
    assert.match(await credit.innerText(), /未能载入/);
    assert.equal(await page.locator('.notice').count(), 0);
    await page.locator('label.layer:has([data-layer=facilities])').click();
    await mapRests(page);
    const zone = (await stage.items('zones')).find(({ geometry }) => geometry);
    await page.goto(`${stage.address}/?select=zones/${zone.id}`);
    await page.locator(`.details[data-ref="zones/${zone.id}"]`).waitFor();
    await mapRests(page);
    await screenshot(page, 'base-map-dead-1120x640');
    assert.equal(await page.locator('.notice').count(), 0);
    stage.assertClean();
  } finally {
    await stage.clear();
    tiles.stop();
  }
});
