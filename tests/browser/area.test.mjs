// The answer of an area query on the page: what it adds up to, and as files that are read back.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, afterEach, before, test } from 'node:test';
import { ask, mapRests, PHONE, parameters, screenshot, setStage } from './support.mjs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { default: readWorkbook } = require('read-excel-file/node');

// The invented district has parcels with areas and land uses.
const folder = new URL('../districts/yunze/', import.meta.url).pathname;
const CIRCLE = { center: [117, 38.985], radius_m: 1000 };
const ADDRESS = '/?area=circle:117.00000,38.98500,1000';
const COLLECTIONS = ['projects', 'parcels'];

let stage;

before(async () => {
  stage = await setStage('--geodata', `${folder}geodata`, '--seeds', `${folder}seeds`);
});

afterEach(() => stage.closePages());

after(() => stage?.clear());

/** Opens a query; gives the page once it shows the answer. */
async function openQuery(address = ADDRESS, options = {}) {
  const page = await stage.openReady(address, options);
  await page.locator('.results[data-state=ready]').waitFor();
  return page;
}

const number = (text) => Number(text.replaceAll(',', ''));

/** The cells of a table of groups: `{group: [count, hectares, mu]}`. */
async function table(page, collection) {
  const rows = await page
    .locator(`[data-collection=${collection}] .groups tr[data-group]`)
    .evaluateAll((all) =>
      all.map((row) => [
        row.dataset.group,
        [...row.querySelectorAll('td')].map((td) => td.innerText),
      ]),
    );
  return Object.fromEntries(rows.map(([group, cells]) => [group, cells.map(number)]));
}

test('the totals shown are those of the service, whatever they are grouped by', async () => {
  const page = await openQuery();
  const answer = await ask(stage.address, { area: CIRCLE, collections: COLLECTIONS });
  const { totals } = answer.results.find(({ collection }) => collection === 'parcels');
  assert.ok(totals.area_m2 > 0 && totals.land_uses.length > 3, 'there is something to add up');

  const whole = await page.locator('.all-totals').innerText();
  assert.ok(whole.includes(`共 ${answer.totals.count} 项`), whole);

  for (const grouping of ['statuses', 'kinds', 'land_uses']) {
    const button = page.locator(`[data-collection=parcels] [data-grouping=${grouping}]`);
    if ((await button.count()) === 0) {
      assert.ok(totals[grouping].length <= 1, `${grouping} would tell nothing apart`);
      continue;
    }
    await button.click();
    const shown = await table(page, 'parcels');
    const { all, covered, ...groups } = shown;
    assert.deepEqual(Object.keys(groups).sort(), totals[grouping].map(({ id }) => id).sort());
    for (const { id, count, area_m2 } of totals[grouping]) {
      assert.equal(groups[id][0], count, id);
      assert.ok(Math.abs(groups[id][1] - area_m2 / 1e4) <= 0.51, `${id}: ${groups[id]}`);
      assert.ok(Math.abs(groups[id][2] - area_m2 * 0.0015) <= 0.51, `${id}: ${groups[id]}`);
    }
    // What stands in the column adds up to what stands below it.
    assert.equal(all[0], totals.count);
    const sum = Object.values(groups).reduce((total, [count]) => total + count, 0);
    assert.equal(sum, all[0]);
    assert.equal(covered === undefined, totals.area_m2 - totals.covered_m2 <= 1);
  }
  await mapRests(page);
  await screenshot(page, 'totals-1440x900');

  // Stated quantities: the sum, and how many state it.
  const stated = page.locator('[data-collection=parcels] [data-fold=quantities]');
  await stated.locator('summary').click();
  for (const { attribute, sum, features, partly_inside } of totals.quantities) {
    const row = stated.locator(`[data-quantity=${attribute}]`);
    assert.equal(await row.getAttribute('data-sum'), String(sum ?? ''));
    const text = await row.innerText();
    assert.ok(text.includes(`${features} 项写明`), text);
    assert.equal(text.includes(`其中 ${partly_inside} 项只有部分`), partly_inside > 0, text);
  }
  for (const { collection, totals: of } of answer.results) {
    const fold = page.locator(`[data-collection=${collection}] [data-fold=left-out]`);
    const left = Object.entries(of.left_out).filter(([, n]) => n > 0);
    const expected = of.count > 0 ? left : [];
    assert.equal(await fold.count(), expected.length > 0 ? 1 : 0);
    if (expected.length === 0) continue;
    await fold.locator('summary').click();
    for (const [name, n] of expected) {
      const line = await fold.locator(`[data-left-out=${name}]`).innerText();
      assert.ok(line.startsWith(`${n} `), line);
    }
  }
  await screenshot(page, 'totals-unfolded-1440x900');
});

