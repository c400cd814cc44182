// The source documents on the page: from a sentence to its place and back, the indicators, the two
// documents side by side, and filters that thin out map and list at once.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import {
  isMap,
  mapIdle,
  mapRests,
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

const COLLECTIONS = ['zones', 'parcels', 'projects', 'facilities', 'heritage', 'routes'];

/** The text of a document from one character (Unicode code point) to before another. */
function words({ text }, { start, end }) {
  return Array.from(text).slice(start, end).join('');
}

/** What a page shows of a sentence, without the white space that the document breaks it with. */
const bare = (text) => text.replace(/\s+/g, '');

/** A sentence of a document that speaks of exactly this one feature and of no other. */
async function sentenceOn(document, ref) {
  const { citations } = document;
  const own = citations.find(({ subjects }) => subjects.length === 1 && subjects[0] === ref);
  assert.ok(own, `a sentence on ${ref} alone`);
  return own;
}

for (const [id, pick] of [
  ['plan-2021', 'parcels/xiyuzhuang'],
  ['work-plan-2025', 'parcels/xiyuzhuang'],
]) {
  test(`${id}: a sentence leads to its place, and the place back to its sentences`, async () => {
    const document = await stage.json(`/documents/${id}`);
    const page = await stage.openReady(`/?panel=documents&read=${id}`);
    await page.locator(`.reader[data-document="${id}"] .text`).waitFor();
    const shown = await page.locator('.text').innerText();
    assert.ok(bare(shown).includes(bare(document.text).slice(0, 400)), 'the text is all there');
    assert.equal(bare(shown).length, bare(document.text).length);

    // A sentence of one place: clicked, the place is selected and shown.
    const single = document.citations.find(
      ({ subjects: [ref], subjects }) => subjects.length === 1 && !ref.startsWith('district/'),
    );
    const [only] = single.subjects;
    await page.locator(`.cited[data-start="${single.start}"]`).first().click();
    await page.locator(`.details[data-ref="${only}"]`).waitFor();
    assert.equal(parameters(page).get('read'), `${id}:${single.start}`);
    assert.equal(parameters(page).get('select'), only);
    const quotes = await page.locator('.details blockquote').allInnerTexts();
    const sentence = bare(words(document, single));
    assert.ok(
      quotes.some((quote) => bare(quote) === sentence),
      `the place quotes the sentence: ${sentence}`,
    );

    // A sentence of several: they are listed, each with whether it is located.
    const several = document.citations.find(
      ({ subjects }) => subjects.length > 1 && subjects.includes(pick),
    );
    const marked = page.locator(`.cited[data-start="${several.start}"]`).first();
    await marked.click();
    const listed = page.locator('.subjects .subject');
    await listed.first().waitFor();
    const refs = await listed.evaluateAll((all) => all.map(({ dataset }) => dataset.ref));
    assert.deepEqual(refs, several.subjects);
    await page
      .locator('.subjects .subject-kind')
      .nth(refs.length - 1)
      .waitFor();
    for (const ref of refs) {
      const { geometry } = await stage.json(`/collections/${ref.replace('/', '/items/')}`);
      const row = await page.locator(`.subjects [data-ref="${ref}"]`).innerText();
      assert.equal(/未定位/.test(row), geometry === null, `${ref}: ${row}`);
    }
    await page.locator(`.subjects [data-ref="${pick}"]`).click();
    await page.locator(`.details[data-ref="${pick}"] .quote`).first().waitFor();
    await mapRests(page);
    await screenshot(page, `reader-${id}-1440x900`);

    // Back: every quotation of the place opens the document where it stands.
    const links = page.locator(`.details .quote-open[data-document="${id}"]`);
    assert.ok((await links.count()) > 0);
    const start = await links.last().getAttribute('data-start');
    await page.locator('[data-panel=layers].tab').click();
    await links.last().click();
    await page.locator(`.text .cited[data-start="${start}"].is-open`).first().waitFor();
    assert.equal(parameters(page).get('read'), `${id}:${start}`);
    const seen = await page
      .locator(`.text .cited[data-start="${start}"]`)
      .first()
      .evaluate((mark) => {
        const { top, bottom } = mark.getBoundingClientRect();
        return top > 0 && bottom < innerHeight;
      });
    assert.ok(seen, 'the sentence is in view');
    const own = document.citations.filter(({ subjects }) => subjects.includes(pick));
    const said = await page.locator('.steps-name').innerText();
    assert.ok(said.includes(String(own.length)), said);
    const spoken = await page
      .locator('.text .cited.is-spoken')
      .evaluateAll((all) => all.map(({ dataset }) => Number(dataset.start)));
    for (const { start: place } of own) assert.ok(spoken.includes(place), `marked at ${place}`);
  });
}

