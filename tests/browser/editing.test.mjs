// Changing data on the page: who may, by which steps, what differs before it is saved, what happens
// when others were quicker or the line is cut, and the history that tells of it all.

import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, afterEach, before, test } from 'node:test';
import {
  DISTRICT,
  mapRests,
  PHONE,
  parameters,
  pixelOf,
  screenshot,
  setDesk,
  setStage,
  signIn,
} from './support.mjs';

// The invented district has surveyed parcels, and features that nothing places.
const SENTENCE = '北至云帆大道，南至砚池道，西至白鹭路，东至织锦路';
const QUOTE = '云帆会展中心已开工，年内实现主体完工。';

let stage;
let openAs;

before(async () => {
  stage = await setDesk(['王工', '李工']);
  openAs = stage.openAs;
});

afterEach(() => stage.closePages());

after(async () => {
  await stage?.clear();
  if (stage) await rm(stage.data, { recursive: true, force: true });
});

const feature = (ref, query = '') => {
  const [collection, id] = ref.split('/');
  return stage.json(`/collections/${collection}/items/${id}${query}`);
};

/** The latest revision that changed a feature. */
async function lastTurn(ref) {
  const [collection, id] = ref.split('/');
  const { revisions } = await stage.json(`/collections/${collection}/items/${id}/revisions`);
  return revisions[0];
}

async function startEditing(page) {
  await page.locator('.details [data-act=edit]').click();
  await page.locator('.editor[data-step=form]').waitFor();
}

async function review(page) {
  await page.getByRole('button', { name: '查看改动' }).click();
  await page.locator('.editor[data-step=review]').waitFor();
}

async function save(page, message) {
  await page.locator('.editor [name=message]').fill(message);
  await page.getByRole('button', { name: '保存', exact: true }).click();
}

async function saved(page) {
  await page.locator('.editor').waitFor({ state: 'detached' });
}

/** What a list of changes says: `{property: [before, after]}`. */
async function differences(list) {
  const rows = await list
    .locator('[data-property]')
    .evaluateAll((all) =>
      all.map((row) => [
        row.dataset.property,
        ['del', 'ins'].map((part) => row.querySelector(part)?.innerText ?? null),
      ]),
    );
  return Object.fromEntries(rows);
}

/** Clicks on the map, one place after the other, and ends with Enter. */
async function draw(page, tool, places) {
  await page.locator(`[data-tool=${tool}]`).click();
  await page.locator('[data-shaping=ready]').waitFor();
  for (const place of places) {
    const { x, y } = pixelOf(page, place);
    await page.mouse.move(x, y);
    await page.mouse.click(x, y);
    // Two clicks at once would be a double one.
    await page.waitForTimeout(60);
  }
  if (tool !== 'point') await page.keyboard.press('Enter');
  await page.locator('.draw-hint').waitFor({ state: 'detached' });
}

/** Places around the middle of the map, in thousandths of a degree. */
function around(page, offsets) {
  const [lon, lat] = parameters(page).get('at').split(',').map(Number);
  return offsets.map(([x, y]) => [lon + x / 1000, lat + y / 1000]);
}

/** How far two places lie from each other, about, in metres. */
function apart([lon, lat], [otherLon, otherLat]) {
  const east = (lon - otherLon) * Math.cos((lat * Math.PI) / 180);
  return Math.hypot(east, lat - otherLat) * 111_320;
}

test('who has not signed in reads, is shown the way, and comes back to the same view', async () => {
  const page = await stage.openReady('/?select=parcels/a1-01&panel=revisions');
  assert.equal(await page.locator('[data-act]').count(), 0, 'nothing to change anything with');
  assert.equal(await page.locator('.history-fold').count(), 1, 'history is for all');
  await screenshot(page, 'signed-out-1440x900');
  await page.getByRole('link', { name: '登录' }).click();
  await signIn(page, '王工', 'not the password at all');
  await page.getByText('姓名或密码不对').waitFor();
  await signIn(page, '王工');
  await page.locator('.person-name').getByText('王工').waitFor();
  assert.equal(parameters(page).get('select'), 'parcels/a1-01');
  assert.equal(parameters(page).get('panel'), 'revisions');
  await page.locator('.details [data-act=edit]').waitFor();
  await page.getByRole('button', { name: '退出' }).click();
  await page.getByRole('link', { name: '登录' }).waitFor();
  assert.equal(await page.locator('[data-act]').count(), 0);
});

