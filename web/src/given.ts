// An area that somebody brings along: the polygons of a GeoJSON text or of well-known text, in
// degrees or in one of the reference systems that the server speaks. What is plainly amiss is said
// before anything is asked; whether the shapes are sound, the server judges.

import type { Word } from './i18n';
import { type Area, type DrawnArea, MAX_VERTICES, type Position } from './view';

export type Surface = GeoJSON.Polygon | GeoJSON.MultiPolygon;

/** CGCS2000 in three-degree zones: central meridian, and the number before eastings if there is one. */
export const ZONES = {
  'EPSG:4547': { meridian: 114, zone: null },
  'EPSG:4548': { meridian: 117, zone: null },
  'EPSG:4549': { meridian: 120, zone: null },
  'EPSG:4526': { meridian: 114, zone: 38 },
  'EPSG:4527': { meridian: 117, zone: 39 },
  'EPSG:4528': { meridian: 120, zone: 40 },
} as const;
type Zoned = keyof typeof ZONES;
/** Projected systems in which an area can be given. */
export type System = Zoned | 'EPSG:3857';
export const SYSTEMS = [...(Object.keys(ZONES) as Zoned[]), 'EPSG:3857'] as const;

/** Surfaces that are asked about together. They may share edges, or lie on each other. */
export interface GivenArea {
  type: 'given';
  /** GeoJSON, or well-known text. */
  parts: (Surface | string)[];
  /** Null: longitude and latitude. */
  crs: System | null;
  /** What its file is called; null: it was pasted. */
  name: string | null;
}

/** Whatever can be asked about. */
export type AskedArea = Area | GivenArea;

/** Why a text is no area. */
export interface Objection {
  word: Word;
  values?: Record<string, string | number>;
}

/** So many areas the server unites. */
const MAX_PARTS = 16;
/** The body of a request may have 2 MiB. */
export const MAX_BYTES = 2_000_000;
/** Latitudes that the map can show. */
const MAX_LATITUDE = 85;

const JSON_TEXT = /^\s*\{/;
const WKT = /^\s*(?:SRID=(\d+);)?\s*((?:MULTI)?POLYGON\b.*)$/is;
/** Between the texts of several surfaces. */
const NEXT_WKT = /[\s;,]+(?=(?:MULTI)?POLYGON\b)/i;
const NUMBER = String.raw`[-+]?\d{1,20}(?:\.\d{0,20})?(?:e[-+]?\d{1,3})?`;
const PAIR = new RegExp(String.raw`(${NUMBER})\s+(${NUMBER})`, 'gi');

/** Whether a text is meant to be a shape rather than a name. */
export function mayBeShape(text: string): boolean {
  return JSON_TEXT.test(text) || WKT.test(text);
}

/** Reads a text in this system, or in the one that it names itself. */
export function readGiven(
  text: string,
  name: string | null,
  system: System | null = null,
): GivenArea | Objection {
  if (text.trim() === '') return { word: 'given.empty' };
  if (text.length > MAX_BYTES) return { word: 'given.large' };
  const read = JSON_TEXT.test(text) ? readJson(text) : readWkt(text);
  if ('word' in read) return read;
  const { parts } = read;
  if (parts.length > MAX_PARTS) return { word: 'given.many', values: { n: parts.length } };
  const crs = system ?? read.crs;
  const positions = [...positionsOf(parts)];
  const objection = crs ? objectionIn(crs, positions) : objectionToDegrees(positions);
  if (objection) return objection;
  const [first] = positions;
  const isSwapped = crs !== null && crs !== 'EPSG:3857' && first && isEastFirst(first);
  // Files have east before north; the authority, and so the server, has it the other way around.
  return { type: 'given', parts: isSwapped ? parts.map(swapped) : parts, crs, name };
}

export function isGiven(read: GivenArea | Objection): read is GivenArea {
  return 'type' in read;
}

interface Shapes {
  parts: (Surface | string)[];
  crs: System | null;
}

function readJson(text: string): Shapes | Objection {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { word: 'given.json' };
  }
  const geometries = geometriesOf(json);
  const parts = geometries.filter(isSurface).map(bare);
  if (parts.length === 0) return { word: 'given.no_polygon' };
  if (parts.length < geometries.length) {
    return { word: 'given.mixed', values: { n: geometries.length - parts.length } };
  }
  return { parts, crs: systemOf(namedSystem(json)) };
}

function readWkt(text: string): Shapes | Objection {
  const [, srid, shapes] = text.match(WKT) ?? [];
  if (shapes === undefined) return { word: 'given.unknown' };
  return { parts: shapes.trim().split(NEXT_WKT), crs: systemOf(srid) };
}

/** The member `crs` that GDAL writes. */
function namedSystem(json: unknown): string | undefined {
  const { crs } = (json ?? {}) as { crs?: { properties?: { name?: unknown } } };
  const name = crs?.properties?.name;
  return typeof name === 'string' ? name.match(/EPSG:+(\d+)$/)?.[1] : undefined;
}

function systemOf(code: string | undefined): System | null {
  return SYSTEMS.find((system) => system === `EPSG:${code}`) ?? null;
}

