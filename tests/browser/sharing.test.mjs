// Links and pictures: from the dialog to what the reader of a link sees, then and later.

import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import {
  DISTRICT,
  mapRests,
  PHONE,
  parameters,
  screenshot,
  setDesk,
  setStage,
  TABLET,
} from './support.mjs';

const VIEW = '/?at=117.00000,38.98500,14.00&select=parcels/a1-02&layers=district,zones,parcels';
const SITE = 'https://bureau.example';

let stage;
let revision;

/** Sites of others: their pages hold what stands in `framed`. The second is not allowed to. */
const sites = [];
let framed = '';

async function openSite() {
  const site = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html; charset=utf-8');
    answer.end(`<!doctype html><title>别的网站</title>${framed}`);
  });
  await new Promise((done) => site.listen(0, '127.0.0.1', done));
  sites.push(site);
  return `http://127.0.0.1:${site.address().port}`;
}

let allowed;
let other;

before(async () => {
  allowed = await openSite();
  other = await openSite();
  stage = await setDesk(['王工'], '--allow-embed', SITE, '--allow-embed', allowed);
  ({ revision } = await stage.json('/collections'));
});

afterEach(() => stage.closePages());

after(async () => {
  await stage?.clear();
  if (stage) await rm(stage.data, { recursive: true, force: true });
  for (const site of sites) site.close();
});

const dialogOf = (page) => page.locator('.share-dialog');

async function openDialog(page) {
  await page.locator('.share-button').click();
  await dialogOf(page).waitFor();
}

/** Makes a link in the page's dialog; gives the share's id. */
async function share(page, { title, note, data }) {
  await openDialog(page);
  const dialog = dialogOf(page);
  await dialog.locator('[name=share_title]').fill(title);
  if (note) await dialog.locator('[name=share_note]').fill(note);
  if (data) await dialog.locator(`[name=share_data][value=${data}]`).check();
  await dialog.getByRole('button', { name: '生成链接' }).click();
  await dialog.locator('.share-result').waitFor();
  return dialog.locator('.share-result').getAttribute('data-share');
}

/** The view that an address says, without what only tells by which link it was opened. */
function viewOf(page) {
  const { share: by, ...view } = Object.fromEntries(parameters(page));
  return view;
}

/** The requests for what a share tells, from now on. */
function newsAsked(page) {
  const asked = [];
  page.on('request', (request) => {
    if (/\/s\/[a-z0-9-]+\?f=json$/.test(request.url())) asked.push(request.url());
  });
  return asked;
}

/** Names of the files in a ZIP archive, by its directory. */
function partsOf(bytes) {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  assert.ok(end > 0, 'the archive has an end');
  const names = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    assert.equal(bytes.readUInt32LE(at), 0x02014b50);
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    names.push(bytes.subarray(at + 46, at + 46 + name).toString());
    at += 46 + name + extra + comment;
  }
  return names;
}

const entries = (page) => page.evaluate(() => history.length);