test('the workbook, read back by a library, holds what the page shows', async () => {
  const page = await openQuery();
  const answer = await ask(stage.address, { area: CIRCLE, collections: COLLECTIONS });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('.downloads [data-form=xlsx]').click(),
  ]);
  assert.match(download.suggestedFilename(), /范围查询.*\.xlsx$/);
  const sheets = await readWorkbook(await download.path());
  const { collections } = await stage.json('/collections');
  const titles = COLLECTIONS.map((id) => collections.find((known) => known.id === id).title);
  assert.deepEqual(
    sheets.map(({ sheet }) => sheet),
    [...titles, '汇总', '来源'],
  );

  for (const { collection, features, borderline, unlocated } of answer.results) {
    const title = titles[COLLECTIONS.indexOf(collection)];
    const [heads, ...rows] = sheets.find(({ sheet }) => sheet === title).data;
    const cell = (row, head) => row[heads.indexOf(head)];
    const listed = [...features, ...borderline, ...unlocated];
    assert.deepEqual(
      rows.map((row) => cell(row, '编号')).sort(),
      listed.map(({ id }) => `${collection}/${id}`).sort(),
      'every feature has its row',
    );
    for (const { id, properties } of listed) {
      const row = rows.find((other) => cell(other, '编号') === `${collection}/${id}`);
      assert.equal(cell(row, '名称'), properties.name);
      const area = cell(row, '重叠面积（平方米）');
      assert.equal(area, properties.overlap?.area_m2 ?? null, 'a number, not a text');
    }
  }

  const [heads, ...sums] = sheets.find(({ sheet }) => sheet === '汇总').data;
  const column = (row, head) => row[heads.indexOf(head)];
  for (const [i, { totals }] of answer.results.entries()) {
    const row = sums.find((one) => one[0] === titles[i] && one[1] === '全部');
    assert.equal(column(row, '要素数'), totals.count);
    assert.ok(Math.abs(column(row, '重叠面积合计（平方米）') - totals.area_m2) <= 0.05);
    const shown = await page.locator(`[data-collection=${COLLECTIONS[i]}] .collection-title b`);
    assert.equal(Number(await shown.innerText()), totals.count);
  }
  const sources = sheets.find(({ sheet }) => sheet === '来源').data;
  const said = new Map(sources.map(([, item, content]) => [item, content]));
  assert.equal(typeof said.get('范围面积（平方米）'), 'number');
  assert.ok(sources.some(([sort]) => sort === '数据来源'));
});

