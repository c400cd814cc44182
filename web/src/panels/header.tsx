// Title, language and search by name.

import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem, unreachable } from '../api';
import { mayBeShape, type Objection } from '../given';
import { nameOf, titleOf } from '../i18n';
import { refOf } from '../model';
import { type Group, REST, searchAll } from '../search';
import { mayBeBoundary } from '../sentence';
import {
  asking,
  catalogue,
  collections,
  lang,
  layout,
  navigate,
  ready,
  select,
  showBoundary,
  t,
} from '../state';
import { MAX_TEXT } from '../view';
import { takeText } from './given';
import { Icon } from './icons';
import { collectionTitle, hoverProps, kindTitle } from './parts';
import { Person } from './person';
import { ShareButton } from './share';
import { Tabs } from './tabs';

const query = signal('');
/** What is searched for: the query without what an input method is still composing. */
const settled = signal('');
const composing = signal(false);
/** Enter was pressed before the answer came: its first hit is wanted. */
const eager = signal(false);
const open = signal(false);
const active = signal(0);
const found = signal<'idle' | 'busy' | Problem | Group[]>('idle');

export function Header() {
  const known = ready(catalogue.load.value);
  const other = lang.value === 'zh' ? 'en' : 'zh';
  // Elsewhere the column that it heads covers more.
  const covers = layout.value === 'narrow' || (layout.value === 'middle' && asking.value);
  return (
    <header class="bar" data-covers={covers ? 'top' : 'none'}>
      <div class="bar-title">
        <img src="./favicon.svg" alt="" width="30" height="30" />
        <h1>{known ? titleOf(lang.value, known) : t('app.title')}</h1>
        <button
          type="button"
          class="language"
          lang={other === 'zh' ? 'zh-CN' : 'en'}
          aria-label={t('app.switch.label')}
          onClick={() => navigate({ lang: other })}
        >
          {t('app.switch')}
        </button>
      </div>
      <Person />
      <div class="bar-row">
        <Search />
        <ShareButton />
      </div>
      <Tabs />
    </header>
  );
}

function Search() {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.closest('input, textarea');
      if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        input.current?.focus();
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  // Preact knows these events under no name of its own.
  useEffect(() => {
    const field = input.current;
    const begin = () => {
      composing.value = true;
      eager.value = false;
    };
    const end = () => {
      composing.value = false;
      settle(field?.value ?? '');
    };
    field?.addEventListener('compositionstart', begin);
    field?.addEventListener('compositionend', end);
    return () => {
      field?.removeEventListener('compositionstart', begin);
      field?.removeEventListener('compositionend', end);
    };
  }, []);

  const choose = (ref: string) => {
    open.value = false;
    input.current?.blur();
    select(ref, { move: true });
  };
  const text = settled.value;
  const sentence = mayBeBoundary(text);
  const compile = () => {
    open.value = false;
    input.current?.blur();
    showBoundary(text);
  };
  const shape = mayBeShape(text);
  const [objection, setObjection] = useState<Objection | null>(null);
  const bringShape = () => {
    const refused = takeText(text, null);
    setObjection(refused);
    if (refused) return;
    open.value = false;
    input.current?.blur();
  };
  const among = collections.value;
  useEffect(() => {
    setObjection(null);
    if (text === '' || sentence || shape) {
      found.value = 'idle';
      return;
    }
    found.value = 'busy';
    // What there is to search is not known yet.
    if (among.length === 0) return;
    const control = new AbortController();
    const timer = setTimeout(() => {
      searchAll(text, among, control.signal).then(
        (groups) => {
          if (control.signal.aborted) return;
          found.value = groups;
          active.value = 0;
          const [first] = groups;
          const hit = first?.features[0];
          if (eager.value && open.value && first && hit) choose(refOf(first.collection, hit));
          eager.value = false;
        },
        (error: unknown) => {
          if (control.signal.aborted) return;
          eager.value = false;
          found.value = error instanceof Problem ? error : unreachable();
        },
      );
    }, REST);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [text, among]);

  const groups = Array.isArray(found.value) ? found.value : [];
  const refs = groups.flatMap(({ collection, features }) =>
    features.map((feature) => refOf(collection, feature)),
  );
  const shown = open.value && text !== '' && !composing.value;
  const onKeyDown = (event: KeyboardEvent) => {
    // Some browsers end the composition before the key that ended it, which then only has this code.
    if (event.isComposing || event.keyCode === 229) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && refs.length > 0) {
      event.preventDefault();
      open.value = true;
      active.value = (active.value + step + refs.length) % refs.length;
      document.getElementById(optionId(active.value))?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      const ref = refs[active.value];
      if (shown && shape) bringShape();
      else if (shown && sentence) {
        if (text.length <= MAX_TEXT) compile();
      } else if (shown && ref) choose(ref);
      else if (found.value === 'busy') eager.value = true;
    } else if (event.key === 'Escape') {
      eager.value = false;
      if (open.value) open.value = false;
      else clear();
    }
  };
  return (
    <search class="search">
      <div class="search-field">
        <Icon name="search" />
        <input
          ref={input}
          type="text"
          role="combobox"
          autocomplete="off"
          spellcheck={false}
          enterkeyhint="search"
          aria-label={t('search.label')}
          aria-expanded={shown}
          aria-controls="search-results"
          aria-autocomplete="list"
          aria-activedescendant={shown && refs.length > 0 ? optionId(active.value) : undefined}
          placeholder={t('search.placeholder')}
          value={query.value}
          onInput={(event) => {
            query.value = event.currentTarget.value;
            open.value = true;
            eager.value = false;
            if (!event.isComposing && !composing.peek()) settle(query.value);
          }}
          onFocus={() => {
            open.value = true;
          }}
          onBlur={() => {
            open.value = false;
            eager.value = false;
          }}
          onKeyDown={onKeyDown}
        />
        {query.value !== '' && (
          <button
            type="button"
            class="icon-button"
            aria-label={t('search.clear')}
            onClick={() => {
              clear();
              input.current?.focus();
            }}
          >
            <Icon name="close" />
          </button>
        )}
      </div>
      {shown && (
        // The list must not take the focus, or the field would close it.
        // biome-ignore lint/a11y/noStaticElementInteractions: nothing is done here, only kept from being done
        <div class="search-results" onMouseDown={(event) => event.preventDefault()}>
          <p class="visually-hidden" role="status">
            {Array.isArray(found.value) ? t('search.count', { n: refs.length }) : ''}
          </p>
          {shape && (
            <button type="button" class="search-compile" onClick={bringShape}>
              <Icon name="polygon" />
              <span>
                <b>{t('given.search')}</b>
                <small>{t('given.search.note')}</small>
              </span>
            </button>
          )}
          {objection && (
            <p class="search-note is-error" role="alert">
              {t(objection.word, objection.values)}
            </p>
          )}
          {sentence && !shape && <CompileOption text={text} compile={compile} />}
          {found.value === 'busy' && <p class="search-note">{t('search.busy')}</p>}
          {found.value instanceof Problem && (
            <p class="search-note is-error">
              {t('search.failed', { detail: found.value.detail[lang.value] || t('error.offline') })}
            </p>
          )}
          {Array.isArray(found.value) && refs.length === 0 && (
            <p class="search-note">{t('search.none', { q: text })}</p>
          )}
          <div id="search-results" role="listbox" aria-label={t('search.label')}>
            {groups.map((group) => (
              <Results key={group.collection} group={group} refs={refs} choose={choose} />
            ))}
          </div>
        </div>
      )}
    </search>
  );
}