test('a link is made, previewed, copied, and opens exactly this view', async () => {
  const page = await stage.openReady(VIEW);
  const shared = viewOf(page);
  await page.locator('.share-button').focus();
  await page.keyboard.press('Enter');
  const dialog = dialogOf(page);
  await dialog.waitFor();
  const name = dialog.locator('[name=share_title]');
  // What is selected may not be for everybody who gets the link.
  assert.equal(await name.inputValue(), '');
  assert.equal(await name.getAttribute('placeholder'), 'A1-02地块');
  assert.equal(await name.evaluate((field) => field === document.activeElement), true);
  assert.equal(await dialog.locator('[value=pinned]').isChecked(), true);
  await screenshot(page, 'share-form-1440x900');
  await name.fill('一号地块汇报');
  await dialog.locator('[name=share_note]').fill('供十二月例会讨论');
  await dialog.getByRole('button', { name: '生成链接' }).click();
  await dialog.locator('[data-preview=ready] img').waitFor();
  const drawn = await dialog
    .locator('.share-preview img')
    .evaluate((image) => [image.naturalWidth, image.naturalHeight]);
  assert.deepEqual(drawn, [1200, 630]);
  const qr = dialog.locator('.share-qr img');
  await page.waitForFunction((image) => image.naturalWidth > 0, await qr.elementHandle());
  const link = await dialog.locator('[name=share_link]').inputValue();
  assert.match(link, /\/s\/[a-z0-9]{5}(-[a-z0-9]{1,5}){1,4}$/);
  await screenshot(page, 'share-made-1440x900');

  // Where pages may not use the clipboard, as by plain HTTP, it is copied all the same.
  await page.evaluate(() => {
    Object.defineProperty(navigator, 'clipboard', { value: undefined });
    document.addEventListener('copy', () => {
      window.copied = String(window.getSelection() || document.activeElement.value);
    });
  });
  await dialog.locator('[data-copy=link]').click();
  await dialog.locator('[data-copy=link]').getByText('已复制').waitFor();
  assert.equal(await page.evaluate(() => window.copied), link);

  // Tab stays within, Esc closes, and the focus is where it was.
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press('Tab');
    const where = await page.evaluate(() => {
      const { activeElement: at, body } = document;
      return at === body ? 'browser' : at.closest('.share-dialog') ? 'dialog' : at.outerHTML;
    });
    assert.ok(['dialog', 'browser'].includes(where), where);
  }
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  const isBack = await page.evaluate(() => document.activeElement.matches('.share-button'));
  assert.equal(isBack, true);
  await openDialog(page);
  await page.mouse.click(5, 450);
  await dialog.waitFor({ state: 'detached' });

  const reader = await stage.openReady(new URL(link).pathname);
  const asked = newsAsked(reader);
  assert.deepEqual(viewOf(reader), shared);
  assert.equal(new URL(reader.url()).pathname, '/', 'the address is that of the page');
  await reader.locator('.details h2').getByText('A1-02地块').waitFor();
  const strip = reader.locator('.briefed');
  await strip.getByText('一号地块汇报').waitFor();
  assert.match(await strip.innerText(), new RegExp(`按 \\d+年\\d+月\\d+日 第 ${revision} 版汇报`));
  assert.equal(await strip.locator('[data-show]').count(), 0, 'there is nothing newer');
  await strip.locator('.briefed-toggle').click();
  await strip.getByText('供十二月例会讨论').waitFor();
  await screenshot(reader, 'briefed-1440x900');
  // A reload keeps it; the map may be moved and the strip stays.
  await reader.reload();
  await mapRests(reader);
  await strip.getByText('一号地块汇报').waitFor();
  assert.equal(asked.length, 1, 'the page brought it along, a reload asks for it');
  assert.deepEqual(viewOf(reader), shared);
  await strip.getByRole('button', { name: '收起汇报说明' }).click();
  await strip.waitFor({ state: 'detached' });
  assert.equal(parameters(reader).get('share'), null);
});

test('the same view gives the same link, and the browser remembers what it has shared', async () => {
  const page = await stage.openReady(VIEW);
  // What others have left there is as nothing.
  await page.evaluate(() => localStorage.setItem('shares', '{"broken'));
  const first = await share(page, { title: '甲' });
  const dialog = dialogOf(page);
  await page.getByRole('button', { name: '换个标题再生成' }).click();
  await dialog.locator('[name=share_title]').fill('乙');
  await dialog.getByRole('button', { name: '生成链接' }).click();
  await dialog.locator('.share-result').waitFor();
  assert.notEqual(await dialog.locator('.share-result').getAttribute('data-share'), first);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await share(page, { title: '甲' }), first);
  const mine = dialog.locator('.share-mine');
  await mine.locator('summary').click();
  const titles = () => mine.locator('li > p:first-child').allInnerTexts();
  assert.deepEqual(
    (await titles()).map((text) => text.slice(0, 1)),
    ['甲', '乙'],
  );
  await screenshot(page, 'share-mine-1440x900');
  const row = mine.locator('li').nth(1);
  const open = row.getByRole('link', { name: '打开' });
  assert.match(await open.getAttribute('href'), /\/s\//);
  await row.getByRole('button', { name: '移除' }).click();
  assert.equal((await titles()).length, 1);
  await page.reload();
  await mapRests(page);
  await openDialog(page);
  await mine.locator('summary').click();
  assert.equal((await titles()).length, 1, 'it is remembered, and what was forgotten is not');
});

