// Shares: views that are stored under a short id, as the service tells of them, and those that this
// browser has made.

import type { Share, ShareNews } from './model';
import { formatView, parseView, type View } from './view';

/** A share as a document carries it; null: it carries none that can be read. */
export function readShare(text: string | null | undefined): Share | null {
  try {
    const share = JSON.parse(text ?? '') as Partial<Share> | null;
    return typeof share?.id === 'string' && typeof share.state === 'string'
      ? (share as Share)
      : null;
  } catch {
    return null;
  }
}

/** The revision that a share shows; null: the latest, as its maker wished, or since it is gone. */
export function revisionOf({ state }: Share): number | null {
  return parseView(state).revision;
}

/**
 * How the data shown stand to a share: as `briefed`; at another `earlier` revision; the latest, which
 * it `follows`; or the `latest` in place of what was briefed.
 */
export type Standing = 'briefed' | 'earlier' | 'follows' | 'latest';

/** `moment`: the earlier revision that is shown, or null; `newest`: the latest that is known. */
export function standingOf(
  share: Share,
  { moment, newest }: { moment: number | null; newest: number | null },
): Standing {
  const briefed = revisionOf(share);
  if (briefed !== null && briefed === (moment ?? newest)) return 'briefed';
  if (moment !== null) return 'earlier';
  return share.follows_latest ? 'follows' : 'latest';
}

/** What may have become of a feature, in the order in which it is told. */
export const CHANGES = ['added', 'changed', 'removed', 'entered', 'left'] as const;

/** How many features of a view are not as they were. */
export function changesOf(news: ShareNews): number {
  return CHANGES.reduce((sum, change) => sum + news[change], 0);
}

/** The view as it is to be shared: not by which share it was opened. */
export function stateOf(view: View, followsLatest: boolean): string {
  const revision = followsLatest ? null : view.revision;
  return formatView({ ...view, revision, share: null });
}

/** Sizes of pictures, pixels. */
export const PICTURE_SIZES = ['1600×900', '1920×1080', '3840×2160'] as const;
export type PictureSize = (typeof PICTURE_SIZES)[number];
/** A picture of this width and less is drawn for a common screen, a larger one for twice its dots. */
const COMMON_WIDTH = 1920;

function sizeQuery(size: PictureSize): string {
  const [width = 0, height = 0] = size.split('×').map(Number);
  const ratio = width > COMMON_WIDTH ? 2 : 1;
  return `width=${width / ratio}&height=${height / ratio}&ratio=${ratio}`;
}

/** The picture that goes with the link. */
export function previewPath(id: string): string {
  return `s/${id}.png?width=1200&height=630`;
}

export function picturePath(id: string, size: PictureSize): string {
  return `s/${id}.png?${sizeQuery(size)}`;
}

/** The picture of a view that nobody has stored. */
export function mapPath(view: View, size: PictureSize): string {
  return `map.png${formatView({ ...view, share: null })}&${sizeQuery(size)}`;
}

export const PAPERS = ['A4', 'A3'] as const;
export const ORIENTATIONS = ['landscape', 'portrait'] as const;
/** Scales of maps on paper: one to so many. */
export const SCALES = [1000, 2000, 5000, 10_000, 25_000, 50_000] as const;

export interface PaperForm {
  paper: (typeof PAPERS)[number];
  orientation: (typeof ORIENTATIONS)[number];
  /** Null: what shows the whole view. */
  scale: number | null;
}

export function paperPath(id: string, { paper, orientation, scale }: PaperForm): string {
  const asked = scale === null ? '' : `&scale=${scale}`;
  return `s/${id}.pdf?paper=${paper}&orientation=${orientation}${asked}`;
}

/** What another site puts into its page. */
export function embedCode(address: string, title: string): string {
  const escaped = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<iframe src="${escaped(address)}" title="${escaped(title)}" width="100%" height="560" style="border:0" loading="lazy"></iframe>`;
}

/** A share as this browser remembers that it has made it. */
export interface Made
  extends Pick<Share, 'id' | 'url' | 'made_at' | 'revision' | 'follows_latest'> {
  title: string;
}

const KEY = 'shares';
const KEPT = 50;

/** Shares that this browser has made, the newest first. */
export function madeShares(storage: Pick<Storage, 'getItem'> | null): Made[] {
  try {
    const known: unknown = JSON.parse(storage?.getItem(KEY) ?? '[]');
    return Array.isArray(known) ? known.filter(isMade).slice(0, KEPT) : [];
  } catch {
    return [];
  }
}

function isMade(one: unknown): one is Made {
  const { id, url, title, made_at, revision, follows_latest } = (one ?? {}) as Partial<Made>;
  const texts =
    [id, title].every((text) => typeof text === 'string') &&
    (made_at === null || typeof made_at === 'string');
  // A link that somebody slipped in must not run as a script.
  const isLink = typeof url === 'string' && /^https?:/.test(url);
  return texts && isLink && typeof revision === 'number' && typeof follows_latest === 'boolean';
}

/** With one more, which stands first; the same one is not listed twice. */
export function withMade(known: Made[], share: Share): Made[] {
  const { id, url, title, made_at, revision, follows_latest } = share;
  const made = { id, url, title: title ?? '', made_at, revision, follows_latest };
  return [made, ...known.filter((one) => one.id !== id)].slice(0, KEPT);
}

export function keepMade(storage: Pick<Storage, 'setItem'> | null, made: Made[]): void {
  try {
    storage?.setItem(KEY, JSON.stringify(made));
  } catch {
    // Where nothing can be kept the link is still there to be copied.
  }
}
