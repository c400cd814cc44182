// A share that has been made: its preview, its link and its files; and those made before.

import { useEffect, useState } from 'preact/hooks';
import { fetchFile, fetchShare, Problem, unreachable } from '../api';
import { day } from '../format';
import type { Share } from '../model';
import { copyText } from '../save';
import { type Made, previewPath } from '../share';
import { lang, t } from '../state';
import { Copyable } from './copyable';
import { Failure } from './parts';
import { Files } from './share-files';

export function Result({ share, again }: { share: Share; again: () => void }) {
  return (
    <div class="share-result" data-share={share.id}>
      <div class="share-sight">
        <Preview share={share} />
        <div class="share-pass">
          <div class="share-words">
            <p class="share-name">{share.title || t('share.untitled')}</p>
            <p class="fine">
              {share.made_at && `${day(share.made_at, lang.value)} · `}
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
      {typeof picture === 'string' && (
        <img src={picture} alt={share.summary[lang.value] || t('share.preview')} />
      )}
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

/** Shares that this browser has made. */
export function Mine(props: {
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
          {made.made_at && `${day(made.made_at, lang.value)} · `}
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
