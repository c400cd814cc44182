// A feature as it is changed: what is kept of it, what differs, and what becomes of one person's
// changes when others were quicker. Nothing here asks or draws anything.

import type { Citation, Feature, LocatedBy, Quantity, Relation, StatusEntry } from './model';

export type Properties = Record<string, unknown>;

/** What is kept of a feature: not what answers add to it. */
export interface Kept {
  id: string;
  geometry: GeoJSON.Geometry | null;
  properties: Properties;
}

/** One property that differs; `geometry` for the geometry. Undefined: there is none. */
export interface Change {
  name: string;
  before: unknown;
  after: unknown;
}

/** A feature that somebody is changing, and all that would be lost with it. */
export interface Draft {
  collection: string;
  /** Its version when it was read; null: it is not there yet. */
  version: string | null;
  base: Kept | null;
  /** As it is to be; null: it is to go. */
  mine: Kept | null;
  message: string;
  /** Changes of mine that others' stand in the way of. */
  open: Change[];
  step: 'form' | 'review';
}

/** What answers add to the properties of a feature. */
const ADDED = [
  'measured',
  'zones',
  'overlap',
  'certainty',
  'certainty_reason',
  'placed',
  'collection',
];

export function keptOf({ id, geometry, properties }: Feature): Kept {
  const own = Object.entries(properties).filter(([name]) => !ADDED.includes(name));
  return {
    id: String(id),
    geometry,
    properties: Object.fromEntries(own.map(([name, value]) => [name, withoutSections(value)])),
  };
}

/** Without the headings under which quotes stand, at any depth. */
function withoutSections(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSections);
  if (typeof value !== 'object' || value === null) return value;
  const isCitation = 'document' in value && 'quote' in value;
  const members = Object.entries(value).filter(([name]) => !isCitation || name !== 'section');
  return Object.fromEntries(members.map(([name, member]) => [name, withoutSections(member)]));
}

/** Whether two values say the same; the order of an object's members says nothing. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => name in b && same(a[name as keyof typeof a], b[name as keyof typeof b]))
  );
}

const GEOMETRY = 'geometry';

function valueIn(feature: Kept | null, name: string): unknown {
  if (!feature) return undefined;
  return name === GEOMETRY ? (feature.geometry ?? undefined) : feature.properties[name];
}

function namesOf(feature: Kept | null): string[] {
  return feature ? [...Object.keys(feature.properties), GEOMETRY] : [];
}

/** What differs between two versions: properties of the first in their order, then new ones. */
export function changesBetween(before: Kept | null, after: Kept | null): Change[] {
  return [...new Set([...namesOf(before), ...namesOf(after)])]
    .map((name) => ({ name, before: valueIn(before, name), after: valueIn(after, name) }))
    .filter((change) => !same(change.before, change.after));
}

/** A feature with some of its properties, or its geometry, as changes leave them. */
export function changed(feature: Kept, changes: Pick<Change, 'name' | 'after'>[]): Kept {
  const properties = { ...feature.properties };
  let { geometry } = feature;
  for (const { name, after } of changes) {
    if (name === GEOMETRY) geometry = (after ?? null) as GeoJSON.Geometry | null;
    else if (after === undefined) delete properties[name];
    else properties[name] = after;
  }
  return { ...feature, geometry, properties };
}

/** Properties that only make sense together: who changes one of them has a say in all. */
const UNITS = [
  ['status', 'statuses'],
  [GEOMETRY, 'located_by', 'accuracy_m', 'container', 'sides'],
];

function unitOf(name: string): string[] {
  return UNITS.find((unit) => unit.includes(name)) ?? [name];
}

/** One person's changes to a version, brought onto another version of the same feature. */
export interface Merge {
  /** The other version with those of my changes that stand in nobody's way. */
  merged: Kept;
  /** What others changed. */
  theirs: Change[];
  /** What I changed. */
  mine: Change[];
  /** Of mine, what others changed too, to something else. */
  open: Change[];
}

