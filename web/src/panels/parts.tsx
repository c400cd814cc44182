// Pieces that several panels use.

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../api';
import { nameOf, titleOf, type Word } from '../i18n';
import type { Citation, Feature, SourceDocument } from '../model';
import { collectionOf } from '../model';
import {
  cachedFeature,
  collections,
  documents,
  hovered,
  lang,
  read,
  ready,
  select,
  standing,
  t,
  view,
} from '../state';

export function Failure(props: {
  problem: Problem;
  retry?: () => void;
  /** What it means that the service refused. */
  refused?: Word;
}) {
  const { problem, retry } = props;
  const offline = problem.status === 0;
  const title = offline
    ? t('error.offline')
    : problem.status === 404
      ? t('error.missing')
      : problem.status < 500
        ? t(props.refused ?? 'error.rejected')
        : t('error.server', { status: problem.status });
  return (
    <div class="failure" role="alert">
      <h3>{title}</h3>
      <p>{offline ? t('error.offline.detail') : problem.detail[lang.value]}</p>
      {retry && (
        <button type="button" class="button" onClick={retry}>
          {t('app.retry')}
        </button>
      )}
    </div>
  );
}

export function Skeleton({ lines = 5 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status" aria-label={t('detail.loading')}>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} style={{ width: `${[62, 96, 88, 92, 54][line % 5]}%` }} />
      ))}
    </div>
  );
}

export function Section(props: {
  title: string;
  note?: string | undefined;
  class?: string;
  children: ComponentChildren;
}) {
  return (
    <section class={`block ${props.class ?? ''}`}>
      <h3 class="block-title">
        {props.title}
        {props.note && <span class="block-note">{props.note}</span>}
      </h3>
      {props.children}
    </section>
  );
}

function documentOf(id: string): SourceDocument | undefined {
  return ready(documents.load.value)?.find((known) => known.id === id);
}

/** A document's title; of one that states none its first heading, and that it states none. */
export function titled(document: SourceDocument | undefined): string {
  if (document?.title) return document.title;
  const { opening } = document ?? {};
  return opening ? t('document.untitled', { opening }) : t('document.unnamed');
}

/** A document in few words, for narrow places: its year comes first. */
export function shortTitle(id: string): string {
  const document = documentOf(id);
  const name = document?.title ?? document?.opening ?? id;
  const year = document?.date?.slice(0, 4);
  return year && !name.includes(year) ? `${year} · ${name}` : name;
}

/** A document's own words, with where they stand and the way there. */
export function Quote({ citation }: { citation: Citation }) {
  const { document, start } = citation;
  return (
    <figure class="quote">
      <blockquote lang="zh-CN">{citation.quote}</blockquote>
      <figcaption title={document}>
        {titled(documentOf(document))}
        {citation.section && <span class="quote-section">{citation.section}</span>}
        {documentOf(document) && (
          <button
            type="button"
            class="link quote-open"
            data-document={document}
            data-start={start}
            onClick={() => read({ document, at: start })}
          >
            {t('quote.open')}
          </button>
        )}
      </figcaption>
    </figure>
  );
}

export function kindTitle(collectionId: string, kindId: string): string {
  const collection = collections.value.find(({ id }) => id === collectionId);
  const kind = collection?.kinds.find(({ id }) => id === kindId);
  return kind ? titleOf(lang.value, kind) : kindId;
}

export function collectionTitle(id: string): string {
  const collection = collections.value.find((known) => known.id === id);
  return collection ? titleOf(lang.value, collection) : id;
}

/** A feature, once it has come; fetched once however often it is shown. */
export function useFeature(reference: string): Feature | null {
  const [feature, setFeature] = useState<Feature | null>(null);
  const of = standing.value;
  // Read anew when the data are others.
  useEffect(() => {
    let current = true;
    setFeature(null);
    cachedFeature(reference).then(
      (known) => current && setFeature(known),
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [reference, of]);
  return feature;
}

/** A feature that a sentence speaks of: its name, its kind, and whether it is on the map. */
export function Subject({ reference }: { reference: string }) {
  const feature = useFeature(reference);
  const collection = collectionOf(reference);
  return (
    <button
      type="button"
      class="subject"
      data-ref={reference}
      aria-pressed={view.value.select === reference}
      {...hoverProps(reference, feature?.properties.container)}
      onClick={() => select(reference, { move: true })}
    >
      <span class="subject-name">{feature ? nameOf(lang.value, feature.properties) : '…'}</span>
      {feature && (
        <span class="subject-kind">{kindTitle(collection, feature.properties.kind)}</span>
      )}
      {feature && !feature.geometry && <span class="tag">{t('detail.unlocated')}</span>}
    </button>
  );
}

/** The name of another feature with its kind, where a way there would lead off. */
export function FeatureLabel({ reference }: { reference: string }) {
  const feature = useFeature(reference);
  if (!feature) return <>…</>;
  const { properties } = feature;
  return (
    <>
      {nameOf(lang.value, properties)}{' '}
      <span class="fine-inline">{kindTitle(collectionOf(reference), properties.kind)}</span>
    </>
  );
}

/** A link to another feature, under its name once that is known. */
export function FeatureLink({ reference }: { reference: string }) {
  const feature = useFeature(reference);
  return (
    <button
      type="button"
      class="link"
      data-ref={reference}
      onClick={() => select(reference, { move: true })}
    >
      {feature ? nameOf(lang.value, feature.properties) : '…'}
    </button>
  );
}

/** Pointer and focus doings that keep a list row and its feature on the map in step. */
export function hoverProps(reference: string, container?: string | null) {
  const enter = () => {
    hovered.value = { ref: reference, container, from: 'panel' };
  };
  const leave = () => {
    if (hovered.peek()?.ref === reference) hovered.value = null;
  };
  return { onMouseEnter: enter, onMouseLeave: leave, onFocus: enter, onBlur: leave };
}

/** The shape that the map draws a feature in. */
export function shapeOf(
  reference: string,
  feature: Feature | null,
): 'circle' | 'diamond' | 'square' {
  if (/Polygon$/.test(feature?.geometry?.type ?? '')) return 'square';
  return collectionOf(reference) === 'parcels' ? 'diamond' : 'circle';
}
