// The page within another site: the map, what it shows, and the way to the whole.

import type { StyleSpecification } from 'maplibre-gl';
import { useState } from 'preact/hooks';
import { day } from '../format';
import { lang, moment, newest, ready, share, t, view } from '../state';
import { formatView } from '../view';
import { Icon } from './icons';
import { Layers } from './layers';

export function Embedded({ style, title }: { style: StyleSpecification | null; title: string }) {
  const [isOpen, setOpen] = useState(false);
  const shared = ready(share.load.value);
  const revision = moment.value ?? newest.value;
  return (
    <>
      <header class="embed-strip" data-covers="top">
        <p>
          <b>{shared?.title || title}</b>
          {shared && revision !== null && (
            <span>
              {shared.follows_latest
                ? t('share.at.revision', { n: revision })
                : t('briefed.as_briefed', { date: day(shared.made_at, lang.value), n: revision })}
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
