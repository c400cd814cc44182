// The View: everything that a link, a share or a picture shows, as the query string of the page.
// The server reads the same form; tests/view-cases.json holds the cases that both must satisfy.

export const LANGUAGES = ['zh', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

export const RELATIONS = ['intersects', 'within', 'majority', 'touches'] as const;
export type Relation = (typeof RELATIONS)[number];

/** What the column beside the map shows. */
export const PANELS = ['layers', 'list', 'documents', 'indicators', 'pairs', 'revisions'] as const;
export type Panel = (typeof PANELS)[number];

/** What the colours of projects and parcels mean. */
export const COLOURS = ['status', 'land_use'] as const;
export type Colours = (typeof COLOURS)[number];

/** Where an outline runs along a street that is drawn as two carriageways. */
export const CARRIAGEWAYS = ['centre', 'inner', 'outer'] as const;
export type Carriageway = (typeof CARRIAGEWAYS)[number];

/** Relations between what an earlier and a later document say. */
export const PAIRINGS = [
  'taken_further',
  'carried_on',
  'changed',
  'contradicted',
  'mentioned',
  'not_mentioned_again',
  'new',
] as const;
export type Pairing = (typeof PAIRINGS)[number];

/** Longitude and latitude, degrees. */
export type Position = [lon: number, lat: number];

export interface At {
  lon: number;
  lat: number;
  zoom: number;
}

/** The area that a query asks about. A ring is open: its first vertex is not repeated. */
export type Area =
  | { type: 'feature'; ref: string }
  | { type: 'polygon'; ring: Position[] }
  | { type: 'circle'; centre: Position; radius: number }
  | { type: 'boundary'; text: string };

/** A place in a document: how many characters (Unicode code points) come before it. */
export interface Reading {
  document: string;
  at: number | null;
}

/** What is shown, on the map and in lists; of an empty list anything is. */
export interface Filter {
  kind: string[];
  /** `none`: no status is stated. */
  status: string[];
  document: string[];
  /** Ids of zones. */
  zone: string[];
}
export const FILTERS = ['kind', 'status', 'document', 'zone'] as const satisfies (keyof Filter)[];
export const NO_FILTER: Filter = { kind: [], status: [], document: [], zone: [] };

/**
 * What a share's filter has in place of values of which none is there any more. Nothing is called so:
 * nothing passes, and without it everything would.
 */
export const NOTHING = '-';

/** What of a filter can be asked for; null: nothing passes it. */
export function askable(filter: Filter): Partial<Filter> | null {
  const asked: Partial<Filter> = {};
  for (const name of FILTERS) {
    const values = filter[name].filter((value) => value !== NOTHING);
    if (values.length > 0) asked[name] = values;
    else if (filter[name].length > 0) return null;
  }
  return asked;
}

/** An area that can be drawn and reshaped by hand. */
export type DrawnArea = Extract<Area, { type: 'polygon' | 'circle' }>;

export function isDrawn(area: Area | null): area is DrawnArea {
  return area?.type === 'polygon' || area?.type === 'circle';
}

export interface View {
  /** Where the map stands; null until the page knows the district's extent. */
  at: At | null;
  /** Layer groups shown; null means those that the style shows by itself. */
  layers: string[] | null;
  theme: string;
  colours: Colours;
  panel: Panel;
  /** Where the reader of documents stands; null: at the beginning of the first. */
  reading: Reading | null;
  /** The pairs of statements listed; null: all. */
  pairing: Pairing | null;
  filter: Filter;
  /** The selected feature, `collection/id`. */
  select: string | null;
  area: Area | null;
  /** A text whose boundary sentences are shown as polygons. */
  boundary: string | null;
  /** How boundary sentences, shown or asked about, are compiled. */
  carriageway: Carriageway;
  /** Collections that the area query lists. */
  collections: string[];
  relation: Relation;
  lang: Language;
  /** The state of the data that the link was made from. */
  revision: number | null;
  /** The share by which it was opened. */
  share: string | null;
  /** Parameters this version does not know, kept in their order. */
  unknown: [name: string, value: string][];
}

const VERSION = '1';
const KNOWN = [
  'v',
  'at',
  'layers',
  'theme',
  'colours',
  'panel',
  'read',
  'pairs',
  ...FILTERS,
  'select',
  'area',
  'boundary',
  'carriageway',
  'collections',
  'relation',
  'lang',
  'revision',
  'share',
];
export const DEFAULT_COLLECTIONS = ['projects', 'parcels'];

const MAX_ZOOM = 22;
export const MAX_VERTICES = 500;
export const MAX_RADIUS_M = 50_000;
/** Longer texts make addresses that programs on the way may cut off. */
export const MAX_TEXT = 2_000;
const MAX_NAMES = 64;

const NUMBER = /^-?\d{1,6}(\.\d{1,15})?$/;
const SLUG = /^[a-z0-9-]{1,80}$/;
const LAYER = /^[a-z0-9-]{1,80}$/;
/** Kinds and statuses. */
const WORD = /^[a-z0-9_-]{1,80}$/;
/** Ids of shares: groups of five, of which the last may be shorter; more where ids would be the same. */
const SHARE = /^[a-z0-9]{5}(-[a-z0-9]{1,5}){1,4}$/;
/** Documents are far shorter than this, in characters. */
const MAX_PLACE = 10_000_000;

export function parseView(search: string): View {
  const given = new URLSearchParams(search);
  const first = (name: string) => given.get(name);
  return {
    at: parseAt(first('at')),
    layers: parseLayers(first('layers')),
    theme: matching(first('theme'), SLUG) ?? 'light',
    colours: oneOf(COLOURS, first('colours')) ?? 'status',
    panel: oneOf(PANELS, first('panel')) ?? 'layers',
    reading: parseReading(first('read')),
    pairing: oneOf(PAIRINGS, first('pairs')),
    filter: Object.fromEntries(
      FILTERS.map((name) => [name, parseNames(first(name), WORD) ?? []]),
    ) as unknown as Filter,
    select: parseRef(first('select')),
    area: parseArea(first('area')),
    boundary: parseText(first('boundary')),
    carriageway: oneOf(CARRIAGEWAYS, first('carriageway')) ?? 'centre',
    collections: nonEmpty(parseNames(first('collections'), SLUG)) ?? [...DEFAULT_COLLECTIONS],
    relation: oneOf(RELATIONS, first('relation')) ?? 'intersects',
    lang: oneOf(LANGUAGES, first('lang')) ?? 'zh',
    revision: parseRevision(first('revision')),
    share: matching(first('share'), SHARE),
    unknown: [...given].filter(([name]) => !KNOWN.includes(name)),
  };
}

/** The query string, with its `?`. What the page has not learned yet is left out. */
export function formatView(view: View): string {
  const out: [string, string][] = [['v', VERSION]];
  if (view.at) out.push(['at', formatAt(view.at)]);
  if (view.layers) out.push(['layers', view.layers.join(',')]);
  out.push(['theme', view.theme]);
  if (view.colours !== 'status') out.push(['colours', view.colours]);
  if (view.panel !== 'layers') out.push(['panel', view.panel]);
  if (view.reading) out.push(['read', formatReading(view.reading)]);
  if (view.pairing) out.push(['pairs', view.pairing]);
  for (const name of FILTERS) {
    if (view.filter[name].length > 0) out.push([name, view.filter[name].join(',')]);
  }
  if (view.select) out.push(['select', view.select]);
  if (view.area) {
    out.push(['area', formatArea(view.area)]);
    out.push(['collections', view.collections.join(',')]);
    out.push(['relation', view.relation]);
  }
  if (view.boundary) out.push(['boundary', view.boundary]);
  if (view.carriageway !== 'centre') out.push(['carriageway', view.carriageway]);
  out.push(['lang', view.lang]);
  if (view.revision !== null) out.push(['revision', String(view.revision)]);
  if (view.share) out.push(['share', view.share]);
  out.push(...view.unknown);
  return `?${out.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&')}`;
}

export function formatArea(area: Area): string {
  switch (area.type) {
    case 'feature':
      return `feature:${area.ref}`;
    case 'polygon':
      return `polygon:${area.ring.map(formatVertex).join(';')}`;
    case 'circle':
      return `circle:${formatPosition(area.centre)},${Math.round(area.radius)}`;
    case 'boundary':
      return `boundary:${area.text}`;
  }
}

// A planner should be able to read the link: only what would be misread is escaped.
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/%2C|%3A|%3B|%2F/g, decodeURIComponent);
}