test('attributes: the difference is seen before it is saved, and told by the history', async () => {
  const page = await openAs('王工', '/?select=parcels/a1-02');
  const old = await feature('parcels/a1-02');
  await startEditing(page);
  await page.locator('.editor [name=name]').fill('和平大厦');
  await page.locator('.editor [name=aliases]').fill('和平楼、A1-02');
  await page.locator('.edit-others summary').click();
  await page.locator('.editor [name=area_m2]').fill('12345.5');
  await page.locator('.editor [name=note]').fill('试');
  assert.equal(await page.locator('[name=accuracy_m]').inputValue(), '0.1');
  await review(page);
  assert.deepEqual(await differences(page.locator('.review')), {
    name: [old.properties.name, '和平大厦'],
    aliases: [null, '和平楼\nA1-02'],
    area_m2: [old.properties.area_m2.toLocaleString('zh-CN'), '12,345.5'],
    note: [null, '试'],
  });
  const submit = page.getByRole('button', { name: '保存', exact: true });
  assert.equal(await submit.isDisabled(), true, 'a message is asked for');
  await screenshot(page, 'editing-review-1440x900');
  await save(page, '改名并补别名');
  await saved(page);
  await page.locator('.details h2').getByText('和平大厦').waitFor();
  const now = await feature('parcels/a1-02');
  assert.deepEqual(now.properties.aliases, ['和平楼', 'A1-02']);
  assert.equal(now.properties.area_m2, 12345.5);
  assert.deepEqual(now.geometry, old.geometry);
  // The page shows the new revision, and its address says so.
  const { revisions } = await stage.json('/revisions');
  assert.equal(revisions[0].author, '王工');
  await page.waitForURL((url) => url.searchParams.get('revision') === `${revisions[0].revision}`);
  assert.equal(await page.locator('.notice.is-quiet').count(), 0);

  await page.locator('.history-fold > summary').click();
  const turn = page.locator('.turn').first();
  await turn.getByText('改名并补别名').waitFor();
  assert.match(await turn.innerText(), /王工/);
  await turn.locator('summary').click();
  assert.equal((await differences(turn)).name[1], '和平大厦');
});

test('a status with its citation, selected in the document’s own text', async () => {
  const page = await openAs('王工', '/?select=projects/yunfan-expo');
  await startEditing(page);
  const statuses = page.locator('.edit-statuses');
  await statuses.locator('.adder').click();
  const add = statuses.locator('.adding .is-primary');
  assert.equal(await add.isDisabled(), true, 'no status without its sentence');
  await statuses.locator('[name=status]').selectOption('completed');
  await statuses.locator('[name=modality]').selectOption('done');
  await statuses.locator('.cite select').selectOption('arrangement-2025');
  await statuses.locator('.cite .is-quote').fill('这句话文件里没有');
  await statuses.getByText('这份文件里没有这句话').waitFor();
  assert.equal(await add.isDisabled(), true);
  // A sentence is dragged over in the text.
  const text = statuses.locator('.cite-text');
  await statuses.locator('.cite .is-quote').fill('');
  await text.evaluate((box, quote) => {
    const node = box.firstChild;
    const from = node.textContent.indexOf(quote);
    const range = document.createRange();
    range.setStart(node, from);
    range.setEnd(node, from + quote.length);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }, QUOTE);
  await text.dispatchEvent('pointerup');
  await text.locator('mark').getByText(QUOTE).waitFor();
  assert.equal(await statuses.locator('[name=date]').inputValue(), '2025');
  await screenshot(page, 'editing-status-1440x900');
  await add.click();
  await review(page);
  assert.equal((await differences(page.locator('.review'))).status[1], '已完成');
  await save(page, '按年度安排更新进展');
  await saved(page);
  const { properties } = await feature('projects/yunfan-expo');
  const { text: whole } = await stage.json('/documents/arrangement-2025');
  const start = Array.from(whole.slice(0, whole.indexOf(QUOTE))).length;
  const { section, ...citation } = properties.statuses.at(-1).citation;
  assert.deepEqual(citation, { document: 'arrangement-2025', quote: QUOTE, start });
  assert.ok(section);
  assert.equal(properties.status, 'completed');
  assert.ok(
    properties.citations.some((cited) => cited.start === start),
    'it is cited too',
  );
  await page.locator('.status-now').getByText('已完成').waitFor();
});

