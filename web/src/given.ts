// An area that somebody brings along: the polygons of a GeoJSON text. What is plainly amiss is said
// before anything is asked; whether the shapes are sound, the server judges.

import type { Word } from './i18n';
import { type Area, type DrawnArea, MAX_VERTICES, type Position } from './view';

export type Surface = GeoJSON.Polygon | GeoJSON.MultiPolygon;

/** Surfaces that are asked about together. They may share edges, or lie on each other. */
export interface GivenArea {
  type: 'given';
  parts: Surface[];
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

/** Whether a text is meant to be a shape rather than a name. */
export function mayBeShape(text: string): boolean {
  return /^\s*\{/.test(text);
}

export function readGiven(text: string, name: string | null): GivenArea | Objection {
  if (text.trim() === '') return { word: 'given.empty' };
  if (text.length > MAX_BYTES) return { word: 'given.large' };
  if (!mayBeShape(text)) return { word: 'given.unknown' };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { word: 'given.json' };
  }
  const geometries = geometriesOf(json);
  const parts = geometries.filter(isSurface);
  if (parts.length === 0) return { word: 'given.no_polygon' };
  if (parts.length < geometries.length) {
    return { word: 'given.mixed', values: { n: geometries.length - parts.length } };
  }
  if (parts.length > MAX_PARTS) return { word: 'given.many', values: { n: parts.length } };
  return objectionTo(parts) ?? { type: 'given', parts, name };
}

export function isGiven(read: GivenArea | Objection): read is GivenArea {
  return 'type' in read;
}

/** The same as an area that an address can hold; null where it can't. */
export function asDrawn(given: GivenArea): DrawnArea | null {
  const [only, ...more] = given.parts;
  if (!only || more.length > 0) return null;
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

/** What is amiss with coordinates at first sight. */
function objectionTo(parts: Surface[]): Objection | null {
  for (const [x, y] of positionsOf(parts.map(({ coordinates }) => coordinates))) {
    if (typeof x !== 'number' || typeof y !== 'number') return { word: 'given.numbers' };
    const values = { x: shown(x), y: shown(y) };
    if (Math.abs(x) <= 90 && Math.abs(y) > 90 && Math.abs(y) <= 180) {
      return { word: 'given.swapped', values };
    }
    if (Math.abs(x) > 180 || Math.abs(y) > 90) return { word: 'given.projected', values };
  }
  return null;
}

/** The positions in nested lists: what holds no list. */
function* positionsOf(nested: unknown[]): Generator<unknown[]> {
  // Lists may be nested as deep as a text is long.
  const left: unknown[][] = [nested];
  for (let list = left.pop(); list; list = left.pop()) {
    const lists = list.filter(Array.isArray);
    if (lists.length === 0) yield list;
    for (const inner of lists.reverse()) left.push(inner);
  }
}

function shown(value: number): string {
  return String(Number(value.toFixed(5)));
}
