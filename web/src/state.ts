// The page's state: one View, which the address bar always holds, and what follows from it.

import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import {
  fetchBoundaries,
  fetchCatalogue,
  fetchDocument,
  fetchDocuments,
  fetchFeature,
  fetchIndicators,
  fetchItems,
  fetchPairs,
  fetchSession,
  fetchShare,
  Problem,
  type Question,
  queryArea,
  readAt,
  unreachable,
} from './api';
import { conditionOf } from './cql';
import type { Draft } from './editing';
import { type AskedArea, asDrawn, type GivenArea } from './given';
import { translate, type Word } from './i18n';
import { type AreaAnswer, type Feature, refOf } from './model';
import { carried, isEmbedded, openView } from './opening';
import {
  type Area,
  type Carriageway,
  FILTERS,
  type Filter,
  formatView,
  NO_FILTER,
  type Pairing,
  parseView,
  type Reading,
  type View,
} from './view';

export const view = signal<View>(openView());

/**
 * An area that was brought along and is too much for an address. The entry of the browser's history
 * holds it instead: Back and a reload find it there, a link does not.
 */
export const given = signal<GivenArea | null>(history.state as GivenArea | null);
/** The one that the current entry holds. */
let kept = given.peek();

/**
 * Changes the view and with it the address. `push` is for what Back should undo (selection, area,
 * layers), `replace` for what only moves along.
 */
export function navigate(change: Partial<View>, how: 'push' | 'replace' = 'push'): void {
  const next = { ...view.peek(), ...change };
  const address = formatView(next);
  // Within another site the address is that of the share.
  if (!isEmbedded && (address !== location.search || given.peek() !== kept)) {
    kept = given.peek();
    const full = `${location.pathname}${address}`;
    if (how === 'push') history.pushState(kept, '', full);
    else history.replaceState(kept, '', full);
  }
  view.value = next;
}

/** Counts the times that Back or Forward brought another view, which the map then moves to. */
export const returns = signal(0);

window.addEventListener('popstate', (event) => {
  const known = view.peek();
  const next = parseView(location.search);
  const revision = isOvertaken(next.revision) ? null : next.revision;
  // An address typed by hand may lack what the page has learned since.
  view.value = {
    ...next,
    at: next.at ?? known.at,
    layers: next.layers ?? known.layers,
    revision,
  };
  given.value = event.state as GivenArea | null;
  kept = given.peek();
  // What lay open on the view that was left does not belong to this one.
  picks.value = null;
  drawing.value = null;
  stretch.value = null;
  target.value = null;
  returns.value += 1;
});

/** Features of a zone list or for a name, fetched once each and kept. */
const features = new Map<string, Promise<Feature>>();

export const lang = computed(() => view.value.lang);

export function t(word: Word, values?: Record<string, string | number>): string {
  return translate(lang.value, word, values);
}

export type Load<T> =
  | { state: 'loading' }
  | { state: 'ready'; value: T }
  | { state: 'failed'; problem: Problem };

export interface Resource<T> {
  load: ReadonlySignal<Load<T> | null>;
  reload: () => void;
}

/** The latest revision that the page knows of. */
export const newest = signal<number | null>(null);
/** Revisions that were the latest when this page showed them: Back leads to what is the latest now. */
const overtaken = new Set<number | null>();
export function isOvertaken(revision: number | null): boolean {
  return overtaken.has(revision);
}
/** The earlier revision that the page shows; null: the latest. */
export const moment = computed(() => {
  const { revision } = view.value;
  const isEarlier = revision !== null && newest.value !== null && revision < newest.value;
  return isEarlier ? revision : null;
});
/** Counts the times that the data have become others; what is shown is then read anew. */
export const changes = signal(0);
/** Which state of the data is shown, for whoever keeps something of it. */
export const standing = computed(() => `${moment.value ?? ''}/${changes.value}`);
readAt(() => moment.peek());

/** What of a view shows the data as they were at a revision; null: as they are. */
function viewAt(revision: number | null): { revision: View['revision'] } {
  overtaken.delete(revision);
  return { revision: revision ?? (isFollowing.peek() ? null : newest.peek()) };
}

/** Shows the data as they were at a revision; null: as they are. */
export function showRevision(revision: number | null): void {
  navigate(viewAt(revision));
}