test('what would be wrong is told at its field, and nothing typed is lost', async () => {
  const page = await openAs('王工', '/?select=projects/tingyu-theatre');
  await startEditing(page);
  await page.locator('.editor [name=name]').fill('听雨大剧院');
  const statuses = page.locator('.edit-statuses');
  await statuses.locator('.adder').click();
  await statuses.locator('[name=status]').selectOption('in_use');
  await statuses.locator('[name=date]').fill('明年');
  await statuses.locator('.cite .is-quote').fill('推动听雨剧场选址。');
  await statuses.locator('.adding .is-primary').click();
  // Without any sentence, which its status has taken along.
  for (let left = await page.locator('.edit-citations .entries li').count(); left > 0; left -= 1) {
    await page.locator('.edit-citations .entries li button').first().click();
  }
  await review(page);
  await save(page, '试');
  // Back at the form, at the first field that something is wrong with.
  await page.locator('.editor[data-step=form]').waitFor();
  await page.locator('.editor .failure').getByText('有 3 处要改').waitFor();
  const group = page.locator('[data-field=statuses]');
  await group.getByText('意向性的表述不能得出状态').waitFor();
  await group.getByText('日期“明年”应写作').waitFor();
  await page.locator('[data-field=citations]').getByText('没有引文').waitFor();
  assert.equal(await group.evaluate((element) => element === document.activeElement), true);
  const told = await group.getAttribute('aria-describedby');
  assert.match(await page.locator(`[id="${told}"]`).innerText(), /意向性/);
  await screenshot(page, 'editing-refused-1440x900');
  assert.equal(await page.locator('.editor [name=name]').inputValue(), '听雨大剧院');
  // What is put right is no longer marked; the rest stays.
  await statuses.locator('.entries li button').last().click();
  await group.locator('.field-flaws').waitFor({ state: 'detached' });
  await page.locator('[data-field=citations] .field-flaws').waitFor();
  await page.getByRole('button', { name: '放弃改动' }).click();
  await page.locator('.details h2').getByText('听雨剧场').waitFor();
  assert.equal((await feature('projects/tingyu-theatre')).properties.name, '听雨剧场');
});

test('a plain field that is wrong is marked itself; what is of no field stands on top', async () => {
  const page = await openAs('王工', '/?select=projects/tingyu-theatre');
  await startEditing(page);
  await page.route('**/items/tingyu-theatre?message=*', (route) =>
    route.fulfill({
      status: 422,
      contentType: 'application/problem+json',
      body: JSON.stringify({
        detail: '不对',
        detail_en: 'wrong',
        problems: [
          ['licence', 'tingyu-theatre'],
          ['nothing', 'tingyu-theatre'],
        ].map(([name, of]) => ({
          file: 'projects.geojson',
          feature: of,
          reason: `属性 ${name} 不对`,
          reason_en: `the property ${name} is wrong`,
        })),
      }),
    }),
  );
  await page.locator('.editor [name=name]').fill('听雨大剧院');
  await review(page);
  await save(page, '试');
  await page.locator('.editor .failure .flaws').getByText('属性 nothing 不对').waitFor();
  // The field stands in a fold that was closed.
  const field = page.locator('.editor [name=licence]');
  await field.waitFor({ state: 'visible' });
  assert.equal(await field.getAttribute('aria-invalid'), 'true');
  assert.equal(await field.evaluate((element) => element === document.activeElement), true);
  await field.fill('另一种许可');
  await page.locator('[data-field=licence] .field-flaws').waitFor({ state: 'detached' });
  assert.equal(await field.getAttribute('aria-invalid'), null);
  await page.getByRole('button', { name: '放弃改动' }).click();
});

