// Whether a text that was typed or pasted is to be compiled rather than searched for as a name. The
// server alone reads such texts; this only has to tell them from names.

const SIDES = /[东南西北](?:侧|面|边|部)?(?:至|临|邻|起|到|抵|接|靠|以|为|[:：])/g;
const BEYOND = /以[东南西北]/g;

/** A name has at most one of these: 西至路 is a street, 北至甲路，南至乙路 a sentence. */
export function mayBeBoundary(text: string): boolean {
  return count(text, SIDES) >= 2 || count(text, BEYOND) >= 2;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