test('each file comes as it was asked for', async () => {
  const page = await stage.openReady(VIEW);
  const id = await share(page, { title: '成果' });
  const dialog = dialogOf(page);
  const take = async (form) => {
    const row = dialog.locator(`[data-file=${form}]`);
    const [asked, download] = await Promise.all([
      page.waitForRequest((request) => request.url().includes(`/s/${id}.${form}`)),
      page.waitForEvent('download'),
      row.getByRole('button').click(),
    ]);
    const bytes = await readFile(await download.path());
    const { searchParams } = new URL(asked.url());
    return { bytes, asked: Object.fromEntries(searchParams), name: download.suggestedFilename() };
  };
  await dialog.locator('[name=share_size]').selectOption('3840×2160');
  const png = await take('png');
  assert.deepEqual(png.asked, { width: '1920', height: '1080', ratio: '2' });
  assert.deepEqual([png.bytes.readUInt32BE(16), png.bytes.readUInt32BE(20)], [3840, 2160]);
  await dialog.locator('[name=share_paper]').selectOption('A3');
  await dialog.locator('[name=share_scale]').selectOption('25000');
  const pdf = await take('pdf');
  assert.deepEqual(pdf.asked, { paper: 'A3', orientation: 'landscape', scale: '25000' });
  assert.equal(pdf.bytes.subarray(0, 5).toString(), '%PDF-');
  for (const [form, parts] of [
    ['pptx', ['[Content_Types].xml', 'ppt/presentation.xml', 'ppt/slides/slide1.xml']],
    ['zip', ['map.png', 'map.pdf', 'slide.pptx', 'citations.csv', 'README.txt', 'manifest.json']],
  ]) {
    const { bytes, name } = await take(form);
    assert.match(name, new RegExp(`\\.${form}$`));
    const names = partsOf(bytes);
    for (const part of parts) assert.ok(names.includes(part), `${part} is in ${names}`);
  }
  const code = await fetch(`${stage.address}/s/${id}.qr.svg`);
  assert.match(code.headers.get('content-type'), /^image\/svg\+xml/);
  assert.match(await code.text(), /^(<\?xml[^>]*>\s*)?<svg[^>]* viewBox="0 0 (\d+) \2"/);
  // What is refused is said in the service's words, at its file.
  await page.route('**/*.pptx*', (route) =>
    route.fulfill({
      status: 422,
      contentType: 'application/problem+json',
      body: JSON.stringify({ detail: '图太大：最多 4096 像素', detail_en: 'too large' }),
    }),
  );
  const slide = dialog.locator('[data-file=pptx]');
  await slide.getByRole('button').click();
  await slide.getByText('图太大：最多 4096 像素').waitFor();
  await screenshot(page, 'share-files-1440x900');
});

test('a preview that fails says why, and is tried again', async () => {
  const page = await stage.openReady(VIEW);
  let asked = 0;
  await page.route('**/*.png?width=1200&height=630', (route) => {
    asked += 1;
    if (asked > 1) return route.continue();
    const body = JSON.stringify({ detail: '正忙，请稍后再试', detail_en: 'busy' });
    return route.fulfill({ status: 503, contentType: 'application/problem+json', body });
  });
  await share(page, { title: '忙' });
  const preview = dialogOf(page).locator('.share-preview');
  await preview.getByText('正忙，请稍后再试').waitFor();
  await preview.getByRole('button', { name: '重试' }).click();
  await dialogOf(page).locator('[data-preview=ready] img').waitFor();
});

