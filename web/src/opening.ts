// How the page was opened: by an address of its own, by the link of a share, or within another site.

import { readShare } from './share';
import { formatView, parseView, type View } from './view';

/** The share that the document brings along. */
export const carried = readShare(document.getElementById('share')?.textContent);
/** Whether another site shows the page in a frame, with nothing around the map. */
export const isEmbedded = document.documentElement.hasAttribute('data-embed');

/** The view to begin with. The link of a share leads on to the view's own address. */
export function openView(): View {
  if (!carried) return parseView(location.search);
  const view = { ...parseView(carried.state), share: carried.id };
  if (!isEmbedded) {
    // What the document refers to stays where it is.
    const root = new URL('.', document.baseURI);
    for (const base of document.querySelectorAll('base')) base.href = root.href;
    history.replaceState(null, '', `${root.pathname}${formatView(view)}`);
  }
  return view;
}