test('what contains it, how it stands to others, and quantities with their sentence', async () => {
  const ref = 'projects/shiliu-substation';
  const page = await openAs('王工', `/?select=${ref}`);
  const old = await feature(ref);
  await startEditing(page);
  const choose = async (name, text, target) => {
    const field = page.locator(`.editor [name=${name}]`);
    await field.fill(text);
    await page.locator(`.feature-picker [data-ref="${target}"]`).waitFor();
    await field.press('Enter');
    await page.locator('.feature-picker [role=option]').first().waitFor({ state: 'detached' });
  };
  await page.locator('.editor [name=located_by]').selectOption('container');
  const go = page.getByRole('button', { name: '查看改动' });
  assert.equal(await go.isDisabled(), true, 'what contains it is asked for');
  await choose('container', '云帆', 'zones/yunfan');
  await page.locator('.edit-placed-in .entries button').first().click();

  const relations = page.locator('.edit-relations');
  await relations.locator('.adder').click();
  await relations.locator('[name=relation_type]').selectOption('serves');
  await choose('relation_target', '听雨剧场', 'projects/tingyu-theatre');
  await relations.locator('[name=relation_evidence]').fill('供电范围');
  await relations.locator('.adding .is-primary').click();

  const quantities = page.locator('.edit-quantities');
  await quantities.locator('.adder').click();
  const add = quantities.locator('.adding .is-primary');
  await quantities.locator('[name=attribute]').fill('电压');
  await quantities.locator('[name=value]').fill('110');
  await quantities.locator('[name=unit]').fill('千伏');
  assert.equal(await add.isDisabled(), true, 'no quantity without its sentence');
  const { citations } = old.properties;
  await quantities.locator('.cite select').selectOption(citations[0].document);
  await quantities.locator('.cite .is-quote').fill(citations[0].quote);
  await quantities.getByText('见第').waitFor();
  await screenshot(page, 'editing-quantity-1440x900');
  await add.click();
  await review(page);
  const told = await differences(page.locator('.review'));
  assert.match(told.quantities[1], /电压 110 千伏/);
  assert.match(told.relations[1], /服务/);
  await save(page, '补关系与数量');
  await saved(page);
  const { properties } = await feature(ref);
  assert.equal(properties.container, 'zones/yunfan');
  assert.equal(properties.placed_in, undefined);
  const relation = { type: 'serves', target: 'projects/tingyu-theatre', evidence: '供电范围' };
  assert.deepEqual(properties.relations.at(-1), relation);
  const { citation, ...quantity } = properties.quantities.at(-1);
  assert.deepEqual(quantity, {
    attribute: 'voltage',
    value: 110,
    unit: '千伏',
    date: null,
    modality: 'intended',
  });
  assert.equal(citation.quote, citations[0].quote);
  // All of it goes again the way it came.
  await startEditing(page);
  await page.locator('[data-field=container] .entries button').click();
  await page.locator('.editor [name=located_by]').selectOption('none');
  await relations.locator('.entries li button').last().click();
  await quantities.locator('.entries li button').last().click();
  await review(page);
  await save(page, '撤回');
  await saved(page);
  const back = (await feature(ref)).properties;
  assert.equal(back.container, undefined);
  assert.deepEqual(back.relations, old.properties.relations);
  assert.deepEqual(back.quantities, old.properties.quantities);
});