test('what was shared stays, what is newer is told, and both can be seen', async () => {
  const view = VIEW.replace('a1-02', 'a1-03');
  const page = await stage.openReady(view);
  const id = await share(page, { title: '例会' });
  await page.keyboard.press('Escape');
  const follows = await share(page, { title: '随时更新', data: 'latest' });

  const editor = await stage.openAs('王工', view);
  await editor.locator('.details [data-act=edit]').click();
  await editor.locator('.editor [name=name]').fill('云帆大厦');
  await editor.getByRole('button', { name: '查看改动' }).click();
  await editor.locator('.editor [name=message]').fill('会后改名');
  await editor.getByRole('button', { name: '保存', exact: true }).click();
  await editor.locator('.editor').waitFor({ state: 'detached' });
  const { revision: latest } = await stage.json('/collections');
  assert.equal(latest, revision + 1);

  const reader = await stage.openReady(`/s/${id}`);
  const asked = newsAsked(reader);
  const name = reader.locator('.details h2');
  await name.getByText('A1-03地块').waitFor();
  assert.equal(parameters(reader).get('revision'), `${revision}`);
  const strip = reader.locator('.briefed');
  assert.equal(await strip.getAttribute('data-state'), 'briefed');
  await strip.getByText('此后本视图内变化 1 项').click();
  await strip.getByText('修改 1').waitFor();
  await strip.locator('[data-ref="parcels/a1-03"]').waitFor();
  assert.equal(
    await reader.locator('.notice').count(),
    0,
    'the strip says it, and the map is whole',
  );
  await screenshot(reader, 'briefed-news-1440x900');
  await strip.getByRole('button', { name: '看最新' }).click();
  await name.getByText('云帆大厦').waitFor();
  assert.equal(parameters(reader).get('revision'), `${latest}`);
  assert.equal(await strip.getAttribute('data-state'), 'latest');
  await strip.getByRole('button', { name: '回到汇报时' }).click();
  await name.getByText('A1-03地块').waitFor();
  // A name of the list leads to the feature.
  await reader.getByRole('button', { name: '关闭', exact: true }).first().click();
  await strip.locator('[data-ref="parcels/a1-03"]').click();
  await name.getByText('A1-03地块').waitFor();
  assert.deepEqual(asked, [], 'at whatever revision, the news are the same');

  const following = await stage.openReady(`/s/${follows}`);
  await following.locator('.details h2').getByText('云帆大厦').waitFor();
  const told = following.locator('.briefed');
  assert.equal(await told.getAttribute('data-state'), 'follows');
  assert.match(await told.innerText(), /跟随最新/);
  assert.equal(await told.locator('[data-show]').count(), 0);
  assert.equal(parameters(following).get('revision'), null, 'so it follows after a reload too');
  await following.reload();
  await mapRests(following);
  await told.waitFor();
  assert.equal(parameters(following).get('revision'), null);
  // An earlier revision is looked at, and left again.
  const { search } = new URL(following.url());
  await following.goto(`${stage.address}/${search}&revision=${revision}`);
  await following.locator('.details h2').getByText('A1-03地块').waitFor();
  await told.getByText(`正在看第 ${revision} 版`).waitFor();
  assert.equal(await told.getAttribute('data-state'), 'earlier');
  await told.getByRole('button', { name: '看最新' }).click();
  await following.locator('.details h2').getByText('云帆大厦').waitFor();
  assert.equal(await told.getAttribute('data-state'), 'follows');
  assert.equal(parameters(following).get('revision'), null);
});

test('what is new or gone is selected at a revision that has it, in one step of the history', async () => {
  const page = await stage.openReady(VIEW);
  const id = await share(page, { title: '进出' });
  const latest = Number(parameters(page).get('revision'));
  const entry = (ref, change) => {
    const [collection, id] = ref.split('/');
    return { collection, id, name: ref, change };
  };
  const told = await stage.json(`/s/${id}?f=json`);
  const body = JSON.stringify({
    ...told,
    state: told.state.replace(/revision=\d+/, `revision=${latest - 1}`),
    revision: latest - 1,
    news: {
      revision: latest,
      time: told.made_at,
      added: 1,
      changed: 0,
      removed: 1,
      entered: 0,
      left: 0,
      features: [entry('parcels/a1-03', 'added'), entry('parcels/a1-04', 'removed')],
    },
  });
  const reader = await stage.open();
  await reader.route(`**/s/${id}?f=json`, (route) =>
    route.fulfill({ contentType: 'application/json', body }),
  );
  const address = `${stage.address}${VIEW}&share=${id}&revision=${latest - 1}`;
  await reader.goto(address);
  await mapRests(reader);
  const strip = reader.locator('.briefed');
  await strip.locator('.briefed-toggle').click();
  for (const [ref, at] of [
    ['parcels/a1-03', latest],
    ['parcels/a1-04', latest - 1],
  ]) {
    const before = await entries(reader);
    await strip.locator(`[data-ref="${ref}"]`).click();
    await reader.waitForURL((url) => url.searchParams.get('select') === ref);
    assert.equal(parameters(reader).get('revision'), `${at}`);
    assert.equal(await entries(reader), before + 1);
  }
});