/** A text that reads like a boundary sentence is not searched for as a name. */
function CompileOption({ text, compile }: { text: string; compile: () => void }) {
  if (text.length > MAX_TEXT) {
    return <p class="search-note is-error">{t('boundary.long', { n: text.length })}</p>;
  }
  return (
    <button type="button" class="search-compile" onClick={compile}>
      <Icon name="polygon" />
      <span>
        <b>{t('boundary.search')}</b>
        <small>{t('boundary.search.note')}</small>
      </span>
    </button>
  );
}

function Results(props: { group: Group; refs: string[]; choose: (ref: string) => void }) {
  const { collection, features, matched } = props.group;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of options in a listbox has no element of its own
    <div role="group" aria-label={collectionTitle(collection)}>
      <p class="search-group" aria-hidden="true">
        {collectionTitle(collection)}
      </p>
      {features.map((feature) => {
        const ref = refOf(collection, feature);
        const index = props.refs.indexOf(ref);
        const { onMouseEnter, onMouseLeave } = hoverProps(ref, feature.properties.container);
        return (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the field, which owns the list
          <div
            key={ref}
            id={optionId(index)}
            class={`search-option ${index === active.value ? 'is-active' : ''}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active.value}
            data-ref={ref}
            onClick={() => props.choose(ref)}
            onMouseEnter={() => {
              active.value = index;
              onMouseEnter();
            }}
            onMouseLeave={onMouseLeave}
          >
            <span class="search-name">{nameOf(lang.value, feature.properties)}</span>
            {!feature.geometry && <span class="tag">{t('detail.unlocated')}</span>}
            <span class="search-kind">{kindTitle(collection, feature.properties.kind)}</span>
          </div>
        );
      })}
      {matched > features.length && (
        <p class="search-note">{t('search.more', { n: matched - features.length })}</p>
      )}
    </div>
  );
}

/** Takes up a text to search for; hits for the text before are not hits for this one. */
function settle(text: string): void {
  const next = text.trim();
  if (next === settled.peek()) return;
  settled.value = next;
  found.value = next === '' ? 'idle' : 'busy';
}

function clear(): void {
  query.value = '';
  settle('');
}

function optionId(index: number): string {
  return `search-option-${index}`;
}