test('an unlocated feature is placed, by a point, a line or a polygon', async () => {
  for (const [ref, tool, offsets, type] of [
    ['projects/shiliu-substation', 'point', [[0, 0]], 'Point'],
    [
      'projects/light-rail-2',
      'line',
      [
        [-2, -1],
        [0, 1],
        [2, 0],
      ],
      'LineString',
    ],
    [
      'projects/qinghe-primary-school',
      'polygon',
      [
        [-1, -1],
        [1, -1],
        [1, 1],
        [-1, 1],
      ],
      'Polygon',
    ],
  ]) {
    const page = await openAs('王工', `/?select=${ref}&at=117.00000,38.98500,15.00`);
    await startEditing(page);
    const places = around(page, offsets);
    await draw(page, tool, places);
    assert.equal(await page.locator('[name=located_by]').inputValue(), 'digitised');
    const go = page.getByRole('button', { name: '查看改动' });
    assert.equal(await go.isDisabled(), true, 'how far off it may be is asked for');
    await page.locator('[name=accuracy_m]').fill('15');
    await page.locator('[name=evidence]').fill('按影像人工描绘。');
    await review(page);
    const told = await differences(page.locator('.review'));
    assert.equal(told.located_by[1], '人工描绘');
    assert.equal(told.accuracy_m[1], '15');
    if (type === 'Polygon') {
      await mapRests(page);
      await screenshot(page, 'editing-placed-1440x900');
    }
    await save(page, '落图');
    await saved(page);
    const { geometry, properties } = await feature(ref);
    assert.equal(geometry.type, type);
    assert.equal(properties.located_by, 'digitised');
    const first =
      type === 'Point'
        ? geometry.coordinates
        : geometry.coordinates.flat(type === 'Polygon' ? 1 : 0)[0];
    assert.ok(apart(first, places[0]) < 15, `${first} is ${places[0]}`);
    await page.close();
  }
});

test('vertices are moved; the rest of the outline stays to the digit', async () => {
  const ref = 'parcels/a1-03';
  const page = await openAs('王工', `/?select=${ref}`);
  const old = await feature(ref);
  const [ring] = old.geometry.coordinates;
  // Close enough for a corner to be taken hold of.
  const at = `${ring[1][0].toFixed(5)},${ring[1][1].toFixed(5)},17.00`;
  await page.goto(`${stage.address}/?select=${ref}&at=${at}`);
  await mapRests(page);
  await startEditing(page);
  await page.locator('[data-tool=vertices]').click();
  await page.locator('[data-shaping=ready]').waitFor();
  await mapRests(page);
  const from = pixelOf(page, ring[1]);
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x + 30, from.y + 20, { steps: 6 });
  await page.mouse.up();
  await page.locator('.editor[data-dirty=true]').waitFor();
  await screenshot(page, 'editing-vertices-1440x900');
  await page.locator('.draw-hint').getByRole('button', { name: '完成' }).click();
  await page.locator('[name=accuracy_m]').fill('2');
  await review(page);
  const clip = { x: 370, y: 20, width: 620, height: 820 };
  await mapRests(page);
  const both = await page.screenshot({ clip });
  await save(page, '界址点订正');
  await saved(page);
  await mapRests(page);
  assert.notDeepEqual(await page.screenshot({ clip }), both, 'before and after were drawn');
  const { geometry } = await feature(ref);
  const [now] = geometry.coordinates;
  assert.equal(now.length, ring.length);
  const moved = now.filter((position, index) => apart(position, ring[index]) > 1);
  assert.equal(moved.length, 1, 'one corner');
  for (const [index, position] of now.entries()) {
    if (apart(position, ring[index]) <= 1) assert.deepEqual(position, ring[index]);
  }
});

