// What the view was shared as: when, of which revision, and what has changed in it since.

import { useState } from 'preact/hooks';
import type { Problem } from '../api';
import { day } from '../format';
import type { Word } from '../i18n';
import type { Share, ShareChange, ShareNews } from '../model';
import { CHANGES, changesOf, revisionOf, type Standing, standingOf } from '../share';
import {
  lang,
  layout,
  moment,
  navigate,
  newest,
  select,
  share,
  showRevision,
  t,
  view,
} from '../state';
import { Icon } from './icons';
import { collectionTitle } from './parts';

export function Briefed() {
  const load = share.load.value;
  const id = view.value.share;
  if (!id || !load || load.state === 'loading') return null;
  if (load.state === 'failed') return <Gone id={id} problem={load.problem} />;
  return <Strip key={load.value.id} share={load.value} />;
}

function Strip({ share }: { share: Share }) {
  const [isOpen, setOpen] = useState(false);
  const { news, missing, note, title } = share;
  const changed = news ? changesOf(news) : 0;
  const hasMore = changed > 0 || missing.length > 0 || Boolean(note);
  const standing = standingOf(share, { moment: moment.value, newest: newest.value });
  return (
    <section
      class="briefed"
      aria-label={t('briefed.label')}
      data-share={share.id}
      data-covers={layout.value === 'narrow' ? 'top' : 'none'}
      data-state={standing}
    >
      <div class="briefed-line">
        <p class="briefed-words">
          {title && <b>{title}</b>}
          <span>{whenWords(share, standing)}</span>
        </p>
        <Switches share={share} standing={standing} />
        <button
          type="button"
          class="icon-button"
          aria-label={t('briefed.close')}
          onClick={() => navigate({ share: null })}
        >
          <Icon name="close" />
        </button>
      </div>
      {(news || hasMore) && (
        <div class="briefed-more">
          {hasMore ? (
            <button
              type="button"
              class="briefed-toggle"
              aria-expanded={isOpen}
              onClick={() => setOpen(!isOpen)}
            >
              <Icon name="down" />
              {[
                ...(changed > 0 ? [t('briefed.news', { n: changed })] : []),
                ...(missing.length > 0 ? [t('briefed.missing', { n: missing.length })] : []),
                ...(note ? [t('briefed.note')] : []),
              ].join(' · ')}
            </button>
          ) : (
            <p>{t('briefed.news.none')}</p>
          )}
          {isOpen && <More share={share} />}
        </div>
      )}
    </section>
  );
}

export function whenWords(share: Share, standing: Standing): string {
  const date = share.made_at && day(share.made_at, lang.value);
  const n = moment.value ?? newest.value ?? share.revision;
  switch (standing) {
    case 'briefed':
      return date ? t('briefed.as_briefed', { date, n }) : t('briefed.as_briefed.undated', { n });
    case 'earlier':
      return t('briefed.earlier', { n });
    case 'follows':
      return date ? t('briefed.follows', { date }) : t('briefed.follows.undated');
    case 'latest':
      return t('briefed.now', { n });
  }
}

/** Between what was shared and what is now. */
function Switches({ share, standing }: { share: Share; standing: Standing }) {
  const briefed = revisionOf(share);
  return (
    <div class="briefed-switches">
      {briefed !== null && standing !== 'briefed' && (
        <Switch to="briefed" word="briefed.back" revision={briefed} />
      )}
      {moment.value !== null && <Switch to="latest" word="briefed.latest" revision={null} />}
    </div>
  );
}

function Switch(props: { to: string; word: Word; revision: number | null }) {
  return (
    <button
      type="button"
      class="button is-small"
      data-show={props.to}
      onClick={() => showRevision(props.revision)}
    >
      {t(props.word)}
    </button>
  );
}

function More({ share }: { share: Share }) {
  const { news, missing, note } = share;
  return (
    <div class="briefed-body">
      {note && <p class="briefed-note">{note}</p>}
      {missing.length > 0 && (
        <ul class="briefed-missing">
          {missing.map((told) => (
            <li key={told.zh}>{told[lang.value]}</li>
          ))}
        </ul>
      )}
      {news && news.features.length > 0 && <News share={share} news={news} />}
    </div>
  );
}

const CHANGE_WORDS: Record<ShareChange['change'], Word> = {
  added: 'history.added',
  changed: 'history.changed',
  removed: 'history.removed',
  entered: 'briefed.one.entered',
  left: 'briefed.one.left',
};

function News({ share, news }: { share: Share; news: ShareNews }) {
  const all = changesOf(news);
  return (
    <>
      <p class="fine">
        {CHANGES.filter((change) => news[change] > 0)
          .map((change) => t(`briefed.${change}`, { n: news[change] }))
          .join(lang.value === 'zh' ? '，' : ', ')}
      </p>
      <ul class="briefed-news">
        {news.features.map((change) => (
          <li key={`${change.collection}/${change.id}`}>
            <button
              type="button"
              class="subject"
              data-ref={`${change.collection}/${change.id}`}
              onClick={() => show(share, change)}
            >
              <span class={`tag is-${change.change}`}>{t(CHANGE_WORDS[change.change])}</span>
              <span class="subject-name">{change.name}</span>
              <span class="subject-kind">{collectionTitle(change.collection)}</span>
            </button>
          </li>
        ))}
      </ul>
      {news.features.length < all && (
        <p class="fine">{t('briefed.more', { n: news.features.length })}</p>
      )}
    </>
  );
}

/** Selects what has changed, at a revision that has it. */
function show(share: Share, { collection, id, change }: ShareChange): void {
  const isThere = change !== 'removed' && (change !== 'added' || moment.peek() === null);
  const at = change === 'removed' ? share.revision : null;
  select(`${collection}/${id}`, isThere ? { move: true } : { move: true, at });
}

function Gone({ id, problem }: { id: string; problem: Problem }) {
  return (
    <section class="briefed is-gone" aria-label={t('briefed.label')} role="status">
      <div class="briefed-line">
        <p class="briefed-words">
          <b>{problem.status === 404 ? t('briefed.gone', { id }) : problem.detail[lang.value]}</b>
          <span>{t('briefed.gone.note')}</span>
        </p>
        <button
          type="button"
          class="icon-button"
          aria-label={t('briefed.close')}
          onClick={() => navigate({ share: null })}
        >
          <Icon name="close" />
        </button>
      </div>
    </section>
  );
}
