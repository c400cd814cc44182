// Sharing: a link to exactly this view, its picture, and files to take along.

import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { createShare, fetchFile, fetchShare, Problem, unreachable } from '../api';
import { day } from '../format';
import { nameOf } from '../i18n';
import { copyText, saveFile } from '../save';
import {
  embedCode,
  keepMade,
  type Made,
  madeShares,
  mapPath,
  ORIENTATIONS,
  PAPERS,
  type PaperForm,
  PICTURE_SIZES,
  paperPath,
  picturePath,
  previewPath,
  SCALES,
  type Share,
  stateOf,
  withMade,
} from '../share';
import { given, isRecorded, lang, layout, ready, selected, session, t, view } from '../state';
import { formatView } from '../view';
import { Field, SelectField, TextField } from './fields';
import { Icon } from './icons';
import { Failure } from './parts';

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
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes a dialog by itself
    <dialog
      ref={dialog}
      class="share-dialog"
      aria-labelledby="share-title"
      onClose={close}
      onClick={(event) => {
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

/** What the view is about, as far as the page knows. */
function proposedTitle(): string {
  const feature = ready(selected.load.peek());
  return feature ? nameOf(lang.peek(), feature.properties) : '';
}

function Make({ done }: { done: (share: Share) => void }) {
  const [title, setTitle] = useState(proposedTitle);
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
  const [size, setSize] = useState<(typeof PICTURE_SIZES)[number]>('1600×900');
  const shown = { ...view.value, share: null };
  const address = new URL(formatView(shown), new URL('.', document.baseURI)).href;
  return (
    <div class="share-plain">
      <Copyable label={lead} text={address} name="plain" />
      <ul class="share-files">
        <FileRow title={t('share.png')} form="PNG" path={mapPath(shown, size)} name="map.png">
          <SizeChoice size={size} choose={setSize} />
        </FileRow>
      </ul>
    </div>
  );
}

function Result({ share, again }: { share: Share; again: () => void }) {
  return (
    <div class="share-result" data-share={share.id}>
      <div class="share-sight">
        <Preview share={share} />
        <div class="share-pass">
          <div class="share-words">
            <p class="share-name">{share.title || t('share.untitled')}</p>
            <p class="fine">
              {day(share.made_at, lang.value)} ·{' '}
              {share.follows_latest
                ? t('share.latest')
                : t('share.at.revision', { n: share.revision })}
            </p>
            <Copyable label={t('share.link')} text={share.url} name="link" isFirst />
            <button type="button" class="link" onClick={again}>
              {t('share.again')}
            </button>
          </div>
          <Qr share={share} />
        </div>
      </div>
      <Files share={share} />
    </div>
  );
}

/** What chat programs show of the link. */
function Preview({ share }: { share: Share }) {
  const [picture, setPicture] = useState<string | Problem | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const control = new AbortController();
    let address = '';
    setPicture(null);
    fetchFile(previewPath(share.id), control.signal).then(
      ({ content }) => {
        address = URL.createObjectURL(content);
        setPicture(address);
      },
      (error: unknown) => {
        if (control.signal.aborted) return;
        setPicture(error instanceof Problem ? error : unreachable());
      },
    );
    return () => {
      control.abort();
      URL.revokeObjectURL(address);
    };
  }, [share.id, attempt]);
  return (
    <figure class="share-preview" data-preview={typeof picture === 'string' ? 'ready' : 'waiting'}>
      {picture === null && (
        <p role="status">
          <span class="spinner" aria-hidden="true" />
          {t('share.previewing')}
        </p>
      )}
      {picture instanceof Problem && (
        <Failure
          problem={picture}
          refused="share.failed"
          retry={() => setAttempt((count) => count + 1)}
        />
      )}
      {typeof picture === 'string' && <img src={picture} alt={t('share.preview')} />}
    </figure>
  );
}

