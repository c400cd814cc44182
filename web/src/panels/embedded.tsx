// The page within another site: the map, what it shows, and the way to the whole.

import type { StyleSpecification } from 'maplibre-gl';
import { useState } from 'preact/hooks';
import { standingOf } from '../share';
import { moment, newest, ready, share, t, view } from '../state';
import { formatView } from '../view';
import { whenWords } from './briefed';
import { Icon } from './icons';
import { Layers } from './layers';

export function Embedded({ style, title }: { style: StyleSpecification | null; title: string }) {
  const [isOpen, setOpen] = useState(false);
  const shared = ready(share.load.value);
  const shown = { moment: moment.value, newest: newest.value };
  const revision = shown.moment ?? shown.newest;
  const standing = shared && standingOf(shared, shown);
  return (
    <>
      <header class="embed-strip" data-covers="top">
        <p>
          <b>{shared?.title || title}</b>
          {shared && standing && revision !== null && (
            <span>
              {standing === 'follows'
                ? t('share.at.revision', { n: revision })
                : whenWords(shared, standing)}
            </span>
          )}
        </p>
        <button
          type="button"
          class="button is-small"
          aria-label={t('embed.legend')}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="legend" />
          <span>{t('embed.legend')}</span>
        </button>
        <a
          class="link"
          href={shared ? `s/${shared.id}` : formatView(view.value)}
          target="_blank"
          rel="noopener"
        >
          {t('embed.open')}
        </a>
      </header>
      {isOpen && style && (
        <aside class="embed-legend" aria-label={t('embed.legend')}>
          <Layers style={style} />
        </aside>
      )}
    </>
  );
}
