// The server's API as the page calls it: typed by the OpenAPI document, failures as one error type.

import type { StyleSpecification } from 'maplibre-gl';
import createClient from 'openapi-fetch';
import type { paths } from './api/schema';
import type { Condition } from './cql';
import type { Kept } from './editing';
import type { AskedArea } from './given';
import type {
  AreaAnswer,
  AreaQuery,
  Boundaries,
  Catalogue,
  ClaimPairs,
  Differences,
  DocumentText,
  Feature,
  FeaturePage,
  FeatureRevisions,
  Indicators,
  NewShare,
  Revisions,
  Session,
  Share,
  SourceDocument,
} from './model';
import { collectionOf, idOf } from './model';
import { nameFrom } from './save';
import type { Carriageway, Filter, Language, Pairing, Relation } from './view';

/** What would be wrong with data that were sent. */
export interface Flaw {
  /** Which feature; null: none in particular. */
  feature: string | null;
  reason: string;
  reason_en: string;
}

/** What went wrong, in the server's words where it said any. Status 0: no answer at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: Record<Language, string>,
    readonly flaws: Flaw[] = [],
  ) {
    super(detail.en);
  }
}

/** No answer came. */
export function unreachable(): Problem {
  return new Problem(0, { zh: '', en: '' });
}

const client = createClient<paths>({
  baseUrl: new URL('.', document.baseURI).href.replace(/\/$/, ''),
  querySerializer: { array: { style: 'form', explode: false } },
});

/** Gives the revision that is to be read; null: the latest. */
let revisionRead: () => number | null = () => null;

/** From now on the data are read as they were at the revision that this gives. */
export function readAt(revision: () => number | null): void {
  revisionRead = revision;
}

function moment(): { revision?: number } {
  const revision = revisionRead();
  return revision === null ? {} : { revision };
}

interface Outcome {
  data?: unknown;
  error?: unknown;
  response: Response;
}

async function answer<T>(call: Promise<Outcome>): Promise<T> {
  let outcome: Outcome;
  try {
    outcome = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachable();
  }
  if (outcome.response.ok && outcome.data !== undefined) return outcome.data as T;
  throw problemOf(outcome);
}

function problemOf({
  response,
  error,
}: {
  response: { status: number };
  error?: unknown;
}): Problem {
  const { problems } = (error ?? {}) as { problems?: unknown };
  const flaws = Array.isArray(problems) ? (problems as Flaw[]) : [];
  return new Problem(response.status, detailOf(error), flaws);
}

function detailOf(error: unknown): Record<Language, string> {
  const { detail, detail_en, title } = (error ?? {}) as Record<string, unknown>;
  const zh = [detail, title].find((text) => typeof text === 'string') ?? '';
  return { zh: String(zh), en: typeof detail_en === 'string' ? detail_en : String(zh) };
}

export function fetchCatalogue(signal?: AbortSignal): Promise<Catalogue> {
  return answer(client.GET('/collections', { params: { query: moment() }, ...abort(signal) }));
}

export async function fetchDocuments(signal?: AbortSignal): Promise<SourceDocument[]> {
  const { documents } = await answer<{ documents: SourceDocument[] }>(
    client.GET('/documents', { ...abort(signal) }),
  );
  return documents;
}

export function fetchDocument(id: string, signal?: AbortSignal): Promise<DocumentText> {
  const params = { path: { documentId: id }, query: moment() };
  return answer(client.GET('/documents/{documentId}', { params, ...abort(signal) }));
}

export function fetchIndicators(signal?: AbortSignal): Promise<Indicators> {
  return answer(client.GET('/indicators', { params: { query: moment() }, ...abort(signal) }));
}

/** The pairs of one relation, or all. */
export function fetchPairs(
  relation: Pairing | null,
  limit: number,
  signal?: AbortSignal,
): Promise<ClaimPairs> {
  const query = { limit, ...(relation ? { relation } : {}), ...moment() };
  return answer(client.GET('/claims/pairs', { params: { query }, ...abort(signal) }));
}

export function fetchStyle(): Promise<StyleSpecification> {
  return answer(client.GET('/styles/{styleId}', { params: { path: { styleId: 'default' } } }));
}