test('within another site there are the map, its title, its legend and the way to the whole', async () => {
  const page = await stage.openReady(VIEW);
  const id = await share(page, { title: '嵌入的图' });
  const code = await dialogOf(page).locator('[name=share_embed]').inputValue();
  assert.match(code, new RegExp(`<iframe src="[^"]*/embed/${id}"`));
  const settings = { viewport: { width: 800, height: 560 } };
  const frame = await stage.open(`/embed/${id}`, settings);
  await frame.locator('[data-map=idle]').waitFor();
  await frame.getByText('嵌入的图').waitFor();
  for (const absent of ['.bar', '.sheet', '.share-button', '[data-act]', '.briefed']) {
    assert.equal(await frame.locator(absent).count(), 0, absent);
  }
  await frame.getByRole('button', { name: '图例' }).click();
  await frame.locator('.embed-legend [data-layer=parcels]').waitFor();
  await screenshot(frame, 'embed-800x560');
  const whole = frame.getByRole('link', { name: '在新窗口打开' });
  assert.equal(await whole.evaluate(({ href }) => href), `${stage.address}/s/${id}`);
  assert.equal(new URL(frame.url()).pathname, `/embed/${id}`, 'its address stays');
  await frame.getByText(/^按 .+ 第 \d+ 版汇报$/).waitFor();

  // A revision that can't be read any more was briefed; what is shown instead was not.
  const later = await stage.open();
  await later.setViewportSize(settings.viewport);
  await later.route(`**/embed/${id}`, async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(/(\\u0026|&amp;|&)revision=\d+/, '');
    await route.fulfill({ response, body });
  });
  await later.goto(`${stage.address}/embed/${id}`);
  const strip = later.locator('.embed-strip');
  await strip.getByText(/^正在看最新：第 \d+ 版$/).waitFor();
  assert.doesNotMatch(await strip.innerText(), /汇报/);
});

test('only pages of sites that the operator allows can hold a map', async () => {
  const page = await stage.openReady(VIEW);
  await share(page, { title: '别处的图' });
  framed = await dialogOf(page).locator('[name=share_embed]').inputValue();
  assert.match(framed, /^<iframe src="http/);
  const context = await stage.browser.newContext({ viewport: { width: 800, height: 600 } });
  const host = await context.newPage();
  await host.goto(allowed);
  const inside = host.frameLocator('iframe');
  await inside.locator('[data-map=idle]').waitFor({ timeout: 45_000 });
  await inside.getByText('别处的图').waitFor();
  const refusals = [];
  host.on('console', (message) => refusals.push(message.text()));
  await host.goto(other);
  await host.waitForFunction(() => document.querySelector('iframe') !== null);
  for (let left = 100; left > 0 && refusals.length === 0; left -= 1) await host.waitForTimeout(100);
  assert.match(refusals.join(), /frame-ancestors/);
  assert.equal(await inside.getByText('别处的图').count(), 0);
});

test('what of a share is not there is said, and nothing is asked for in its place', async () => {
  const page = await stage.open('/');
  const state =
    '?v=1&at=117.00000,38.98500,14.00&panel=list&layers=zones,reserves&kind=canal&select=zones/nowhere';
  const id = await page.evaluate(
    async (what) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch('/shares', {
        method: 'POST',
        headers,
        body: JSON.stringify(what),
      });
      return (await answer.json()).id;
    },
    { state },
  );
  const reader = await stage.open();
  const asked = [];
  reader.on('response', (response) => {
    const url = new URL(response.url());
    asked.push(`${response.status()} ${url.pathname}${url.search}`);
  });
  await reader.goto(`${stage.address}/s/${id}`);
  await mapRests(reader);
  const strip = reader.locator('.briefed');
  await strip.getByText(/^4 处看不到/).click();
  const told = await strip.locator('.briefed-missing li').allInnerTexts();
  assert.deepEqual(told, [
    '1 个图层不存在，或不对您开放',
    '1 个筛选的类别不存在，或不对您开放',
    '筛选的类别一个也没有了，所以没有要素通过筛选',
    '所选的要素不存在，或不对您开放',
  ]);
  await reader.getByText('没有符合筛选条件的条目').waitFor();
  await reader.locator('[data-filter=kind] .chip').getByText('已不存在').waitFor();
  await screenshot(reader, 'share-missing-1440x900');
  const failed = asked.filter((line) => /^[45]/.test(line));
  assert.deepEqual(failed, []);
  assert.deepEqual(
    asked.filter((line) => /kind=-/.test(line) && /items/.test(line)),
    [],
  );
  // Without that condition everything is there again.
  await reader.locator('[data-filter=kind] .chip').click();
  await reader
    .locator('.list-found')
    .getByText(/^共 \d+ 项$/)
    .waitFor();
});