test('the address opens the same sentence, and Back the one before', async () => {
  const document = await stage.json('/documents/plan-2021');
  const cited = await sentenceOn(document, 'zones/sanchahekou');
  const page = await stage.openReady(`/?panel=documents&read=plan-2021:${cited.start}`);
  await page.locator(`.cited[data-start="${cited.start}"].is-open`).first().waitFor();
  const other = page.locator('.document', { hasText: '2025年工作安排' });
  await other.click();
  await page.locator('.reader[data-document=work-plan-2025] .text').waitFor();
  await page.goBack();
  await page.locator(`.cited[data-start="${cited.start}"].is-open`).first().waitFor();
});

test('the indicators are pictures of what the table states', async () => {
  const { rows, note } = await stage.json('/indicators');
  const page = await stage.openReady('/?panel=indicators');
  await page.locator('.indicators[data-state=ready]').waitFor();
  assert.equal(await page.locator('.indicator').count(), rows.length);
  for (const { number, name, nature, base, target } of rows) {
    const row = page.locator(`[data-indicator="${number}"]`);
    const text = await row.innerText();
    assert.ok(text.includes(name) && text.includes(nature), text);
    for (const { value, text: stated, year, cumulative } of [base, target]) {
      assert.ok(text.includes(String(year)));
      if (value !== null) assert.ok(text.includes(String(value)), `${value} in ${text}`);
      else if (!/^\[?-\]?$/.test(stated)) assert.ok(text.includes(stated), `${stated} in ${text}`);
      if (cumulative && value !== null) assert.match(text, /五年累计/);
    }
    const drawn = await row.locator('.picture-line').count();
    assert.equal(drawn, base.value !== null && target.value !== null ? 1 : 0, name);
  }
  // The picture is to scale: the bar ends where the figure stands.
  const share = await page.locator('[data-indicator="3"] .picture-line').evaluate((line) => {
    const [bar, target] = line.children;
    const all = line.getBoundingClientRect();
    return bar.getBoundingClientRect().width / (target.getBoundingClientRect().right - all.left);
  });
  const third = rows.find(({ number }) => number === 3);
  assert.ok(Math.abs(share - third.base.value / third.target.value) < 0.02, String(share));
  assert.equal(bare(await page.locator('.indicator-note').innerText()), bare(note.text));
  await screenshot(page, 'indicators-1440x900');
  await page.locator('[data-indicator="14"] .indicator-source').click();
  const row = rows.find(({ number }) => number === 14);
  await page.locator('.reader[data-document=plan-2021] .text').waitFor();
  assert.equal(parameters(page).get('read'), `plan-2021:${row.citation.start}`);
});