export function mergeOnto(theirs: Kept, base: Kept, mine: Kept): Merge {
  const [byThem, byMe] = [changesBetween(base, theirs), changesBetween(base, mine)];
  const isTheirs = new Set(byThem.flatMap(({ name }) => unitOf(name)));
  const standsInTheWay = ({ name }: Change) =>
    isTheirs.has(name) &&
    unitOf(name).some((other) => !same(valueIn(theirs, other), valueIn(mine, other)));
  return {
    merged: changed(
      theirs,
      byMe.filter((change) => !standsInTheWay(change)),
    ),
    theirs: byThem,
    mine: byMe,
    open: byMe.filter(standsInTheWay),
  };
}

/** Takes up a change that stood in the way, with all that goes with it; gives what stays open. */
export function takeUp(draft: Draft, name: string): Draft {
  const unit = unitOf(name);
  const taken = draft.open.filter((change) => unit.includes(change.name));
  return {
    ...draft,
    mine: draft.mine && changed(draft.mine, taken),
    open: draft.open.filter((change) => !taken.includes(change)),
  };
}

/** Whether there is something to lose. */
export function isDirty({ base, mine, open }: Draft): boolean {
  return open.length > 0 || !same(base, mine);
}

// The parts of a feature that forms change as a whole.

export function statusesOf({ properties }: Kept): StatusEntry[] {
  return (properties.statuses as StatusEntry[] | undefined) ?? [];
}

export function citationsOf({ properties }: Kept): Citation[] {
  return (properties.citations as Citation[] | undefined) ?? [];
}

export function relationsOf({ properties }: Kept): Relation[] {
  return (properties.relations as Relation[] | undefined) ?? [];
}

export function quantitiesOf({ properties }: Kept): Quantity[] {
  return (properties.quantities as Quantity[] | undefined) ?? [];
}

/** With these in the property's list; without any it has no such property. */
export function withList(feature: Kept, name: string, list: unknown[]): Kept {
  return changed(feature, [{ name, after: list.length > 0 ? list : undefined }]);
}

/** With these statuses, of which the last is the one that counts. */
export function withStatuses(feature: Kept, statuses: StatusEntry[]): Kept {
  const status = statuses.at(-1)?.status ?? null;
  return changed(feature, [
    { name: 'status', after: status },
    { name: 'statuses', after: statuses },
  ]);
}

/** With a status more, whose sentence is among the feature's citations too. */
export function withStatus(feature: Kept, entry: StatusEntry): Kept {
  return withCitation(withStatuses(feature, [...statusesOf(feature), entry]), entry.citation);
}

export function withCitation(feature: Kept, citation: Citation): Kept {
  const known = citationsOf(feature);
  if (known.some((other) => same(other, citation))) return feature;
  return changed(feature, [{ name: 'citations', after: [...known, citation] }]);
}

/** What is located so has no geometry. */
export function isUnlocated(located: unknown): boolean {
  return located === 'none' || located === 'container';
}

/**
 * With another geometry, which somebody drew: how well it fits the ground only they can say, and
 * the stretches of the old outline are none of the new one.
 */
export function withDrawn(feature: Kept, geometry: GeoJSON.Geometry): Kept {
  return changed(moved(feature), [
    { name: GEOMETRY, after: geometry },
    { name: 'located_by', after: 'digitised' satisfies LocatedBy },
    { name: 'accuracy_m', after: null },
    { name: 'sides', after: undefined },
  ]);
}

/** With vertices moved. What was said of a shape that was drawn before holds on. */
export function withReshaped(feature: Kept, geometry: GeoJSON.Geometry, base: Kept | null): Kept {
  const isFirst = same(feature.geometry, base?.geometry ?? null);
  if (isFirst || feature.properties.located_by !== 'digitised') return withDrawn(feature, geometry);
  return changed(feature, [{ name: GEOMETRY, after: geometry }]);
}

/** The polygon of a boundary sentence with its evidence. */
export interface Compiled {
  geometry: GeoJSON.Polygon;
  sentence: string;
  sides: unknown[];
  accuracy_m: number | null;
}

/** With the polygon of a boundary sentence; `cited` is where the sentence stands, if anywhere. */
export function withCompiled(
  feature: Kept,
  { geometry, sentence, sides, accuracy_m }: Compiled,
  cited: Citation | null,
): Kept {
  const compiled = changed(moved(feature), [
    { name: GEOMETRY, after: geometry },
    { name: 'located_by', after: 'compiled' satisfies LocatedBy },
    { name: 'accuracy_m', after: accuracy_m },
    { name: 'sides', after: sides },
    { name: 'evidence', after: `由四至文字“${sentence}”沿道路、河流逐边编译而成。` },
    { name: 'evidence_en', after: `Compiled side by side from the sentence “${sentence}”.` },
  ]);
  if (!cited) return compiled;
  const { document, quote, start } = cited;
  const boundary = { document, text: quote, start };
  return withCitation(changed(compiled, [{ name: 'boundary', after: boundary }]), cited);
}