function Qr({ share }: { share: Share }) {
  const [isBroken, setBroken] = useState(false);
  if (isBroken) return null;
  return (
    <figure class="share-qr">
      <img
        src={`s/${share.id}.qr.svg`}
        alt={t('share.qr')}
        width="104"
        height="104"
        onError={() => setBroken(true)}
      />
      <figcaption>{t('share.qr.note')}</figcaption>
    </figure>
  );
}

/** A text to be passed on, and a button that puts it in the clipboard. */
function Copyable(props: {
  label: string;
  text: string;
  name: string;
  isFirst?: boolean;
  rows?: number;
}) {
  const { label, text, name, isFirst, rows } = props;
  const [copied, setCopied] = useState<boolean | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isFirst) button.current?.focus();
  }, [isFirst]);
  const shared = {
    name: `share_${name}`,
    value: text,
    readOnly: true,
    onFocus: ({ currentTarget }: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) =>
      currentTarget.select(),
  };
  return (
    <div class="copyable">
      <Field label={label}>
        {rows ? <textarea rows={rows} {...shared} /> : <input type="text" {...shared} />}
      </Field>
      <button
        ref={button}
        type="button"
        class={`button ${isFirst ? 'is-primary' : ''}`}
        data-copy={name}
        onClick={async () => {
          setCopied(await copyText(text));
          // Where the text had to be selected, the focus has gone with it.
          button.current?.focus();
        }}
      >
        {t(copied ? 'share.copied' : 'share.copy')}
      </button>
      {copied === false && (
        <p class="fine is-error" role="alert">
          {t('share.copy.failed')}
        </p>
      )}
    </div>
  );
}

function SizeChoice(props: {
  size: (typeof PICTURE_SIZES)[number];
  choose: (size: (typeof PICTURE_SIZES)[number]) => void;
}) {
  return (
    <SelectField
      name="share_size"
      label={t('share.size')}
      value={props.size}
      options={PICTURE_SIZES.map((size) => [size, size] as const)}
      change={props.choose}
    />
  );
}

function Files({ share }: { share: Share }) {
  const [size, setSize] = useState<(typeof PICTURE_SIZES)[number]>('1600×900');
  const [paper, setPaper] = useState<PaperForm>({
    paper: 'A4',
    orientation: 'landscape',
    scale: null,
  });
  const name = (form: string) => `${share.title || share.id}.${form}`;
  const scales = SCALES.map((scale) => [String(scale), `1:${scale}`] as const);
  return (
    <section class="share-take" aria-label={t('share.files')}>
      <h3 class="block-title">{t('share.files')}</h3>
      <ul class="share-files">
        <FileRow
          title={t('share.png')}
          form="PNG"
          path={picturePath(share.id, size)}
          name={name('png')}
        >
          <SizeChoice size={size} choose={setSize} />
        </FileRow>
        <FileRow
          title={t('share.pdf')}
          form="PDF"
          path={paperPath(share.id, paper)}
          name={name('pdf')}
        >
          <SelectField
            name="share_paper"
            label={t('share.paper')}
            value={paper.paper}
            options={PAPERS.map((one) => [one, one] as const)}
            change={(one) => setPaper({ ...paper, paper: one })}
          />
          <SelectField
            name="share_orientation"
            label={t('share.orientation')}
            value={paper.orientation}
            options={ORIENTATIONS.map((one) => [one, t(`share.${one}`)] as const)}
            change={(one) => setPaper({ ...paper, orientation: one })}
          />
          <SelectField
            name="share_scale"
            label={t('share.scale')}
            value={paper.scale === null ? '' : String(paper.scale)}
            options={[['', t('share.scale.auto')] as const, ...scales]}
            change={(one: string) => setPaper({ ...paper, scale: one ? Number(one) : null })}
          />
        </FileRow>
        <FileRow
          title={t('share.pptx')}
          note={t('share.pptx.note')}
          form="PPTX"
          path={`s/${share.id}.pptx`}
          name={name('pptx')}
        />
        <FileRow
          title={t('share.zip')}
          note={t('share.zip.note')}
          form="ZIP"
          path={`s/${share.id}.zip`}
          name={name('zip')}
        />
      </ul>
      {share.embed !== null && (
        <>
          <h3 class="block-title">{t('share.embed')}</h3>
          <Copyable
            label={t('share.embed.code')}
            text={embedCode(share.embed, share.title ?? '')}
            name="embed"
            rows={3}
          />
        </>
      )}
    </section>
  );
}