export function fetchFeature(ref: string, signal?: AbortSignal): Promise<Feature> {
  return answer(
    client.GET('/collections/{collectionId}/items/{featureId}', {
      params: { path: pathOf(ref), query: moment() },
      ...abort(signal),
    }),
  );
}

function pathOf(ref: string) {
  return { collectionId: collectionOf(ref), featureId: idOf(ref) };
}

/** Kinds and statuses in a link may be such as the server has never heard of: it says so. */
type ItemsQuery = NonNullable<
  paths['/collections/{collectionId}/items']['get']['parameters']['query']
>;

export function fetchItems(
  collectionId: string,
  query: { q?: string; limit?: number; offset?: number } & Partial<Filter>,
  signal?: AbortSignal,
): Promise<FeaturePage> {
  return answer(
    client.GET('/collections/{collectionId}/items', {
      params: { path: { collectionId }, query: { ...(query as ItemsQuery), ...moment() } },
      ...abort(signal),
    }),
  );
}

/** What is asked of an area, of its answer and its files alike. */
export interface Question {
  area: AskedArea;
  collections: string[];
  relation: Relation;
  /** For a boundary sentence. */
  carriageway: Carriageway;
  /** What must be true of the features; null: nothing. */
  filter: Condition | null;
}

export function queryArea(question: Question, signal?: AbortSignal): Promise<AreaAnswer> {
  return answer(client.POST('/areas/query', { body: bodyOf(question), ...abort(signal) }));
}

/** Forms in which an answer can be taken along. */
export const FILE_FORMS = ['xlsx', 'csv', 'geojson'] as const;
export type FileForm = (typeof FILE_FORMS)[number];

/** The whole answer as a file, under the name that the service gives it. */
export async function downloadAnswer(
  question: Question,
  form: FileForm,
  lang: Language,
): Promise<{ name: string; content: Blob }> {
  let disposition: string | null = null;
  const call = client.POST('/areas/query', {
    params: { query: { f: form, lang } },
    body: bodyOf(question),
    parseAs: 'blob',
  });
  const content = await answer<Blob>(
    call.then((outcome) => {
      disposition = outcome.response.headers.get('content-disposition');
      return outcome;
    }),
  );
  return { name: nameFrom(disposition) ?? `area-query.${form}`, content };
}

function bodyOf({ area, collections, relation, carriageway, filter }: Question): AreaQuery {
  const asked = { area: areaBody(area, carriageway), collections, relation, ...moment() };
  // The document does not say what is in a filter's object.
  return filter ? { ...asked, filter: filter as unknown as Record<string, never> } : asked;
}

/** The polygons of the boundary sentences in a text. */
export function fetchBoundaries(
  text: string,
  carriageway: Carriageway,
  signal?: AbortSignal,
): Promise<Boundaries> {
  const body = { text, carriageway, ...moment() };
  return answer(client.POST('/boundaries', { body, ...abort(signal) }));
}

function areaBody(area: AskedArea, carriageway: Carriageway): AreaQuery['area'] {
  switch (area.type) {
    case 'feature':
      return { feature: area.ref };
    case 'polygon':
      return {
        geometry: { type: 'Polygon', coordinates: [[...area.ring, area.ring[0]]] },
      };
    case 'circle':
      return { center: area.centre, radius_m: area.radius };
    case 'boundary':
      return { boundary: area.text, carriageway };
    case 'given': {
      const { crs } = area;
      const parts = area.parts.map((geometry) => ({ geometry, ...(crs ? { crs } : {}) }));
      const [only] = parts;
      return only && parts.length === 1 ? only : { union: parts };
    }
  }
}

/** Revisions, the latest first. */
export function fetchRevisions(
  query: { limit: number; offset: number },
  signal?: AbortSignal,
): Promise<Revisions> {
  return answer(client.GET('/revisions', { params: { query }, ...abort(signal) }));
}

/** What one revision changed. */
export function fetchDifferences(
  revision: number,
  limit: number,
  signal?: AbortSignal,
): Promise<Differences> {
  const path = { which: `${revision - 1}...${revision}` };
  return answer(
    client.GET('/revisions/{which}', { params: { path, query: { limit } }, ...abort(signal) }),
  );
}

/** The revisions that changed a feature, the latest first. */
export function fetchHistory(ref: string, signal?: AbortSignal): Promise<FeatureRevisions> {
  return answer(
    client.GET('/collections/{collectionId}/items/{featureId}/revisions', {
      params: { path: pathOf(ref), query: { limit: 1000 } },
      ...abort(signal),
    }),
  );
}

