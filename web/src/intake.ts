// Bringing in a file: it is sent, looked at by the service, decided about, and committed or let go.

import { computed, effect, signal } from '@preact/signals';
import {
  cancelImport,
  commitImport,
  type Decision,
  decideImport,
  fetchImport,
  fetchImportChanges,
  type Import,
  type ImportChange,
  type ImportStep,
  Problem,
  sendFile,
  unreachable,
} from './api';
import { advance, type Progress } from './pace';
import { isTaking, readAnew } from './state';

/** A file on its way in. */
export interface Intake {
  into: string;
  /** Null: none has been chosen yet. */
  file: string | null;
  /** How far it has been sent; null: it is there, or none has been chosen. */
  sent: Progress | null;
  /** What the service says of it. */
  told: Import | null;
  /** How far it has been read, or written. */
  progress: (ImportStep & Progress) | null;
  decision: Decision;
  isCommitting: boolean;
  /** What would change, as far as the map shows it, and how much that is in all. */
  changes: ImportChange[];
  matched: number;
  problem: Problem | null;
}

export const intake = signal<Intake | null>(null);
effect(() => {
  isTaking.value = intake.value !== null;
});
const NONE: ImportChange[] = [];
/** What the map shows of it: the same list as long as nothing else would change. */
export const shownChanges = computed(() => intake.value?.changes ?? NONE);
/** The revision that a file became. */
export const taken = signal<number | null>(null);

/** Milliseconds between two looks at a file that is being read. */
const EVERY = 400;
/** Changes that the map shows. */
const SHOWN = 2_000;

/** What is under way for one file, as it was decided about last, ends with that. */
let control = new AbortController();
/** Ends when the decision that was sent last has been answered. */
let answered: Promise<unknown> = Promise.resolve();

/** Ends what is under way; what begins now ends with the signal. */
function beginAnew(): AbortSignal {
  control.abort();
  control = new AbortController();
  return control.signal;
}

export function openIntake(into: string): void {
  beginAnew();
  taken.value = null;
  intake.value = {
    into,
    file: null,
    sent: null,
    told: null,
    progress: null,
    decision: {},
    isCommitting: false,
    changes: [],
    matched: 0,
    problem: null,
  };
}

export function chooseCollection(into: string): void {
  change({ into });
}

/** Sends a file, and looks at it until the service has read it. */
export async function bringFile(file: File): Promise<void> {
  const current = intake.peek();
  if (!current) return;
  const { signal: ended } = control;
  const since = performance.now();
  const sent = { done: 0, all: file.size, since, from: 0 };
  change({ file: file.name, sent, problem: null, told: null });
  await attempt(ended, async () => {
    const told = await sendFile(current.into, file, ended, (done, all) =>
      change({ sent: { done, all, since, from: 0 } }, ended),
    );
    change({ sent: null }, ended);
    await follow(told, ended);
  });
}

/** Decides otherwise about the file, which is then looked at anew. */
export async function decide(more: Decision): Promise<void> {
  const current = intake.peek();
  if (!current?.told) return;
  const { id } = current.told;
  const ended = beginAnew();
  const decision = { ...current.decision, ...more };
  change({ decision, problem: null, changes: [], matched: 0 });
  await attempt(ended, async () => {
    // The service has to hear of decisions in their order.
    await answered;
    if (ended.aborted) return;
    const told = decideImport(id, decision);
    answered = told.catch(() => undefined);
    await follow(await told, ended);
  });
}

/** Waits until a file has been read. */
async function follow(first: Import, ended: AbortSignal): Promise<void> {
  let told = first;
  change({ told, progress: null }, ended);
  while (told.state === 'reading') {
    await new Promise((done) => setTimeout(done, EVERY));
    if (ended.aborted) return;
    told = await fetchImport(told.id, ended);
    if (ended.aborted) return;
    change({ told });
    goOn(told.progress);
  }
  if (told.state !== 'ready' || ended.aborted) return;
  const { features, numberMatched } = await fetchImportChanges(told.id, SHOWN, ended);
  change({ changes: features, matched: numberMatched }, ended);
}

function goOn(step: ImportStep): void {
  change({ progress: advance(intake.peek()?.progress ?? null, step, performance.now()) });
}

/** Whether this is the file that is being brought in. */
function isCurrent(id: string): boolean {
  return intake.peek()?.told?.id === id;
}

/** Looks at how far a commit has come, as long as it is under way. */
async function watchCommit(id: string, written: AbortSignal): Promise<void> {
  while (!written.aborted && isCurrent(id)) {
    await new Promise((done) => setTimeout(done, EVERY));
    // The commit itself tells what goes wrong.
    const told = await fetchImport(id, written).catch(() => null);
    if (told?.state === 'committing' && !written.aborted && isCurrent(id)) goOn(told.progress);
  }
}

/** Makes the file the next revision. */
export async function commitFile(message: string): Promise<void> {
  const told = intake.peek()?.told;
  if (!told) return;
  const written = new AbortController();
  change({ progress: null, problem: null, isCommitting: true });
  watchCommit(told.id, written.signal);
  await attempt(control.signal, async () => {
    const committed = commitImport(told, message);
    const { revision } = await committed.finally(() => written.abort());
    // Another may be on its way by now.
    if (isCurrent(told.id)) close();
    taken.value = revision;
    readAnew();
  });
  if (isCurrent(told.id)) change({ isCommitting: false });
}

/** Lets the file go, without a trace. */
export async function letGo(): Promise<void> {
  const current = intake.peek();
  const id = current?.told?.id;
  if (id && current.isCommitting) {
    // Until the service has said so, it may still be written.
    await attempt(control.signal, async () => {
      await cancelImport(id);
      close();
    });
    return;
  }
  close();
  // What is left alone goes by itself within a day.
  if (id) cancelImport(id).catch(() => undefined);
}

function close(): void {
  control.abort();
  intake.value = null;
}

/** Says more of the file, unless that belongs to what has ended. */
function change(more: Partial<Intake>, ended?: AbortSignal): void {
  const current = intake.peek();
  if (current && !ended?.aborted) intake.value = { ...current, ...more };
}

async function attempt(ended: AbortSignal, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    change({ sent: null, problem: error instanceof Problem ? error : unreachable() }, ended);
  }
}

window.addEventListener('beforeunload', (event) => {
  if (intake.peek()?.file) event.preventDefault();
});
