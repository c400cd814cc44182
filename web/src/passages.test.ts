import { describe, expect, it } from 'vitest';
import type { CitedPassage, DocumentText } from './model';
import { linesOf, passageAt } from './passages';

const cited = (start: number, end: number, ...subjects: string[]): CitedPassage => ({
  start,
  end,
  subjects,
  claims: [],
});

const document = (text: string, citations: CitedPassage[], headings = [] as number[]) =>
  ({
    text,
    citations,
    headings: headings.map((start) => ({ start, level: 1, title: '' })),
  }) as unknown as DocumentText;

const shape = (lines: ReturnType<typeof linesOf>) =>
  lines.map(({ pieces }) =>
    pieces.map(({ text, passage }) => (passage ? [text, ...passage.subjects] : text)),
  );

describe('the lines of a document', () => {
  it('are cut where passages begin and end', () => {
    const lines = linesOf(document('前言。西于庄出让。结语。', [cited(3, 9, 'parcels/x')]));
    expect(shape(lines)).toEqual([['前言。', ['西于庄出让。', 'parcels/x'], '结语。']]);
  });

  it('count characters, not UTF-16 units', () => {
    const lines = linesOf(document('𠮷𠮷甲乙。', [cited(2, 4, 'a/b')]));
    expect(shape(lines)).toEqual([['𠮷𠮷', ['甲乙', 'a/b'], '。']]);
  });

  it('give a piece to the shortest passage over it', () => {
    const lines = linesOf(document('甲乙丙丁', [cited(0, 4, 'long/a'), cited(1, 2, 'short/b')]));
    expect(shape(lines)).toEqual([
      [
        ['甲', 'long/a'],
        ['乙', 'short/b'],
        ['丙丁', 'long/a'],
      ],
    ]);
  });

  it('carry a passage over several lines, and leave blank ones out', () => {
    const lines = linesOf(document('甲\n\n  乙\n丙', [cited(0, 6, 'a/b')]));
    expect(shape(lines)).toEqual([[['甲', 'a/b']], [['乙', 'a/b']], ['丙']]);
    expect(lines.map(({ start }) => start)).toEqual([0, 3, 7]);
  });

  it('know headings, also behind white space', () => {
    const lines = linesOf(document('  一、甲\n乙', [], [2]));
    expect(lines.map(({ level }) => level)).toEqual([1, null]);
  });

  it('keep a long passage in view while shorter ones end before it', () => {
    const lines = linesOf(document('甲乙\n丙丁', [cited(0, 5, 'long/a'), cited(0, 1, 's/b')]));
    expect(shape(lines)[1]).toEqual([['丙丁', 'long/a']]);
  });
});

it('a passage ends once, with its last words', () => {
  const ends = (text: string, ...all: CitedPassage[]) =>
    linesOf(document(text, all)).map(({ pieces }) => pieces.map((piece) => piece.ends));
  expect(ends('甲\n乙\n丙', cited(0, 3, 'a/b'))).toEqual([[false], [true], [false]]);
  expect(ends('甲乙  \n丙', cited(0, 4, 'a/b'))).toEqual([[true], [false]]);
});

it('a place in the text finds the passage that begins there', () => {
  const all = [cited(3, 9, 'a/a'), cited(3, 5, 'b/b'), cited(7, 8, 'c/c')];
  expect(passageAt(all, 3)?.subjects).toEqual(['a/a']);
  expect(passageAt(all, 7)?.subjects).toEqual(['c/c']);
  expect(passageAt(all, 4)).toBeNull();
  expect(passageAt(all, null)).toBeNull();
});