/** The data are others now: they are read anew. */
export function readAnew(): void {
  overtaken.add(newest.peek());
  // The new revision is told with the catalogue.
  navigate({ revision: null }, 'replace');
  changes.value += 1;
}

/**
 * What `fetch` gives for the current key; null while there is no key. Older answers are dropped. Of
 * data that have changed, which `anew` tells, what was known stays until the new is there.
 */
function resource<T>(
  key: ReadonlySignal<string | null>,
  fetch: (key: string, signal: AbortSignal) => Promise<T>,
  anew: ReadonlySignal<unknown> = standing,
): Resource<T> {
  const load = signal<Load<T> | null>(null);
  const attempt = signal(0);
  let last: string | null = null;
  effect(() => {
    attempt.value;
    anew.value;
    const current = key.value;
    const isAnother = current !== last;
    last = current;
    if (current === null) {
      load.value = null;
      return;
    }
    const control = new AbortController();
    if (isAnother || load.peek()?.state !== 'ready') load.value = { state: 'loading' };
    fetch(current, control.signal).then(
      (value) => {
        if (!control.signal.aborted) load.value = { state: 'ready', value };
      },
      (error: unknown) => {
        if (control.signal.aborted) return;
        const problem = error instanceof Problem ? error : unreachable();
        load.value = { state: 'failed', problem };
      },
    );
    return () => control.abort();
  });
  return {
    load,
    reload: () => {
      attempt.value += 1;
    },
  };
}

export function ready<T>(load: Load<T> | null): T | null {
  return load?.state === 'ready' ? load.value : null;
}

const always = signal('');
export const catalogue = resource(always, async (_, signal) => {
  const known = await fetchCatalogue(signal);
  if (!signal.aborted && moment.peek() === null) newest.value = known.revision;
  return known;
});
export const documents = resource(always, (_, signal) => fetchDocuments(signal));

export const collections = computed(() => ready(catalogue.load.value)?.collections ?? []);

export const selected = resource(
  computed(() => view.value.select),
  fetchFeature,
);

/** The document that the reader shows: that of the address, or else the first. */
export const readDocument = computed(
  () => view.value.reading?.document ?? ready(documents.load.value)?.[0]?.id ?? null,
);
export const documentText = resource(
  computed(() => (view.value.panel === 'documents' ? readDocument.value : null)),
  fetchDocument,
);
export const indicators = resource(
  computed(() => (view.value.panel === 'indicators' ? 'indicators' : null)),
  (_, signal) => fetchIndicators(signal),
);

/** More pairs than documents of this size hold; what is beyond is counted, not hidden. */
const PAIRS_LIMIT = 10_000;
export const pairs = resource(
  computed(() => (view.value.panel === 'pairs' ? (view.value.pairing ?? '') : null)),
  (relation, signal) => fetchPairs((relation || null) as Pairing | null, PAIRS_LIMIT, signal),
);

/** By themselves, so that what depends on them rests while only the map moves. */
export const shown = computed(() => view.value.filter);
export const colours = computed(() => view.value.colours);

/** How many conditions filter things out. */
export const conditions = computed(() =>
  FILTERS.reduce((count, name) => count + shown.value[name].length, 0),
);

export function filter(change: Partial<Filter>): void {
  navigate({ filter: { ...view.peek().filter, ...change } });
}

export function clearFilter(): void {
  navigate({ filter: NO_FILTER });
}

/** Opens the reader at a place of a document. On a small screen it takes the answer's place. */
export function read(reading: Reading): void {
  const covered = layout.peek() !== 'wide';
  picks.value = null;
  navigate({ panel: 'documents', reading, ...(covered ? { select: null } : {}) });
}

/** The area that is asked about, from the address or brought along. */
export const asked = computed<AskedArea | null>(() => view.value.area ?? given.value);

/** What is asked of the area, if one is. */
export const question = computed<Question | null>(() => {
  const { collections, relation, carriageway } = view.value;
  const area = asked.value;
  return area && { area, collections, relation, carriageway, filter: conditionOf(shown.value) };
});

