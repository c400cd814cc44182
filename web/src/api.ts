// The server's API as the page calls it: typed by the OpenAPI document, failures as one error type.

import type { StyleSpecification } from 'maplibre-gl';
import createClient from 'openapi-fetch';
import type { paths } from './api/schema';
import type { Condition } from './cql';
import type { AskedArea } from './given';
import type {
  AreaAnswer,
  AreaQuery,
  Boundaries,
  Catalogue,
  ClaimPairs,
  DocumentText,
  Feature,
  FeaturePage,
  Indicators,
  SourceDocument,
} from './model';
import { collectionOf, idOf } from './model';
import { nameFrom } from './save';
import type { Carriageway, Filter, Language, Pairing, Relation } from './view';

/** What went wrong, in the server's words where it said any. Status 0: no answer at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: Record<Language, string>,
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
  throw new Problem(outcome.response.status, detailOf(outcome.error));
}

function detailOf(error: unknown): Record<Language, string> {
  const { detail, detail_en, title } = (error ?? {}) as Record<string, unknown>;
  const zh = [detail, title].find((text) => typeof text === 'string') ?? '';
  return { zh: String(zh), en: typeof detail_en === 'string' ? detail_en : String(zh) };
}

export function fetchCatalogue(signal?: AbortSignal): Promise<Catalogue> {
  return answer(client.GET('/collections', { ...abort(signal) }));
}

export async function fetchDocuments(signal?: AbortSignal): Promise<SourceDocument[]> {
  const { documents } = await answer<{ documents: SourceDocument[] }>(
    client.GET('/documents', { ...abort(signal) }),
  );
  return documents;
}

export function fetchDocument(id: string, signal?: AbortSignal): Promise<DocumentText> {
  const params = { path: { documentId: id } };
  return answer(client.GET('/documents/{documentId}', { params, ...abort(signal) }));
}

export function fetchIndicators(signal?: AbortSignal): Promise<Indicators> {
  return answer(client.GET('/indicators', { ...abort(signal) }));
}

/** The pairs of one relation, or all. */
export function fetchPairs(
  relation: Pairing | null,
  limit: number,
  signal?: AbortSignal,
): Promise<ClaimPairs> {
  const query = { limit, ...(relation ? { relation } : {}) };
  return answer(client.GET('/claims/pairs', { params: { query }, ...abort(signal) }));
}

export function fetchStyle(): Promise<StyleSpecification> {
  return answer(client.GET('/styles/{styleId}', { params: { path: { styleId: 'default' } } }));
}

export function fetchFeature(ref: string, signal?: AbortSignal): Promise<Feature> {
  const path = { collectionId: collectionOf(ref), featureId: idOf(ref) };
  return answer(
    client.GET('/collections/{collectionId}/items/{featureId}', {
      params: { path },
      ...abort(signal),
    }),
  );
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
      params: { path: { collectionId }, query: query as ItemsQuery },
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
  const asked = { area: areaBody(area, carriageway), collections, relation };
  // The document does not say what is in a filter's object.
  return filter ? { ...asked, filter: filter as unknown as Record<string, never> } : asked;
}

/** The polygons of the boundary sentences in a text. */
export function fetchBoundaries(
  text: string,
  carriageway: Carriageway,
  signal?: AbortSignal,
): Promise<Boundaries> {
  return answer(client.POST('/boundaries', { body: { text, carriageway }, ...abort(signal) }));
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

function abort(signal: AbortSignal | undefined) {
  return signal ? { signal } : {};
}
