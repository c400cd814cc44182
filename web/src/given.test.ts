import { describe, expect, it } from 'vitest';
import { asDrawn, type GivenArea, isGiven, mayBeShape, readGiven, type System } from './given';

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
      expect(read(json)).toEqual({
        type: 'given',
        parts: [POLYGON],
        crs: null,
        name: 'area.geojson',
      });
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
    ['{"type": "Polygon", "coordinates": [[[39513842.1, 4335120.8]]]}', 'given.projected.zone'],
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

const WKT = 'POLYGON((117.1 39.1, 117.2 39.1, 117.2 39.2, 117.1 39.1))';

describe('well-known text', () => {
  const parts = (text: string) => {
    const found = readGiven(text, null);
    return isGiven(found) ? found.parts : found.word;
  };

  it('goes to the server as it stands', () => {
    expect(parts(WKT)).toEqual([WKT]);
    expect(parts(` ${WKT.toLowerCase()}\n`)).toEqual([WKT.toLowerCase()]);
  });

  it('may hold several surfaces', () => {
    const multi = WKT.replace('POLYGON((', 'MULTIPOLYGON(((').replace('))', ')))');
    expect(parts(`${WKT};\n${multi}\n${WKT}`)).toEqual([WKT, multi, WKT]);
  });

  it.each([
    ['POINT(117.1 39.1)', 'given.unknown'],
    ['POLYGON((39.1 117.1, 39.2 117.1))', 'given.swapped'],
    ['POLYGON((513842.1 4335120.8, 513900 4335120.8))', 'given.projected'],
    ['POLYGON((4335120.8 39513842.1, 4335120.8 39513900))', 'given.projected.zone'],
  ])('is refused: %s', (text, word) => {
    expect(parts(text)).toBe(word);
  });
});

describe('a projected system', () => {
  const east = 'POLYGON((513842.1 4335120.8, 513900 4335120.8, 513900 4335200))';
  const north = 'POLYGON((4335120.8 513842.1, 4335120.8 513900, 4335200 513900))';
  const zoned = { type: 'Polygon', coordinates: [[[39513842.1, 4335120.8, 3.5]]] };
  const turned = { type: 'Polygon', coordinates: [[[4335120.8, 39513842.1, 3.5]]] };
  const read = (text: string, system: System | null) => {
    const found = readGiven(text, null, system);
    return isGiven(found) ? [found.crs, ...found.parts] : found.word;
  };

  it('has north before east for the server, however the file has it', () => {
    expect(read(east, 'EPSG:4548')).toEqual(['EPSG:4548', north]);
    expect(read(north, 'EPSG:4548')).toEqual(['EPSG:4548', north]);
    expect(read(JSON.stringify(zoned), 'EPSG:4527')).toEqual(['EPSG:4527', turned]);
    const mercator = 'POLYGON((13042000.5 4741000.1, 13042100 4741000))';
    expect(read(mercator, 'EPSG:3857')).toEqual(['EPSG:3857', mercator]);
  });

  it('is the one that the text names, unless another is chosen', () => {
    const name = 'urn:ogc:def:crs:EPSG::4527';
    const crs = { type: 'name', properties: { name } };
    expect(read(JSON.stringify({ ...zoned, crs }), null)).toEqual(['EPSG:4527', turned]);
    expect(read(`SRID=4548;${east}`, null)).toEqual(['EPSG:4548', north]);
    expect(read(`SRID=4326;${WKT}`, null)).toEqual([null, WKT]);
    expect(read(`SRID=4548;${east}`, 'EPSG:4549')).toEqual(['EPSG:4549', north]);
  });

  it('does not fit what it contradicts', () => {
    expect(read(WKT, 'EPSG:4548')).toBe('given.degrees');
    expect(read(east, 'EPSG:4527')).toBe('given.unzoned');
    expect(read(JSON.stringify(zoned), 'EPSG:4548')).toBe('given.zone');
    expect(read(JSON.stringify(zoned), 'EPSG:4528')).toBe('given.zone');
    expect(read('POLYGON((45513842 4335120, 45513900 4335120))', 'EPSG:4528')).toBe(
      'given.zone.unknown',
    );
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
    expect(asDrawn({ type: 'given', parts: [], crs: null, name: null })).toBeNull();
    expect(asDrawn({ ...read(POLYGON), crs: 'EPSG:3857' })).toBeNull();
    expect(asDrawn({ ...read(POLYGON), parts: ['POLYGON((1 2, 3 4, 5 6, 1 2))'] })).toBeNull();
  });
});

describe('a text that may be a shape', () => {
  it.each([
    ['{"type": "Polygon"', true],
    ['POLYGON ((117.1 39.1', true],
    ['srid=4548; MultiPolygon (((1 2', true],
    ['POLYGONAL', false],
    ['西站枢纽经济区', false],
    ['北至光荣道，南至北马路', false],
  ])('%s', (text, expected) => {
    expect(mayBeShape(text)).toBe(expected);
  });
});
