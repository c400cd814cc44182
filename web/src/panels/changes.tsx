// What differs, attribute by attribute: as it was, and as it is or is to be.

import { type Change, same } from '../editing';
import { plain } from '../format';
import { propertyName, quantityName, relationWord, statusWord } from '../i18n';
import { piecesOf, positionsOf } from '../map/pieces';
import type { Citation, LocatedBy, Quantity, Relation, StatusEntry } from '../model';
import { type Comparison, lang, t } from '../state';
import { kindTitle, shortTitle } from './parts';

export function ChangeList({ changes, collection }: { changes: Change[]; collection: string }) {
  return (
    <dl class="changes">
      {changes.filter(saysSomething).map((change) => (
        <ChangeRow key={change.name} change={change} collection={collection} />
      ))}
    </dl>
  );
}

/** A list that is there and empty, where there was none, is nothing to people. */
function saysSomething({ before, after }: Change): boolean {
  return !isNothing(before) || !isNothing(after);
}

function ChangeRow({ change, collection }: { change: Change; collection: string }) {
  const { name, before, after } = change;
  const [was, is] = differingItems(before, after);
  return (
    <div data-property={name}>
      <dt>{propertyName(lang.value, name)}</dt>
      <dd class="change-values">
        {!isNothing(was) && <Value part="before" name={name} value={was} collection={collection} />}
        {!isNothing(is) && <Value part="after" name={name} value={is} collection={collection} />}
        {isNothing(is) && <ins class="is-nothing">{t('history.nothing')}</ins>}
      </dd>
    </div>
  );
}

function Value(props: {
  part: 'before' | 'after';
  name: string;
  value: unknown;
  collection: string;
}) {
  const lines = linesOf(props.name, props.value, props.collection);
  const Part = props.part === 'before' ? 'del' : 'ins';
  return (
    <Part>
      {lines.map((line) => (
        <span key={line}>{line}</span>
      ))}
    </Part>
  );
}

function isNothing(value: unknown): boolean {
  const isEmpty = value === undefined || value === null || value === '';
  return isEmpty || (Array.isArray(value) && value.length === 0);
}

/** Of two lists only what one of them has alone. */
function differingItems(before: unknown, after: unknown): [unknown, unknown] {
  if (!Array.isArray(before) || !Array.isArray(after)) return [before, after];
  const alone = (list: unknown[], other: unknown[]) =>
    list.filter((item) => !other.some((one) => same(one, item)));
  const [was, is] = [alone(before, after), alone(after, before)];
  // The same items in another order.
  return was.length + is.length === 0 ? [before, after] : [was, is];
}

/** A value as people read it. */
function linesOf(name: string, value: unknown, collection: string): string[] {
  if (name === 'geometry') return [geometryWords(value as GeoJSON.Geometry)];
  if (name === 'sides' && Array.isArray(value)) return [t('history.items', { n: value.length })];
  if (Array.isArray(value)) return value.flatMap((item) => itemWords(name, item));
  if (typeof value === 'number') return [plain(value, lang.value)];
  if (typeof value === 'object' && value !== null) return objectWords(value);
  const text = String(value);
  if (name === 'kind') return [kindTitle(collection, text)];
  if (name === 'status') return [statusWord(lang.value, text)];
  if (name === 'located_by') return [t(`edit.located.${text as LocatedBy}`)];
  return [text];
}

function itemWords(name: string, item: unknown): string[] {
  if (name === 'statuses') return [statusWords(item as StatusEntry)];
  if (name === 'citations') return [citationWords(item as Citation)];
  if (name === 'quantities') {
    const quantity = item as Quantity;
    return [`${quantityWords(quantity)} · ${citationWords(quantity.citation)}`];
  }
  if (name === 'relations') {
    const { type, ...more } = item as Relation;
    return [`${relationWord(lang.value, type)} · ${objectWords(more).join(' · ')}`];
  }
  return typeof item === 'object' && item !== null ? objectWords(item) : [String(item)];
}

export function statusWords({ status, date, citation }: StatusEntry): string {
  const when = date ?? t('detail.undated');
  return `${statusWord(lang.value, status)} · ${when} · ${citationWords(citation)}`;
}

export function citationWords({ document, quote }: Citation): string {
  return `“${quote}”——${shortTitle(document)}`;
}

/** A quantity as people read it, without its sentence. */
export function quantityWords(quantity: Quantity): string {
  const { attribute, qualifier, value, unit, modality, date } = quantity;
  // Years have no thousands.
  const amount = unit === '年' ? String(value) : plain(value, lang.value);
  const name = quantityName(lang.value, attribute);
  const words = [`${name} ${qualifier ?? ''}${amount} ${unit}`, t(`modality.${modality}`)];
  return [...words, date ?? t('detail.undated')].join(' · ');
}

/** Its members that say something by themselves. */
function objectWords(value: object): string[] {
  const words = Object.entries(value).map(([name, member]) =>
    name === 'citation' ? citationWords(member as Citation) : String(member),
  );
  return [words.join(' · ')];
}

function geometryWords(geometry: GeoJSON.Geometry): string {
  if (geometry.type === 'Point') {
    const [lon = 0, lat = 0] = geometry.coordinates;
    return t('history.point', { at: `${lon.toFixed(6)}, ${lat.toFixed(6)}` });
  }
  if (geometry.type === 'GeometryCollection') return geometry.type;
  // The last vertex of a ring is its first.
  const rings = piecesOf(geometry)?.filter(({ type }) => type === 'Polygon').length ?? 0;
  const n = positionsOf(geometry).length - rings;
  return t('history.vertices', { type: t(`geometry.${geometry.type}`), n });
}

/** The geometries of changes, to be looked at together. */
export function comparisonOf(changes: Change[]): Comparison | null {
  const moves = changes.filter(({ name }) => name === 'geometry');
  if (moves.length === 0) return null;
  const all = (of: 'before' | 'after') =>
    moves.flatMap((change) => (change[of] ? [change[of] as GeoJSON.Geometry] : []));
  return { before: all('before'), after: all('after') };
}

/** Which line on the map is which. */
export function ComparisonKey() {
  return (
    <p class="comparison-key">
      <span class="is-before">{t('history.key.before')}</span>
      <span class="is-after">{t('history.key.after')}</span>
    </p>
  );
}