test('a new parcel is drawn, and removed again', async () => {
  const page = await openAs('王工', '/?at=117.00000,38.98500,15.00');
  await page.locator('[data-act=new]').click();
  await page.locator('.editor [name=collection]').selectOption('parcels');
  await page.locator('.editor [name=id]').fill('new-plot');
  await page.locator('.editor [name=name]').fill('新增地块');
  await page.locator('.editor [name=name_en]').fill('New plot');
  await draw(
    page,
    'polygon',
    around(page, [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ]),
  );
  await page.locator('[name=accuracy_m]').fill('10');
  await page.locator('[name=evidence]').fill('按影像人工描绘。');
  const citations = page.locator('.edit-citations');
  await citations.getByText('至少要有一条引文').waitFor();
  await citations.locator('.adder').click();
  await citations.locator('.is-quote').fill('A3街坊地块\n计划出让');
  await citations.getByText('见第').waitFor();
  await citations.locator('.adding .is-primary').click();
  await review(page);
  await save(page, '补一块地');
  await saved(page);
  await page.locator('.details[data-ref="parcels/new-plot"]').waitFor();
  const made = await feature('parcels/new-plot');
  assert.equal(made.properties.citations[0].quote, 'A3街坊地块计划出让');
  assert.equal((await lastTurn('parcels/new-plot')).change, 'added');

  await startEditing(page);
  await page.getByRole('button', { name: '删除条目' }).click();
  await page.getByText('此条目将被删除').waitFor();
  await save(page, '重复，删去');
  await saved(page);
  assert.equal((await lastTurn('parcels/new-plot')).change, 'removed');
  // The list of revisions has it, and brings it back.
  await page.locator('.tab[data-panel=revisions]').click();
  const row = page.locator('.side .turn').first();
  await row.getByText('重复，删去').waitFor();
  await row.locator('.turn-open').click();
  await row.getByText('新增地块').waitFor();
  await row.getByRole('button', { name: '恢复到此版本' }).click();
  await page.locator('.editor[data-step=review]').waitFor();
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await saved(page);
  const { geometry, properties } = await feature('parcels/new-plot');
  assert.deepEqual([geometry, properties], [made.geometry, made.properties]);
});

test('a parcel is made from a boundary sentence, with its evidence', async () => {
  const page = await openAs('王工', `/?boundary=${encodeURIComponent(SENTENCE)}`);
  await page.getByRole('button', { name: '建为新条目' }).click();
  await page.locator('.editor').waitFor();
  assert.equal(await page.locator('[name=located_by]').inputValue(), 'compiled');
  await page.locator('.editor [name=id]').fill('from-sentence');
  await page.locator('.editor [name=name]').fill('四至地块');
  await page.locator('.editor [name=name_en]').fill('Parcel by a sentence');
  // Once more on the desk itself, now with the document in which it stands.
  await page.locator('[data-tool=sentence]').click();
  const sentence = page.locator('.sentence');
  await sentence.locator('textarea').fill(SENTENCE);
  await sentence.locator('select').selectOption('plan-2023');
  await sentence.getByRole('button', { name: '围出', exact: true }).click();
  await sentence.getByRole('button', { name: '用这个范围' }).click();
  await sentence.waitFor({ state: 'detached' });
  await review(page);
  await mapRests(page);
  await screenshot(page, 'editing-sentence-1440x900');
  await save(page, '按四至围出');
  await saved(page);
  const { geometry, properties } = await feature('parcels/from-sentence');
  const zone = await feature('zones/yunfan');
  assert.deepEqual(geometry, zone.geometry, 'what the compiler makes of the same words');
  assert.deepEqual(properties.boundary, zone.properties.boundary);
  assert.deepEqual(properties.sides, zone.properties.sides);
  assert.equal(properties.located_by, 'compiled');
  await page.locator('.sides').waitFor();
});