function formatPosition([lon, lat]: Position): string {
  return `${lon.toFixed(5)},${lat.toFixed(5)}`;
}

/** A vertex may come from a survey: up to 7 decimals, a centimetre, where it has them. */
function formatVertex([lon, lat]: Position): string {
  return `${decimals(lon)},${decimals(lat)}`;
}

function decimals(value: number): string {
  return value.toFixed(7).replace(/0{1,2}$/, '');
}

function formatAt({ lon, lat, zoom }: At): string {
  return `${formatPosition([lon, lat])},${zoom.toFixed(2)}`;
}

function formatReading({ document, at }: Reading): string {
  return at === null ? document : `${document}:${at}`;
}

function parseReading(text: string | null): Reading | null {
  const [document = '', place, ...more] = text?.split(':') ?? [];
  if (!SLUG.test(document) || more.length > 0) return null;
  if (place === undefined) return { document, at: null };
  const at = /^\d{1,8}$/.test(place) ? Number(place) : null;
  return at !== null && at <= MAX_PLACE ? { document, at } : null;
}

function parseNumber(text: string | undefined, min: number, max: number): number | null {
  if (text === undefined || !NUMBER.test(text)) return null;
  const value = Number(text);
  return value >= min && value <= max ? value : null;
}

function parsePosition(parts: string[]): Position | null {
  const lon = parseNumber(parts[0], -180, 180);
  const lat = parseNumber(parts[1], -85, 85);
  return lon === null || lat === null ? null : [lon, lat];
}

