// Choosing the sentence of a document on which a statement rests: pasted, or selected in its text.

import { useEffect, useRef, useState } from 'preact/hooks';
import { fetchDocument, Problem, unreachable } from '../api';
import { type Found, findQuote, quoteAt } from '../editing';
import type { Citation, DocumentText } from '../model';
import { documents, ready, t } from '../state';
import { Field } from './fields';
import { Failure, shortTitle } from './parts';

export function CitePicker(props: {
  citation: Citation | null;
  pick: (citation: Citation | null) => void;
}) {
  const { citation, pick } = props;
  const list = ready(documents.load.value) ?? [];
  const [id, setId] = useState(citation?.document ?? list[0]?.id ?? '');
  const [wanted, setWanted] = useState(citation?.quote ?? '');
  const [place, setPlace] = useState(0);
  const [document, setDocument] = useState<DocumentText | Problem | null>(null);
  useEffect(() => {
    if (!id) return;
    const control = new AbortController();
    setDocument(null);
    fetchDocument(id, control.signal).then(setDocument, (error: unknown) => {
      if (control.signal.aborted) return;
      setDocument(error instanceof Problem ? error : unreachable());
    });
    return () => control.abort();
  }, [id]);
  const text = document && !(document instanceof Problem) ? document.text : null;
  const places = text === null ? [] : findQuote(text, wanted);
  const chosen = places[place % Math.max(1, places.length)] ?? null;
  // Only what is chosen matters, not that somebody else listens now.
  useEffect(() => {
    pick(chosen && { document: id, quote: chosen.quote, start: chosen.start });
  }, [id, chosen?.start, chosen?.quote]);
  const select = (found: Found, from: string) => {
    setWanted(found.quote);
    const at = findQuote(from, found.quote).findIndex(({ start }) => start === found.start);
    setPlace(Math.max(0, at));
  };
  return (
    <div class="cite" data-cited={chosen !== null}>
      <Field label={t('edit.cite.document')}>
        <select
          value={id}
          onChange={({ currentTarget }) => {
            setId(currentTarget.value);
            setPlace(0);
          }}
        >
          {list.map((known) => (
            <option key={known.id} value={known.id}>
              {shortTitle(known.id)}
            </option>
          ))}
        </select>
      </Field>
      <Field label={t('edit.cite.quote')} note={t('edit.cite.hint')}>
        <textarea
          class="is-quote"
          rows={3}
          lang="zh-CN"
          value={wanted}
          onInput={({ currentTarget }) => {
            setWanted(currentTarget.value);
            setPlace(0);
          }}
        />
      </Field>
      {text !== null && wanted.trim() !== '' && (
        <p class={`fine ${chosen ? '' : 'is-error'}`} role="status">
          {chosen ? t('edit.cite.found', { start: chosen.start }) : t('edit.cite.absent')}
          {places.length > 1 && (
            <>
              {' · '}
              {t('edit.cite.several', { n: places.length, i: (place % places.length) + 1 })}{' '}
              <button type="button" class="link" onClick={() => setPlace(place + 1)}>
                {t('edit.cite.next')}
              </button>
            </>
          )}
        </p>
      )}
      {document instanceof Problem && <Failure problem={document} />}
      {text !== null && (
        <Text text={text} chosen={chosen} select={(found) => select(found, text)} />
      )}
    </div>
  );
}

/** A document's text to select from, with what is chosen marked. */
function Text(props: { text: string; chosen: Found | null; select: (found: Found) => void }) {
  const { text, chosen } = props;
  const box = useRef<HTMLDivElement>(null);
  const start = chosen?.start ?? null;
  useEffect(() => {
    const mark = box.current?.querySelector('mark');
    if (start === null || !mark || !box.current) return;
    box.current.scrollTop = mark.offsetTop - box.current.clientHeight / 3;
  }, [start]);
  const take = () => {
    const selection = window.getSelection();
    if (!selection || selection.isCollapsed || !box.current) return;
    const range = selection.getRangeAt(0);
    if (!box.current.contains(range.commonAncestorContainer)) return;
    const [from, to] = [
      offsetIn(box.current, range.startContainer, range.startOffset),
      offsetIn(box.current, range.endContainer, range.endOffset),
    ];
    const found = quoteAt(text, from, to);
    if (found) props.select(found);
  };
  const [before, within, after] = parted(text, chosen);
  return (
    <div
      ref={box}
      class="cite-text"
      lang="zh-CN"
      title={t('edit.cite.text')}
      onPointerUp={() => setTimeout(take)}
    >
      {before}
      {within && <mark>{within}</mark>}
      {after}
    </div>
  );
}

/** UTF-16 units of the box's text before a place in it. */
function offsetIn(box: Element, node: Node, offset: number): number {
  const before = window.document.createRange();
  before.selectNodeContents(box);
  before.setEnd(node, offset);
  return before.toString().length;
}

function parted(text: string, chosen: Found | null): [string, string, string] {
  if (!chosen) return [text, '', ''];
  const from = Array.from(text).slice(0, chosen.start).join('').length;
  const to = from + chosen.quote.length;
  return [text.slice(0, from), text.slice(from, to), text.slice(to)];
}