test('two browsers change one feature: the second sees what the first did, and reapplies', async () => {
  const ref = 'parcels/a2-01';
  const first = await openAs('王工', `/?select=${ref}`);
  const second = await openAs('李工', `/?select=${ref}`);
  await startEditing(first);
  await startEditing(second);
  await first.locator('.editor [name=name]').fill('甲大厦');
  await first.locator('.editor [name=name_en]').fill('Tower One');
  await second.locator('.editor [name=name_en]').fill('Tower Two');
  await second.locator('.edit-others summary').click();
  await second.locator('.editor [name=note]').fill('李工的备注');
  await review(first);
  await save(first, '王工改名');
  await saved(first);

  await review(second);
  await save(second, '李工加备注');
  await second.locator('.editor[data-step=conflict]').waitFor();
  const theirs = await differences(second.locator('.conflict .is-theirs'));
  assert.equal(theirs.name[1], '甲大厦');
  assert.equal(theirs.name_en[1], 'Tower One');
  const mine = await differences(second.locator('.conflict .is-mine'));
  assert.deepEqual(Object.keys(mine).sort(), ['name_en', 'note']);
  await screenshot(second, 'editing-conflict-1440x900');
  assert.equal((await feature(ref)).properties.note, undefined, 'nothing was written');

  await second.getByRole('button', { name: '用最新的再改' }).click();
  // Theirs stand, what does not clash is on top, and what does stays to be decided.
  assert.equal(await second.locator('.editor [name=name]').inputValue(), '甲大厦');
  assert.equal(await second.locator('.editor [name=name_en]').inputValue(), 'Tower One');
  const open = second.locator('[data-open=name_en]');
  await open.getByText('Tower Two').waitFor();
  await screenshot(second, 'editing-reapply-1440x900');
  await open.getByRole('button', { name: '改用我的' }).click();
  assert.equal(await second.locator('.editor [name=name_en]').inputValue(), 'Tower Two');
  await review(second);
  await save(second, '李工加备注');
  await saved(second);
  const { properties } = await feature(ref);
  assert.equal(properties.name, '甲大厦');
  assert.equal(properties.name_en, 'Tower Two');
  assert.equal(properties.note, '李工的备注');
  assert.equal((await lastTurn(ref)).author, '李工');
});

test('a lost connection keeps the draft, through a reload too', async () => {
  const ref = 'parcels/a2-02';
  const page = await openAs('王工', `/?select=${ref}`);
  await startEditing(page);
  await page.locator('.editor [name=name]').fill('断线地块');
  await review(page);
  await page.context().setOffline(true);
  await save(page, '断线时保存');
  await page.locator('.editor .failure').getByText('连不上服务').waitFor();
  await page.context().setOffline(false);

  // Leaving warns; the draft is there again afterwards.
  let warned = false;
  page.on('dialog', (dialog) => {
    warned = dialog.type() === 'beforeunload';
    dialog.accept();
  });
  await page.reload();
  await mapRests(page);
  assert.equal(warned, true, 'leaving warns');
  await page.locator('.edit-left').getByRole('button', { name: '继续' }).click();
  await page.locator('.editor[data-step=review]').waitFor();
  assert.equal(await page.locator('[name=message]').inputValue(), '断线时保存');
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await saved(page);
  assert.equal((await feature(ref)).properties.name, '断线地块');
  assert.equal(await page.locator('.edit-left').count(), 0);

  // A draft that is closed stays as well, and is thrown away on request only.
  await startEditing(page);
  await page.locator('.editor [name=name]').fill('不要的名字');
  await page.getByRole('button', { name: '关闭，改动留着' }).click();
  await page.locator('.edit-left').getByRole('button', { name: '丢弃' }).click();
  await page.locator('[data-act=edit]').waitFor();
});

