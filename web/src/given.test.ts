import { describe, expect, it } from 'vitest';
import { asDrawn, type GivenArea, isGiven, mayBeShape, readGiven } from './given';

const RING = [
  [117.1, 39.1],
  [117.2, 39.1],
  [117.2, 39.2],
  [117.1, 39.1],
];
const POLYGON = { type: 'Polygon', coordinates: [RING] };
const feature = (geometry: unknown) => ({ type: 'Feature', properties: {}, geometry });

function read(json: unknown): GivenArea {
  const found = readGiven(JSON.stringify(json), 'area.geojson');
  if (!isGiven(found)) throw new Error(found.word);
  return found;
}

function refused(text: string): string | undefined {
  const found = readGiven(text, null);
  return isGiven(found) ? undefined : found.word;
}

describe('a GeoJSON text', () => {
  it('is taken as geometry, as feature, as collection', () => {
    for (const json of [
      POLYGON,
      feature(POLYGON),
      { type: 'FeatureCollection', features: [feature(POLYGON), feature(null)] },
      { type: 'GeometryCollection', geometries: [POLYGON] },
    ]) {
      expect(read(json)).toEqual({ type: 'given', parts: [POLYGON], name: 'area.geojson' });
    }
  });

  it('may hold several surfaces, 16 at most', () => {
    const features = Array.from({ length: 16 }, () => feature(POLYGON));
    expect(read({ type: 'FeatureCollection', features }).parts).toHaveLength(16);
    const more = { type: 'FeatureCollection', features: [...features, feature(POLYGON)] };
    expect(refused(JSON.stringify(more))).toBe('given.many');
  });

  it.each([
    ['  ', 'given.empty'],
    ['西站', 'given.unknown'],
    ['{"type": "Polygon", "coordinates": [[[117', 'given.json'],
    ['{}', 'given.no_polygon'],
    ['{"type": "Polygon"}', 'given.no_polygon'],
    ['{"type": "Point", "coordinates": [117.1, 39.1]}', 'given.no_polygon'],
    ['{"type": "Polygon", "coordinates": [[["a", "b"]]]}', 'given.numbers'],
    ['{"type": "Polygon", "coordinates": [[[39.1, 117.1]]]}', 'given.swapped'],
    ['{"type": "Polygon", "coordinates": [[[513842.1, 4335120.8]]]}', 'given.projected'],
    ['{"type": "Polygon", "coordinates": [[[39513842.1, 4335120.8]]]}', 'given.projected'],
    [`{"type": "Polygon", "coordinates": ${'['.repeat(5000)}${']'.repeat(5000)}}`, 'given.numbers'],
    [`{${' '.repeat(2_000_000)}}`, 'given.large'],
  ])('is refused: %.60s', (text, word) => {
    expect(refused(text)).toBe(word);
  });

  it('is refused whole where only some of it are surfaces', () => {
    const point = { type: 'Point', coordinates: [117.1, 39.1] };
    const mixed = { type: 'FeatureCollection', features: [feature(POLYGON), feature(point)] };
    expect(refused(JSON.stringify(mixed))).toBe('given.mixed');
  });
});

describe('in an address', () => {
  it('a ring stands without its repeated vertex', () => {
    const drawn = { type: 'polygon', ring: RING.slice(0, -1) };
    expect(asDrawn(read(POLYGON))).toEqual(drawn);
    expect(asDrawn(read({ type: 'MultiPolygon', coordinates: [[RING]] }))).toEqual(drawn);
  });

  it('neither holes, nor several surfaces, nor many vertices, nor an open ring', () => {
    const many = Array.from({ length: 501 }, (_, i) => [117 + i / 1000, 39.1]);
    for (const coordinates of [
      [[RING, RING]],
      [[RING], [RING]],
      [[[...many, many[0]]]],
      [[RING.slice(0, -1)]],
    ]) {
      expect(asDrawn(read({ type: 'MultiPolygon', coordinates }))).toBeNull();
    }
    expect(asDrawn({ type: 'given', parts: [], name: null })).toBeNull();
  });
});

describe('a text that may be a shape', () => {
  it.each([
    ['{"type": "Polygon"', true],
    ['西站枢纽经济区', false],
    ['北至光荣道，南至北马路', false],
  ])('%s', (text, expected) => {
    expect(mayBeShape(text)).toBe(expected);
  });
});