/** The same as an area that an address can hold; null where it can't. */
export function asDrawn(given: GivenArea): DrawnArea | null {
  const [only, ...more] = given.parts;
  if (!only || typeof only === 'string' || more.length > 0 || given.crs) return null;
  const polygons = only.type === 'Polygon' ? [only.coordinates] : only.coordinates;
  const [rings, ...others] = polygons;
  const [closed, ...holes] = rings ?? [];
  if (!closed || others.length > 0 || holes.length > 0) return null;
  const [first, last] = [closed[0], closed.at(-1)];
  const isClosed = closed.length > 3 && first?.[0] === last?.[0] && first?.[1] === last?.[1];
  // Of an open ring the server says that it is open.
  if (!isClosed) return null;
  const ring = closed.slice(0, -1).map(([lon, lat]): Position => [lon as number, lat as number]);
  const fits =
    ring.length <= MAX_VERTICES && ring.every(([, lat]) => Math.abs(lat) <= MAX_LATITUDE);
  return fits ? { type: 'polygon', ring } : null;
}

/** The geometries of a GeoJSON text, whatever it wraps them in. */
function geometriesOf(json: unknown): unknown[] {
  const object = (json ?? {}) as Record<string, unknown>;
  switch (object.type) {
    case 'FeatureCollection':
      return Array.isArray(object.features) ? object.features.flatMap(geometriesOf) : [];
    case 'Feature':
      return object.geometry ? geometriesOf(object.geometry) : [];
    case 'GeometryCollection':
      return Array.isArray(object.geometries) ? object.geometries.flatMap(geometriesOf) : [];
    default:
      return 'coordinates' in object ? [object] : [];
  }
}

function isSurface(geometry: unknown): geometry is Surface {
  const { type, coordinates } = geometry as Record<string, unknown>;
  return (type === 'Polygon' || type === 'MultiPolygon') && Array.isArray(coordinates);
}

type Pair = [x: number, y: number];

/** Without what files put beside a geometry's coordinates. */
function bare({ type, coordinates }: Surface): Surface {
  return { type, coordinates } as Surface;
}

/** What is amiss at first sight with what should be longitudes and latitudes. */
function objectionToDegrees(positions: Pair[]): Objection | null {
  for (const [x, y] of positions) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return { word: 'given.numbers' };
    const values = { x: shown(x), y: shown(y) };
    if (Math.abs(x) <= 90 && Math.abs(y) > 90 && Math.abs(y) <= 180) {
      return { word: 'given.swapped', values };
    }
    if (Math.abs(x) > 180 || Math.abs(y) > 90) {
      const system = systemOfZone(zoneOf([x, y]));
      return system
        ? { word: 'given.projected.zone', values: { ...values, system } }
        : { word: 'given.projected', values };
    }
  }
  return null;
}

/** What is amiss at first sight with what should be metres. */
function objectionIn(crs: System, positions: Pair[]): Objection | null {
  for (const [x, y] of positions) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return { word: 'given.numbers' };
    const values = { x: shown(x), y: shown(y) };
    if (Math.abs(x) <= 180 && Math.abs(y) <= 180) return { word: 'given.degrees', values };
    if (crs === 'EPSG:3857') continue;
    const zone = zoneOf([x, y]);
    if (zone === ZONES[crs].zone) continue;
    if (zone === null) return { word: 'given.unzoned', values };
    const system = systemOfZone(zone);
    return system
      ? { word: 'given.zone', values: { ...values, zone, system } }
      : { word: 'given.zone.unknown', values: { ...values, zone } };
  }
  return null;
}

/** Eastings are below 1,000,000 m, or have the number of their zone before them. */
function isEastFirst([x, y]: Pair): boolean {
  return x >= FIRST_ZONE || (x < MILLION && y >= MILLION && y < FIRST_ZONE);
}

const MILLION = 1_000_000;
/** No northing reaches this far. */
const FIRST_ZONE = 12 * MILLION;

function zoneOf(pair: Pair): number | null {
  const east = Math.max(...pair);
  return east >= FIRST_ZONE ? Math.floor(east / MILLION) : null;
}

function systemOfZone(zone: number | null): System | undefined {
  if (zone === null) return undefined;
  return SYSTEMS.find((system) => system !== 'EPSG:3857' && ZONES[system].zone === zone);
}

/** Every position, of GeoJSON as of well-known text. What is no number is NaN. */
function* positionsOf(parts: (Surface | string)[]): Generator<Pair> {
  for (const part of parts) {
    if (typeof part === 'string') {
      for (const [, x, y] of part.matchAll(PAIR)) yield [Number(x), Number(y)];
    } else {
      for (const [x, y] of listsIn(part.coordinates)) yield [numeric(x), numeric(y)];
    }
  }
}

function numeric(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}

function swapped(part: Surface | string): Surface | string {
  if (typeof part === 'string') return part.replace(PAIR, '$2 $1');
  const turned = (list: unknown[]): unknown[] => {
    const [x, y, ...more] = list;
    return Array.isArray(x) ? list.map((inner) => turned(inner as unknown[])) : [y, x, ...more];
  };
  return { ...part, coordinates: turned(part.coordinates) } as Surface;
}

/** Lists in a surface's coordinates are nested so deep, at most. */
const DEPTH = 4;

/** The positions in nested lists: what holds no list. */
function* listsIn(list: unknown[], depth = 1): Generator<unknown[]> {
  const inner = list.filter(Array.isArray);
  if (inner.length === 0 || depth === DEPTH) yield list;
  else for (const one of inner) yield* listsIn(one, depth + 1);
}

function shown(value: number): string {
  return String(Number(value.toFixed(5)));
}
