// Changing a feature: the draft on the desk, kept where a reload finds it, and sent when it is done.

import { effect, signal } from '@preact/signals';
import { commit, fetchVersion, Problem, unreachable } from './api';
import {
  blankFeature,
  type Change,
  type Draft,
  isDirty,
  type Kept,
  keptOf,
  type Merge,
  mergeOnto,
  same,
} from './editing';
import type { Refusal } from './flaws';
import { collectionOf } from './model';
import { compared, draft, navigate, readAnew, shaping, view } from './state';

/** What others changed while somebody was at it, beside what they changed themselves. */
export interface Conflict {
  merge: Merge;
  theirs: Kept;
  version: string;
}

export const conflict = signal<Conflict | null>(null);
/** `busy` while something is on its way; else what went wrong last. */
export const sending = signal<'idle' | 'busy' | Problem>('idle');
/** Of the draft that was refused last: what it was, and what was wrong with it. */
export const refusal = signal<Refusal | null>(null);
/** Counts drafts that are put aside or thrown away, for whoever shows that there are some. */
export const kept = signal(0);

const KEY = 'draft:';
/** The place of the one feature that is new. */
export const NEW = '+';

/** Where a draft is kept: the feature's reference, or that it is new. */
export function placeOf({ collection, base, version, mine }: Draft): string {
  const id = version === null ? NEW : (base ?? mine)?.id;
  return version === null ? NEW : `${collection}/${id}`;
}

/** The draft of a feature that was left without being sent. */
export function keptDraft(place: string): Draft | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY + place) ?? 'null') as Draft | null;
  } catch {
    return null;
  }
}

function keep(place: string, left: Draft | null): void {
  try {
    if (left) sessionStorage.setItem(KEY + place, JSON.stringify(left));
    else sessionStorage.removeItem(KEY + place);
  } catch {
    // Where nothing can be kept, leaving warns all the same.
  }
}

effect(() => {
  const current = draft.value;
  if (current) keep(placeOf(current), isDirty(current) ? current : null);
});

window.addEventListener('beforeunload', (event) => {
  const current = draft.peek();
  if (current && isDirty(current)) event.preventDefault();
});

// Who goes to another feature leaves the desk; the draft stays to be gone on with.
effect(() => {
  const { select } = view.value;
  const current = draft.peek();
  if (!current) return;
  const place = placeOf(current);
  if (select !== (place === NEW ? null : place)) leave();
});

/** Puts a draft on the desk. */
function open(next: Draft): void {
  sending.value = 'idle';
  refusal.value = null;
  conflict.value = null;
  draft.value = next;
}

/** Takes the draft off the desk; what was not sent is kept. */
export function leave(): void {
  shaping.value = null;
  compared.value = null;
  conflict.value = null;
  refusal.value = null;
  sending.value = 'idle';
  draft.value = null;
  kept.value += 1;
}

/** Throws the draft away. */
export function discard(): void {
  const current = draft.peek();
  if (current) keep(placeOf(current), null);
  leave();
}

export function throwAway(place: string): void {
  keep(place, null);
  kept.value += 1;
}

export function update(change: Partial<Draft>): void {
  const current = draft.peek();
  if (current) draft.value = { ...current, ...change };
}

/** Changes the feature on the desk. */
export function edit(change: (feature: Kept) => Kept): void {
  const mine = draft.peek()?.mine;
  if (mine) update({ mine: change(mine) });
}

async function attempt(work: () => Promise<void>): Promise<void> {
  sending.value = 'busy';
  try {
    await work();
  } catch (error) {
    sending.value = error instanceof Problem ? error : unreachable();
  }
}

/** Starts to change a feature, or goes on where somebody left off. */
export async function startEditing(ref: string): Promise<void> {
  const left = keptDraft(ref);
  if (left) {
    open(left);
    return;
  }
  await attempt(async () => {
    const { feature, version } = await fetchVersion(ref);
    const base = keptOf(feature);
    if (view.peek().select !== ref) return;
    open({ ...blank(collectionOf(ref)), version, base, mine: base });
  });
}

/** Starts a new feature, or goes on with the one that was left. */
export function startNew(collection: string, kind: string, start?: (feature: Kept) => Kept): void {
  const feature = blankFeature(kind, newId(collection));
  navigate({ select: null });
  open({ ...blank(collection), mine: start ? start(feature) : feature });
}

