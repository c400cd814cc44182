// How fast something goes that takes a while, and how long it will still take.

/** How far something has come, and since when (milliseconds) and from where that is known. */
export interface Progress {
  done: number;
  all: number;
  since: number;
  from: number;
}

/** One of several steps, each of which counts something else. */
export interface Step {
  step: string;
  done: number;
  all: number;
}

/** How far a step has come, after a look before: a pace is that of one step, counted once. */
export function advance<T extends Step>(
  before: (T & Progress) | null,
  now: T,
  at: number,
): T & Progress {
  const goesOn = before?.step === now.step && before.all === now.all && before.done <= now.done;
  const { since, from } = goesOn ? before : { since: at, from: now.done };
  return { ...now, since, from };
}

/** How much is done each second, and how many seconds are left; null: too early to tell. */
export function paceOf(
  { done, all, since, from }: Progress,
  now: number,
): { rate: number; left: number } | null {
  const seconds = (now - since) / 1000;
  if (seconds < 1 || done <= from) return null;
  const rate = (done - from) / seconds;
  return { rate, left: Math.max(0, all - done) / rate };
}

/** A time left in seconds as it is told: from a minute and a half on in minutes. */
export function timeLeft(seconds: number): { n: number; unit: 'seconds' | 'minutes' } {
  return seconds < 90
    ? { n: Math.ceil(seconds), unit: 'seconds' }
    : { n: Math.round(seconds / 60), unit: 'minutes' };
}