/** A feature with the entity tag of its version. */
export interface Versioned {
  feature: Feature;
  version: string;
}

/** A feature at a revision; the latest without one, whatever the page shows. */
export async function fetchVersion(ref: string, revision?: number): Promise<Versioned> {
  let version = '';
  const query = revision === undefined ? {} : { revision };
  const call = client.GET('/collections/{collectionId}/items/{featureId}', {
    params: { path: pathOf(ref), query },
    // What is changed is what stands, not what a cache holds.
    cache: 'no-store',
  });
  const feature = await answer<Feature>(
    call.then((outcome) => {
      version = outcome.response.headers.get('etag') ?? '';
      return outcome;
    }),
  );
  return { feature, version };
}

/** The session; null where the service knows none. */
export async function fetchSession(): Promise<Session | null> {
  try {
    return await send<Session>('session', { method: 'GET', cache: 'no-store' });
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

export async function signOut(): Promise<void> {
  const session = await fetchSession();
  await send('session', { method: 'DELETE', headers: proofOf(session) });
}

/** What becomes of a feature: `version` is what it was when it was read, null of a new one. */
export interface Wish {
  ref: string;
  version: string | null;
  /** Null: it goes. */
  feature: Kept | null;
  message: string;
}

/** Writes a change down. */
export async function commit({ ref, version, feature, message }: Wish): Promise<void> {
  // The one at hand may have ended, and another begun in another window.
  const session = await fetchSession();
  const items = `collections/${collectionOf(ref)}/items`;
  const path = version === null ? items : `${items}/${idOf(ref)}`;
  await send(`${path}?message=${encodeURIComponent(message)}`, {
    method: version === null ? 'POST' : feature ? 'PUT' : 'DELETE',
    headers: {
      ...proofOf(session),
      ...(version === null ? {} : { 'If-Match': version }),
      ...(feature ? { 'Content-Type': 'application/geo+json' } : {}),
    },
    ...(feature ? { body: JSON.stringify({ type: 'Feature', ...feature }) } : {}),
  });
}

export async function createShare(wish: NewShare): Promise<Share> {
  return send('shares', await proven('POST', wish));
}

export function fetchShare(id: string, signal?: AbortSignal): Promise<Share> {
  return send(`s/${id}?f=json`, { cache: 'no-store', ...abort(signal) });
}

/** A file of the service, under the name that it gives. */
export async function fetchFile(
  path: string,
  signal?: AbortSignal,
): Promise<{ name: string | null; content: Blob }> {
  let disposition: string | null = null;
  const call = fetch(new URL(path, document.baseURI), abort(signal));
  const content = await answer<Blob>(
    call.then(async (response) => {
      disposition = response.headers.get('content-disposition');
      return response.ok
        ? { data: await response.blob(), response }
        : { error: jsonOf(await response.text()), response };
    }),
  );
  return { name: nameFrom(disposition), content };
}

/** What somebody decides about a file that is brought in. */
export interface Decision {
  mapping?: Mapping;
  /** Null: as the file states it. */
  crs?: string | null;
  encoding?: string;
  layer?: string;
  swap_axes?: boolean;
  from_datum?: 'gcj02' | 'bd09' | null;
  remove_missing?: boolean;
  skip_invalid?: boolean;
  /** The findings have been heard, and the file is as it should be. */
  as_it_is?: boolean;
}

/** Which field of a file is which property. */
export interface Mapping {
  key: string | null;
  properties: Record<string, string>;
  /** Of all features alike. */
  constants: Record<string, unknown>;
}

interface Told {
  message: string;
  message_en: string;
}

/** What was found out about a file's coordinates and shapes. */
export interface Finding extends Told {
  code: string;
  severity: 'info' | 'warning' | 'error';
  confidence: number;
  count: number;
  /** Numbers of rows. */
  examples: number[];
  proposal: Decision | null;
}

/** How far one step has come: each counts something else. */
export interface ImportStep {
  step:
    | 'reading'
    | 'standing'
    | 'comparing'
    | 'overlapping'
    | 'committing'
    | 'checking'
    | 'concluding';
  done: number;
  all: number;
}

/** A feature as it becomes, or stood. */
export interface ImportChange extends GeoJSON.Feature<GeoJSON.Geometry | null> {
  change: 'added' | 'changed' | 'removed';
  /** Where it stands, of one that changes. */
  geometry_before?: GeoJSON.Geometry | null;
}

/** A file that is being brought in. */
export interface Import extends Partial<Told> {
  id: string;
  into: string;
  file: string;
  state: 'reading' | 'ready' | 'committing' | 'failed' | 'committed';
  /** Number of the preview; a commit names it. */
  preview: number;
  progress: ImportStep;
  layer?: {
    format: string;
    crs: string | null;
    encoding: string | null;
    fields: { name: string; kind: string; samples: unknown[] }[];
    count: number | null;
    notes: Told[];
  };
  mapping?: Mapping;
  mapping_remembered?: boolean;
  findings?: Finding[];
  needs?: (Told & { property: string })[];
  /** What stands in the way of a commit. */
  obstacles?: Told[];
  counts?: Record<'added' | 'changed' | 'unchanged' | 'removed' | 'invalid', number>;
  problems?: { row: number; key: string | null; reason: string; reason_en: string }[];
  problems_total?: number;
}

/** Sends a file, telling how many bytes have gone. */
export async function sendFile(
  into: string,
  file: File,
  signal: AbortSignal,
  progress: (done: number, all: number) => void,
): Promise<Import> {
  const proof = proofOf(await fetchSession());
  const query = new URLSearchParams({ into, name: file.name });
  // Only this kind of request tells how far it has come.
  const request = new XMLHttpRequest();
  request.open('POST', new URL(`imports?${query}`, document.baseURI));
  for (const [name, value] of Object.entries(proof)) request.setRequestHeader(name, value);
  request.upload.addEventListener('progress', ({ loaded, total }) => progress(loaded, total));
  signal.addEventListener('abort', () => request.abort());
  return new Promise((done, failed) => {
    request.addEventListener('error', () => failed(unreachable()));
    request.addEventListener('abort', () => failed(unreachable()));
    request.addEventListener('load', () => {
      const content = jsonOf(request.responseText);
      if (request.status === 201 && content) done(content as Import);
      else failed(problemOf({ response: request, error: content }));
    });
    request.send(file);
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export async function fetchImport(id: string, signal: AbortSignal): Promise<Import> {
  return send(`imports/${id}`, { ...(await proven('GET', null)), signal });
}

/** What a file would change, each feature with its `change`. */
export async function fetchImportChanges(
  id: string,
  limit: number,
  signal: AbortSignal,
): Promise<{ features: ImportChange[]; numberMatched: number }> {
  return send(`imports/${id}/changes?limit=${limit}`, { ...(await proven('GET', null)), signal });
}

export async function decideImport(id: string, decision: Decision): Promise<Import> {
  return send(`imports/${id}`, await proven('PUT', decision));
}

/** Commits a file as a preview showed it. */
export async function commitImport(
  { id, preview }: Import,
  message: string,
): Promise<{ revision: number }> {
  return send(`imports/${id}/commit`, await proven('POST', { message, preview }));
}

export async function cancelImport(id: string): Promise<void> {
  await send(`imports/${id}`, await proven('DELETE', null));
}

async function proven(method: string, body: unknown): Promise<RequestInit> {
  const headers = { ...proofOf(await fetchSession()), 'Content-Type': 'application/json' };
  const content = body === null ? {} : { body: JSON.stringify(body) };
  return { method, headers, cache: 'no-store', ...content };
}

/** Shows that it is this page that asks. */
function proofOf(session: Session | null): Record<string, string> {
  return session?.csrf ? { 'X-CSRF-Token': session.csrf } : {};
}

async function send<T>(path: string, init: RequestInit): Promise<T> {
  const headers = { Accept: 'application/json, application/geo+json', ...init.headers };
  const call = fetch(new URL(path, document.baseURI), { ...init, headers });
  return answer<T>(
    call.then(async (response) => {
      const text = await response.text();
      const content: unknown = /json/.test(response.headers.get('content-type') ?? '')
        ? JSON.parse(text)
        : null;
      return response.ok ? { data: content, response } : { error: content, response };
    }),
  );
}

function abort(signal: AbortSignal | undefined) {
  return signal ? { signal } : {};
}
