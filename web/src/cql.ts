// The page's filter as CQL2 JSON (OGC 21-065r2), over the queryables that every collection has. It
// keeps what the parameters `kind`, `status`, `document` and `zone` of items keep.

import type { Filter } from './view';

export interface Condition {
  op: string;
  args: unknown[];
}

/** Null: everything. */
export function conditionOf({ kind, status, document, zone }: Filter): Condition | null {
  const conditions = [
    kind.length > 0 ? isOne('kind', kind) : null,
    status.length > 0 ? isStatus(status) : null,
    document.length > 0 ? hasOne('documents', document) : null,
    zone.length > 0
      ? hasOne(
          'zones',
          zone.map((id) => `zones/${id}`),
        )
      : null,
  ].filter((condition) => condition !== null);
  return joined('and', conditions);
}

/** `none` asks for what states no status. */
function isStatus(statuses: string[]): Condition | null {
  const stated = statuses.filter((status) => status !== 'none');
  const conditions = stated.length > 0 ? [isOne('status', stated)] : [];
  if (stated.length < statuses.length) {
    conditions.push({ op: 'isNull', args: [{ property: 'status' }] });
  }
  return joined('or', conditions);
}

function isOne(property: string, values: string[]): Condition {
  return { op: 'in', args: [{ property }, values] };
}

/** Of a property that is a list: one of these is in it. */
function hasOne(property: string, values: string[]): Condition {
  return { op: 'a_overlaps', args: [{ property }, values] };
}

function joined(op: 'and' | 'or', conditions: Condition[]): Condition | null {
  const [only = null] = conditions;
  return conditions.length > 1 ? { op, args: conditions } : only;
}