function parseAt(text: string | null): At | null {
  const parts = text?.split(',') ?? [];
  const position = parsePosition(parts);
  const zoom = parseNumber(parts[2], 0, MAX_ZOOM);
  if (parts.length !== 3 || !position || zoom === null) return null;
  return { lon: position[0], lat: position[1], zoom };
}

function parseArea(text: string | null): Area | null {
  if (!text) return null;
  const colon = text.indexOf(':');
  const [type, body] = [text.slice(0, colon), text.slice(colon + 1)];
  if (type === 'feature') {
    const ref = parseRef(body);
    return ref ? { type, ref } : null;
  }
  if (type === 'polygon') {
    const vertices = body.split(';', MAX_VERTICES + 1).map((vertex) => vertex.split(','));
    const ring = vertices
      .map((parts) => (parts.length === 2 ? parsePosition(parts) : null))
      .filter((position) => position !== null);
    const whole = ring.length === vertices.length;
    return whole && ring.length >= 3 && ring.length <= MAX_VERTICES ? { type, ring } : null;
  }
  if (type === 'circle') {
    const parts = body.split(',');
    const centre = parsePosition(parts);
    const radius = parseNumber(parts[2], 1, MAX_RADIUS_M);
    return parts.length === 3 && centre && radius !== null ? { type, centre, radius } : null;
  }
  if (type === 'boundary') {
    const sentence = parseText(body);
    return sentence ? { type, text: sentence } : null;
  }
  return null;
}

function parseText(text: string | null): string | null {
  const asked = text?.trim() ?? '';
  return asked !== '' && asked.length <= MAX_TEXT ? asked : null;
}

export function parseRef(text: string | null): string | null {
  if (!text) return null;
  const parts = text.split('/');
  return parts.length === 2 && parts.every((part) => SLUG.test(part)) ? text : null;
}

/** No names: no layers. Names of which none can be one: as if not given. */
function parseLayers(text: string | null): string[] | null {
  return text === '' ? [] : nonEmpty(parseNames(text, LAYER));
}

function parseNames(text: string | null, form: RegExp): string[] | null {
  if (text === null) return null;
  const names = text.split(',', MAX_NAMES).filter((name) => form.test(name));
  return [...new Set(names)];
}

function parseRevision(text: string | null): number | null {
  return text !== null && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
}

function matching(text: string | null, form: RegExp): string | null {
  return text !== null && form.test(text) ? text : null;
}

function oneOf<T extends string>(allowed: readonly T[], text: string | null): T | null {
  return allowed.find((value) => value === text) ?? null;
}

function nonEmpty(names: string[] | null): string[] | null {
  return names && names.length > 0 ? names : null;
}
