// The panel that answers: one feature, several at one place, or the result of an area query.

import type { StyleSpecification } from 'maplibre-gl';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { nameOf } from '../i18n';
import { intake } from '../intake';
import { collectionOf } from '../model';
import {
  asked,
  deselect,
  draft,
  isRecorded,
  lang,
  type Pick as Picked,
  picks,
  select,
  selected,
  t,
  view,
} from '../state';
import { BoundaryPanel } from './boundary';
import { Details } from './details';
import { Editor } from './editor';
import { HistorySection } from './history';
import { Icon } from './icons';
import { IntakePanel } from './intake';
import { StatusMark } from './marks';
import {
  collectionTitle,
  Failure,
  hoverProps,
  kindTitle,
  Skeleton,
  shapeOf,
  useFeature,
} from './parts';
import { Results } from './results';
import { Sheet } from './sheet';

export function Answer({ style }: { style: StyleSpecification | null }) {
  const { select: ref } = view.value;
  const area = asked.value;
  return (
    <Sheet label={t('app.details')} class="answer" covers="right">
      {draft.value ? (
        <Editor draft={draft.value} style={style} />
      ) : intake.value ? (
        <IntakePanel current={intake.value} />
      ) : picks.value ? (
        <Picks all={picks.value} style={style} />
      ) : ref ? (
        <Selected reference={ref} style={style} back={area !== null} />
      ) : area ? (
        <Results style={style} />
      ) : (
        <BoundaryPanel style={style} />
      )}
    </Sheet>
  );
}

function Selected(props: { reference: string; style: StyleSpecification | null; back: boolean }) {
  const load = selected.load.value;
  const article = useRef<HTMLElement>(null);
  const { reference } = props;
  // Every feature is read from its top.
  useLayoutEffect(() => article.current?.closest('.sheet-body')?.scrollTo(0, 0), [reference]);
  return (
    <article
      ref={article}
      class="details"
      data-ref={props.reference}
      aria-busy={load?.state === 'loading'}
    >
      <div class="answer-bar">
        {props.back ? (
          <button type="button" class="link-back" onClick={deselect}>
            <Icon name="back" />
            {t('detail.results')}
          </button>
        ) : (
          <span class="crumb">{collectionTitle(collectionOf(props.reference))}</span>
        )}
        <button type="button" class="icon-button" aria-label={t('app.close')} onClick={deselect}>
          <Icon name="close" />
        </button>
      </div>
      {load?.state === 'failed' && <Failure problem={load.problem} retry={selected.reload} />}
      {load?.state === 'failed' && load.problem.status === 404 && isRecorded.value && (
        <HistorySection reference={reference} />
      )}
      {load?.state === 'loading' && <Skeleton lines={8} />}
      {load?.state === 'ready' && (
        <Details reference={props.reference} feature={load.value} style={props.style} />
      )}
    </article>
  );
}

function Picks({ all, style }: { all: Picked[]; style: StyleSpecification | null }) {
  return (
    <div class="picks">
      <div class="answer-bar">
        <span class="crumb">{t('detail.here.note')}</span>
        <button type="button" class="icon-button" aria-label={t('app.close')} onClick={deselect}>
          <Icon name="close" />
        </button>
      </div>
      <h2 class="answer-title">{t('detail.here', { n: all.length })}</h2>
      <ul class="rows">
        {all.map((known) => (
          <Pick key={known.ref} known={known} style={style} />
        ))}
      </ul>
    </div>
  );
}

function Pick({ known, style }: { known: Picked; style: StyleSpecification | null }) {
  const { ref: reference } = known;
  const feature = useFeature(reference);
  const collection = collectionOf(reference);
  const { kind, status } = feature?.properties ?? known;
  return (
    <li class="row">
      <button
        type="button"
        class="row-main"
        data-ref={reference}
        {...hoverProps(reference)}
        onClick={() => select(reference)}
      >
        <StatusMark style={style} status={status} shape={shapeOf(reference, feature)} />
        <span class="row-text">
          <span class="row-name">{nameOf(lang.value, feature?.properties ?? known)}</span>
          <span class="row-sub">
            {collectionTitle(collection)}
            {kind && ` · ${kindTitle(collection, kind)}`}
          </span>
        </span>
        <Icon name="next" />
      </button>
    </li>
  );
}