test('CSV and GeoJSON are named after the zone and hold the same features', async () => {
  const [zone] = (await stage.items('zones')).filter(({ geometry }) => geometry);
  const page = await openQuery(`/?area=feature:zones/${zone.id}`);
  const answer = await ask(stage.address, {
    area: { feature: `zones/${zone.id}` },
    collections: COLLECTIONS,
  });
  const listed = answer.results.flatMap(({ collection, features, borderline, unlocated }) =>
    [...features, ...borderline, ...unlocated].map(({ id }) => `${collection}/${id}`),
  );
  const save = async (form) => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator(`.downloads [data-form=${form}]`).click(),
    ]);
    assert.ok(download.suggestedFilename().startsWith(zone.properties.name));
    assert.ok(download.suggestedFilename().endsWith(`.${form}`));
    return readFile(await download.path(), 'utf8');
  };
  const geojson = JSON.parse(await save('geojson'));
  assert.deepEqual(geojson.features.map(({ id }) => id).sort(), listed.sort());
  const csv = await save('csv');
  assert.ok(csv.startsWith('\ufeff'), 'Excel takes it for UTF-8');
  assert.equal(csv.trimEnd().split('\r\n').length, listed.length + 1);
});

test('a file that fails is told, and can be asked for again', async () => {
  const page = await openQuery();
  await page.route('**/areas/query?*', (route) => route.abort());
  const csv = page.locator('.downloads [data-form=csv]');
  await csv.click();
  await page.locator('.downloads [role=alert]').getByText('连不上服务').waitFor();
  await page.unroute('**/areas/query?*');
  const [download] = await Promise.all([page.waitForEvent('download'), csv.click()]);
  assert.match(download.suggestedFilename(), /\.csv$/);
  await page.locator('.downloads [role=alert]').waitFor({ state: 'detached' });
});

test('while a file is made no other is asked for', async () => {
  const page = await openQuery();
  let go;
  const held = new Promise((resolve) => {
    go = resolve;
  });
  await page.route('**/areas/query?*', async (route) => {
    await held;
    await route.continue();
  });
  await page.locator('.downloads [data-form=xlsx]').click();
  await page.getByText('正在生成文件…').waitFor();
  assert.equal(await page.locator('.downloads button[data-form]:enabled').count(), 0);
  const [download] = await Promise.all([page.waitForEvent('download'), go()]);
  assert.match(download.suggestedFilename(), /\.xlsx$/);
  assert.equal(await page.locator('.downloads button[data-form]:disabled').count(), 0);
});

test('the link of a query is copied', async () => {
  const page = await openQuery();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: '复制链接' }).click();
  await page.getByText('链接已复制').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, page.url());
  assert.match(parameters(page).get('area'), /^circle:/);
});

/** A file of surfaces, as a planner brings it along. */
function file(name, coordinates) {
  const features = coordinates.map((rings) => ({
    type: 'Feature',
    properties: {},
    geometry: { type: 'Polygon', coordinates: rings },
  }));
  const content = JSON.stringify({ type: 'FeatureCollection', features });
  return { name, mimeType: 'application/geo+json', buffer: Buffer.from(content) };
}

/** A square of a tenth of `size` degrees around a place of the district, closed. */
function square(size, [lon, lat] = [117, 38.985]) {
  const corners = [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
    [-1, -1],
  ];
  return corners.map(([x, y]) => [lon + (x * size) / 10, lat + (y * size) / 10]);
}

/** Checks that the page lists as many as the service answers. */
async function assertCounts(page, area) {
  const { results, area: answered } = await ask(stage.address, { area, collections: COLLECTIONS });
  for (const { collection, totals } of results) {
    const count = page.locator(`[data-collection=${collection}] .collection-title b`);
    assert.equal(Number(await count.innerText()), totals.count, collection);
  }
  const hectares = await page.locator('.query-measure').innerText();
  const expected = answered.properties.area_m2 / 1e4;
  assert.ok(Math.abs(number(hectares.split(' ')[0]) - expected) <= expected / 100, hectares);
}

