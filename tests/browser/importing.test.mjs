// Bringing in a file on the page: what is odd about it is said first, what would change is seen, and
// only then it is written, or let go without a trace.

import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { after, afterEach, before, test } from 'node:test';
import { mapRests, PHONE, screenshot, setDesk, yunze } from './support.mjs';

let desk;
/** The district's own parcels, in metres of CGCS2000 and under the names that a survey gives. */
let survey;

before(async () => {
  desk = await setDesk(['王工']);
  const file = JSON.parse(await readFile(`${yunze}geodata/parcels.geojson`, 'utf8'));
  survey = file.features.map(({ id, geometry, properties }) => ({
    type: 'Feature',
    geometry,
    properties: { 地块编号: id.toUpperCase(), 名称: properties.name, 用地性质: '居住' },
  }));
});

afterEach(() => desk.closePages());

after(async () => {
  await desk?.clear();
  if (desk) await rm(desk.data, { recursive: true, force: true });
});

function fileOf(features, name = '勘测成果.geojson') {
  const content = JSON.stringify({ type: 'FeatureCollection', features });
  return { name, mimeType: 'application/geo+json', buffer: Buffer.from(content) };
}

async function bring(page, file) {
  await page.locator('[data-act=import]').click();
  await page.locator('.drop input[type=file]').setInputFiles(file);
  await page.locator('.intake[data-state=ready]').waitFor();
}

/** Waits until the file has been looked at as it was decided last. */
async function counts(page, wanted) {
  for (const [name, count] of Object.entries(wanted)) {
    await page
      .locator(`.counts [data-count=${name}] b`)
      .getByText(`${count}`, { exact: true })
      .waitFor();
  }
}

test('a survey in metres: the finding is taken up, fields mapped, differences seen, one commit', async () => {
  const page = await desk.openAs('王工', '/');
  const moved = structuredClone(survey);
  const added = structuredClone(survey[0]);
  added.properties = { 地块编号: 'Z9-99', 名称: '新测地块', 用地性质: '居住' };
  const shift = ([x, y]) => [x, y - 700];
  added.geometry.coordinates = added.geometry.coordinates.map((ring) => ring.map(shift));
  await bring(page, fileOf([...moved, added]));
  const commit = page.locator('.intake').getByRole('button', { name: '导入', exact: true });
  assert.equal(await commit.isDisabled(), true, 'there is something to see to first');
  const finding = page.locator('[data-finding=projected_as_degrees]');
  await screenshot(page, 'import-finding-1440x900');
  await finding.getByRole('button', { name: '按建议处理' }).click();
  await finding.waitFor({ state: 'detached' });
  await page.locator('.intake[data-state=ready]').waitFor();
  assert.equal(await page.getByLabel('编号（用于比对）').inputValue(), '地块编号');
  await state(page);
  // What is surveyed needs no sentence of a document to say where it lies.
  await page.locator('.mapping [data-property=located_by] select').last().selectOption('surveyed');
  await counts(page, { added: 1, changed: survey.length, removed: 0, invalid: 0 });
  await mapRests(page);
  await screenshot(page, 'import-1440x900');
  await page.locator('.intake [name=message]').fill('勘测成果入库');
  await commit.click();
  await page.getByText('已导入，成为第 2 版').waitFor();
  const { features } = await desk.json('/collections/parcels/items?limit=1000');
  assert.equal(features.length, survey.length + 1);
  const { revisions } = await desk.json('/revisions');
  assert.equal(revisions[0].message, '勘测成果入库');
  assert.equal(revisions[0].cause, 'import');
  assert.equal(revisions[0].author, '王工');
});

