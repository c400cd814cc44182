// Sharing: a link to exactly this view, its picture, and files to take along.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { createShare, Problem, unreachable } from '../api';
import { nameOf } from '../i18n';
import type { Share } from '../model';
import { keepMade, type Made, madeShares, stateOf, withMade } from '../share';
import { given, isRecorded, lang, layout, ready, selected, session, t, view } from '../state';
import { formatView } from '../view';
import { Copyable } from './copyable';
import { TextField } from './fields';
import { Icon } from './icons';
import { Failure } from './parts';
import { MapFile } from './share-files';
import { Mine, Result } from './share-made';

const TITLE_LENGTH = 120;
const NOTE_LENGTH = 2000;

/** What this browser remembers; some keep nothing, and say so by an error. */
function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

export function ShareButton() {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        class="button share-button"
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        <Icon name="share" />
        {t('share.button')}
      </button>
      {isOpen && <ShareDialog close={() => setOpen(false)} />}
    </>
  );
}

function ShareDialog({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const [made, setMade] = useState<Share | null>(null);
  const [mine, setMine] = useState<Made[]>(() => madeShares(storage()));
  useLayoutEffect(() => dialog.current?.showModal(), []);
  // What comes next is read from its top.
  useLayoutEffect(() => body.current?.scrollTo(0, 0), [made]);
  const remember = (next: Made[]) => {
    keepMade(storage(), next);
    setMine(next);
  };
  const isKept = isRecorded.value || session.load.value?.state !== 'ready';
  return (
    <dialog
      ref={dialog}
      class="share-dialog"
      aria-labelledby="share-title"
      onClose={close}
      // Not by a click: a selection that ends outside would be one.
      onMouseDown={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="share-body" ref={body}>
        <form method="dialog" class="answer-bar">
          <h2 id="share-title">{t('share.title')}</h2>
          <button type="submit" class="icon-button" aria-label={t('app.close')}>
            <Icon name="close" />
          </button>
        </form>
        {made ? (
          <Result key={made.id} share={made} again={() => setMade(null)} />
        ) : isKept ? (
          <Make
            done={(share) => {
              remember(withMade(madeShares(storage()), share));
              setMade(share);
            }}
          />
        ) : (
          <Unkept />
        )}
        {mine.length > 0 && <Mine made={mine} remember={remember} show={setMade} />}
      </div>
    </dialog>
  );
}

/**
 * What the view is about, as its maker sees it. It is shown and not written: a title is read by all,
 * the name of what is selected perhaps not.
 */
function suggestedTitle(): string {
  const feature = ready(selected.load.peek());
  return feature ? nameOf(lang.peek(), feature.properties) : '';
}

function Make({ done }: { done: (share: Share) => void }) {
  const [title, setTitle] = useState('');
  const [suggested] = useState(suggestedTitle);
  const [note, setNote] = useState('');
  const [follows, setFollows] = useState(false);
  const [doing, setDoing] = useState<'idle' | 'busy' | Problem>('idle');
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    // On a phone the keyboard would cover what is asked.
    if (layout.peek() !== 'narrow') form.current?.querySelector('input')?.focus();
  }, []);
  const make = async () => {
    setDoing('busy');
    try {
      done(
        await createShare({
          state: stateOf(view.peek(), follows),
          title: title.trim(),
          note: note.trim(),
          follow_latest: follows,
        }),
      );
    } catch (error) {
      setDoing(error instanceof Problem ? error : unreachable());
    }
  };
  const { revision } = view.value;
  return (
    <>
      <form
        ref={form}
        class="share-form"
        onSubmit={(event) => {
          event.preventDefault();
          make();
        }}
      >
        <TextField
          name="share_title"
          label={t('share.name')}
          note={t('share.name.note')}
          value={title}
          placeholder={suggested}
          maxLength={TITLE_LENGTH}
          change={setTitle}
        />
        <TextField
          name="share_note"
          label={t('share.note')}
          note={t('share.note.note')}
          value={note}
          rows={2}
          maxLength={NOTE_LENGTH}
          change={setNote}
        />
        <fieldset class="share-data">
          <legend class="field-label">{t('share.data')}</legend>
          <Choice
            value="pinned"
            isChosen={!follows}
            title={revision === null ? t('share.pinned.plain') : t('share.pinned', { n: revision })}
            note={t('share.pinned.note')}
            choose={() => setFollows(false)}
          />
          <Choice
            value="latest"
            isChosen={follows}
            title={t('share.latest')}
            note={t('share.latest.note')}
            choose={() => setFollows(true)}
          />
        </fieldset>
        {given.value !== null && <p class="fine is-error">{t('share.given')}</p>}
        <button type="submit" class="button is-primary" disabled={doing === 'busy'}>
          {doing === 'busy' && <span class="spinner is-small" aria-hidden="true" />}
          {t(doing === 'busy' ? 'share.making' : 'share.make')}
        </button>
      </form>
      {doing instanceof Problem && (
        <>
          <Failure problem={doing} refused="share.failed" />
          <Plain lead={t('share.plain.instead')} />
        </>
      )}
    </>
  );
}

function Choice(props: {
  value: string;
  isChosen: boolean;
  title: string;
  note: string;
  choose: () => void;
}) {
  return (
    <label class="share-choice">
      <input
        type="radio"
        name="share_data"
        value={props.value}
        checked={props.isChosen}
        onChange={props.choose}
      />
      <span>
        {props.title}
        <small>{props.note}</small>
      </span>
    </label>
  );
}

/** Where nothing is stored the view's own address is what can be passed on. */
function Unkept() {
  return (
    <>
      <div class="share-unkept">
        <h3>{t('share.unkept')}</h3>
        <p>{t('share.unkept.detail')}</p>
      </div>
      <Plain lead={t('share.plain')} />
    </>
  );
}

function Plain({ lead }: { lead: string }) {
  const shown = { ...view.value, share: null };
  const address = new URL(formatView(shown), new URL('.', document.baseURI)).href;
  return (
    <div class="share-plain">
      <Copyable label={lead} text={address} name="plain" />
      <MapFile view={shown} />
    </div>
  );
}