test('a GeoJSON file becomes the area, and its link holds it', async () => {
  const page = await stage.openReady('/');
  await page.getByRole('button', { name: '导入范围' }).click();
  const ring = square(0.0723456);
  await page.locator('.given input[type=file]').setInputFiles(file('地块.geojson', [[ring]]));
  await page.locator('.results[data-state=ready]').waitFor();
  assert.equal(await page.locator('dialog[open]').count(), 0);
  const written = parameters(page).get('area');
  const vertices = written.slice('polygon:'.length).split(';');
  assert.equal(vertices.length, 4);
  const first = vertices[0].split(',').map(Number);
  assert.ok(Math.abs(first[0] - ring[0][0]) < 1e-7, 'to the centimetre');
  await assertCounts(page, { geometry: { type: 'Polygon', coordinates: [ring] } });
  const colleague = await openQuery(new URL(page.url()).search.replace(/^/, '/'));
  await assertCounts(colleague, { geometry: { type: 'Polygon', coordinates: [ring] } });
  await mapRests(page);
  await screenshot(page, 'given-1440x900');
});

test('an area too large for a link is answered, and stays through reload and Back', async () => {
  const page = await stage.openReady('/');
  const hole = square(0.03).reverse();
  const neighbour = square(0.07, [117.014, 38.985]);
  await page.getByRole('button', { name: '导入范围' }).click();
  const brought = file('两块.geojson', [[square(0.07), hole], [neighbour]]);
  await page.locator('.given input[type=file]').setInputFiles(brought);
  await page.locator('.results[data-state=ready]').waitFor();
  const area = {
    union: [[square(0.07), hole], [neighbour]].map((coordinates) => ({
      geometry: { type: 'Polygon', coordinates },
    })),
  };
  await assertCounts(page, area);
  assert.equal(parameters(page).get('area'), null);
  await page.getByText('写不进链接').waitFor();
  assert.equal(await page.locator('.answer-title').innerText(), '两块.geojson');
  assert.equal(await page.getByRole('button', { name: '复制链接' }).count(), 0);
  await mapRests(page);
  await screenshot(page, 'given-large-1440x900');

  await page.reload();
  await page.locator('.results[data-state=ready]').waitFor();
  await assertCounts(page, area);
  const row = page.locator('[data-list=features] [data-ref]').first();
  await row.click();
  await page.locator('.details').waitFor();
  await page.goBack();
  await page.locator('.results[data-state=ready]').waitFor();
  await assertCounts(page, area);
  await page.locator('.query-actions').getByRole('button', { name: '清除' }).click();
  await page.locator('.results').waitFor({ state: 'detached' });
  await page.goBack();
  await page.locator('.results[data-state=ready]').waitFor();
});

test('what is no area is told, and what would be right', async () => {
  const page = await stage.openReady('/');
  await page.getByRole('button', { name: '导入范围' }).click();
  const told = page.locator('.given [role=alert]');
  const projected = file('投影.geojson', [[square(0.07, [39513842.1, 4335120.8])]]);
  await page.locator('.given input[type=file]').setInputFiles(projected);
  await told.getByText('不是经纬度').waitFor();
  await screenshot(page, 'given-refused-1440x900');
  for (const [text, part] of [
    ['', '请打开文件'],
    ['西站', '这不是面'],
    ['{"type": "Polygon", "coordinates": [[[38.98, 117.0]]]}', '纬度在前'],
    ['{"type": "Point", "coordinates": [117, 39]}', '没有面'],
  ]) {
    await page.locator('.given textarea').fill(text);
    await page.getByRole('button', { name: '查询此范围' }).click();
    await told.getByText(part).waitFor();
  }
  assert.equal(await page.locator('.results').count(), 0);
  // What the page can't judge the service refuses in its own words.
  const crossing = [
    [
      [117, 38.98],
      [117.01, 38.99],
      [117.01, 38.98],
      [117, 38.99],
      [117, 38.98],
    ],
  ];
  const geometry = { type: 'Polygon', coordinates: crossing };
  await page.locator('.given textarea').fill(JSON.stringify(geometry));
  await page.getByRole('button', { name: '查询此范围' }).click();
  await page.locator('.results .failure').waitFor();
});