test('what is let go leaves no trace, and what is no file of features is said', async () => {
  const page = await desk.openAs('王工', '/');
  const before = await desk.json('/revisions');
  const sent = page.waitForResponse((response) => response.url().includes('/imports?'));
  await bring(page, fileOf(survey.slice(0, 3)));
  const { id } = await (await sent).json();
  const gone = page.waitForResponse(
    (response) => response.request().method() === 'DELETE' && response.url().endsWith(id),
  );
  await page.locator('.intake').getByRole('button', { name: '取消导入' }).last().click();
  assert.equal((await gone).status(), 204);
  assert.equal(await page.locator('.intake').count(), 0);
  assert.deepEqual(await desk.json('/revisions'), before);

  await page.locator('[data-act=import]').click();
  const broken = { name: '坏.geojson', mimeType: 'text/plain', buffer: Buffer.from('{ not json') };
  await page.locator('.drop input[type=file]').setInputFiles(broken);
  await page.locator('.intake .failure').getByText('坏.geojson').waitFor();
  await page.getByRole('button', { name: '换一个文件' }).click();
  await page.locator('.drop').waitFor();
});

/** Gives what every feature needs, and what a file seldom says. */
async function state(page) {
  for (const [property, value] of [
    ['licence', 'CC0-1.0'],
    ['accuracy_m', '0.1'],
  ]) {
    const field = page.locator(`.mapping [data-property=${property}] input`);
    await field.fill(value);
    await field.press('Tab');
    await page.locator('.intake[data-state=ready]').waitFor();
    await page
      .locator(`.mapping [data-property=${property}].is-lacking`)
      .waitFor({ state: 'detached' });
  }
}

const GAUSS = { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::4548' } };

function surveyOf(features) {
  const content = JSON.stringify({ type: 'FeatureCollection', crs: GAUSS, features });
  return { name: '改测.geojson', mimeType: 'application/geo+json', buffer: Buffer.from(content) };
}

/** Two parcels of the survey, so many metres further east and north. */
function movedBy(east, north) {
  const moved = structuredClone(survey.slice(0, 2));
  for (const { geometry } of moved) {
    const shift = ([x, y]) => [x + east, y + north];
    geometry.coordinates = geometry.coordinates.map((ring) => ring.map(shift));
  }
  return moved;
}

async function letGo(page) {
  await page.locator('.intake').getByRole('button', { name: '取消导入' }).last().click();
  await page.locator('.intake').waitFor({ state: 'detached' });
}

/** Colours of what stood, and of what it becomes. */
const STOOD = [0xa9, 0x3a, 0x28];
const BECOMES = [0xb7, 0x79, 0x1f];

/** How many points of the map have a colour, more or less. */
async function pointsOf(page, [r, g, b]) {
  const { width, height } = page.viewportSize();
  // Between the panels.
  const clip = { x: 380, y: 80, width: width - 820, height: height - 160 };
  const picture = (await page.screenshot({ clip })).toString('base64');
  return page.evaluate(
    async ([picture, wanted]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${picture}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        count += wanted.every((value, part) => Math.abs(data[at + part] - value) < 12) ? 1 : 0;
      }
      return count;
    },
    [picture, [r, g, b]],
  );
}

test('of what changes the old outline is drawn too, dashed', async () => {
  const page = await desk.openAs('王工', '/', { deviceScaleFactor: 1 });
  const changed = movedBy(90, 90);
  await mapRests(page);
  const before = await pointsOf(page, STOOD);
  await bring(page, surveyOf(changed));
  await state(page);
  await counts(page, { changed: 2 });
  await mapRests(page);
  await screenshot(page, 'import-difference-1440x900');
  const after = await pointsOf(page, STOOD);
  assert.ok(after > before + 100, `${before} points of the colour before, ${after} after`);
  assert.equal(await page.locator('.intake-counts [data-shown]').count(), 0);
});

