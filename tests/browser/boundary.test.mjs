// Boundary sentences on the page: pasted, compiled, asked about, shared, saved; and refused.

import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { mapRests, PHONE, parameters, screenshot, setStage } from './support.mjs';

const PARK = '北至光荣道，南至纪念馆路，西至本溪路，东至咸阳北路';
const HUB = '北至光荣道，南至北马路、芥园道，西至洪湖东路、复兴路，东至红桥北大街、河北大街';
const WRONG = '北至光荣道，南至纪念馆路，西至本溪路，东至咸阳北街';
const APART = '北至子牙河，南至西青道，西至本溪路，东至复兴路';

let stage;

before(async () => {
  stage = await setStage();
});

afterEach(() => stage.closePages());

after(() => stage?.clear());

async function compiled(text) {
  const response = await fetch(`${stage.address}/boundaries`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  assert.equal(response.status, 200);
  return (await response.json()).features;
}

const address = (text) => `/?boundary=${encodeURIComponent(text)}`;

test('a pasted paragraph is compiled, asked about, shared and saved', async () => {
  const text = `地块一：${HUB}，面积约380公顷。地块二：${WRONG}。`;
  const page = await stage.openReady();
  const field = page.getByRole('combobox', { name: '按名称检索' });
  await field.fill(text);
  await page.locator('.search-compile').waitFor();
  assert.equal(await page.locator('[role=option]').count(), 0, 'it is no name');
  await field.press('Enter');
  const cards = page.locator('.boundary-card');
  await cards.nth(1).waitFor();
  const [hub, wrong] = await compiled(text);
  assert.equal(await cards.nth(0).getAttribute('data-outcome'), 'compiled_with_gaps');
  assert.equal(await cards.nth(1).getAttribute('data-outcome'), 'unresolved');
  assert.equal(parameters(page).get('boundary'), text);
  await mapRests(page);
  await screenshot(page, 'boundary-1440x900');

  // The evidence: every side with its streets, every stretch, every corner, the stated area.
  const first = cards.nth(0);
  for (const { side, names } of hub.properties.asked) {
    const row = await first.locator(`.asked [data-side=${side}]`).innerText();
    for (const { name } of names) assert.ok(row.includes(name), `${name} in ${row}`);
  }
  assert.equal(
    await first.locator('[data-stretch]').count(),
    hub.properties.sides.length,
    'stretch by stretch',
  );
  assert.equal(await first.locator('.corners li').count(), 4);
  const measures = await first.locator('.boundary-measures').innerText();
  assert.ok(measures.includes(hub.properties.stated_area.quote), measures);
  // The refused one says why, and which name comes near.
  const refused = await cards.nth(1).innerText();
  assert.ok(refused.includes(wrong.properties.message), refused);
  assert.ok(refused.includes('咸阳北路'), refused);

  // A stretch lights up on the map.
  const clip = { x: 370, y: 20, width: 640, height: 820 };
  const dark = await page.screenshot({ clip });
  await first.locator('[data-stretch="0"]').hover();
  await mapRests(page);
  assert.notDeepEqual(await page.screenshot({ clip }), dark, 'a stretch lights up');

  // The address is the link.
  const colleague = await stage.openReady(new URL(page.url()).search.replace(/^/, '/'));
  await colleague.locator('.boundary-card').nth(1).waitFor();

  // Saved as a file that holds the polygon and its evidence.
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    first.getByRole('button', { name: '存为 GeoJSON' }).click(),
  ]);
  const saved = JSON.parse(await readFile(await download.path(), 'utf8'));
  assert.deepEqual(saved.features, [hub]);

  // Asked about: the same hits as of the service, and Back leads to the evidence.
  await first.getByRole('button', { name: '查询范围内项目与地块' }).click();
  await page.locator('.results[data-state=ready]').waitFor();
  assert.equal(parameters(page).get('area'), `boundary:${HUB}`);
  const response = await fetch(`${stage.address}/areas/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ area: { boundary: HUB }, collections: ['projects', 'parcels'] }),
  });
  const { results } = await response.json();
  for (const { collection, totals } of results) {
    const count = page.locator(`[data-collection=${collection}] .collection-title b`);
    assert.equal(await count.innerText(), String(totals.count));
  }
  await mapRests(page);
  await screenshot(page, 'boundary-query-1440x900');
  await page.goBack();
  await page.locator('.boundary-card').first().waitFor();
});

test('carriageways: centre, inner or outer, in the address and in the query', async () => {
  const page = await stage.openReady(address(HUB));
  const card = page.locator('.boundary-card').first();
  const measured = async () => (await card.locator('.boundary-measures b').first()).innerText();
  const shown = { centre: await measured() };
  for (const choice of ['inner', 'outer']) {
    await page.locator(`.carriageway [data-carriageway=${choice}]`).click();
    await page.locator(`.boundaries[data-carriageway=${choice}][data-state=ready]`).waitFor();
    const response = await fetch(
      `${stage.address}/boundaries?text=${encodeURIComponent(HUB)}&carriageway=${choice}`,
    );
    const [feature] = (await response.json()).features;
    assert.equal(parameters(page).get('carriageway'), choice);
    shown[choice] = await measured();
    const hectares = Number(shown[choice].split(' ')[0]);
    assert.ok(Math.abs(hectares - feature.properties.area_m2 / 1e4) <= 0.5, shown[choice]);
  }
  await mapRests(page);
  await screenshot(page, 'boundary-outer-1440x900');
  await card.getByRole('button', { name: '查询范围内项目与地块' }).click();
  await page.locator('.results[data-state=ready]').waitFor();
  assert.ok((await page.locator('.query-measure').innerText()).startsWith(shown.outer));
  assert.equal(parameters(page).get('carriageway'), 'outer');
  await page.locator('.carriageway [data-carriageway=centre]').click();
  await page.locator('.results[data-state=ready]').waitFor();
  await page.waitForFunction(
    (start) => document.querySelector('.query-measure')?.innerText.startsWith(start),
    shown.centre,
  );
  assert.equal(parameters(page).get('carriageway'), null);
});

test('lines that stay apart are pointed at on the map', async () => {
  const [feature] = await compiled(APART);
  const page = await stage.openReady(address(APART));
  const card = page.locator('.boundary-card[data-outcome=unresolved]');
  assert.ok((await card.innerText()).includes(feature.properties.message));
  const clip = { x: 370, y: 20, width: 620, height: 820 };
  const pointed = await page.screenshot({ clip });
  await screenshot(page, 'boundary-apart-1440x900');
  const at = parameters(page).get('at');
  const bare = await stage.openReady(`/?at=${at}`);
  assert.notDeepEqual(await bare.screenshot({ clip }), pointed, 'the gap is drawn');
  // The gap lies in view: the map has moved to it.
  const [lon, lat] = at.split(',').map(Number);
  const [[west, north], [east, south]] = feature.properties.gaps[0].line;
  assert.ok(lon > Math.min(west, east) - 0.02 && lon < Math.max(west, east) + 0.02);
  assert.ok(lat > Math.min(south, north) - 0.02 && lat < Math.max(south, north) + 0.02);
});

/** The four streets around a block, in degrees. */
function block(west, south, width, height) {
  const [east, north] = [west + width, south + height];
  const more = 0.002;
  const across = (y) => [
    [west - more, y],
    [east + more, y],
  ];
  const upright = (x) => [
    [x, south - more],
    [x, north + more],
  ];
  return {
    测北路: across(north),
    测南路: across(south),
    测西路: upright(west),
    测东路: upright(east),
  };
}

test('of an ambiguous sentence every candidate is drawn and told', async () => {
  const invented = new URL('../districts/yunze/', import.meta.url).pathname;
  const folder = await mkdtemp(join(tmpdir(), 'ambiguous-'));
  await cp(`${invented}geodata`, folder, { recursive: true });
  const file = join(folder, 'streets.geojson');
  const streets = JSON.parse(await readFile(file, 'utf8'));
  const like = { ...streets.features[0].properties, citations: [] };
  for (const [west, width] of [
    [117.0, 0.01],
    [117.02, 0.012],
  ]) {
    for (const [name, coordinates] of Object.entries(block(west, 39.0, width, 0.008))) {
      streets.features.push({
        type: 'Feature',
        id: `added-${streets.features.length}`,
        geometry: { type: 'LineString', coordinates },
        properties: { ...like, name },
      });
    }
  }
  await writeFile(file, JSON.stringify(streets));
  const twofold = await setStage('--geodata', folder, '--seeds', `${invented}seeds`);
  try {
    const page = await twofold.openReady(address('北至测北路，南至测南路，西至测西路，东至测东路'));
    const card = page.locator('.boundary-card[data-outcome=ambiguous]');
    await card.waitFor();
    assert.ok((await card.innerText()).includes('符合四至的界线有 2 条'));
    const candidates = card.locator('.candidates .is-candidate');
    assert.equal(await candidates.count(), 2);
    const told = await candidates.allInnerTexts();
    assert.ok(told[0].includes('第 1 种') && told[1].includes('第 2 种'), told.join());
    const clip = { x: 370, y: 20, width: 640, height: 820 };
    const drawn = await page.screenshot({ clip });
    await screenshot(page, 'boundary-ambiguous-1440x900');
    const bare = await twofold.openReady(`/?at=${parameters(page).get('at')}`);
    assert.notDeepEqual(await bare.screenshot({ clip }), drawn, 'the candidates are drawn');
    const lit = [];
    for (const number of [0, 1]) {
      await candidates.nth(number).hover();
      await mapRests(page);
      lit.push(await page.screenshot({ clip }));
      assert.notDeepEqual(lit[number], drawn, `candidate ${number + 1} lights up`);
    }
    assert.notDeepEqual(lit[0], lit[1], 'each where it is');
    twofold.assertClean();
  } finally {
    await twofold.clear();
    await rm(folder, { recursive: true });
  }
});

test('a text without a boundary sentence, and one too long, are told', async () => {
  const page = await stage.openReady(address('建设城市更新一张图'));
  await page.getByText('这段文字中没有四至').waitFor();
  await page.locator('.boundaries').getByRole('button', { name: '关闭' }).click();
  assert.equal(parameters(page).get('boundary'), null);
  const field = page.getByRole('combobox', { name: '按名称检索' });
  await field.fill(`${PARK}${'长'.repeat(2000)}`);
  await page.getByText('最多 2000 字').waitFor();
  await field.press('Enter');
  assert.equal(parameters(page).get('boundary'), null);
});

test('on a phone', async () => {
  const options = { viewport: PHONE, hasTouch: true, isMobile: true };
  const page = await stage.openReady(address(PARK), options);
  await page.locator('.boundary-card[data-outcome=compiled]').waitFor();
  await screenshot(page, 'boundary-390x844');
  const wider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wider, false, 'nothing sticks out');
});

test('nothing was asked of any other host, and no page threw an error', () => {
  assert.ok(stage.opened.length > 3);
  stage.assertClean();
});