/** Asked again only when the question changes, not when the map moves. */
export const answer = resource(
  computed(() => question.value && JSON.stringify(question.value)),
  async (asked, signal) => {
    const question = JSON.parse(asked) as Question;
    const found = await queryArea(question, signal);
    if (!signal.aborted) settle(question.area, found);
    return found;
  },
);

/** An area that was brought along may fit into the address as the polygon that the service made of it. */
function settle(area: AskedArea, { area: { geometry } }: AreaAnswer): void {
  const isSurface = geometry?.type === 'Polygon' || geometry?.type === 'MultiPolygon';
  if (area.type !== 'given' || !isSurface) return;
  const drawn = asDrawn({ type: 'given', parts: [geometry], crs: null, name: null });
  if (!drawn) return;
  given.value = null;
  navigate({ area: drawn }, 'replace');
}

/** The boundary sentences of the text in the address. */
export const boundaries = resource(
  computed(() => {
    const { boundary, carriageway } = view.value;
    return boundary && `${carriageway} ${boundary}`;
  }),
  (_, signal) => {
    const { boundary, carriageway } = view.peek();
    return fetchBoundaries(boundary ?? '', carriageway, signal);
  },
);

export function showBoundary(text: string): void {
  drawing.value = null;
  picks.value = null;
  target.value = 'boundary';
  given.value = null;
  navigate({ boundary: text, select: null, area: null });
}

/** Compiles the sentences anew; what lies open of the ones before does not fit any more. */
export function chooseCarriageway(carriageway: Carriageway): void {
  stretch.value = null;
  candidate.value = null;
  navigate({ carriageway });
}

export function clearBoundary(): void {
  stretch.value = null;
  candidate.value = null;
  navigate({ boundary: null });
}

/** Who uses the page; null where the service knows nobody. */
export const session = resource(always, () => fetchSession());
/** Whether every revision of the data is on record. */
export const isRecorded = computed(() => ready(session.load.value)?.editable ?? false);
/** Whether data can be changed here and now. An earlier state is what it was. */
export const canEdit = computed(() => {
  const role = ready(session.load.value)?.role;
  const isEditor = role === 'editor' || role === 'administrator';
  return isRecorded.value && isEditor && moment.value === null;
});

/** The feature that is being changed. */
export const draft = signal<Draft | null>(null);
/** How its geometry is being drawn. */
export type Shaping = 'point' | 'line' | 'polygon' | 'vertices';
export const shaping = signal<Shaping | null>(null);

/** Whether a file is being brought in. */
export const isTaking = signal(false);

/** Geometries as they were and as they are or are to be, for the map to show together. */
export interface Comparison {
  before: GeoJSON.Geometry[];
  after: GeoJSON.Geometry[];
}
export const compared = signal<Comparison | null>(null);

/** Whether there is something to answer, in the panel beside the map. */
export const asking = computed(() => {
  const { select: ref, boundary } = view.value;
  const isAsked = asked.value !== null || boundary !== null;
  const isBusy = draft.value !== null || isTaking.value;
  return ref !== null || isAsked || picks.value !== null || isBusy;
});

export function cachedFeature(ref: string): Promise<Feature> {
  const known = features.get(ref);
  if (known) return known;
  const fetched = fetchFeature(ref);
  features.set(ref, fetched);
  fetched.catch(() => features.delete(ref));
  return fetched;
}
effect(() => {
  standing.value;
  features.clear();
});

/** The share that the document brought along, until it is asked for anew. */
let brought = carried;
/** The share by which the view was opened. It tells the same at whatever revision is looked at. */
export const share = resource(
  computed(() => view.value.share),
  (id, signal) => {
    const known = brought?.id === id ? brought : null;
    brought = null;
    return known ? Promise.resolve(known) : fetchShare(id, signal);
  },
  changes,
);
/**
 * Whether the view is that of a share that follows the latest, or may turn out to be: its address
 * names no revision of its own accord, so that it follows after a reload too.
 */
export const isFollowing = computed(() => {
  const load = share.load.value;
  if (view.value.share === null || load?.state === 'failed') return false;
  return ready(load)?.follows_latest ?? true;
});

/** Collections whose lines bound zones. */
const LINES = ['streets', 'water'];