test('well-known text in a projected system becomes the area, and its link holds it', async () => {
  // What the service makes of the circle, in CGCS2000 by zone 39, as a survey has it.
  const ring = [
    [39499500, 4316500],
    [39500600, 4316500],
    [39500600, 4317600],
    [39499500, 4317600],
    [39499500, 4316500],
  ];
  const wkt = (positions) => `POLYGON((${positions.map((place) => place.join(' ')).join(', ')}))`;
  const page = await stage.openReady('/');
  await page.getByRole('button', { name: '导入范围' }).click();
  const buffer = Buffer.from(wkt(ring));
  const brought = { name: '界址点.txt', mimeType: 'text/plain', buffer };
  await page.locator('.given input[type=file]').setInputFiles(brought);
  await page.locator('.given [role=alert]').getByText('EPSG:4527').waitFor();
  await page.locator('.given-system select').selectOption('EPSG:4527');
  await page.getByRole('button', { name: '查询此范围' }).click();
  await page.locator('.results[data-state=ready]').waitFor();
  await page.waitForFunction(() => location.search.includes('area=polygon'));
  await page.locator('.results[data-state=ready]').waitFor();
  const north = ring.map(([x, y]) => [y, x]);
  await assertCounts(page, { geometry: wkt(north), crs: 'EPSG:4527' });
  await mapRests(page);
  await screenshot(page, 'given-projected-1440x900');
});

test('the filter of list and map thins out the answer and its files too', async () => {
  const filter = { op: 'in', args: [{ property: 'status' }, ['under_construction']] };
  const body = { area: CIRCLE, collections: COLLECTIONS };
  const [all, some] = await Promise.all([
    ask(stage.address, body),
    ask(stage.address, { ...body, filter }),
  ]);
  assert.ok(some.totals.count > 0 && some.totals.count < all.totals.count, 'it makes a difference');
  const page = await openQuery(`${ADDRESS}&status=under_construction`);
  const counts = (answer) => answer.results.map(({ totals }) => String(totals.count));
  const shown = () => page.locator('.collection[data-collection] .collection-title b');
  assert.deepEqual(await page.locator('.results').locator(shown()).allInnerTexts(), counts(some));
  await screenshot(page, 'filtered-1440x900');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('.downloads [data-form=geojson]').click(),
  ]);
  const { features } = JSON.parse(await readFile(await download.path(), 'utf8'));
  assert.ok(features.every(({ properties }) => properties.status === 'under_construction'));
  await page.locator('.filtered').getByRole('button', { name: '清除筛选' }).click();
  await page.locator('.filtered').waitFor({ state: 'detached' });
  await page.locator('.results[data-state=ready]').waitFor();
  assert.deepEqual(await page.locator('.results').locator(shown()).allInnerTexts(), counts(all));
});

test('a shape pasted into the search box is asked about', async () => {
  const page = await stage.openReady('/');
  const ring = square(0.07);
  const field = page.getByRole('combobox', { name: '按名称检索' });
  await field.fill(JSON.stringify({ type: 'Polygon', coordinates: [ring] }));
  await page.getByText('查询贴入的范围').waitFor();
  assert.equal(await page.locator('[role=option]').count(), 0, 'it is no name');
  await field.press('Enter');
  await page.locator('.results[data-state=ready]').waitFor();
  await assertCounts(page, { geometry: { type: 'Polygon', coordinates: [ring] } });
  await field.fill('{"type": "Polygon", "coordinates": [[[117');
  await field.press('Enter');
  await page.locator('.search-results [role=alert]').getByText('不完整').waitFor();
});

test('on a phone nothing sticks out', async () => {
  const page = await openQuery(ADDRESS, { viewport: PHONE, hasTouch: true, isMobile: true });
  await page.locator('.sheet-handle').last().tap();
  await mapRests(page);
  await screenshot(page, 'totals-390x844');
  const wider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wider, false);
});

test('nothing was asked of any other host, and no page threw an error', () => {
  assert.ok(stage.opened.length > 5);
  stage.assertClean();
});
