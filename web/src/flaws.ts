// What is wrong with a feature that was refused, and which field of its form each reason speaks of.

import type { Flaw } from './api';
import { COMMON, isSimple, type Kept, same } from './editing';

/** Where a reason goes that speaks of no field. */
export const NOWHERE = '';

/** Words of reasons, and the fields that they speak of. */
const WORDS: [pattern: RegExp, field: string][] = [
  [/\bids?\b/, 'id'],
  [/\bkind\b/, 'kind'],
  [/\bstatus(es)?\b/, 'statuses'],
  [/\bcitations?\b/, 'citations'],
  [/\bevidence\b/, 'evidence'],
  [/\blocated_by\b/, 'located_by'],
  [/\baccuracy_m\b/, 'accuracy_m'],
  [/\bcontainers?\b/, 'container'],
  [/\bplaced_in\b/, 'placed_in'],
  [/\brelations\b/, 'relations'],
  [/\bquantit(y|ies)\b/, 'quantities'],
  [/\bland_use\b/, 'land_use'],
  [/\b(geometry|GeometryCollection|sides|rings?|polygon|line|coordinates?|position)\b/, 'geometry'],
];

/** Properties that a field stands for, where they are not just the one of its name. */
const HELD: Record<string, string[]> = {
  statuses: ['status', 'statuses'],
  geometry: ['geometry', 'sides', 'boundary'],
};

function propertiesOf(field: string): string[] {
  return HELD[field] ?? [field];
}

function fieldOfProperty(name: string): string {
  return Object.keys(HELD).find((field) => propertiesOf(field).includes(name)) ?? name;
}

/** The field that a reason speaks of, by its words and by whose data it quotes. */
export function fieldOf({ feature, reason_en }: Flaw, mine: Kept): string {
  if (feature !== null && feature !== mine.id) return NOWHERE;
  const misread = /^the property ([a-z]\w*)/.exec(reason_en)?.[1];
  const field =
    (misread && fieldOfProperty(misread)) ??
    WORDS.find(([pattern]) => reason_en.search(pattern) === 0)?.[1] ??
    holderOf(quotedIn(reason_en), mine) ??
    firstWord(reason_en);
  // What contains it is asked for only where that alone places it, and how surely where it is drawn.
  if (field === 'container' && mine.properties.located_by !== 'container') return 'located_by';
  if (field === 'accuracy_m' && !mine.geometry) return 'located_by';
  return isOnForm(field, mine) ? field : NOWHERE;
}

/** Fields that every form has, beside those of {@link WORDS}. */
const FIELDS = ['name', 'name_en', 'aliases', 'evidence_en', ...COMMON];

function isOnForm(field: string, { properties }: Kept): boolean {
  const isKnown = FIELDS.includes(field) || WORDS.some(([, known]) => known === field);
  return isKnown || isSimple(properties[field]);
}

/** What a reason quotes: the sentence at its end, which may have quotes of its own, else all. */
function quotedIn(reason: string): string[] {
  const sentence = /: “([\s\S]*)”$/.exec(reason)?.[1];
  return sentence ? [sentence] : [...reason.matchAll(/“([^”]+)”/g)].map(([, text = '']) => text);
}

/** The field that has one of these texts, as a whole value at any depth. */
function holderOf(texts: string[], { properties }: Kept): string | undefined {
  const holds = (value: unknown, text: string): boolean =>
    typeof value === 'object' && value !== null
      ? Object.values(value).some((member) => holds(member, text))
      : value === text;
  for (const text of texts) {
    const found = Object.entries(properties).find(([, value]) => holds(value, text));
    if (found) return fieldOfProperty(found[0]);
  }
  return undefined;
}

function firstWord(reason: string): string {
  // The words of data are no names of properties.
  const plain = reason.replace(/“[^”]*”/g, '');
  const places = WORDS.map(([pattern, field]) => ({ at: plain.search(pattern), field }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  return places[0]?.field ?? NOWHERE;
}

/** What was refused, and why. */
export interface Refusal {
  mine: Kept;
  flaws: Flaw[];
}

/** Reasons by field, of those fields that still say what was refused. */
export function flawsByField({ mine, flaws }: Refusal, now: Kept): Map<string, Flaw[]> {
  const valueIn = (feature: Kept, name: string) =>
    name === 'geometry' || name === 'id' ? feature[name] : feature.properties[name];
  const isAsItWas = (field: string) =>
    propertiesOf(field).every((name) => same(valueIn(mine, name), valueIn(now, name)));
  const byField = new Map<string, Flaw[]>();
  for (const flaw of flaws) {
    const field = fieldOf(flaw, mine);
    if (field === NOWHERE || isAsItWas(field)) {
      byField.set(field, [...(byField.get(field) ?? []), flaw]);
    }
  }
  return byField;
}