/** A file of the view: what it is, how it is to be, and the way to have it. */
function FileRow(props: {
  title: string;
  note?: string;
  form: string;
  path: string;
  /** What it is called if the service does not say. */
  name: string;
  children?: ComponentChildren;
}) {
  const { title, note, form, path, name } = props;
  const [doing, setDoing] = useState<'idle' | 'busy' | Problem>('idle');
  const isBusy = doing === 'busy';
  const download = async () => {
    setDoing('busy');
    try {
      const file = await fetchFile(path);
      saveFile(file.content, file.name ?? name);
      setDoing('idle');
    } catch (error) {
      setDoing(error instanceof Problem ? error : unreachable());
    }
  };
  return (
    <li data-file={form.toLowerCase()} aria-busy={isBusy}>
      <div class="share-file">
        <p>
          <b>{title}</b> <span class="share-form-name">{form}</span>
          {note && <small>{note}</small>}
        </p>
        <button
          type="button"
          class="button is-small"
          aria-label={t('share.download.of', { what: `${title} ${form}` })}
          disabled={isBusy}
          onClick={download}
        >
          {isBusy ? <span class="spinner is-small" aria-hidden="true" /> : <Icon name="download" />}
          {t('share.download')}
        </button>
      </div>
      {props.children && <div class="share-options">{props.children}</div>}
      {isBusy && (
        <p class="visually-hidden" role="status">
          {t('share.drawing')}
        </p>
      )}
      {doing instanceof Problem && (
        <p class="fine is-error" role="alert">
          {t('download.failed', { detail: doing.detail[lang.value] || t('error.offline') })}
        </p>
      )}
    </li>
  );
}

/** Shares that this browser has made. */
function Mine(props: {
  made: Made[];
  remember: (made: Made[]) => void;
  show: (share: Share) => void;
}) {
  const { made, remember, show } = props;
  return (
    <details class="fold share-mine">
      <summary>
        {t('share.mine')}
        <span class="count">{made.length}</span>
      </summary>
      <ol>
        {made.map((one) => (
          <MineRow
            key={one.id}
            made={one}
            show={show}
            forget={() => remember(made.filter(({ id }) => id !== one.id))}
          />
        ))}
      </ol>
      <p class="fine">{t('share.mine.note')}</p>
    </details>
  );
}

function MineRow(props: { made: Made; show: (share: Share) => void; forget: () => void }) {
  const { made, show, forget } = props;
  const [said, setSaid] = useState<'copied' | 'uncopied' | Problem | null>(null);
  const files = () =>
    fetchShare(made.id).then(show, (error: unknown) => {
      setSaid(error instanceof Problem ? error : unreachable());
    });
  return (
    <li data-made={made.id}>
      <p>
        {made.title || t('share.untitled')}
        <small>
          {day(made.made_at, lang.value)} ·{' '}
          {made.follows_latest ? t('share.latest') : t('share.at.revision', { n: made.revision })}
        </small>
      </p>
      <p class="turn-actions">
        <a class="link" href={made.url} target="_blank" rel="noopener">
          {t('share.mine.open')}
        </a>
        <button
          type="button"
          class="link"
          onClick={async () => setSaid((await copyText(made.url)) ? 'copied' : 'uncopied')}
        >
          {t(said === 'copied' ? 'share.copied' : 'share.copy')}
        </button>
        <button type="button" class="link" onClick={files}>
          {t('share.mine.files')}
        </button>
        <button type="button" class="link" onClick={forget}>
          {t('share.mine.forget')}
        </button>
      </p>
      {said !== null && said !== 'copied' && (
        <p class="fine is-error" role="alert">
          {said === 'uncopied'
            ? t('share.copy.failed')
            : said.detail[lang.value] || t('error.offline')}
        </p>
      )}
    </li>
  );
}