test('what moves far is shown with where it stood', async () => {
  const page = await desk.openAs('王工', '/', { deviceScaleFactor: 1 });
  await bring(page, surveyOf(movedBy(6_000, 0)));
  await state(page);
  await counts(page, { changed: 2 });
  await mapRests(page);
  await screenshot(page, 'import-far-1440x900');
  const [stood, becomes] = [await pointsOf(page, STOOD), await pointsOf(page, BECOMES)];
  assert.ok(
    stood > 30 && becomes > 30,
    `${stood} points of what stood, ${becomes} of what becomes`,
  );
  await letGo(page);
});

test('what comes late of an earlier decision is not shown', async () => {
  const page = await desk.openAs('王工', '/', { deviceScaleFactor: 1 });
  await bring(page, surveyOf(movedBy(90, 90)));
  await state(page);
  await counts(page, { changed: 2, removed: 0 });
  await mapRests(page);
  const drawn = await pointsOf(page, STOOD);
  // What the first decision changes is answered at once, and arrives after the second was taken.
  let release;
  const taken = new Promise((done) => {
    release = done;
  });
  const arrived = page.waitForRequest(/\/changes/);
  await page.route(
    /\/changes/,
    async (route) => {
      const response = await route.fetch();
      await taken;
      // Nobody may wait for it any more.
      await route.fulfill({ response }).catch(() => undefined);
    },
    { times: 1 },
  );
  const removing = page.locator('.intake [name=remove_missing]');
  await removing.check();
  const { features } = await desk.json('/collections/parcels/items?limit=1000');
  await counts(page, { removed: features.length - 2 });
  await arrived;
  await removing.uncheck();
  await counts(page, { changed: 2, removed: 0 });
  await mapRests(page);
  release();
  await mapRests(page);
  const after = await pointsOf(page, STOOD);
  assert.ok(after < drawn + 100, `${drawn} points of the colour before, ${after} after`);
  await letGo(page);
});

/** Holds back the next question for changes until the file is read for another decision. */
function askTooLate(page) {
  let [ask, answer] = [];
  const late = {
    asked: new Promise((done) => {
      ask = done;
    }),
    answered: new Promise((done) => {
      answer = done;
    }),
  };
  const isDecision = (response) => response.request().method() === 'PUT';
  const hold = async (route) => {
    const decided = page.waitForResponse(isDecision);
    ask();
    await decided;
    const response = await route.fetch();
    // Nobody may wait for it any more.
    await route.fulfill({ response }).catch(() => undefined);
    answer();
  };
  return page.route(/\/changes/, hold, { times: 1 }).then(() => late);
}

/** Holds back the next request to an address until what it gives is called. */
async function hold(page, address) {
  let go;
  const held = new Promise((done) => {
    go = done;
  });
  await page.route(address, (route) => held.then(() => route.continue()), { times: 1 });
  return go;
}

/** How often the map is drawn anew from now on. */
async function drawings(page) {
  await page.evaluate(() => {
    window.drawings = 0;
    const shown = document.querySelector('[data-map]');
    const count = () => {
      window.drawings += shown.dataset.map === 'busy' ? 1 : 0;
    };
    new MutationObserver(count).observe(shown, { attributes: true, attributeFilter: ['data-map'] });
  });
  return () => page.evaluate(() => window.drawings);
}

