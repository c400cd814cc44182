// The page and the service's own picture of one view, compared place by place: the same features, in
// the same colours, one above the other in the same order.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
  coloursAt,
  DISTRICT,
  inside,
  parameters,
  pixelOf,
  screenshot,
  setStage,
} from './support.mjs';

/** Of page and picture: large enough for the picture's map to be drawn as large as the page's. */
const SIZE = { width: 1600, height: 900 };
/** Pixels between the places that are compared, at least, and how many of a feature are, about, at most. */
const STEP = 6;
const MOST = 500;
/** By how much the red, green or blue of a place may differ. */
const ALIKE = 3;
/** As many places of a feature must be seen for it to be compared. */
const ENOUGH = 12;
/** The part of its places that must be alike: names may cover the others, each where it has room. */
const PART = 0.25;
/** Pixels around a point that its mark covers. */
const MARK = 3;

/** Where on a sheet its map is: within the neat line, the first thing from the left in the middle. */
async function mapOn(page, picture) {
  const { width, height } = SIZE;
  const isLine = ([r, g, b]) => Math.max(r, g, b) < 180;
  const along = (length, place) =>
    coloursAt(
      page,
      picture,
      Array.from({ length }, (_, at) => place(at)),
      width,
    );
  const middle = height / 2;
  const left = (await along(width, (x) => ({ x, y: middle }))).findIndex(isLine);
  const down = await along(height, (y) => ({ x: left, y }));
  const top = down.findLastIndex((colour, y) => y < middle && !isLine(colour)) + 1;
  const bottom = down.findIndex((colour, y) => y > middle && !isLine(colour));
  const across = await along(width, (x) => ({ x, y: top }));
  const right = across.findIndex((colour, x) => x > left && !isLine(colour));
  assert.ok(right - left > width / 2 && bottom - top > height / 2, 'the neat line is found');
  return { left, top, right, bottom };
}

/** By how much page and picture differ at each feature, in that part of its places where least. */
async function differences(stage, page, picture) {
  const sheet = await mapOn(page, picture);
  const [atLon, atLat] = parameters(page).get('at').split(',').map(Number);
  const centre = pixelOf(page, [atLon, atLat]);
  const [midX, midY] = [(sheet.left + sheet.right) / 2, (sheet.top + sheet.bottom) / 2];
  const onSheet = ({ x, y }) => ({ x: x - centre.x + midX, y: y - centre.y + midY });
  // Off the neat line, and off the plate of the arrow to the north.
  const isOnSheet = ({ x, y }) =>
    x > sheet.left + 4 && x < sheet.right - 50 && y > sheet.top + 4 && y < sheet.bottom - 4;
  const found = [];
  for (const collection of parameters(page).get('layers').split(',')) {
    for (const { id, geometry } of await stage.items(collection)) {
      const places = placesOf(page, geometry).filter((place) => isOnSheet(onSheet(place)));
      const seen = await onMap(page, places);
      if (seen.length >= ENOUGH) found.push({ name: `${collection}/${id}`, seen });
    }
  }
  const shot = await page.screenshot();
  const all = found.flatMap(({ seen }) => seen);
  const onPage = await coloursAt(page, shot, all);
  const onPicture = await coloursAt(page, picture, all.map(onSheet), SIZE.width);
  let next = 0;
  return new Map(
    found.map(({ name, seen }) => {
      const off = seen.map(() => {
        const [is, drawn] = [onPage[next], onPicture[next]];
        next += 1;
        return Math.max(...is.map((part, at) => Math.abs(part - drawn[at])));
      });
      off.sort((a, b) => a - b);
      return [name, off[Math.floor(off.length * PART)]];
    }),
  );
}

/** The places that no panel covers, nor the shadow of one. */
function onMap(page, places) {
  return page.evaluate((all) => {
    const isMap = (x, y) => document.elementFromPoint(x, y)?.tagName === 'CANVAS';
    const beside = [-24, 0, 24];
    return all.filter(({ x, y }) =>
      beside.every((dx) => beside.every((dy) => isMap(x + dx, y + dy))),
    );
  }, places);
}

