// How fast something goes that takes a while, and how long it will still take.

/** How far something has come, and since when (milliseconds). */
export interface Progress {
  done: number;
  all: number;
  since: number;
}

/** How much is done each second, and how many seconds are left; null: too early to tell. */
export function paceOf(
  { done, all, since }: Progress,
  now: number,
): { rate: number; left: number } | null {
  const seconds = (now - since) / 1000;
  if (seconds < 1 || done <= 0) return null;
  const rate = done / seconds;
  return { rate, left: Math.max(0, all - done) / rate };
}