test('of a large file the pace is told, and only what was decided last', async () => {
  const page = await desk.openAs('王工', '/');
  const squares = Array.from({ length: 24_000 }, (_, number) => {
    const [x, y] = [498_700 + 5 * (number % 200), 4_316_400 + 5 * Math.floor(number / 200)];
    const ring = [
      [x, y],
      [x + 4, y],
      [x + 4, y + 4],
      [x, y + 4],
      [x, y],
    ];
    const located = { located_by: 'surveyed', 精度: 0.1, 许可: 'CC0-1.0' };
    return {
      type: 'Feature',
      geometry: { type: 'Polygon', coordinates: [ring] },
      properties: { 地块编号: `N-${number}`, 名称: `第${number}块`, ...located },
    };
  });
  const bar = page.locator('.progress[data-word="intake.comparing"] .fine');
  const told = bar.getByText(/^每秒 [\d,]+，约剩 \d+ 秒$/).waitFor();
  const ready = bring(page, surveyOf(squares));
  await told;
  await screenshot(page, 'import-progress-1440x900');
  await ready;
  await counts(page, { added: '24,000', invalid: 0 });
  await page.getByText('共 24,000 项，图上只画前 2,000 项').waitFor();
  await mapRests(page);

  // As long as it is not known what another decision would change, nothing is said of that, and the
  // map has nothing new to show.
  const late = await askTooLate(page);
  const send = await hold(page, /\/imports\/[^/]+$/);
  const source = page.locator('.mapping [data-property=source] input');
  await source.fill('勘测');
  await source.press('Tab');
  await page.locator('.intake-counts [data-shown]').waitFor({ state: 'detached' });
  await mapRests(page);
  const redrawn = await drawings(page);
  send();
  await late.asked;
  assert.equal(await redrawn(), 0);
  // What is asked of one decision comes when the file is read for the next, and is refused then.
  await source.fill('改测');
  await source.press('Tab');
  await late.answered;
  await page.locator('.intake-counts [data-shown="2000"]').waitFor();
  assert.equal(await page.locator('.intake > .failure').count(), 0);
  assert.equal(await source.inputValue(), '改测');
  await mapRests(page);

  // What is being written is as it was decided; it can be let go.
  const before = await desk.json('/revisions');
  await page.locator('.intake [name=message]').fill('不要了');
  const answer = page.waitForResponse((response) => response.url().endsWith('/commit'));
  // Which step is seen first depends on the machine.
  const step = /^正在(写入|核对全部数据)$/;
  const written = [
    page.getByRole('progressbar', { name: step }),
    page.locator('.progress [role=status]').getByText(step),
  ].map((shown) => shown.waitFor());
  await page.locator('.intake').getByRole('button', { name: '导入', exact: true }).click();
  const choices = page.locator('.intake fieldset :is(input, select, button):enabled');
  assert.equal(await choices.count(), 0);
  await Promise.all(written);
  // Not by the pointer, which waits until nothing moves.
  const cancel = page.locator('.intake').getByRole('button', { name: '取消导入' }).last();
  await cancel.dispatchEvent('click');
  assert.equal((await answer).status(), 409);
  await page.locator('.intake').waitFor({ state: 'detached' });
  assert.deepEqual(await desk.json('/revisions'), before);
});

test('an import that is opened while another is still written stays', async () => {
  const page = await desk.openAs('王工', '/');
  await bring(page, surveyOf(movedBy(90, 90)));
  await state(page);
  await counts(page, { changed: 2 });
  const commit = await hold(page, /\/commit$/);
  await page.locator('.intake [name=message]').fill('改测');
  await page.locator('.intake').getByRole('button', { name: '导入', exact: true }).click();
  // The page is told that it was let go, and the service never hears of that.
  await page.route(/\/imports\/[^/]+$/, (route) =>
    route.request().method() === 'DELETE' ? route.fulfill({ status: 204 }) : route.continue(),
  );
  await letGo(page);
  await page.locator('[data-act=import]').click();
  await page.locator('.drop').waitFor();
  commit();
  await page.getByText(/^已导入，成为第 \d+ 版$/).waitFor();
  assert.equal(await page.locator('.drop').count(), 1);
  assert.equal(await page.locator('.progress').count(), 0);
});

test('on a phone', async () => {
  const page = await desk.openAs('王工', '/', { viewport: PHONE, hasTouch: true, isMobile: true });
  await bring(page, fileOf(survey.slice(0, 3)));
  await page.locator('.answer .sheet-handle').tap();
  await screenshot(page, 'import-390x844');
  const wider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wider, false, 'nothing sticks out');
});

test('nothing was asked of any other host, and no page threw an error', () => {
  assert.ok(desk.opened.length > 2);
  desk.assertClean();
});