/** Places on the screen where a feature is drawn; none of a line, and of what has no location. */
function placesOf(page, geometry) {
  const pixels = (ring) =>
    ring.map((place) => {
      const { x, y } = pixelOf(page, place);
      return [x, y];
    });
  switch (geometry?.type) {
    case 'Point': {
      const { x, y } = pixelOf(page, geometry.coordinates);
      const across = Array.from({ length: 2 * MARK + 1 }, (_, at) => at - MARK);
      const around = across.flatMap((dx) => across.map((dy) => ({ x: x + dx, y: y + dy })));
      return around.filter((place) => Math.hypot(place.x - x, place.y - y) <= MARK);
    }
    case 'Polygon':
      return placesIn(geometry.coordinates.map(pixels));
    case 'MultiPolygon':
      return geometry.coordinates.flatMap((rings) => placesIn(rings.map(pixels)));
    default:
      return [];
  }
}

/** Places on the screen inside a polygon, and off its outline. */
function placesIn([outer, ...holes]) {
  const [xs, ys] = [outer.map(([x]) => x), outer.map(([, y]) => y)];
  const places = [];
  const [left, right] = [Math.max(0, Math.min(...xs)), Math.min(SIZE.width, Math.max(...xs))];
  const [top, bottom] = [Math.max(0, Math.min(...ys)), Math.min(SIZE.height, Math.max(...ys))];
  const area = Math.max(0, right - left) * Math.max(0, bottom - top);
  const step = Math.max(STEP, Math.sqrt(area / MOST));
  const off = ({ x, y }) =>
    [outer, ...holes].flat().every(([px, py]) => Math.hypot(px - x, py - y) > 8);
  for (let x = left; x < right; x += step) {
    for (let y = top; y < bottom; y += step) {
      const is = (ring) => inside(ring, [x, y]);
      if (is(outer) && !holes.some(is) && off({ x, y })) places.push({ x, y });
    }
  }
  return places;
}

for (const { district, options, at, layers, without, least } of [
  {
    district: 'surveyed parcels',
    options: DISTRICT,
    at: '117.00000,38.98500,14.50',
    layers: ['district', 'zones', 'parcels'],
    without: 'parcels',
    least: 10,
  },
  {
    district: 'compiled zones',
    options: [],
    at: '117.16000,39.16000,13.20',
    layers: ['district', 'zones', 'projects', 'heritage', 'water'],
    without: 'zones',
    least: 6,
  },
]) {
  test(`${district}: page and picture show the same features in the same colours`, async () => {
    const stage = await setStage(...options);
    try {
      const view = (shown) => `?at=${at}&layers=${shown.join()}`;
      const picture = async (shown) => {
        const query = `${view(shown)}&width=${SIZE.width}&height=${SIZE.height}`;
        const answer = await fetch(`${stage.address}/map.png${query}`);
        assert.equal(answer.status, 200);
        return Buffer.from(await answer.arrayBuffer());
      };
      const sharp = { viewport: SIZE, deviceScaleFactor: 1 };
      const page = await stage.openReady(`/${view(layers)}`, sharp);
      const same = await picture(layers);
      await screenshot(page, `agreement-${without}-page`);
      if (process.env.SCREENSHOT_DIR) {
        await writeFile(`${process.env.SCREENSHOT_DIR}/agreement-${without}-picture.png`, same);
      }
      const found = await differences(stage, page, same);
      assert.ok(found.size >= least, `${found.size} features are seen`);
      for (const [name, off] of found) assert.ok(off <= ALIKE, `${name} differs by ${off}`);
      // Of another picture it is told.
      const less = await differences(
        stage,
        page,
        await picture(layers.filter((layer) => layer !== without)),
      );
      const hidden = [...less].filter(([name]) => name.startsWith(`${without}/`));
      assert.ok(hidden.length > 0 && hidden.every(([, off]) => off > ALIKE), `${hidden}`);
    } finally {
      await stage.clear();
    }
  });
}