export const zones = resource(
  computed(() => (collections.value.some(({ id }) => id === 'zones') ? 'zones' : null)),
  async (id, signal) => {
    const { features } = await fetchItems(id, { limit: 1000 }, signal);
    // Only a feature by itself comes measured; those that the list shows first are few.
    return Promise.all(
      features.map((zone) =>
        zone.properties.boundary && zone.geometry ? fetchFeature(refOf(id, zone), signal) : zone,
      ),
    );
  },
);

/** English names of streets and rivers by the names that sentences use, for English readers. */
export const streetNames = resource(
  computed(() => {
    const lines = collections.value.map(({ id }) => id).filter((id) => LINES.includes(id));
    return lang.value === 'en' && lines.length > 0 ? lines.join() : null;
  }),
  async (ids, signal) => {
    const pages = await Promise.all(
      ids.split(',').map((id) => fetchItems(id, { limit: 10_000 }, signal)),
    );
    return new Map(
      pages.flatMap(({ features }) =>
        features.map(({ properties }) => [properties.name, properties.name_en] as const),
      ),
    );
  },
);

/** What the pointer is on, in the map or in a list, so that each can light up the other. */
export interface Hover {
  ref: string;
  /** Lights up too: what contains a feature without a location. */
  container?: string | null | undefined;
  from: 'map' | 'panel';
}
export const hovered = signal<Hover | null>(null);

/** The stretch of an outline that the pointer is on. */
export interface PointedStretch {
  /** Whose outline: a feature's reference, or a sentence. */
  of: string;
  index: number;
  line: GeoJSON.Position[];
}
export const stretch = signal<PointedStretch | null>(null);
/** The candidate of an ambiguous sentence that the pointer is on. */
export const candidate = signal<GeoJSON.Polygon | null>(null);

/** A feature as the map's tiles know it, before the service has told more. */
export interface Pick {
  ref: string;
  name: string;
  name_en: string;
  kind: string;
  status: string | null;
}
/** Features that lie on top of each other where the map was clicked. */
export const picks = signal<Pick[] | null>(null);

export type Drawing = 'polygon' | 'circle' | 'edit';
export const drawing = signal<Drawing | null>(null);
/** Whether the tool is loaded and takes clicks. */
export const drawingReady = signal(false);
/** Why what is being drawn cannot be asked about. */
export const drawingProblem = signal<Word | null>(null);

/** Something that went wrong beside the map. */
export const notice = signal<Word | null>(null);

const width = signal(window.innerWidth);
window.addEventListener('resize', () => {
  width.value = window.innerWidth;
});
/**
 * Where the panels stand: on a `narrow` screen a sheet from below, on a `middle` one a single panel
 * at a time beside the map. The same widths are in the style sheets.
 */
export const layout = computed<'narrow' | 'middle' | 'wide'>(() =>
  width.value <= 900 ? 'narrow' : width.value <= 1100 ? 'middle' : 'wide',
);

/**
 * What the map should move to once it is known: a feature's reference; `area`, unless that is in
 * view already; `fit`, the area in any case; or `boundary`, the polygons of its sentences.
 */
export const target = signal<string | null>(null);

/** Selects a feature; `at` shows the data as they were at a revision with it, null as they are. */
export function select(ref: string, options: { move?: boolean; at?: number | null } = {}): void {
  if (options.move) target.value = ref;
  picks.value = null;
  stretch.value = null;
  navigate({ select: ref, ...(options.at === undefined ? {} : viewAt(options.at)) });
}

export function deselect(): void {
  picks.value = null;
  stretch.value = null;
  if (view.peek().select !== null) navigate({ select: null });
}

export function ask(area: Area): void {
  given.value = null;
  show(area, 'area');
}

/** Asks about an area that was brought along: in the address if it fits there. */
export function bring(area: GivenArea): void {
  const drawn = asDrawn(area);
  given.value = drawn ? null : area;
  show(drawn, 'fit');
}

function show(area: Area | null, move: 'area' | 'fit'): void {
  drawing.value = null;
  picks.value = null;
  target.value = move;
  const { layers, collections } = view.peek();
  // What a query lists should be on the map too.
  const shown = layers && [...new Set([...layers, ...collections])];
  navigate({ area, select: null, layers: shown });
}

export function clearArea(): void {
  drawing.value = null;
  given.value = null;
  navigate({ area: null });
}
