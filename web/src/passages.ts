// A document's text cut where cited passages begin and end, so that each piece can be marked.

import type { CitedPassage, DocumentText } from './model';

/** A piece of a line that the same passages cover all through. */
export interface Piece {
  text: string;
  /** The shortest passage that covers it, which is what it means by itself; null: nobody cites it. */
  passage: CitedPassage | null;
  /** Whether the passage ends with it. */
  ends: boolean;
}

export interface Line {
  /** Characters (Unicode code points) of the document before it. */
  start: number;
  /** 0 chapter, 1 section, 2 subsection; null: no heading. */
  level: number | null;
  pieces: Piece[];
}

/** The lines of a document that hold more than white space. */
export function linesOf({ text, headings, citations }: DocumentText): Line[] {
  // Places are counted in code points; JavaScript counts in UTF-16 units.
  const characters = Array.from(text);
  const levels = new Map(headings.map(({ start, level }) => [start, level]));
  const lines: Line[] = [];
  let next = 0;
  for (let start = 0; start <= characters.length; ) {
    const found = characters.indexOf('\n', start);
    const end = found < 0 ? characters.length : found;
    // Passages come in the order of the text, so those that ended before need no second look.
    while (next < citations.length && isBefore(citations[next], start)) next += 1;
    const covering = citations
      .slice(next)
      .filter((cited) => cited.start < end && cited.end > start);
    const pieces = piecesOf(characters, start, end, covering);
    if (pieces.length > 0) lines.push({ start, level: levelIn(levels, start, end), pieces });
    start = end + 1;
  }
  return lines;
}

function isBefore(cited: CitedPassage | undefined, start: number): boolean {
  return cited !== undefined && cited.end <= start;
}

/** A heading starts its line, though white space may come before it. */
function levelIn(levels: Map<number, number>, start: number, end: number): number | null {
  for (let place = start; place < end; place += 1) {
    const level = levels.get(place);
    if (level !== undefined) return level;
  }
  return null;
}

function piecesOf(
  characters: string[],
  start: number,
  end: number,
  covering: CitedPassage[],
): Piece[] {
  const [from, to] = trimmed(characters, start, end);
  if (from >= to) return [];
  const inside = covering.flatMap((cited) => [cited.start, cited.end]);
  const cuts = [from, ...inside.filter((place) => place > from && place < to), to];
  const places = [...new Set(cuts)].sort((a, b) => a - b);
  return places.slice(0, -1).map((at, index) => {
    const until = places[index + 1] as number;
    const here = covering.filter((cited) => cited.start <= at && cited.end >= until);
    const length = (cited: CitedPassage) => cited.end - cited.start;
    const passage = here.sort((a, b) => length(a) - length(b))[0] ?? null;
    const ends = passage !== null && passage.end <= until + blanksAt(characters, until);
    return { text: characters.slice(at, until).join(''), passage, ends };
  });
}

/** How many blank characters follow. */
function blanksAt(characters: string[], start: number): number {
  let end = start;
  while (end < characters.length && (characters[end] ?? '').trim() === '') end += 1;
  return end - start;
}

function trimmed(characters: string[], start: number, end: number): [number, number] {
  const blank = (at: number) => (characters[at] ?? '').trim() === '';
  let [from, to] = [start, end];
  while (from < to && blank(from)) from += 1;
  while (to > from && blank(to - 1)) to -= 1;
  return [from, to];
}

/** The passage that begins at a place; of several the longest, as the document has them. */
export function passageAt(citations: CitedPassage[], at: number | null): CitedPassage | null {
  return citations.find(({ start }) => start === at) ?? null;
}