test('plan beside arrangement: both sentences of a subject, each with its modality', async () => {
  const page = await stage.openReady('/?panel=pairs');
  for (const relation of ['taken_further', 'mentioned', 'new', 'not_mentioned_again']) {
    await page.locator(`.choice:has([data-pairing=${relation}])`).click();
    const { pairs, numberMatched } = await stage.json(`/claims/pairs?relation=${relation}`);
    const count = page.locator('.pairs[data-state=ready] .pairs-count');
    await count.filter({ hasText: String(numberMatched) }).waitFor();
    assert.equal(parameters(page).get('pairs'), relation);
    const [first] = pairs;
    const row = page.locator(
      `.pair[data-subject="${first.subject}"][data-attribute="${first.attribute}"]`,
    );
    for (const [document, said] of [
      [first.earlier_document, first.earlier],
      [first.later_document, first.later],
    ]) {
      const side = row.locator(`.pair-side[data-document="${document}"]`);
      const mentions = (first.mentions ?? []).filter((one) => one.document === document);
      const quotes = (await side.locator('blockquote').allInnerTexts()).map(bare);
      assert.deepEqual(
        quotes,
        [...said, ...mentions].map(({ quote }) => bare(quote)),
        relation,
      );
      const marks = [...said, ...mentions];
      assert.equal(await side.locator('.modality').count(), marks.length);
      if (marks.length === 0) assert.match(await side.innerText(), /没有提及/);
    }
  }
  await page.locator('.choice:has([data-pairing=taken_further])').click();
  await page.locator('.pair').first().waitFor();
  await screenshot(page, 'pairs-1440x900');
  const sentence = page
    .locator('.pair-side[data-document=work-plan-2025] blockquote button')
    .first();
  const start = await sentence.getAttribute('data-start');
  await sentence.click();
  await page.locator(`.text .cited[data-start="${start}"].is-open`).first().waitFor();
});

/** The references that the list shows, by collection. */
async function listed(page) {
  const rows = await page
    .locator('.lists [data-ref]')
    .evaluateAll((all) => all.map(({ dataset }) => dataset.ref));
  return rows.sort();
}

async function expected(query) {
  const lists = await Promise.all(
    COLLECTIONS.map(async (id) => {
      const features = await stage.items(id, `&${query}`);
      return features.map((feature) => `${id}/${feature.id}`);
    }),
  );
  return lists.flat().sort();
}

test('filters thin out list and map at once, and stand in the address', async () => {
  const page = await stage.openReady('/?panel=list');
  await page.locator('.lists').waitFor();
  const choose = async (name, value) => {
    await page.locator(`[data-filter=${name}] select`).selectOption(value);
    await page.locator(`[data-filter=${name}] .chip[data-value="${value}"]`).waitFor();
    await page.locator(`.lists[data-asked*='"${value}"']`).waitFor();
  };
  await choose('zone', 'west-station-hub');
  assert.deepEqual(await listed(page), await expected('zone=west-station-hub'));
  await choose('status', 'planned');
  const both = await expected('zone=west-station-hub&status=planned');
  assert.ok(both.length > 3, 'there is something to list');
  assert.deepEqual(await listed(page), both);
  assert.equal(parameters(page).get('zone'), 'west-station-hub');
  assert.equal(parameters(page).get('status'), 'planned');
  await mapRests(page);
  await screenshot(page, 'list-1440x900');
  await choose('document', 'work-plan-2025');
  await choose('kind', 'station_quarter');
  const all = 'zone=west-station-hub&status=planned&document=work-plan-2025&kind=station_quarter';
  assert.deepEqual(await listed(page), await expected(all));
  // What stands unlocated is in the list too, and says so.
  const page2 = await stage.openReady('/?panel=list&kind=housing,park');
  await page2.locator('.lists .row').first().waitFor();
  for (const ref of await listed(page2)) {
    const { geometry } = await stage.json(`/collections/${ref.replace('/', '/items/')}`);
    const row = await page2.locator(`.lists [data-ref="${ref}"]`).innerText();
    assert.equal(/未定位/.test(row), geometry === null, ref);
  }
});