export function goOnWithNew(): void {
  const left = keptDraft(NEW);
  if (!left) return;
  navigate({ select: null });
  open(left);
}

function blank(collection: string): Draft {
  return {
    collection,
    version: null,
    base: null,
    mine: null,
    message: '',
    open: [],
    step: 'form',
  };
}

function newId(collection: string): string {
  const noise = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return `${collection}-${Date.now().toString(36)}${noise.toString(36).slice(0, 3)}`;
}

/**
 * Brings a feature back to what it was, as a change to look at before it is sent. One that has gone
 * since becomes a new one.
 */
export async function restore(ref: string, old: Kept, message: string): Promise<void> {
  await attempt(async () => {
    const standing = await fetchVersion(ref).catch((error: unknown) => {
      if (error instanceof Problem && error.status === 404) return null;
      throw error;
    });
    const base = standing && keptOf(standing.feature);
    navigate({ select: standing ? ref : null });
    open({
      ...blank(collectionOf(ref)),
      version: standing?.version ?? null,
      base,
      mine: old,
      message,
      step: 'review',
    });
  });
}

/** Sends the draft. */
export async function save(): Promise<void> {
  const current = draft.peek();
  if (!current) return;
  const { collection, version, base, mine, message } = current;
  const ref = `${collection}/${(base ?? mine)?.id}`;
  await attempt(async () => {
    try {
      await commit({ ref, version, feature: mine, message });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 412 && base) {
        await lookAtOthers(ref, current, base);
        return;
      }
      // An answer may have been lost on its way: what was to become of it has become of it.
      const isDone = [404, 409].includes(error.status) && (await stands(ref, mine));
      if (!isDone && mine && [409, 422].includes(error.status)) backToForm(mine, error);
      if (!isDone && error.status === 404 && version !== null) {
        addAnew(current);
        throw new Problem(404, GONE);
      }
      if (!isDone) throw error;
    }
    finish(current, mine ? ref : null);
  });
}

/** What is wrong is put right in the form. */
function backToForm(mine: Kept, { detail, flaws }: Problem): void {
  const { zh, en } = detail;
  const told = flaws.length > 0 ? flaws : [{ feature: null, reason: zh, reason_en: en }];
  refusal.value = { mine, flaws: told };
  update({ step: 'form' });
}

const GONE = {
  zh: '他人已删除此条目，没有保存；再次保存会把它重新加上。',
  en: 'Others have removed it, and nothing was saved; saving again adds it anew.',
};

/** What others have removed meanwhile becomes a new feature. */
function addAnew(current: Draft): void {
  navigate({ select: null });
  keep(placeOf(current), null);
  open({ ...current, version: null, base: null });
}

function finish(current: Draft, ref: string | null): void {
  keep(placeOf(current), null);
  leave();
  navigate({ select: ref }, 'replace');
  readAnew();
}

async function stands(ref: string, wanted: Kept | null): Promise<boolean> {
  try {
    const { feature } = await fetchVersion(ref);
    return same(keptOf(feature), wanted);
  } catch (error) {
    return error instanceof Problem && error.status === 404 && wanted === null;
  }
}

async function lookAtOthers(ref: string, current: Draft, base: Kept): Promise<void> {
  const { feature, version } = await fetchVersion(ref);
  const theirs = keptOf(feature);
  if (same(theirs, current.mine)) {
    finish(current, ref);
    return;
  }
  const { mine } = current;
  // Who wants it gone sees what it has become, and decides again.
  const merge = mine
    ? mergeOnto(theirs, base, mine)
    : { ...mergeOnto(theirs, base, base), merged: theirs };
  conflict.value = { merge, theirs, version };
  sending.value = 'idle';
}

/** Goes on with what others made of it, with mine on top as far as it stands in nobody's way. */
export function goOnWithTheirs(): void {
  const current = draft.peek();
  const found = conflict.peek();
  if (!current || !found) return;
  const { merge, theirs, version } = found;
  const isOpenAnew = ({ name }: Change) => merge.open.some((change) => change.name === name);
  const left = [...current.open.filter((change) => !isOpenAnew(change)), ...merge.open];
  open({
    ...current,
    version,
    base: theirs,
    mine: current.mine && merge.merged,
    open: left,
    step: left.length > 0 ? 'form' : 'review',
  });
}