test('an earlier revision is viewed as a whole, and a feature brought back to what it was', async () => {
  const ref = 'parcels/a1-03';
  const page = await openAs('王工', `/?select=${ref}`);
  const [old, now] = [await feature(ref, '?revision=1'), await feature(ref)];
  assert.notDeepEqual(old.geometry, now.geometry, 'a test before has moved a corner');
  await page.locator('.history-fold > summary').click();
  const turns = page.locator('.details .turn');
  await turns.first().waitFor();
  // Before and after on the map.
  const clip = { x: 370, y: 20, width: 620, height: 780 };
  await mapRests(page);
  const plain = await page.screenshot({ clip });
  await turns.first().getByRole('button', { name: '图上对比' }).click();
  await mapRests(page);
  assert.notDeepEqual(await page.screenshot({ clip }), plain, 'both are drawn');
  await screenshot(page, 'history-1440x900');
  // As it was, with everything else.
  const first = page.locator('.details .turn[data-revision="1"]');
  const tiles = page.waitForRequest((request) => /\.mvt\?revision=1$/.test(request.url()));
  await first.getByRole('button', { name: '看当时' }).click();
  await page.getByText('正在看第 1 版').waitFor();
  await tiles;
  assert.equal(parameters(page).get('revision'), '1');
  assert.equal(await page.locator('[data-act]').count(), 0, 'what was is not changed');
  await mapRests(page);
  assert.equal(await page.getByText('部分地图数据没有载入').count(), 0, 'all tiles have come');
  await screenshot(page, 'moment-1440x900');
  const reader = await stage.openReady('/?select=parcels/a1-02&revision=1');
  await reader.locator('.details h2').getByText('A1-02地块').waitFor();
  await reader.getByText('正在看第 1 版').waitFor();
  assert.equal(await reader.getByText('部分地图数据没有载入').count(), 0, 'all tiles have come');
  await page.getByRole('button', { name: '回到最新' }).click();
  await page.locator('.notice.is-quiet').waitFor({ state: 'detached' });
  await page.locator('.details [data-act=edit]').waitFor();

  await first.getByRole('button', { name: '恢复到此版本' }).click();
  await page.locator('.editor[data-step=review]').waitFor();
  assert.ok('geometry' in (await differences(page.locator('.review'))));
  assert.equal(await page.locator('[name=message]').inputValue(), '恢复到第 1 版');
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await saved(page);
  const back = await feature(ref);
  assert.deepEqual(back.geometry, old.geometry);
  assert.deepEqual(back.properties, old.properties);
  assert.equal((await lastTurn(ref)).message, '恢复到第 1 版');
});

test('all revisions are listed, each with what it changed', async () => {
  const page = await openAs('王工', '/?panel=revisions');
  const { revisions, numberMatched } = await stage.json('/revisions');
  const rows = page.locator('.side .turn');
  await rows.first().waitFor();
  assert.equal(await rows.count(), numberMatched);
  for (const [index, { message, author }] of revisions.slice(0, 3).entries()) {
    const row = await rows.nth(index).innerText();
    assert.ok(row.includes(message) && row.includes(author), row);
  }
  await rows.first().locator('.turn-open').click();
  await rows.first().locator('.changed-feature[data-ref="parcels/a1-03"]').waitFor();
  await mapRests(page);
  await screenshot(page, 'revisions-1440x900');
});

test('Back after a save shows what is, not what was', async () => {
  const ref = 'parcels/a2-03';
  const page = await openAs('王工', `/?select=${ref}`);
  await page.locator('.tab[data-panel=list]').click();
  await page.locator('.details [data-act=edit]').waitFor();
  await startEditing(page);
  await page.locator('.editor [name=name]').fill('返回试验');
  await review(page);
  await save(page, '改名');
  await saved(page);
  await page.goBack();
  await page.waitForURL((url) => url.searchParams.get('panel') === null);
  await page.locator('.details h2').getByText('返回试验').waitFor();
  assert.equal(await page.locator('.notice.is-quiet').count(), 0);
});

test('on a phone', async () => {
  const settings = { viewport: PHONE, hasTouch: true, isMobile: true };
  const page = await openAs('王工', '/?select=parcels/a1-01', settings);
  await startEditing(page);
  await page.locator('.answer .sheet-handle').tap();
  await page.locator('.editor [name=name]').fill('手机上改');
  await screenshot(page, 'editing-390x844');
  await review(page);
  await screenshot(page, 'editing-review-390x844');
  const wider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wider, false, 'nothing sticks out');
  await page.getByRole('button', { name: '放弃改动' }).click();
});

test('a service without a record is quiet', async () => {
  const plain = await setStage(...DISTRICT);
  try {
    const page = await plain.openReady('/?select=parcels/a1-01');
    assert.equal(await page.locator('.person, [data-act], .history-fold').count(), 0);
    assert.equal(await page.locator('.tab[data-panel=revisions]').count(), 0);
    plain.assertClean();
  } finally {
    await plain.clear();
  }
});

test('nothing was asked of any other host, and no page threw an error', () => {
  assert.ok(stage.opened.length > 10);
  stage.assertClean();
});
