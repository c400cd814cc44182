// Files of a view: pictures, pages, slides, and all of them together.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { fetchFile, Problem, unreachable } from '../api';
import type { Share } from '../model';
import { saveFile } from '../save';
import {
  embedCode,
  mapPath,
  ORIENTATIONS,
  PAPERS,
  type PaperForm,
  PICTURE_SIZES,
  type PictureSize,
  paperPath,
  picturePath,
  SCALES,
} from '../share';
import { lang, t } from '../state';
import type { View } from '../view';
import { Copyable } from './copyable';
import { SelectField } from './fields';
import { Icon } from './icons';

function SizeChoice(props: { size: PictureSize; choose: (size: PictureSize) => void }) {
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

/** All that a share gives to take along. */
export function Files({ share }: { share: Share }) {
  const [size, setSize] = useState<PictureSize>('1600×900');
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

/** The picture of a view that is not stored. */
export function MapFile({ view }: { view: View }) {
  const [size, setSize] = useState<PictureSize>('1600×900');
  return (
    <ul class="share-files">
      <FileRow title={t('share.png')} form="PNG" path={mapPath(view, size)} name="map.png">
        <SizeChoice size={size} choose={setSize} />
      </FileRow>
    </ul>
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
