// The reader: a document's own text with the cited sentences marked. A sentence leads to the places
// it speaks of, a place to the sentences that speak of it.

import { computed } from '@preact/signals';
import { Fragment } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { nameOf } from '../i18n';
import type { CitedPassage, DocumentText, SourceDocument } from '../model';
import { type Line, linesOf, passageAt } from '../passages';
import {
  documents,
  documentText,
  lang,
  navigate,
  readDocument,
  ready,
  select,
  selected,
  t,
  view,
} from '../state';
import { Icon } from './icons';
import { Failure, Skeleton, Subject, titled } from './parts';

/** Cut once for each document. */
const text = computed(() => {
  const document = ready(documentText.load.value);
  return document && { document, lines: linesOf(document) };
});

/** The passage that the address points at. */
const current = computed(() => {
  const at = view.value.reading?.at ?? null;
  return text.value && passageAt(text.value.document.citations, at);
});

/** The passages of this document that speak of the selected feature. */
const spoken = computed(() => {
  const ref = view.value.select;
  const citations = text.value?.document.citations ?? [];
  return ref ? citations.filter(({ subjects }) => subjects.includes(ref)) : [];
});

export function Reader() {
  const load = documentText.load.value;
  const list = ready(documents.load.value) ?? [];
  return (
    <div class="reader" data-document={readDocument.value} data-state={load?.state}>
      <Choice list={list} />
      {load?.state === 'loading' && <Skeleton lines={12} />}
      {load?.state === 'failed' && <Failure problem={load.problem} retry={documentText.reload} />}
      {text.value && <Text {...text.value} />}
    </div>
  );
}

function Choice({ list }: { list: SourceDocument[] }) {
  return (
    <fieldset class="documents" aria-label={t('reader.which')}>
      {list.map((document) => (
        <label key={document.id} class="document">
          <input
            type="radio"
            name="document"
            data-document={document.id}
            checked={readDocument.value === document.id}
            onChange={() => navigate({ reading: { document: document.id, at: null } })}
          />
          <span class="document-title" lang="zh-CN">
            {titled(document)}
          </span>
          <span class="fine">
            {document.issuer || document.date
              ? [document.issuer, document.date].filter(Boolean).join(' · ')
              : t('reader.unstated')}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function Text({ document, lines }: { document: DocumentText; lines: Line[] }) {
  const article = useRef<HTMLElement>(null);
  const at = view.value.reading?.at ?? null;
  const ref = view.value.select;
  const first = spoken.value[0]?.start ?? null;
  const pointed = current.value !== null;

  // To the place that the address names; else to the first sentence on the selected feature.
  useEffect(() => {
    const place = pointed ? at : first;
    const mark = place !== null && article.current?.querySelector(`[data-start="${place}"]`);
    if (!mark || isInView(mark)) return;
    mark.scrollIntoView({ block: 'center' });
  }, [document, at, pointed, ref, first]);

  return (
    <>
      <Bar document={document} />
      <article ref={article} class="text" lang="zh-CN">
        {lines.map((line) => (
          <Paragraph key={line.start} line={line} />
        ))}
      </article>
    </>
  );
}

/** Whether an element is visible in the box that scrolls it. */
function isInView(element: Element): boolean {
  const box = element.closest('.sheet-body')?.getBoundingClientRect();
  const { top, bottom } = element.getBoundingClientRect();
  // The bar at the top of the box covers some of it.
  return box !== undefined && top >= box.top + 110 && bottom <= box.bottom - 20;
}

function Bar({ document }: { document: DocumentText }) {
  return (
    <div class="reader-bar">
      <select
        aria-label={t('reader.contents')}
        value=""
        onChange={({ currentTarget }) => {
          const line = window.document.querySelector(`[data-line="${currentTarget.value}"]`);
          currentTarget.value = '';
          line?.scrollIntoView({ block: 'start' });
        }}
      >
        <option value="">{t('reader.contents')}</option>
        {document.headings.map(({ start, level, title }) => (
          <option key={start} value={start}>
            {'　'.repeat(level)}
            {title}
          </option>
        ))}
      </select>
      <Steps document={document} />
    </div>
  );
}

/** From one sentence on the selected feature to the next. */
function Steps({ document }: { document: DocumentText }) {
  const { select: ref, reading } = view.value;
  const feature = ready(selected.load.value);
  if (!ref || !feature) {
    return <p class="fine">{t('reader.marks', { n: document.citations.length })}</p>;
  }
  const name = nameOf(lang.value, feature.properties);
  const all = spoken.value;
  if (all.length === 0) return <p class="fine">{t('reader.absent', { name })}</p>;
  const index = all.findIndex(({ start }) => start === reading?.at);
  const step = (by: number) => {
    const next = all[(Math.max(index, by > 0 ? -1 : 0) + by + all.length) % all.length];
    if (next) navigate({ reading: { document: document.id, at: next.start } });
  };
  return (
    <p class="steps" role="status">
      <span class="steps-name">{t('reader.here', { name, n: all.length })}</span>
      {all.length > 1 && (
        <span class="steps-buttons">
          <button
            type="button"
            class="icon-button"
            aria-label={t('reader.previous')}
            onClick={() => step(-1)}
          >
            <Icon name="back" />
          </button>
          {index >= 0 && t('reader.step', { i: index + 1, n: all.length })}
          <button
            type="button"
            class="icon-button"
            aria-label={t('reader.next')}
            onClick={() => step(1)}
          >
            <Icon name="next" />
          </button>
        </span>
      )}
    </p>
  );
}

function Paragraph({ line }: { line: Line }) {
  const open = current.value;
  return (
    <div
      class={line.level === null ? 'paragraph' : `heading is-${line.level}`}
      data-line={line.start}
    >
      {line.pieces.map(({ text: words, passage, ends }, index) =>
        passage ? (
          <Fragment key={`${passage.start}-${index}`}>
            <Mark words={words} passage={passage} />
            {ends && passage === open && <Subjects passage={passage} />}
          </Fragment>
        ) : (
          words
        ),
      )}
    </div>
  );
}

function Mark({ words, passage }: { words: string; passage: CitedPassage }) {
  const { select: ref } = view.value;
  const isOpen = current.value === passage;
  const speaks = ref !== null && passage.subjects.includes(ref);
  const open = () => {
    const document = readDocument.value;
    if (!document) return;
    navigate({ reading: { document, at: passage.start } });
    const [only, ...others] = passage.subjects;
    if (only && others.length === 0) select(only, { move: true });
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button can't be broken across lines as words are
    <span
      role="button"
      tabIndex={0}
      class={`cited ${isOpen ? 'is-open' : ''} ${speaks ? 'is-spoken' : ''}`}
      data-start={passage.start}
      aria-expanded={isOpen}
      onClick={open}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        open();
      }}
    >
      {words}
    </span>
  );
}

function Subjects({ passage }: { passage: CitedPassage }) {
  return (
    <div class="subjects" lang={lang.value === 'zh' ? 'zh-CN' : 'en'}>
      <p class="fine">{t('reader.subjects')}</p>
      <ul>
        {passage.subjects.map((ref) => (
          <li key={ref}>
            <Subject reference={ref} />
          </li>
        ))}
      </ul>
    </div>
  );
}
