// Finding features by name, in all collections at once.

import { fetchItems } from './api';
import type { Collection, Feature } from './model';

/** Hits in one collection. */
export interface Group {
  collection: string;
  matched: number;
  features: Feature[];
}

const LIMIT = 8;
/** Milliseconds of rest in typing before the server is asked. */
export const REST = 180;

export async function searchAll(
  text: string,
  among: Collection[],
  signal: AbortSignal,
): Promise<Group[]> {
  const groups = await Promise.all(
    among
      .filter(({ count }) => count > 0)
      .map(async ({ id }) => {
        const page = await fetchItems(id, { q: text, limit: LIMIT }, signal);
        return { collection: id, matched: page.numberMatched, features: page.features };
      }),
  );
  return groups.filter(({ features }) => features.length > 0);
}