test('what a filter leaves out cannot be clicked on the map', async () => {
  const stations = await stage.items('heritage');
  const page = await stage.openReady();
  let place = null;
  let found = null;
  for (const feature of stations) {
    if (feature.geometry?.type !== 'Point') continue;
    const pixel = pixelOf(page, feature.geometry.coordinates);
    if (!(await isMap(page, pixel))) continue;
    await page.mouse.move(pixel.x, pixel.y);
    const tip = await page.locator('.tip').innerText();
    if (tip === '' || tip.includes('+')) continue;
    [place, found] = [pixel, feature];
    break;
  }
  assert.ok(found, 'a heritage site that stands alone');
  const at = parameters(page).get('at');
  const filtered = await stage.openReady(`/?at=${at}&panel=list&kind=housing`);
  await filtered.mouse.click(place.x, place.y);
  await filtered.waitForTimeout(400);
  assert.notEqual(parameters(filtered).get('select'), `heritage/${found.id}`);
  await filtered.locator('.filters').getByRole('button', { name: '清除筛选' }).click();
  await mapIdle(filtered);
  await filtered.mouse.click(place.x, place.y);
  await filtered.locator(`.details[data-ref="heritage/${found.id}"]`).waitFor();
});

test('a filter that the service does not know is said in its own words', async () => {
  const page = await stage.openReady('/?panel=list&kind=castle');
  const failure = page.locator('.side .failure');
  await failure.waitFor();
  assert.match(await failure.innerText(), /castle/);
});

test('land use in the national colours, where it is stated', async () => {
  const folder = new URL('../districts/yunze/', import.meta.url).pathname;
  const invented = await setStage('--geodata', `${folder}geodata`, '--seeds', `${folder}seeds`);
  try {
    const page = await invented.openReady('/');
    const clip = { x: 420, y: 60, width: 900, height: 760 };
    const byStatus = await page.screenshot({ clip });
    await page.locator('[data-colours=land_use]').click();
    await mapRests(page);
    assert.notDeepEqual(await page.screenshot({ clip }), byStatus, 'the map changes colour');
    assert.equal(parameters(page).get('colours'), 'land_use');
    const parcels = await invented.items('parcels');
    const classes = new Set(parcels.map(({ properties }) => properties.land_use.code.slice(0, 2)));
    const keys = await page
      .locator('[data-land-use]')
      .evaluateAll((all) => all.map(({ dataset }) => dataset.landUse));
    assert.deepEqual(new Set(keys.map((code) => code.slice(0, 2))), classes, 'no more, no less');
    await screenshot(page, 'land-use-1440x900');
    invented.assertClean();
  } finally {
    await invented.clear();
  }
});

test('on a phone the reader takes the sheet, and gives it back', async () => {
  const options = { viewport: PHONE, hasTouch: true, isMobile: true };
  const page = await stage.openReady('/?select=parcels/xiyuzhuang', options);
  const link = page.locator('.details .quote-open').first();
  await link.scrollIntoViewIfNeeded();
  const start = await link.getAttribute('data-start');
  await link.tap();
  await page.locator(`.text .cited[data-start="${start}"].is-open`).first().waitFor();
  assert.equal(parameters(page).get('select'), null);
  await page.locator('.sheet-handle').first().tap();
  await mapRests(page);
  await screenshot(page, 'reader-390x844');
  await page.locator('.subjects [data-ref="parcels/xiyuzhuang"]').tap();
  await page.locator('.details[data-ref="parcels/xiyuzhuang"]').waitFor();
  for (const panel of ['list', 'indicators', 'pairs']) {
    const other = await stage.openReady(`/?panel=${panel}`, options);
    await other.waitForTimeout(500);
    await screenshot(other, `${panel}-390x844`);
    const wider = await other.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(wider, false, `${panel}: nothing sticks out`);
  }
});

test('the panels in English', async () => {
  const page = await stage.openReady('/?panel=pairs&pairs=taken_further&lang=en');
  await page.locator('.pair').first().waitFor();
  await screenshot(page, 'pairs-english-1440x900');
  await page.locator('[data-panel=indicators].tab').click();
  await page.locator('.indicator').first().waitFor();
  await screenshot(page, 'indicators-english-1440x900');
});

test('nothing was asked of any other host, and no page threw an error', () => {
  assert.ok(stage.opened.length > 6);
  stage.assertClean();
});