test('who shares too much is told to wait', async () => {
  const busy = await setDesk([]);
  try {
    const page = await busy.openReady(VIEW);
    const last = await page.evaluate(async () => {
      const headers = { 'content-type': 'application/json' };
      for (let turn = 0; turn < 200; turn += 1) {
        const body = JSON.stringify({ state: '?v=1', title: `第 ${turn} 个` });
        const answer = await fetch('/shares', { method: 'POST', headers, body });
        if (!answer.ok)
          return { status: answer.status, after: answer.headers.get('retry-after'), turn };
      }
      return null;
    });
    assert.equal(last?.status, 429);
    assert.ok(Number(last.after) > 0, 'it is said for how long');
    await openDialog(page);
    const dialog = dialogOf(page);
    await dialog.locator('[name=share_title]').fill('再来一个');
    await dialog.getByRole('button', { name: '生成链接' }).click();
    await dialog.getByText(`每小时最多分享 ${last.turn} 次，请稍后再试`).waitFor();
    await screenshot(page, 'share-too-many-1440x900');
    // Nothing that was written is lost, and the rest of the page goes on.
    assert.equal(await dialog.locator('[name=share_title]').inputValue(), '再来一个');
    busy.assertClean();
  } finally {
    await busy.clear();
    await rm(busy.data, { recursive: true, force: true });
  }
});

test('an address with a share that is not there says so and shows its view', async () => {
  const page = await stage.openReady(`${VIEW}&share=abcde-fghjk`);
  await page.locator('.briefed').getByText('没有找到分享 abcde-fghjk').waitFor();
  await page.locator('.details h2').getByText('A1-02地块').waitFor();
});

test('a service that keeps nothing says so and gives the plain address and its picture', async () => {
  const plain = await setStage(...DISTRICT);
  try {
    const page = await plain.openReady(VIEW);
    await openDialog(page);
    const dialog = dialogOf(page);
    await dialog.getByText('此服务不能保存链接').waitFor();
    assert.equal(await dialog.locator('[name=share_plain]').inputValue(), page.url());
    await screenshot(page, 'share-unkept-1440x900');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.locator('[data-file=png]').getByRole('button').click(),
    ]);
    const bytes = await readFile(await download.path());
    assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [1600, 900]);
    assert.equal(await page.locator('.briefed').count(), 0);
    assert.equal((await fetch(`${plain.address}/embed/abcde-fghjk`)).status, 404);
    plain.assertClean();
  } finally {
    await plain.clear();
  }
});

test('on a tablet and on a phone nothing sticks out', async () => {
  const touch = { hasTouch: true, isMobile: true };
  for (const [viewport, name, more] of [
    [TABLET, '1024x768', {}],
    [PHONE, '390x844', touch],
  ]) {
    const page = await stage.openReady(VIEW, { viewport, ...more });
    await openDialog(page);
    await screenshot(page, `share-form-${name}`);
    await dialogOf(page).locator('[name=share_title]').fill('西北片区更新进展汇报（十二月例会）');
    await dialogOf(page).getByRole('button', { name: '生成链接' }).click();
    await dialogOf(page).locator('[data-preview=ready] img').waitFor();
    await screenshot(page, `share-made-${name}`);
    const inside = await dialogOf(page).evaluate((dialog) => {
      const box = dialog.querySelector('.share-body');
      return box.scrollWidth <= box.clientWidth && dialog.getBoundingClientRect().left >= 0;
    });
    assert.equal(inside, true);
    const id = await dialogOf(page).locator('.share-result').getAttribute('data-share');
    const reader = await stage.openReady(`/s/${id}`, { viewport, ...more });
    const strip = reader.locator('.briefed');
    await strip.waitFor();
    await screenshot(reader, `briefed-${name}`);
    const { x, width } = await strip.boundingBox();
    assert.ok(x >= 0 && x + width <= viewport.width, 'the strip is on the screen');
    await page.close();
    await reader.close();
  }
});

test('nothing was asked of any other host, and no page threw an error', () => {
  assert.ok(stage.opened.length > 8);
  stage.assertClean();
});