/** Without a place: `by` says why there is none, or that only what contains it is known. */
export function withoutGeometry(feature: Kept, by: 'none' | 'container'): Kept {
  return changed(feature, [
    { name: GEOMETRY, after: null },
    { name: 'located_by', after: by },
    { name: 'accuracy_m', after: null },
    { name: 'sides', after: undefined },
    ...(by === 'none' ? [{ name: 'container', after: undefined }] : []),
  ]);
}

/** What only its container placed stays related to that when it gets a place of its own. */
function moved(feature: Kept): Kept {
  const { container } = feature.properties;
  if (typeof container !== 'string') return feature;
  const known = relationsOf(feature);
  const relation = { type: 'contained_in', target: container };
  const isKnown = known.some(({ type, target }) => type === relation.type && target === container);
  return changed(feature, [
    { name: 'container', after: undefined },
    { name: 'relations', after: isKnown ? known : [...known, relation] },
  ]);
}

/** Simple properties that any feature may have. */
export const COMMON = ['address', 'note', 'note_en', 'source', 'licence'];

/** What is changed as it stands, in a field of its own. */
export function isSimple(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** Why a draft can't be sent yet. */
export type Lack = 'name' | 'name_en' | 'id' | 'evidence' | 'accuracy_m' | 'container';

export function lacksOf({ id, geometry, properties }: Kept): Lack[] {
  const blank = (name: string) => {
    const value = properties[name];
    return typeof value !== 'string' || value.trim() === '';
  };
  const lacks: [Lack, boolean][] = [
    ['id', !/^[a-z0-9-]{1,80}$/.test(id)],
    ['name', blank('name')],
    ['name_en', blank('name_en')],
    ['evidence', blank('evidence')],
    ['accuracy_m', geometry !== null && typeof properties.accuracy_m !== 'number'],
    ['container', properties.located_by === 'container' && blank('container')],
  ];
  return lacks.filter(([, isLacking]) => isLacking).map(([name]) => name);
}

/** A feature that is not there yet. */
export function blankFeature(kind: string, id: string): Kept {
  return {
    id,
    geometry: null,
    properties: {
      name: '',
      name_en: '',
      kind,
      status: null,
      statuses: [],
      located_by: 'none',
      accuracy_m: null,
      evidence: '',
      evidence_en: '',
      citations: [],
      source: '在本服务中录入 (entered in this service)',
      licence: '见来源 (see source)',
    },
  };
}

/** A stretch of a document's text. */
export interface Found {
  /** The document's own characters. */
  quote: string;
  /** Characters (Unicode code points) before it. */
  start: number;
}

/**
 * Where a document has these words. White space does not count: who copies from a page gets line
 * ends and spaces that the document does not have.
 */
export function findQuote(text: string, wanted: string): Found[] {
  const needle = Array.from(wanted).filter(isInk);
  if (needle.length === 0) return [];
  const characters = Array.from(text);
  const inked = characters.flatMap((character, place) => (isInk(character) ? [place] : []));
  const found: Found[] = [];
  for (let at = 0; at + needle.length <= inked.length; at += 1) {
    if (!needle.every((character, i) => characters[inked[at + i] as number] === character))
      continue;
    const [start, last] = [inked[at] as number, inked[at + needle.length - 1] as number];
    found.push({ quote: characters.slice(start, last + 1).join(''), start });
    at += needle.length - 1;
  }
  return found;
}

function isInk(character: string): boolean {
  return character.trim() !== '';
}

/** A selection of a text, given in UTF-16 units as browsers count, without white space around it. */
export function quoteAt(text: string, from: number, to: number): Found | null {
  const chosen = text.slice(Math.min(from, to), Math.max(from, to));
  const quote = chosen.trim();
  if (quote === '') return null;
  const before = Math.min(from, to) + chosen.indexOf(quote);
  return { quote, start: Array.from(text.slice(0, before)).length };
}
