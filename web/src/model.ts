// What the server says, under the names that the page uses. The forms are the OpenAPI document's.

import type { components } from './api/schema';

type Schemas = components['schemas'];

export const STATUSES = [
  'planned',
  'land_preparation',
  'land_transfer_planned',
  'land_transferred',
  'under_construction',
  'under_renewal',
  'completed',
  'in_use',
] as const satisfies readonly Schemas['StatusEntry']['status'][];
export type Status = (typeof STATUSES)[number];

export type Citation = Schemas['Citation'];
export type StatusEntry = Schemas['StatusEntry'];
/** One stretch of a zone's outline; `from` and `to` are vertices of the outer ring. */
export type Side = Schemas['Stretch'];
export type Totals = Schemas['Totals'];
export type GrandTotals = Schemas['GrandTotals'];
export type StatedSum = Schemas['StatedSum'];
export type LeftOut = Schemas['LeftOut'];
export type Certainty = NonNullable<Properties['certainty']>;
export type Collection = Schemas['Collection'];
export type Catalogue = Schemas['Collections'];
export type SourceDocument = Schemas['Document'];
export type AreaQuery = Schemas['AreaQuery'];
export type DocumentText = Schemas['DocumentText'];
/** A stretch of a document on which features and claims rest. */
export type CitedPassage = DocumentText['citations'][number];
export type Indicators = Schemas['Indicators'];
export type Indicator = Indicators['rows'][number];
/** Who uses the page, and what they may do. */
export type Session = Schemas['Session'];
export type Revision = Schemas['Revision'];
export type Revisions = Schemas['Revisions'];
export type Differences = Schemas['Differences'];
export type Difference = Differences['differences'][number];
export type FeatureRevision = Schemas['FeatureRevision'];
export type FeatureRevisions = Schemas['FeatureRevisions'];
export type LocatedBy = Schemas['LocatedBy'];
export const WAYS = [
  'surveyed',
  'osm',
  'digitised',
  'compiled',
  'published_point',
  'station',
  'relation',
  'container',
  'none',
] as const satisfies readonly LocatedBy[];
export type Claim = Schemas['Claim'];
export type Passage = Schemas['Passage'];
export type ClaimPair = Schemas['ClaimPair'];
export type ClaimPairs = Schemas['ClaimPairs'];
export type Share = Schemas['Share'];
/** What has changed in a view since it was shared. */
export type ShareNews = NonNullable<Schemas['ShareNews']>;
export type ShareChange = ShareNews['features'][number];
/** A view that is to be stored. */
export type NewShare = Required<Schemas['NewShare']>;
export type Modality = Claim['modality'];
export const MODALITIES = ['done', 'under_way', 'intended'] as const satisfies readonly Modality[];
export type Quantity = Schemas['Quantity'];
/** What a feature says of another. */
export type Relation = NonNullable<Schemas['Properties']['relations']>[number];

export type Properties = Schemas['Properties'] & {
  /** Lines that stop at a station. */
  lines?: string[];
  /** What a document says a parcel is for. */
  land_use?: { code?: string; name?: string | null; name_en?: string | null } | null;
  /** Its area as a document states it, not as measured. */
  area_m2?: number | null;
};

/** With a geometry that TypeScript can tell apart by its type, which OpenAPI can't express. */
type Located<T> = Omit<T, 'geometry' | 'properties'> & { geometry: GeoJSON.Geometry | null };

export type Feature = Located<Schemas['Feature']> & { properties: Properties };

export type FeaturePage = Omit<Schemas['FeatureCollection'], 'features'> & { features: Feature[] };

export type CollectionResult = Omit<
  Schemas['AreaResult'],
  'features' | 'borderline' | 'unlocated'
> & { features: Feature[]; borderline: Feature[]; unlocated: Feature[] };

export type AreaAnswer = Omit<Schemas['AreaAnswer'], 'area' | 'results'> & {
  area: Located<Schemas['AreaFeature']> & Pick<Schemas['AreaFeature'], 'properties'>;
  results: CollectionResult[];
};

export type BoundaryEvidence = Schemas['BoundaryEvidence'];
export type AskedSide = Schemas['AskedSide'];
export type Corner = Schemas['Corner'];
export type BoundaryGap = Schemas['BoundaryGap'];
export type Direction = Side['side'];
/** A boundary sentence with its polygon, or without one and why. */
export type Boundary = Omit<Schemas['Boundary'], 'geometry' | 'properties'> & {
  geometry: GeoJSON.Polygon | null;
  properties: Omit<BoundaryEvidence, 'candidates'> & {
    candidates: (Omit<BoundaryEvidence['candidates'][number], 'geometry'> & {
      geometry: GeoJSON.Polygon;
    })[];
  };
};
export type Boundaries = Omit<Schemas['Boundaries'], 'features'> & { features: Boundary[] };

export function refOf(collection: string, feature: Feature): string {
  return `${collection}/${feature.id}`;
}

export function collectionOf(ref: string): string {
  return ref.slice(0, ref.indexOf('/'));
}

export function idOf(ref: string): string {
  return ref.slice(ref.indexOf('/') + 1);
}
