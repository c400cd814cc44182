// 规划与年度安排: what the plan says of a subject, beside what the later document says of it.

import { useState } from 'preact/hooks';
import { nameOf, statusWord } from '../i18n';
import type { Claim, ClaimPair, Passage } from '../model';
import { STATUSES } from '../model';
import { documents, lang, navigate, pairs, read, ready, select, t, view } from '../state';
import { PAIRINGS, type Pairing } from '../view';
import { Failure, hoverProps, Skeleton, shortTitle } from './parts';

/** Pairs drawn at once; more on demand, so that a long list does not hold up the page. */
const PAGE = 60;

export function Pairs() {
  const load = pairs.load.value;
  const known = ready(documents.load.value);
  return (
    <div class="pairs" data-state={load?.state}>
      <header class="panel-head">
        <h2>{t('pairs.title')}</h2>
        <p class="fine">{t('pairs.note')}</p>
      </header>
      {known && known.length < 2 ? (
        <p class="empty">{t('pairs.single')}</p>
      ) : (
        <>
          <Kinds />
          {load?.state === 'loading' && <Skeleton lines={12} />}
          {load?.state === 'failed' && <Failure problem={load.problem} retry={pairs.reload} />}
          {load?.state === 'ready' && (
            <List
              key={view.value.pairing ?? ''}
              all={load.value.pairs}
              matched={load.value.numberMatched}
            />
          )}
        </>
      )}
    </div>
  );
}

function Kinds() {
  const { pairing } = view.value;
  const choices: (Pairing | null)[] = [null, ...PAIRINGS];
  return (
    <div class="chooser pairings">
      {choices.map((choice) => (
        <label key={choice} class="choice">
          <input
            type="radio"
            name="pairing"
            data-pairing={choice ?? 'all'}
            checked={pairing === choice}
            onChange={() => navigate({ pairing: choice })}
          />
          <span>{t(choice ? `pairs.${choice}` : 'pairs.all')}</span>
        </label>
      ))}
    </div>
  );
}

function List({ all, matched }: { all: ClaimPair[]; matched: number }) {
  const [shown, setShown] = useState(PAGE);
  // What both documents speak of comes first: that is what there is to compare.
  const alone = ({ earlier, later }: ClaimPair) => Number(!earlier.length || !later.length);
  const ordered = [...all].sort((a, b) => alone(a) - alone(b));
  if (all.length === 0) return <p class="empty">{t('pairs.empty')}</p>;
  const rest = all.length - shown;
  return (
    <>
      <p class="fine pairs-count" role="status">
        {t('pairs.count', { n: matched })}
      </p>
      <Heads of={all[0]} />
      <ol>
        {ordered.slice(0, shown).map((pair) => (
          <Pair key={`${pair.subject} ${pair.attribute}`} pair={pair} />
        ))}
      </ol>
      {rest > 0 && (
        <button type="button" class="button more" onClick={() => setShown(shown + PAGE)}>
          {t('pairs.more', { n: Math.min(rest, PAGE) })}
        </button>
      )}
    </>
  );
}

/** The two documents, once above all their sentences. */
function Heads({ of: pair }: { of: ClaimPair | undefined }) {
  if (!pair) return null;
  return (
    <div class="pair-sides pair-documents" lang="zh-CN">
      {[pair.earlier_document, pair.later_document].map((id) => (
        <p key={id} class="pair-document" title={shortTitle(id)}>
          {shortTitle(id)}
        </p>
      ))}
    </div>
  );
}

function Pair({ pair }: { pair: ClaimPair }) {
  const { subject, relation } = pair;
  const name = nameOf(lang.value, { name: pair.subject_name, name_en: pair.subject_name_en });
  return (
    <li class="pair" data-subject={subject} data-attribute={pair.attribute}>
      <p class="pair-head">
        <button
          type="button"
          class="link"
          data-ref={subject}
          {...hoverProps(subject)}
          onClick={() => select(subject, { move: true })}
        >
          {name}
        </button>
        <span class="pair-of">{attributeName(pair)}</span>
        <span class={`pairing is-${relation}`}>{t(`pairs.${relation}`)}</span>
      </p>
      <div class="pair-sides">
        {(
          [
            [pair.earlier_document, pair.earlier],
            [pair.later_document, pair.later],
          ] as const
        ).map(([document, claims]) => (
          <Side
            key={document}
            document={document}
            claims={claims}
            mentions={(pair.mentions ?? []).filter((one) => one.document === document)}
          />
        ))}
      </div>
    </li>
  );
}

function attributeName(pair: ClaimPair): string {
  const label = lang.value === 'zh' ? pair.label : pair.label_en;
  if (label) return label;
  return pair.attribute === 'status' ? t('attribute.status') : '';
}

type Said = Claim | Passage;

function Side(props: { document: string; claims: Claim[]; mentions: Passage[] }) {
  const { document, claims, mentions } = props;
  const said: Said[] = [...claims, ...mentions];
  return (
    <div class="pair-side" data-document={document}>
      {said.length === 0 && <p class="muted">{t('pairs.nothing')}</p>}
      {said.map((one) => (
        <Sentence key={`${one.start} ${'id' in one ? one.id : ''}`} said={one} />
      ))}
    </div>
  );
}

function Sentence({ said }: { said: Said }) {
  return (
    <figure class="quote is-small">
      <p class="said">
        {'modality' in said ? (
          <>
            <span class={`modality is-${said.modality}`}>{t(`modality.${said.modality}`)}</span>
            {valueIn(said)}
          </>
        ) : (
          <span class="modality">{t('pairs.mentioned')}</span>
        )}
      </p>
      <blockquote lang="zh-CN">
        <button
          type="button"
          title={t('quote.open')}
          data-document={said.document}
          data-start={said.start}
          onClick={() => read({ document: said.document, at: said.start })}
        >
          {said.quote}
        </button>
      </blockquote>
    </figure>
  );
}

function valueIn({ attribute, value, unit, qualifier }: Claim): string {
  if (value === null) return '';
  const known = STATUSES.find((status) => status === value);
  if (attribute === 'status' && known) return statusWord(lang.value, known);
  return [qualifier, value, unit].filter((part) => part !== null && part !== undefined).join(' ');
}
