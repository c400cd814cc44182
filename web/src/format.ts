// Numbers as planners read them: 公顷 and 亩, metres, degrees.

import type { Side } from './model';
import type { Language } from './view';

const M2_PER_HECTARE = 10_000;
/** 1 亩 is 10,000/15 m². */
const M2_PER_MU = 10_000 / 15;

function localeOf(lang: Language): string {
  return lang === 'zh' ? 'zh-CN' : 'en-GB';
}

export function number(value: number, lang: Language, digits = 0): string {
  return new Intl.NumberFormat(localeOf(lang), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

/** The same without its unit, for a tolerance: too little to write is not nothing. */
export function tolerance(text: string): string {
  const [value = ''] = text.split(' ');
  return Number(value) === 0 ? `<${value.replace(/0$/, '1')}` : value;
}

/** Digits after the point that keep three significant ones where it matters. */
function digitsFor(value: number): number {
  if (value >= 100) return 0;
  return value >= 10 ? 1 : 2;
}

export function hectares(m2: number, lang: Language): string {
  return `${hectaresOnly(m2, lang)} ${lang === 'zh' ? '公顷' : 'ha'}`;
}

export function mu(m2: number, lang: Language): string {
  return `${muOnly(m2, lang)} ${lang === 'zh' ? '亩' : 'mu'}`;
}

/** Without the unit, for columns that name it in their head. */
export function hectaresOnly(m2: number, lang: Language): string {
  const value = m2 / M2_PER_HECTARE;
  return number(value, lang, digitsFor(value));
}

export function muOnly(m2: number, lang: Language): string {
  const value = m2 / M2_PER_MU;
  return number(value, lang, value >= 10 ? 0 : 1);
}

/** A number in the unit that its document uses, with as many decimals as it has, three at most. */
export function quantity(value: number, unit: string, lang: Language): string {
  return `${plain(value, lang)} ${unit}`.trim();
}

export function plain(value: number, lang: Language): string {
  return new Intl.NumberFormat(localeOf(lang), { maximumFractionDigits: 3 }).format(value);
}

export function metres(value: number, lang: Language): string {
  if (value < 1000) return `${number(value, lang)} ${lang === 'zh' ? '米' : 'm'}`;
  const km = value / 1000;
  return `${number(km, lang, km < 10 ? 2 : 1)} ${lang === 'zh' ? '公里' : 'km'}`;
}

/** A location's accuracy, in metres without the unit: centimetres matter to a survey. */
export function accuracy(value: number, lang: Language): string {
  return number(value, lang, value > 0 && value < 1 ? 2 : 0);
}

export function percent(share: number, lang: Language): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return '<0.1%';
  return `${number(value, lang, value < 10 ? 1 : 0)}%`;
}

/**
 * How much an outline's inaccuracy can change its area, m²: each stretch shifted sideways by its
 * accuracy, all in the same sense. An upper bound; without stretches, perimeter times accuracy.
 */
export function areaTolerance(
  sides: readonly Side[] | undefined,
  perimeter: number | undefined,
  accuracy: number | null,
): number | null {
  if (sides && sides.length > 0) {
    return sides.reduce((sum, side) => sum + side.metres * side.accuracy_m, 0);
  }
  return perimeter !== undefined && accuracy !== null ? perimeter * accuracy : null;
}

/** The longest round length (1, 2 or 5 times a power of ten, metres) of at most `limit`. */
export function roundLength(limit: number): number {
  const power = 10 ** Math.floor(Math.log10(limit));
  const lead = limit / power;
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power;
}

/** When something happened, in the reader's own time zone, to the minute. */
export function moment(time: string, lang: Language): string {
  return new Intl.DateTimeFormat(localeOf(lang), {
    dateStyle: 'medium',
    timeStyle: 'short',
  }).format(new Date(time));
}

/** The day on which something happened: where the district lies, as on pictures and pages of paper. */
export function day(time: string, lang: Language): string {
  return new Intl.DateTimeFormat(localeOf(lang), {
    dateStyle: 'long',
    timeZone: 'Asia/Shanghai',
  }).format(new Date(time));
}
